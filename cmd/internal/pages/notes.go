package pages

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

const runSpan = worldspans.RunName

func isRun(x *index.Trace, i int32) bool { return x.Shape(i).Name == runSpan }

// notes are what a person is to know of the run: what the page cannot show of it.
func (x *one) notes(part Part) (notes []string) {
	add := func(format string, args ...any) {
		notes = append(notes, x.name+": "+fmt.Sprintf(format, args...))
	}
	if x.cut != nil {
		add("the file is cut off, and what was cut off is not shown (%v)", x.cut)
	}
	if part.Chosen() {
		add("only a part of the run is shown, %s: what processes hold is known only as far as that part tells", part)
	}
	run, missing := index.None, 0
	for i := range int32(x.trace.Len()) {
		if isRun(x.trace, i) {
			run = i
		}
		if x.trace.Entry(i).Parent != 0 && x.trace.Parent(i) < 0 {
			missing++
		}
	}
	if run == index.None {
		add("the trace has no %s, which says what made it: it may be a part of a run", runSpan)
	}
	if missing > 0 && !part.Chosen() {
		add("of %s the parent is missing: the trace is a part of a run", words.Counted(missing, "span"))
	}
	if text := x.undeclared(); text != "" {
		add("%s", text)
	}
	if i, j, clash := x.trace.Clash(); clash {
		a, b := x.trace.Shape(i), x.trace.Shape(j)
		add("two spans have the id %s, %s of %s and %s of %s: what refers to it is taken to mean the first",
			x.trace.Entry(i).ID, words.Printable(a.Name), words.Printable(a.Service), words.Printable(b.Name),
			words.Printable(b.Service))
	}
	return notes
}

// undeclared says which spans the spec of the protocol does not declare; it is empty if it declares all.
func (x *one) undeclared() string {
	declared := map[traces.SpanShape]bool{}
	for i := range x.of.Specs {
		declared[traces.SpanShape{Name: x.of.Specs[i].Name, Kind: x.of.Specs[i].Kind}] = true
	}
	shapes := x.trace.Shapes()
	strange, names := 0, map[string]bool{}
	for i := range int32(x.trace.Len()) {
		s := &shapes[x.trace.Entry(i).Shape]
		if name := traces.DeclaredName(s.Name); !declared[traces.SpanShape{Name: name, Kind: s.Kind}] {
			strange++
			names[words.Printable(s.Name)] = true
		}
	}
	if strange == 0 {
		return ""
	}
	const most = 3
	some := slices.Sorted(maps.Keys(names))
	text := strings.Join(some[:min(len(some), most)], ", ")
	if len(some) > most {
		text += fmt.Sprintf(" and %d more", len(some)-most)
	}
	return fmt.Sprintf("the spec of %s declares no span %s: another program may have made the trace, and of %s only "+
		"times, names and attributes are shown", x.of.Name, text, words.Counted(strange, "span"))
}
