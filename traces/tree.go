package traces

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// WriteTree writes spans for a reviewer's eye: each trace as a tree in the order of time, a line a span, with name,
// process, start, width and attributes, and below it its events and links. Ids are left out: the tree, and the names of
// the links' targets, say what they would; so are attributes that say again what the line says, and the numbers of
// steps, of which one shifts all others. A span whose parent is not there says so.
func WriteTree(w io.Writer, all []Span) error {
	t := newTree(w, all)
	previous := -1
	for _, i := range t.order {
		s := &all[i]
		if _, ok := t.byID[s.Parent]; ok || t.written[i] {
			continue
		}
		if previous >= 0 && (len(t.children[s.ID]) > 0 || len(t.children[all[previous].ID]) > 0) {
			_ = t.b.WriteByte('\n') // Flush tells
		}
		t.write(i, 0)
		previous = i
	}
	for _, i := range t.order {
		if !t.written[i] { // the parents of such spans go around in a ring
			t.write(i, 0)
		}
	}
	return t.b.Flush()
}

type tree struct {
	b        *bufio.Writer
	spans    []Span
	epoch    time.Time
	order    []int // of all spans: by trace, then by time
	byID     map[world.CausalID]int
	children map[world.CausalID][]int
	written  []bool
}

func newTree(w io.Writer, all []Span) *tree {
	t := &tree{
		b: bufio.NewWriter(w), spans: all, order: make([]int, len(all)), written: make([]bool, len(all)),
		byID: make(map[world.CausalID]int, len(all)), children: map[world.CausalID][]int{},
	}
	begins := map[world.CausalID]int{} // of each trace, the span that starts first
	for i := range all {
		s := &all[i]
		t.order[i], t.byID[s.ID] = i, i
		if begin, ok := begins[s.Root]; !ok || s.Start.Before(all[begin].Start) {
			begins[s.Root] = i
		}
		if t.epoch.IsZero() || s.Start.Before(t.epoch) {
			t.epoch = s.Start
		}
	}
	slices.SortFunc(t.order, func(a, b int) int {
		x, y := &all[a], &all[b]
		beginX, beginY := begins[x.Root], begins[y.Root]
		return cmp.Or(all[beginX].Start.Compare(all[beginY].Start), cmp.Compare(beginX, beginY), x.Start.Compare(y.Start),
			cmp.Compare(a, b))
	})
	for _, i := range t.order {
		s := &all[i]
		t.children[s.Parent] = append(t.children[s.Parent], i)
		if s.Name == worldspans.RunName {
			t.epoch = s.Start
		}
	}
	return t
}

func (t *tree) write(i, depth int) {
	if t.written[i] {
		return
	}
	t.written[i] = true
	s := &t.spans[i]
	indent := strings.Repeat("  ", depth)
	var line strings.Builder
	fmt.Fprintf(&line, "%-36s %-9s %11s %11s", indent+words.Printable(s.Name), words.Printable(s.Service),
		t.since(s.Start), "+"+words.Milliseconds(s.End.Sub(s.Start)))
	if _, ok := t.byID[s.Parent]; !ok && s.Parent != 0 {
		line.WriteString("  (its parent is missing)")
	}
	if s.Status.Code != codes.Unset {
		fmt.Fprintf(&line, "  %s %q", s.Status.Code, s.Status.Description)
	}
	attributes := slices.DeleteFunc(slices.Clone(s.Attributes), func(a attribute.KeyValue) bool {
		v := a.Value.AsString()
		return IsStep(a.Key) || v != "" &&
			(v == s.Name || v == s.Service || a.Key == worldspans.RPCSystemNameKey && v == worldspans.System)
	})
	writeAttributes(&line, attributes)
	line.WriteByte('\n')
	for i := range s.Events {
		e := &s.Events[i]
		fmt.Fprintf(&line, "%-46s %11s", indent+"  * "+words.Printable(e.Name), t.since(e.At))
		writeAttributes(&line,
			slices.DeleteFunc(slices.Clone(e.Attributes), func(a attribute.KeyValue) bool { return IsStep(a.Key) }))
		line.WriteByte('\n')
	}
	for _, l := range s.Links {
		fmt.Fprintf(&line, "%s  > %s", indent, t.name(l))
		writeAttributes(&line, l.Attributes)
		line.WriteByte('\n')
	}
	_, _ = t.b.WriteString(line.String()) // Flush tells
	for _, child := range t.children[s.ID] {
		t.write(child, depth+1)
	}
}

// name is what a link leads to.
func (t *tree) name(l Link) string {
	i, ok := t.byID[l.ID]
	if !ok {
		return "a span that is missing"
	}
	s := &t.spans[i]
	return fmt.Sprintf("%s of %s at %s", words.Printable(s.Name), words.Printable(s.Service), t.since(s.Start))
}

func (t *tree) since(at time.Time) string { return words.Milliseconds(at.Sub(t.epoch)) }

func writeAttributes(b *strings.Builder, attributes []attribute.KeyValue) {
	for i, a := range attributes {
		separator := " "
		if i == 0 {
			separator = "  "
		}
		b.WriteString(separator + words.Printable(string(a.Key)) + "=" + words.Unspaced(words.Text(a.Value)))
	}
}
