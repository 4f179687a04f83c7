package story

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/words"
)

// Story tells a run as a person reads it, a line an event. It is made from spans alone: as an exporter while the run
// goes on, or from a file afterwards, with the same text. It holds every line until it is written, for a span is known
// only when it ends, and tells then what happened when it began.
type Story struct {
	landmarks *span.Landmarks
	declared  map[string]*span.Told // by the ids of spans
	protocol  func(t *Teller, id string) bool
	ids       map[traces.SpanShape]string
	lines     []storyLine
	epoch     time.Time // when the run began
	begun     bool      // epoch is that of the run's own span
	// the heartbeat rounds; true for those that are told even if nothing comes of them
	rounds   map[world.CausalID]bool
	starts   map[string]int                // how often each process started
	width    int                           // of the column of processes
	latest   map[string]map[string]applied // of each process, the last request of each client that it applied
	faults   []world.CausalID
	turns    []turn                              // what its headings are made of
	failed   map[way]bool                        // the ways on which something failed
	passages []passage                           // what passed on them
	unknown  map[world.CausalID]Moment           // when the operations ended whose outcome is unknown
	causes   map[world.CausalID][]world.CausalID // of each span: its parent, what it links to, and what answered it
}

type storyLine struct {
	Moment

	process string
	text    string
	id      world.CausalID
	root    world.CausalID
	mark    Mark
	open    bool       // what it tells of was not over when the run ended
	index   uint64     // that a follower applied
	ended   int64      // when its span did
	gaveUp  bool       // that a try was given up
	of      *complaint // which this line is; nil for what is not told often
}

// Mark is what is special about a line.
type Mark = span.Mark

// The marks there are.
const (
	Ordinary = span.Ordinary
	Trouble  = span.Trouble
	Routine  = span.Routine
)

// Style is how a story looks.
type Style = words.Style

// The styles there are.
const (
	Plain = words.Plain
	ANSI  = words.ANSI // with a terminal's colours
)

var _ record.Exporter = (*Story)(nil)

// Protocol is what a protocol adds to a story: the spans that its spec declares, those that it includes among them, and
// what its own tell. Tell begins a run, and returns what tells those of its spans of which Told does not say all, given
// the span's id in the spec; false says that Told does.
type Protocol struct {
	Specs     []span.Spec
	Landmarks span.Landmarks
	Told      []span.Told
	Tell      func() func(t *Teller, id string) bool
}

// New begins the story of a run of a protocol.
func New(p Protocol) *Story {
	s := &Story{
		width: processWidth, landmarks: &p.Landmarks, protocol: p.Tell(), declared: map[string]*span.Told{},
		ids: map[traces.SpanShape]string{}, rounds: map[world.CausalID]bool{}, starts: map[string]int{},
		causes:  map[world.CausalID][]world.CausalID{},
		unknown: map[world.CausalID]Moment{}, latest: map[string]map[string]applied{}, failed: map[way]bool{},
	}
	for i := range p.Told {
		s.declared[p.Told[i].ID] = &p.Told[i]
	}
	for _, spec := range p.Specs {
		s.ids[traces.SpanShape{Name: spec.Name, Kind: spec.Kind}] = spec.ID
	}
	return s
}

// Export adds a span that has ended.
func (s *Story) Export(_ context.Context, ended *span.Span) error {
	s.Add(ended)
	return nil
}

// Shutdown does nothing: the story is told by Write.
func (*Story) Shutdown(context.Context) error { return nil }

// Add adds what a span tells. Spans are added in the order in which they ended, as in a file.
func (s *Story) Add(span *traces.Span) {
	id := s.ids[traces.SpanShape{Name: traces.DeclaredName(span.Name), Kind: span.Kind}]
	switch {
	case id == worldspans.RunID:
		s.epoch, s.begun = span.Start, true
	case !s.begun && (s.epoch.IsZero() || span.Start.Before(s.epoch)):
		s.epoch = span.Start
	}
	s.noteCauses(span)
	t := Teller{story: s, Span: span}
	t.tell(id)
}

// Write writes the story so far, in the order of time: a line an event.
func (s *Story) Write(w io.Writer, style Style) error { return s.WriteWithin(w, style, 0) }

// WriteWithin is Write for a screen of so many columns, on which a text that is too long goes on below where it began.
// Zero is a screen without an end.
func (s *Story) WriteWithin(w io.Writer, style Style, columns int) error {
	_, err := s.WriteSelected(w, style, columns, Selection{})
	return err
}

func (s *Story) add(l storyLine) { s.lines = append(s.lines, l) }

// order puts the lines so far in order. It does not depend on the order in which spans were added, as long as those of
// one process came in theirs.
func (s *Story) order() {
	s.lines = slices.DeleteFunc(s.lines, func(l storyLine) bool {
		end, unknown := s.unknown[l.root]
		return unknown && l.gaveUp && l.sameStep(end)
	})
	slices.SortStableFunc(s.lines, func(a, b storyLine) int { return cmp.Compare(a.ended, b.ended) })
	processes := map[string]int32{"": 0} // the first is what is outside of all steps
	of := func(l *storyLine) string {
		if l.outside {
			return ""
		}
		return l.process
	}
	for i := range s.lines {
		if p := of(&s.lines[i]); processes[p] == 0 && p != "" {
			processes[p] = int32(len(processes))
		}
	}
	lines := make([]storyLine, 0, cap(s.lines))
	for i := range index.Ordered(len(s.lines), len(processes), func(i int32) index.Happening {
		l := &s.lines[i]
		return index.Happening{Process: processes[of(l)], At: l.at.UnixNano(), Step: l.step, Stage: l.stage}
	}, nil) {
		lines = append(lines, s.lines[i])
	}
	s.lines = lines
}

// The columns that are in front of a line's text.
const (
	processWidth = 8 // or more: the longest name of a server fits in
	idWidth      = 16
)

func (s *Story) appendLine(b []byte, l *storyLine, style Style, columns int) []byte {
	textColumn := words.TimeWidth + 1 + s.width + 1 + idWidth + 2
	at := words.AppendMilliseconds(nil, l.at.Sub(s.epoch))
	b = append(b, strings.Repeat(" ", max(0, words.TimeWidth-len(at)))...)
	b = words.AppendColoured(b, style, words.Dim, string(at))
	b = append(b, ' ')
	b = words.AppendColoured(b, style, words.ProcessColour(l.process), l.process)
	b = append(b, strings.Repeat(" ", max(0, s.width-utf8.RuneCountInString(l.process))+1)...)
	b = words.AppendColoured(b, style, words.Dim, l.id.String())
	colour := ""
	if l.mark == Trouble {
		colour = words.Red
	}
	indent := "  "
	for part := range words.Broken(l.text, columns-textColumn) {
		b = append(b, indent...)
		b = words.AppendColoured(b, style, colour, part)
		b = append(b, '\n')
		indent = strings.Repeat(" ", textColumn)
	}
	return b
}

// appendHeading appends a heading: ── 251.131ms  election in term 2: node-2 stands.
func (s *Story) appendHeading(b []byte, h *heading, style Style, columns int) []byte {
	const rule = "── "
	text := rule + words.Milliseconds(h.at.Sub(s.epoch)) + "  " + h.text
	indent := ""
	for part := range words.Broken(text, columns-utf8.RuneCountInString(rule)) {
		b = words.AppendColoured(append(b, indent...), style, words.Bold, part)
		b = append(b, '\n')
		indent = strings.Repeat(" ", utf8.RuneCountInString(rule))
	}
	return b
}
