package traces

import (
	"cmp"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/spans"
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
	dropped                     // its message was lost
	delayed                     // a copy of its message came late
	doubled                     // its message came twice
	toSecond                    // the answer that it got is to the second copy of its message
)

// linkRef is a link to another span.
type linkRef struct {
	from     int32
	id, root uint64
}

// processPlace is a process, as the place of its name among those of all.
type processPlace uint32

// noProcess is no process, and noText no text.
const (
	noProcess = ^processPlace(0)
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
	if v[saidUnfinished] != 0 {
		is |= unfinished
	}
	if v[saidAnsweredCopy] != 0 {
		is |= toSecond
	}
	for i := range s.Events {
		switch s.Events[i].Name {
		case spans.EventDrop:
			is |= dropped
		case spans.EventDelay, spans.EventLateCopy:
			is |= delayed
		case spans.EventDuplicate:
			is |= doubled
		}
	}
	return is
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
