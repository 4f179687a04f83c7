package traces

import (
	"io"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// mostCauses is how many lines of causes a person reads.
const mostCauses = 24

// WriteCauses writes, as lines of the story, what led to what a process did last until a moment: the last fault before it, and from there on the events that caused each
// other, by parents and by links. Without a fault it goes back to the beginning, as far as a person would read. An empty process is any.
func (s *Story) WriteCauses(w io.Writer, style Style, columns int, process string, until time.Time) error {
	effect := s.last(process, until)
	if effect == nil {
		return nil
	}
	causes := s.ancestors(effect.id)
	var lines []*storyLine
	fault := s.lastFault(until)
	for i := range s.lines {
		l := &s.lines[i]
		if causes[l.id] && !l.at.After(until) && (fault == nil || !l.at.Before(fault.at)) && l.mark != routine {
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

// last is the last line of a process until a moment.
func (s *Story) last(process string, until time.Time) *storyLine {
	var last *storyLine
	for i := range s.lines {
		l := &s.lines[i]
		if process != "" && l.process != process || process == "" && l.process == spans.ServiceWorld || l.at.After(until) || l.mark == routine {
			continue
		}
		if last == nil || !l.at.Before(last.at) {
			last = l
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

// causesOf are the spans that a span names as its causes.
func causesOf(span *Span) []world.CausalID {
	var causes []world.CausalID
	if span.Parent != 0 {
		causes = append(causes, span.Parent)
	}
	for i := range span.Links {
		causes = append(causes, span.Links[i].ID)
	}
	return causes
}

// ancestors are the spans that led to one: itself, and those that are reached from it by parents and links.
func (s *Story) ancestors(of world.CausalID) map[world.CausalID]bool {
	reached := map[world.CausalID]bool{}
	next := []world.CausalID{of}
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
