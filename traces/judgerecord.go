package traces

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// record is what is kept of every span and is asked for often. It fills 64 bytes, which is what a processor fetches at once.
type record struct {
	id, root   uint64
	start, end int64 // in nanoseconds since 1970
	term       uint64
	reply      uint32 // the reply's name, among the texts; 0 for none
	fact       int32  // where its facts are, in the list for its kind; -1 for none
	above      int32  // the parent's place; -1 when it has none in the file
	process    processPlace
	peer       processPlace // noProcess when it names none
	shape      uint8        // its spec's place plus one; 0 when the spec knows no such span
	role       uint8        // plus one; 0 when it has none
	copies     uint8        // which copy of a message it handles
	is         flag
}

// origin is what is kept of every span besides, and is seldom asked for.
type origin struct {
	parent uint64
	name   uint32 // of the span, among the texts
	line   int32

	step, done uint32 // the numbers of the steps that it begins in and that it says to end in; 0 where it says none
	hit        bool   // by a fault, which lost something that it sent
}

// endStep is the number of the step that it ends in; 0 where steps have none.
func (o *origin) endStep() uint32 {
	return cmp.Or(o.done, o.step)
}

// flag is what a span says of itself by being there.
type flag uint8

// The flags there are.
const (
	failed     flag = 1 << iota // it ended with an error
	unfinished                  // the run ended before it did
	dropped                     // its message was lost, or the first of two copies
	delayed                     // a copy of its message came late
	doubled                     // its message came twice
	toSecond                    // the answer that it got is to the second copy of its message
	crashed                     // its process crashed before it ended
	lostCopy                    // the second copy of its message was lost
)

// linkRef is a link to another span.
type linkRef struct {
	from     int32
	why      uint8 // the place of the reason among those that the spec has, plus one; 0 for none of them
	odd      bool  // it says more than links do
	id, root uint64
	index    uint64 // that it says; 0 for none
}

// linkRefOf is a link of a span that is kept at a place.
func linkRefOf(from int32, l *Link) linkRef {
	ref := linkRef{from: from, id: uint64(l.ID), root: uint64(l.Root)}
	for i := range l.Attributes {
		switch a := &l.Attributes[i]; a.Key {
		case spans.RaftkvLinkKey:
			ref.why = variant(linkReasons, a.Value.AsString())
		case spans.RaftIndexKey:
			ref.index = number(a.Value)
			ref.odd = ref.odd || ref.index == 0
		default:
			ref.odd = true
		}
	}
	return ref
}

// linkReasons are why a span may link to another.
var linkReasons = []string{spans.LinkLeader, spans.LinkPrevious, spans.LinkEntry, spans.LinkProducer, spans.LinkCommit, spans.LinkFault}

// processPlace is a process, as the place of its name among those of all.
type processPlace uint32

// noProcess is no process, and noText no text. Of a vote, nobody has got it, or it is untold who has.
const (
	noProcess = ^processPlace(0)
	nobody    = noProcess - 1
	untold    = noProcess
	noText    = 0
)

// texts are the texts of a trace, each kept once.
type texts struct {
	all   []string
	known map[string]uint32
}

func newTexts() texts { return texts{all: []string{""}, known: map[string]uint32{"": noText}} }

func (t *texts) add(s string) uint32 {
	if n, ok := t.known[s]; ok {
		return n
	}
	s = strings.Clone(s)
	n := uint32(len(t.all))
	t.all = append(t.all, s)
	t.known[s] = n
	return n
}

func (t *texts) of(n uint32) string { return t.all[n] }

// processes are the processes of a trace.
type processes struct {
	names []string
	known map[string]processPlace
}

func (p *processes) add(name string) processPlace {
	if n, ok := p.known[name]; ok {
		return n
	}
	if p.known == nil {
		p.known = map[string]processPlace{}
	}
	n := processPlace(len(p.names))
	name = strings.Clone(name)
	p.names, p.known[name] = append(p.names, name), n
	return n
}

// say keeps what the attributes of every span may say.
func (r *record) say(v *said) {
	r.term, r.role, r.peer, r.reply, r.copies = v[saidTerm], uint8(v[saidRole]), v.process(saidPeer), v.text(saidReply), uint8(min(v[saidCopy], 255))
}

// flagsOf are those of a span.
func flagsOf(s *Span, v *said) (is flag) {
	if s.Status.Code == codes.Error || v[saidFailed] != 0 {
		is |= failed
	}
	if v[saidFailed] > 1 {
		is |= crashed
	}
	if v[saidUnfinished] != 0 {
		is |= unfinished
	}
	if v[saidAnsweredCopy] != 0 {
		is |= toSecond
	}
	for i := range s.Events {
		switch s.Events[i].Name {
		case spans.EventDrop:
			if s.Events[i].Attribute(spans.RaftkvCopyKey).AsInt64() > 0 {
				is |= lostCopy
			} else {
				is |= dropped
			}
		case spans.EventDelay, spans.EventLateCopy:
			is |= delayed
		case spans.EventDuplicate:
			is |= doubled
		}
	}
	return is
}

// isHit says whether a fault lost something that a span sent.
func isHit(s *Span) bool {
	return slices.ContainsFunc(s.Events, func(e Event) bool {
		return e.Name == spans.EventDrop && e.Attribute(spans.RaftkvCauseKey).AsString() == spans.CauseFault
	})
}

// number is an integer that is not negative; what is no such thing is 0, which conformance tells.
func number(v attribute.Value) uint64 {
	if v.Type() != attribute.INT64 {
		return 0
	}
	return uint64(max(0, v.AsInt64()))
}

// variant is the place of a name in a list, plus one; 0 when it is not there.
func variant(names []string, name string) uint8 {
	for i, each := range names {
		if each == name {
			return uint8(i + 1)
		}
	}
	return 0
}
