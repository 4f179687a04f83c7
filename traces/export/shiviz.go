package export

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/phrases"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// ShiVizPattern is the regular expression by which ShiViz reads the events of a log: the first line of the file.
const ShiVizPattern = `(?<host>\S*) (?<clock>{.*})\n(?<time>\S*) (?<span>\S*) (?<event>.*)`

// WriteShiViz writes a run as a log with vector clocks, with the regular expression that it is read by in front, as ShiViz wants a file to be. An event is the beginning or the end of a
// span, and only what a message carried orders events of two processes, so that a fault, which no message told, stands beside them all. What a span has beyond its name, its ids, its
// times and the few attributes that the event's text says is lost.
func WriteShiViz(w io.Writer, all *traces.Spans) error {
	v := newShiViz(all)
	b := bufio.NewWriter(w)
	_, _ = b.WriteString(ShiVizPattern + "\n\n") // Flush tells; the second line would part several runs
	for e := range v.Moments(v.from) {
		if all.Err() != nil {
			break
		}
		s := all.At(e.Span)
		text, at := beginning(s), s.Start
		if e.Ends {
			text, at = ending(s), s.End
		}
		if text != "" { // else it is one event with its other end, or says nothing
			_, _ = b.WriteString(oneWord(s.Service) + " " + v.tick(e) + "\n" + words.Milliseconds(at.Sub(all.Epoch)) + " " + s.ID.String() + " " + text + "\n")
		}
	}
	return errors.Join(b.Flush(), all.Err())
}

// oneWord is the name of a process, as one word.
func oneWord(service string) string {
	name := strings.Map(func(r rune) rune {
		if r == ' ' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, words.Printable(service))
	return cmp.Or(name, "unnamed")
}

// shiViz is a run to be written as a log with vector clocks.
type shiViz struct {
	*traces.Spans

	replies   []int32  // see Spans.replies
	processes []string // in the order in which clocks name them
	numbers   map[string]int
	clocks    [][]int32                 // of each process: of each, how many of its events are known
	takers    []uint16                  // of each moment, how many others take in what was sent then
	sent      map[traces.Moment][]int32 // the clocks that messages on their way carry
}

func newShiViz(all *traces.Spans) *shiViz {
	v := &shiViz{
		Spans: all, replies: all.Replies(), numbers: map[string]int{},
		takers: make([]uint16, 2*len(all.List)), sent: map[traces.Moment][]int32{},
	}
	for _, service := range all.Services() {
		if name := oneWord(service); !slices.Contains(v.processes, name) {
			v.processes = append(v.processes, name)
		}
	}
	slices.SortFunc(v.processes, traces.CompareProcesses)
	for i, name := range v.processes {
		v.numbers[name] = i
		v.clocks = append(v.clocks, make([]int32, len(v.processes)))
	}
	for i := range int32(2 * len(all.List)) {
		if from := v.from(traces.MomentOf(i)); from.Span >= 0 && v.takers[from.IndexOf()] < math.MaxUint16 {
			v.takers[from.IndexOf()]++
		}
	}
	return v
}

// from is the moment at which a message was sent that a moment takes in.
func (v *shiViz) from(e traces.Moment) traces.Moment { return v.SentBefore(e, v.replies) }

// tick lets a process's clock go on to an event, and returns it as the log has it.
func (v *shiViz) tick(e traces.Moment) string {
	process := v.numbers[oneWord(v.ShapeOf(e.Span).Service)]
	clock := v.clocks[process]
	if from := v.from(e); from.Span >= 0 {
		for other, n := range v.sent[from] {
			clock[other] = max(clock[other], n)
		}
		if v.takers[from.IndexOf()]--; v.takers[from.IndexOf()] == 0 { // nobody else takes it in
			delete(v.sent, from)
		}
	}
	clock[process]++
	if v.takers[e.IndexOf()] > 0 {
		v.sent[e] = slices.Clone(clock)
	}
	b := []byte{'{'}
	for other, n := range clock {
		if n == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(traces.AppendString(b, v.processes[other]), ':')
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, '}'))
}

// beginning is what the beginning of a span is called; empty for one that is one event with its end, or that says nothing.
func beginning(s *traces.Span) string {
	of := func(before string, key attribute.Key) string { return labelled(s, before, key) }
	switch {
	case traces.IsReceiver(s):
		return "receive " + traces.ShortName(s) + of(" from ", kvspans.RaftPeerIDKey) + phrases.WithEntries(s)
	case traces.IsSender(s):
		return "send " + traces.ShortName(s) + of(" to ", kvspans.RaftPeerIDKey) + phrases.WithEntries(s)
	case s.Name == kvspans.KVPutName, s.Name == kvspans.KVGetName, s.Name == kvspans.KVDeleteName:
		return "begin " + s.Name + of(" ", kvspans.KVKeyKey) + of(" = ", kvspans.KVValueKey)
	case s.Name == spans.ElectionName:
		return "begin election" + of(" for term ", spans.RaftTermKey)
	}
	return ""
}

// ending is what the end of a span is called, or its whole.
func ending(s *traces.Span) string {
	of := func(before string, key attribute.Key) string { return labelled(s, before, key) }
	reply := of("", kvspans.RaftReplyKey)
	failed := of(" (", worldspans.ErrorTypeKey)
	if failed != "" {
		failed += ")"
	}
	switch {
	case traces.IsReceiver(s) && reply != "":
		return "reply " + reply + words.Spaced(of(": ", spans.RaftReasonKey)) + of(" to ", kvspans.RaftPeerIDKey)
	case traces.IsReceiver(s):
		return failedOnly("end "+traces.ShortName(s), failed)
	case traces.IsSender(s) && reply != "":
		return "receive " + reply + of(" from ", kvspans.RaftPeerIDKey)
	case traces.IsSender(s):
		return failedOnly("give up "+traces.ShortName(s)+of(" to ", kvspans.RaftPeerIDKey), failed)
	case s.Name == spans.HeartbeatName:
		return "heartbeat" + of(" ", spans.RaftHeartbeatKey) + of(" of term ", spans.RaftTermKey)
	case s.Name == spans.ElectionName:
		return "end election" + of(" for term ", spans.RaftTermKey) + of(": ", spans.RaftOutcomeKey) + failed
	case s.Name == spans.RoleChangeName:
		return of("", spans.RaftRoleFromKey) + of(" becomes ", spans.RaftRoleKey) + of(" in term ", spans.RaftTermKey) + words.Spaced(of(": ", spans.RaftRoleEventKey))
	case s.Name == spans.CommitName:
		return "commit" + of(" ", spans.RaftCommitFromKey) + of(" -> ", spans.RaftCommitToKey)
	case s.Name == spans.ApplyName:
		return "apply" + of(" ", spans.RaftIndexKey) + of(": ", spans.RaftCommandKey) + of(" -> ", kvspans.KVResultKey)
	case s.Name == spans.StartName:
		return "start" + of(" as ", spans.RaftRoleKey) + of(" in term ", spans.RaftTermKey)
	case s.Name == spans.SetPeersName:
		return "is told the cluster"
	case s.Name == spans.LateReplyName:
		return "receive late " + reply + of(" from ", kvspans.RaftPeerIDKey)
	case traces.IsFault(s.Name):
		return "fault: " + shown(s, worldspans.RaftkvFaultKey) + of(" ", worldspans.RaftkvFaultTargetKey)
	case s.Name == worldspans.RunName:
		return "run " + shown(s, worldspans.RaftkvScenarioKey)
	}
	return "end " + words.Printable(s.Name) + of(": ", kvspans.KVResultKey) + failed
}

func failedOnly(text, failed string) string {
	if failed == "" {
		return ""
	}
	return text + failed
}

// labelled is an attribute with what stands in front of it; empty if there is none.
func labelled(s *traces.Span, before string, key attribute.Key) string {
	v := shown(s, key)
	if v == "" || v == kv.NodeID(0).String() {
		return ""
	}
	return before + v
}

// shown is an attribute as an event's text shows it.
func shown(s *traces.Span, key attribute.Key) string { return words.Text(s.Attribute(key)) }
