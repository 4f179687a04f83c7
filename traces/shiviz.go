package traces

import (
	"bufio"
	"cmp"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// ShiVizPattern is the regular expression by which ShiViz reads the events of a log: the first line of the file.
const ShiVizPattern = `(?<host>\S*) (?<clock>{.*})\n(?<time>\S*) (?<span>\S*) (?<event>.*)`

// WriteShiViz writes a run as a log with vector clocks, with the regular expression that it is read by in front, as ShiViz wants a file to be. An event is the beginning or the end of a
// span, and only what a message carried orders events of two processes, so that a fault, which no message told, stands beside them all. What a span has beyond its name, its ids, its
// times and the few attributes that the event's text says is lost.
func WriteShiViz(w io.Writer, all []Span) error {
	v := newShiViz(all)
	b := bufio.NewWriter(w)
	_, _ = b.WriteString(ShiVizPattern + "\n\n") // Flush tells; the second line would part several runs
	for i := range v.events {
		e := &v.events[i]
		_, _ = b.WriteString(e.span.process() + " " + v.tick(e) + "\n" + milliseconds(e.at.Sub(v.epoch)) + " " + e.span.ID.String() + " " + e.text + "\n")
	}
	return b.Flush()
}

// process is the name of a span's process, as one word.
func (s *Span) process() string {
	name := strings.Map(func(r rune) rune {
		if r == ' ' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, printable(s.Service))
	return cmp.Or(name, "unnamed")
}

// clockEvent is an event of a log with vector clocks.
type clockEvent struct {
	span  *Span
	at    time.Time
	ends  bool // the span's end, and not its beginning
	depth int
	text  string
}

// moment is one end of a span.
type moment struct {
	span world.CausalID
	ends bool
}

type shiViz struct {
	epoch  time.Time
	spans  []Span
	byID   map[world.CausalID]int
	child  map[world.CausalID]*Span // of a call, the span that handled the first copy of it
	events []clockEvent
	clocks map[string]map[string]int // of each process
	sent   map[moment]map[string]int // the clock that a message carried
}

func newShiViz(all []Span) *shiViz {
	v := &shiViz{
		epoch: epochOf(all), spans: all, byID: make(map[world.CausalID]int, len(all)), child: map[world.CausalID]*Span{},
		clocks: map[string]map[string]int{}, sent: map[moment]map[string]int{},
	}
	for i := range all {
		v.byID[all[i].ID] = i
		if s := &all[i]; isReceiver(s) && s.Attribute(spans.RaftkvCopyKey).AsInt64() == 0 {
			v.child[s.Parent] = s
		}
	}
	depths := depthsOf(all, v.byID)
	for i := range all {
		s := &all[i]
		if text := beginning(s); text != "" {
			v.events = append(v.events, clockEvent{s, s.Start, false, depths[i], text})
		}
		if text := ending(s); text != "" {
			v.events = append(v.events, clockEvent{s, s.End, true, -depths[i], text})
		}
	}
	slices.SortStableFunc(v.events, func(a, b clockEvent) int {
		return cmp.Or(a.at.Compare(b.at), compareBools(a.ends, b.ends), cmp.Compare(a.depth, b.depth))
	})
	return v
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// tick lets a process's clock go on to an event, and returns it as the log has it.
func (v *shiViz) tick(e *clockEvent) string {
	process := e.span.process()
	clock := v.clocks[process]
	if clock == nil {
		clock = map[string]int{}
		v.clocks[process] = clock
	}
	var carried map[string]int // by the message that this event takes in
	if e.ends && isAnswered(e.span) {
		if reply := v.child[e.span.ID]; reply != nil {
			carried = v.sent[moment{reply.ID, true}]
		}
	} else if e.ends && e.span.Name == spans.LateReplyName {
		carried = v.sent[moment{e.span.Parent, true}]
	} else if !e.ends && isReceiver(e.span) {
		carried = v.sent[moment{e.span.Parent, false}]
	}
	for other, n := range carried {
		clock[other] = max(clock[other], n)
	}
	clock[process]++
	v.sent[moment{e.span.ID, e.ends}] = maps.Clone(clock)
	b := []byte{'{'}
	for i, other := range slices.SortedFunc(maps.Keys(clock), compareProcesses) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, other), ':')
		b = strconv.AppendInt(b, int64(clock[other]), 10)
	}
	return string(append(b, '}'))
}

// beginning is what the beginning of a span is called; empty for one that is one event with its end, or that says nothing.
func beginning(s *Span) string {
	t := teller{span: s}
	switch {
	case isReceiver(s):
		return "receive " + shortName(s) + t.of(" from ", spans.RaftPeerIDKey) + t.entriesText()
	case isSender(s):
		return "send " + shortName(s) + t.of(" to ", spans.RaftPeerIDKey) + t.entriesText()
	case s.Name == spans.KVPutName, s.Name == spans.KVGetName, s.Name == spans.KVDeleteName:
		return "begin " + s.Name + t.of(" ", spans.KVKeyKey) + t.of(" = ", spans.KVValueKey)
	case s.Name == spans.ElectionName:
		return "begin election" + t.of(" for term ", spans.RaftTermKey)
	case s.Name == spans.HeartbeatName:
		return "heartbeat" + t.of(" ", spans.RaftHeartbeatKey) + t.of(" of term ", spans.RaftTermKey)
	}
	return ""
}

// ending is what the end of a span is called, or its whole.
func ending(s *Span) string {
	t := teller{span: s}
	reply := t.of("", spans.RaftReplyKey)
	failed := t.of(" (", spans.ErrorTypeKey)
	if failed != "" {
		failed += ")"
	}
	switch {
	case isReceiver(s) && reply != "":
		return "reply " + reply + spaced(t.of(": ", spans.RaftReasonKey)) + t.of(" to ", spans.RaftPeerIDKey)
	case isReceiver(s):
		return failedOnly("end "+shortName(s), failed)
	case isSender(s) && reply != "":
		return "receive " + reply + t.of(" from ", spans.RaftPeerIDKey)
	case isSender(s):
		return failedOnly("give up "+shortName(s)+t.of(" to ", spans.RaftPeerIDKey), failed)
	case s.Name == spans.HeartbeatName:
		return ""
	case s.Name == spans.ElectionName:
		return "end election" + t.of(" for term ", spans.RaftTermKey) + t.of(": ", spans.RaftOutcomeKey) + failed
	case s.Name == spans.RoleChangeName:
		return t.of("", spans.RaftRoleFromKey) + t.of(" becomes ", spans.RaftRoleKey) + t.of(" in term ", spans.RaftTermKey) + spaced(t.of(": ", spans.RaftRoleEventKey))
	case s.Name == spans.CommitName:
		return "commit" + t.of(" ", spans.RaftCommitFromKey) + t.of(" -> ", spans.RaftCommitToKey)
	case s.Name == spans.ApplyName:
		return "apply" + t.of(" ", spans.RaftIndexKey) + t.of(": ", spans.RaftCommandKey) + t.of(" -> ", spans.KVResultKey)
	case s.Name == spans.StartName:
		return "start" + t.of(" as ", spans.RaftRoleKey) + t.of(" in term ", spans.RaftTermKey)
	case s.Name == spans.SetPeersName:
		return "is told the cluster"
	case s.Name == spans.LateReplyName:
		return "receive late " + reply + t.of(" from ", spans.RaftPeerIDKey)
	case s.Name == spans.FaultName:
		return "fault: " + t.text(spans.RaftkvFaultKey) + t.of(" ", spans.RaftkvFaultTargetKey)
	case s.Name == spans.RunName:
		return "run " + t.text(spans.RaftkvScenarioKey)
	}
	return "end " + printable(s.Name) + t.of(": ", spans.KVResultKey) + failed
}

func failedOnly(text, failed string) string {
	if failed == "" {
		return ""
	}
	return text + failed
}

// isSender says whether a span sends a message when it begins.
func isSender(s *Span) bool {
	return s.Kind == trace.SpanKindClient || s.Kind == trace.SpanKindProducer
}

// shortName is a span's name without the service in front: AppendEntries of raft.Raft/AppendEntries.
func shortName(s *Span) string {
	name := printable(s.Name)
	return name[strings.LastIndexByte(name, '/')+1:]
}

// of is an attribute with what stands in front of it; empty if there is none.
func (t *teller) of(before string, key attribute.Key) string {
	v := t.text(key)
	if v == "" || v == protocol.NodeID(0).String() {
		return ""
	}
	return before + v
}

// entriesText names the entries that a message carries.
func (t *teller) entriesText() string {
	if t.integer(spans.RaftEntriesCountKey) <= 0 {
		return ""
	}
	return " with " + t.entries()
}
