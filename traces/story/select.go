package story

import (
	"bufio"
	"cmp"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// Selection is a part of a story. The zero value is all of it.
type Selection struct {
	// what these processes tell: node-3, world, or all that begin alike: nodes, clients; empty for all
	Only     []string
	From, To time.Duration // of virtual time as lines show it, to the microsecond, both included; a To of 0 is the end
}

// Told is how many lines of a story were written, of how many. Headings are not counted.
type Told struct{ Lines, Of int }

// has says whether a line is in the part.
func (s *Selection) has(process string, at time.Duration) bool {
	at = at.Truncate(time.Microsecond)
	return at >= s.From && (s.To == 0 || at <= s.To) && s.of(process)
}

// of says whether a process is in the part.
func (s *Selection) of(process string) bool {
	return len(s.Only) == 0 || slices.ContainsFunc(s.Only, func(only string) bool { return Selects(only, process) })
}

// Selects says whether a name of a Selection is that of a process, or of the group that it is in.
func Selects(only, process string) bool {
	group, _, numbered := strings.Cut(process, "-")
	return only == process || numbered && only == group+"s"
}

// TellSpans is the story of a trace, and how many runs there are in it: it is told in the order in which its spans
// ended, in whichever they are in their file.
func TellSpans(p Protocol, all *index.Trace) (story *Story, runs int) {
	story = New(p)
	for _, i := range all.InOrder(func(a, b *index.Entry) int { return cmp.Compare(a.End, b.End) }) {
		if all.Err() != nil {
			break
		}
		s := all.Span(i)
		if s.Name == worldspans.RunName {
			runs++
		}
		story.Add(s)
	}
	return story, runs
}

// LastTerm is the last one in which a server stood for election, as in "term 2"; empty for none.
func (s *Story) LastTerm() string {
	last := ""
	for i := range s.turns {
		if n := &s.turns[i]; n.kind == turnStands && words.InOrder(n.term, last) > 0 {
			last = n.term
		}
	}
	if last == "" {
		return ""
	}
	return s.landmarks.Term.Word + " " + last
}

// Processes are those that tell something in the story.
func (s *Story) Processes() []string {
	var names []string
	seen := map[string]bool{}
	for i := range s.lines {
		if process := s.lines[i].process; !seen[process] {
			seen[process] = true
			names = append(names, process)
		}
	}
	slices.SortFunc(names, index.CompareProcesses)
	return names
}

// WriteSelected is WriteWithin for a part of the story. Of the headings it has those that a line of the part follows,
// and those that are about one of its processes and within its time.
func (s *Story) WriteSelected(w io.Writer, style Style, columns int, part Selection) (Told, error) {
	lines := s.inOrder()
	p := storyWriter{story: s, part: part, style: style, columns: columns, headings: s.headings(), w: bufio.NewWriter(w)}
	for l := range lines {
		p.line(l)
	}
	p.finish()
	return p.told, p.w.Flush()
}

// inOrder yields the lines as they are told, in the order of time.
func (s *Story) inOrder() iter.Seq[*storyLine] {
	s.order()
	folded := s.fold()
	return func(yield func(*storyLine) bool) {
		for i := range s.lines {
			l := s.lines[i]
			if folded.hidden[i] || l.mark == Routine && !folded.rounds[l.root] {
				continue
			}
			l.text = folded.text(i, &l, s.epoch)
			if !yield(&l) {
				return
			}
		}
	}
}

// Find is the span that the first line with a text is told by, and the root of its trace; false if no line has it.
func (s *Story) Find(text string) (root, span world.CausalID, ok bool) {
	for l := range s.inOrder() {
		if strings.Contains(l.text, text) {
			return l.root, l.id, true
		}
	}
	return 0, 0, false
}

// storyWriter writes the lines of a part of a story, with headings between them.
type storyWriter struct {
	story    *Story
	part     Selection
	style    Style
	columns  int
	headings []heading // that are still to come
	due      []heading // that were come to since the last line
	w        *bufio.Writer
	told     Told
}

// line comes to a line of the story, and writes it if it is in the part.
func (p *storyWriter) line(l *storyLine) {
	for i := range p.headings {
		h := &p.headings[i]
		if h.at.After(l.at) {
			break
		}
		if h.at.Before(l.at) || slices.Contains(h.ids, l.id) {
			p.due = append(p.due, p.headings[:i+1]...)
			p.headings = p.headings[i+1:]
			p.line(l)
			return
		}
	}
	p.told.Of++
	if !p.part.has(l.process, l.at.Sub(p.story.epoch)) {
		return
	}
	p.told.Lines++
	p.writeDue()
	_, _ = p.w.Write(p.story.appendLine(nil, l, p.style, p.columns)) // Flush tells
}

// writeDue writes the headings that were come to: the last of them, which the line is below, and those before it that
// are about who is in the part.
func (p *storyWriter) writeDue() {
	for i := range p.due {
		if h := &p.due[i]; i == len(p.due)-1 || p.matters(h) {
			_, _ = p.w.Write(p.story.appendHeading(nil, h, p.style, p.columns)) // Flush tells
		}
	}
	p.due = p.due[:0]
}

// finish writes the headings that no line of the part follows, but that are about who is in it.
func (p *storyWriter) finish() {
	for _, h := range append(p.due, p.headings...) {
		if p.matters(&h) {
			_, _ = p.w.Write(p.story.appendHeading(nil, &h, p.style, p.columns)) // Flush tells
		}
	}
}

func (p *storyWriter) matters(h *heading) bool {
	at := h.at.Sub(p.story.epoch)
	return p.part.has("", at) || len(p.part.Only) > 0 &&
		slices.ContainsFunc(h.about, func(process string) bool { return p.part.has(process, at) })
}

// Line is a line of a story.
type Line struct {
	At   time.Time
	ID   world.CausalID // of the span that tells it
	Mark Mark
	Text string
}

// Lines yields the lines as Write writes them, in the order of time, without the headings.
func (s *Story) Lines() iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for l := range s.inOrder() {
			if !yield(Line{l.at, l.id, l.mark, l.text}) {
				return
			}
		}
	}
}
