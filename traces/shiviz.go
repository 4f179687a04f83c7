package traces

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

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// ShiVizPattern is the regular expression by which ShiViz reads the events of a log: the first line of the file.
const ShiVizPattern = `(?<host>\S*) (?<clock>{.*})\n(?<time>\S*) (?<span>\S*) (?<event>.*)`

// WriteShiViz writes a run as a log with vector clocks, with the regular expression that it is read by in front, as ShiViz wants a file to be. An event is the beginning or the end of a
// span, and only what a message carried orders events of two processes, so that a fault, which no message told, stands beside them all. What a span has beyond its name, its ids, its
// times and the few attributes that the event's text says is lost.
func WriteShiViz(w io.Writer, all *Spans) error {
	v := newShiViz(all)
	b := bufio.NewWriter(w)
	_, _ = b.WriteString(ShiVizPattern + "\n\n") // Flush tells; the second line would part several runs
	for e := range v.moments(v.from) {
		if all.Err() != nil {
			break
		}
		s := all.at(e.span)
		text, at := beginning(s), s.Start
		if e.ends {
			text, at = ending(s), s.End
		}
		if text != "" { // else it is one event with its other end, or says nothing
			_, _ = b.WriteString(s.process() + " " + v.tick(e) + "\n" + milliseconds(at.Sub(all.epoch)) + " " + s.ID.String() + " " + text + "\n")
		}
	}
	return errors.Join(b.Flush(), all.Err())
}

// process is the name of a span's process, as one word.
func (s *Span) process() string { return oneWord(s.Service) }

func oneWord(service string) string {
	name := strings.Map(func(r rune) rune {
		if r == ' ' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, printable(service))
	return cmp.Or(name, "unnamed")
}

// shiViz is a run to be written as a log with vector clocks.
type shiViz struct {
	*Spans

	replies   []int32  // see Spans.replies
	processes []string // in the order in which clocks name them
	numbers   map[string]int
	clocks    [][]int32          // of each process: of each, how many of its events are known
	takers    []uint16           // of each moment, how many others take in what was sent then
	sent      map[moment][]int32 // the clocks that messages on their way carry
}

func newShiViz(all *Spans) *shiViz {
	v := &shiViz{
		Spans: all, replies: all.replies(), numbers: map[string]int{},
		takers: make([]uint16, 2*len(all.list)), sent: map[moment][]int32{},
	}
	for _, service := range all.services() {
		if name := oneWord(service); !slices.Contains(v.processes, name) {
			v.processes = append(v.processes, name)
		}
	}
	slices.SortFunc(v.processes, compareProcesses)
	for i, name := range v.processes {
		v.numbers[name] = i
		v.clocks = append(v.clocks, make([]int32, len(v.processes)))
	}
	for i := range int32(2 * len(all.list)) {
		if from := v.from(momentOf(i)); from.span >= 0 && v.takers[from.index()] < math.MaxUint16 {
			v.takers[from.index()]++
		}
	}
	return v
}

// from is the moment at which a message was sent that a moment takes in.
func (v *shiViz) from(e moment) moment { return v.sentBefore(e, v.replies) }

// tick lets a process's clock go on to an event, and returns it as the log has it.
func (v *shiViz) tick(e moment) string {
	process := v.numbers[oneWord(v.shapeOf(e.span).service)]
	clock := v.clocks[process]
	if from := v.from(e); from.span >= 0 {
		for other, n := range v.sent[from] {
			clock[other] = max(clock[other], n)
		}
		if v.takers[from.index()]--; v.takers[from.index()] == 0 { // nobody else takes it in
			delete(v.sent, from)
		}
	}
	clock[process]++
	if v.takers[e.index()] > 0 {
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
		b = append(appendString(b, v.processes[other]), ':')
		b = strconv.AppendInt(b, int64(n), 10)
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
		return "heartbeat" + t.of(" ", spans.RaftHeartbeatKey) + t.of(" of term ", spans.RaftTermKey)
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
	case IsFault(s.Name):
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

// of is an attribute with what stands in front of it; empty if there is none.
func (t *teller) of(before string, key attribute.Key) string {
	v := t.text(key)
	if v == "" || v == protocol.NodeID(0).String() {
		return ""
	}
	return before + v
}
