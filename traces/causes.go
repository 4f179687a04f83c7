package traces

import (
	"cmp"
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
	causes := s.ancestors(effect)
	var lines []*storyLine
	fault := s.lastFault(until)
	for i := range s.lines {
		l := &s.lines[i]
		if causes[l.id] && !l.at.After(until) && (fault == nil || !l.at.Before(fault.at)) && l.mark != routine {
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b *storyLine) int { return cmp.Or(a.at.Compare(b.at), 0) })
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

// ancestors are the spans that led to a line: its own, and those that are reached from it by parents and links.
func (s *Story) ancestors(from *storyLine) map[world.CausalID]bool {
	lines := make(map[world.CausalID]*storyLine, len(s.lines))
	for i := range s.lines {
		lines[s.lines[i].id] = &s.lines[i]
	}
	reached := map[world.CausalID]bool{}
	next := []world.CausalID{from.id}
	for len(next) > 0 {
		id := next[len(next)-1]
		next = next[:len(next)-1]
		l := lines[id]
		if reached[id] || l == nil {
			continue
		}
		reached[id] = true
		next = append(append(next, l.parent), l.links...)
	}
	return reached
}
