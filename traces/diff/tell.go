package diff

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/words"
)

// fields returns what differs in the spans of a pair, both texts side by side. Of a span that only one run has it is
// what says which one that is.
func (l *alignment) fields(p *pair) []content.ValueChange {
	var both [2][]content.Field
	for k, i := range p.spans {
		if x := l.runs[k]; i >= 0 {
			both[k] = content.Fields(x.span(i), x.Epoch, l.protocol().Persist, l.options.Ignore)
		}
	}
	changes := content.Compare(both[0], both[1])
	if p.inBoth() {
		a, b := l.runs[0].Shape(p.spans[0]).Name, l.runs[1].Shape(p.spans[1]).Name
		if a != b {
			changes = append(changes, content.ValueChange{Name: "name", A: words.Printable(a), B: words.Printable(b)})
		}
	}
	if len(changes) == 0 && p.change == Moved { // by less than a line would show
		for name, times := range map[string]func(*pair) (a, b int64){"begins": l.starts, "ends": l.ends} {
			if a, b := times(p); a != b {
				changes = append(changes, content.ValueChange{
					Name: name, A: time.Duration(a).String(), B: time.Duration(b).String(),
				})
			}
		}
	}
	if l.byWhat {
		changes = slices.DeleteFunc(changes, func(f content.ValueChange) bool { return f.Name == "parent" })
	}
	changes = content.WithoutRepeats(changes, l.protocol().Repeats)
	content.Sort(changes)
	return changes
}

// protocol returns what the protocol of the runs adds.
func (l *alignment) protocol() *Protocol { return l.runs[0].protocol }
