package story

import (
	"io"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// mostCauses is how many lines of causes a person reads.
const mostCauses = 24

// Fact is something in a story whose causes are asked for: a span, with what its process did at the same moment if that
// is named; without a span, what a process did last until a moment. An empty process is any.
type Fact struct {
	Span    world.CausalID
	Process string
	At      time.Time
}

// WriteCauses writes, as lines of the story, what led to facts, of which the last is the one that is wrong: the last
// fault before that, and from there on the events that caused each other, by parents, links and answers. Without a
// fault it goes back to the beginning, as far as a person would read. Of the other facts at least their own lines are
// there.
func (s *Story) WriteCauses(w io.Writer, style Style, columns int, facts ...Fact) error {
	var b []byte
	for _, l := range s.causeLines(facts) {
		b = s.appendLine(b, l, style, columns)
	}
	_, err := w.Write(b)
	return err
}

// Causes returns the lines that WriteCauses writes.
func (s *Story) Causes(facts ...Fact) (lines []Line) {
	for _, l := range s.causeLines(facts) {
		lines = append(lines, Line{l.at, l.id, l.mark, l.text})
	}
	return lines
}

// causeLines are the lines of the causes of facts, in the order of time.
func (s *Story) causeLines(facts []Fact) []*storyLine {
	s.order()
	own, reached := map[world.CausalID]bool{}, []world.CausalID{}
	var until time.Time
	for i := range facts {
		ids, last := s.spansOf(&facts[i])
		for _, id := range ids {
			own[id] = true
		}
		if reached = append(reached, ids...); last.After(until) {
			until = last
		}
	}
	causes := s.ancestors(reached)
	var lines []*storyLine
	fault := s.lastFault(s.begins(&facts[len(facts)-1]))
	for i := range s.lines {
		l := &s.lines[i]
		if l.open || l.at.After(until) || l.mark == Routine {
			continue
		}
		if own[l.id] || causes[l.id] && (fault == nil || !l.at.Before(fault.at)) {
			lines = append(lines, l)
		}
	}
	lines = shortened(lines, own)
	if fault != nil && !slices.Contains(lines, fault) {
		at, _ := slices.BinarySearchFunc(lines, fault, func(a, b *storyLine) int { return a.at.Compare(b.at) })
		lines = slices.Insert(lines, at, fault)
	}
	return lines
}

// shortened leaves out the first lines, as many as are too many, but for those that are kept in any case.
func shortened(lines []*storyLine, kept map[world.CausalID]bool) []*storyLine {
	tooMany := len(lines) - mostCauses
	return slices.DeleteFunc(lines, func(l *storyLine) bool {
		if tooMany <= 0 || kept[l.id] {
			return false
		}
		tooMany--
		return true
	})
}

// spansOf are the spans of a fact, and the moment until which they tell of it.
func (s *Story) spansOf(f *Fact) (ids []world.CausalID, until time.Time) {
	if f.Span == 0 {
		return s.last(f.Process, f.At), f.At
	}
	for i := range s.lines {
		if l := &s.lines[i]; l.id == f.Span && !l.open && l.at.After(until) {
			until = l.at
		}
	}
	if until.IsZero() {
		return []world.CausalID{f.Span}, f.At // no line tells of it
	}
	if f.Process != "" {
		ids = s.last(f.Process, until)
	}
	return append(ids, f.Span), until
}

// Told is when a span is told of first; false if no line does.
func (s *Story) Told(id world.CausalID) (at time.Time, told bool) {
	for i := range s.lines {
		if l := &s.lines[i]; l.id == id && (!told || l.at.Before(at)) {
			at, told = l.at, true
		}
	}
	return at, told
}

// begins is the moment at which a fact begins to come about: of an operation, when it was asked for.
func (s *Story) begins(f *Fact) time.Time {
	begin := f.At
	for i := range s.lines {
		if l := &s.lines[i]; f.Span != 0 && (l.id == f.Span || l.root == f.Span) && (begin.IsZero() || l.at.Before(begin)) {
			begin = l.at
		}
	}
	return begin
}

// last are the spans of what a process did last until a moment: all that it did in one step, for that is one event,
// whichever line tells of it last.
func (s *Story) last(process string, until time.Time) []world.CausalID {
	var newest *storyLine
	var last []world.CausalID
	for i := range s.lines {
		l := &s.lines[i]
		if process != "" && l.process != process || process == "" && l.process == worldspans.ServiceWorld ||
			l.at.After(until) || l.mark == Routine || l.open || l.outside {
			continue
		}
		if newest == nil || l.process != newest.process || !l.sameStep(newest.Moment) {
			if newest != nil && l.at.Before(newest.at) {
				continue
			}
			newest, last = l, last[:0]
		}
		last = append(last, l.id)
	}
	return last
}

// lastFault is the line of the last fault until a moment.
func (s *Story) lastFault(until time.Time) *storyLine {
	var last *storyLine
	for i := range s.lines {
		l := &s.lines[i]
		if slices.Contains(s.faults, l.id) && !l.at.After(until) && (last == nil || !l.at.Before(last.at)) {
			last = l
		}
	}
	return last
}

// noteCauses notes what a span names as its causes; that the answer is one of a call's end; and that what came of the
// calls that began with a root, the tries of an operation and the votes of an election, is one of the root's.
func (s *Story) noteCauses(span *traces.Span) {
	if span.Parent != 0 {
		s.causes[span.ID] = append(s.causes[span.ID], span.Parent)
	}
	for i := range span.Links {
		s.causes[span.ID] = append(s.causes[span.ID], span.Links[i].ID)
	}
	if answers, asks := span.Kind == trace.SpanKindServer, span.Kind == trace.SpanKindClient &&
		span.Parent == span.Root; span.Parent != 0 && (answers || asks) {
		s.causes[span.Parent] = append(s.causes[span.Parent], span.ID)
	}
}

// ancestors are the spans that led to some: themselves, and those that are reached from them by parents, links and
// answers.
func (s *Story) ancestors(next []world.CausalID) map[world.CausalID]bool {
	reached := map[world.CausalID]bool{}
	for len(next) > 0 {
		id := next[len(next)-1]
		next = next[:len(next)-1]
		if !reached[id] {
			reached[id] = true
			next = append(next, s.causes[id]...)
		}
	}
	return reached
}
