package traces

import (
	"io"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// mostCauses is how many lines of causes a person reads.
const mostCauses = 24

// WriteCauses writes, as lines of the story, what led to what a process did last until a moment: the last fault before it, and from there on the events that caused each
// other, by parents, links and answers. Without a fault it goes back to the beginning, as far as a person would read. An empty process is any.
func (s *Story) WriteCauses(w io.Writer, style Style, columns int, process string, until time.Time) error {
	causes := s.ancestors(s.last(process, until))
	var lines []*storyLine
	fault := s.lastFault(until)
	for i := range s.lines {
		l := &s.lines[i]
		if causes[l.id] && !l.open && !l.at.After(until) && (fault == nil || !l.at.Before(fault.at)) && l.mark != routine {
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b *storyLine) int { return a.at.Compare(b.at) })
	lines = lines[max(0, len(lines)-mostCauses):]
	if fault != nil {
		lines = append([]*storyLine{fault}, lines...)
	}
	var b []byte
	for _, l := range lines {
		b = s.appendLine(b, l, style, columns)
	}
	_, err := w.Write(b)
	return err
}

// last are the spans of what a process did last until a moment: all that it did at the same time, for that is one event, whichever line tells of it last.
func (s *Story) last(process string, until time.Time) []world.CausalID {
	var at time.Time
	var last []world.CausalID
	for i := range s.lines {
		l := &s.lines[i]
		if process != "" && l.process != process || process == "" && l.process == spans.ServiceWorld || l.at.After(until) || l.mark == routine || l.open {
			continue
		}
		if l.at.After(at) {
			at, last = l.at, last[:0]
		}
		if l.at.Equal(at) {
			last = append(last, l.id)
		}
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

// noteCauses notes what a span names as its causes; that the answer is one of a call's end; and that what came of the calls that began with a root, the tries of an
// operation and the votes of an election, is one of the root's.
func (s *Story) noteCauses(span *Span) {
	if span.Parent != 0 {
		s.causes[span.ID] = append(s.causes[span.ID], span.Parent)
	}
	for i := range span.Links {
		s.causes[span.ID] = append(s.causes[span.ID], span.Links[i].ID)
	}
	if answers, asks := span.Kind == trace.SpanKindServer, span.Kind == trace.SpanKindClient && span.Parent == span.Root; span.Parent != 0 && (answers || asks) {
		s.causes[span.Parent] = append(s.causes[span.Parent], span.ID)
	}
}

// ancestors are the spans that led to some: themselves, and those that are reached from them by parents, links and answers.
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
