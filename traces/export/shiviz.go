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
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/words"
)

// ShiVizPattern is the regular expression by which ShiViz reads the events of a log: the first line of the file.
const ShiVizPattern = `(?<host>\S*) (?<clock>{.*})\n(?<time>\S*) (?<span>\S*) (?<event>.*)`

// WriteShiViz writes a run as a log with vector clocks, with the regular expression that it is read by in front, as
// ShiViz wants a file to be. An event is the beginning or the end of a span, and only what a message carried orders
// events of two processes, so that a fault, which no message told, stands beside them all. What a span has beyond its
// name, its ids, its times and the few attributes that the event's text says is lost.
func WriteShiViz(w io.Writer, all *index.Trace, protocol Protocol) error {
	v := newShiViz(all)
	b := bufio.NewWriter(w)
	_, _ = b.WriteString(ShiVizPattern + "\n\n") // Flush tells; the second line would part several runs
	for e := range v.Moments(v.from) {
		if all.Err() != nil {
			break
		}
		s := all.Span(e.Span)
		text, at := protocol.beginning(s), s.Start
		if e.Ends {
			text, at = protocol.ending(s), s.End
		}
		if text != "" { // else it is one event with its other end, or says nothing
			_, _ = b.WriteString(oneWord(s.Service) + " " + v.tick(e) + "\n" + words.Milliseconds(at.Sub(all.Epoch)) + " " +
				s.ID.String() + " " + text + "\n")
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
	*index.Trace

	replies   []int32  // see index.Trace.Replies
	processes []string // in the order in which clocks name them
	numbers   map[string]int
	clocks    [][]int32                // of each process: of each, how many of its events are known
	takers    []uint16                 // of each moment, how many others take in what was sent then
	sent      map[index.Moment][]int32 // the clocks that messages on their way carry
}

func newShiViz(all *index.Trace) *shiViz {
	v := &shiViz{
		Trace: all, replies: all.Replies(), numbers: map[string]int{},
		takers: make([]uint16, 2*all.Len()), sent: map[index.Moment][]int32{},
	}
	for _, service := range all.Services() {
		if name := oneWord(service); !slices.Contains(v.processes, name) {
			v.processes = append(v.processes, name)
		}
	}
	slices.SortFunc(v.processes, index.CompareProcesses)
	for i, name := range v.processes {
		v.numbers[name] = i
		v.clocks = append(v.clocks, make([]int32, len(v.processes)))
	}
	for i := range int32(2 * all.Len()) {
		if from := v.from(index.MomentOf(i)); from.Span >= 0 && v.takers[from.Index()] < math.MaxUint16 {
			v.takers[from.Index()]++
		}
	}
	return v
}

// from is the moment at which a message was sent that a moment takes in.
func (v *shiViz) from(e index.Moment) index.Moment { return v.SentBefore(e, v.replies) }

// tick lets a process's clock go on to an event, and returns it as the log has it.
func (v *shiViz) tick(e index.Moment) string {
	process := v.numbers[oneWord(v.Shape(e.Span).Service)]
	clock := v.clocks[process]
	if from := v.from(e); from.Span >= 0 {
		for other, n := range v.sent[from] {
			clock[other] = max(clock[other], n)
		}
		if v.takers[from.Index()]--; v.takers[from.Index()] == 0 { // nobody else takes it in
			delete(v.sent, from)
		}
	}
	clock[process]++
	if v.takers[e.Index()] > 0 {
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
		b = append(record.AppendString(b, v.processes[other]), ':')
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, '}'))
}

// Protocol is what a protocol adds to the texts of events.
type Protocol struct {
	Landmarks span.Landmarks

	// Begins and Ends return what the beginning of a span is called, and its end or its whole. Empty is nothing worth
	// a name, or a span that is not the protocol's own.
	Begins, Ends func(s *traces.Span) string

	// Carries returns what a message carries: " with entries 2 to 3".
	Carries func(s *traces.Span) string
}

// beginning is what the beginning of a span is called; empty for one that is one event with its end, or that says
// nothing.
func (p Protocol) beginning(s *traces.Span) string {
	of := func(before string, key attribute.Key) string { return Labelled(s, before, key) }
	switch {
	case traces.IsReceiver(s):
		return "receive " + traces.ShortName(s) + p.peer(" from ", s) + p.Carries(s)
	case traces.IsSender(s):
		return "send " + traces.ShortName(s) + p.peer(" to ", s) + p.Carries(s)
	case s.Name == kvspans.KVPutName, s.Name == kvspans.KVGetName, s.Name == kvspans.KVDeleteName:
		return "begin " + s.Name + of(" ", kvspans.KVKeyKey) + of(" = ", kvspans.KVValueKey)
	}
	return p.Begins(s)
}

// ending is what the end of a span is called, or its whole.
func (p Protocol) ending(s *traces.Span) string {
	of := func(before string, key attribute.Key) string { return Labelled(s, before, key) }
	reply, failed := words.Printable(p.Landmarks.ReplyOf(s)), Failure(s)
	own := p.Ends(s)
	switch {
	case own != "":
		return own
	case traces.IsReceiver(s) && reply != "":
		return "reply " + reply + p.peer(" to ", s)
	case traces.IsReceiver(s):
		return failedOnly("end "+traces.ShortName(s), failed)
	case traces.IsSender(s) && reply != "":
		return "receive " + reply + p.peer(" from ", s)
	case traces.IsSender(s):
		return failedOnly("give up "+traces.ShortName(s)+p.peer(" to ", s), failed)
	case traces.IsFault(s.Name):
		return "fault: " + shown(s, worldspans.RaftkvFaultKey) + of(" ", worldspans.RaftkvFaultTargetKey)
	case s.Name == worldspans.RunName:
		return "run " + shown(s, worldspans.RaftkvScenarioKey)
	}
	return "end " + words.Printable(s.Name) + of(": ", kvspans.KVResultKey) + failed
}

// peer is the process at the other end, with what stands in front of it; empty if there is none.
func (p Protocol) peer(before string, s *traces.Span) string {
	peer := p.Landmarks.PeerOf(s)
	if peer == "" || peer == kv.NodeID(0).String() {
		return ""
	}
	return before + words.Printable(peer)
}

func failedOnly(text, failed string) string {
	if failed == "" {
		return ""
	}
	return text + failed
}

// Failure returns the type of a span's error, in brackets; empty if it has none.
func Failure(s *traces.Span) string {
	if failed := Labelled(s, " (", worldspans.ErrorTypeKey); failed != "" {
		return failed + ")"
	}
	return ""
}

// Labelled returns an attribute with what stands in front of it; empty if there is none.
func Labelled(s *traces.Span, before string, key attribute.Key) string {
	v := shown(s, key)
	if v == "" || v == kv.NodeID(0).String() {
		return ""
	}
	return before + v
}

// shown is an attribute as an event's text shows it.
func shown(s *traces.Span, key attribute.Key) string { return words.Text(s.Attribute(key)) }
