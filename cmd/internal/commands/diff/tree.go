package diff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/words"
)

// followed tells what comes of the first divergence.
func (r *report) followed() {
	f := &r.d.Followed
	r.title("What followed from it")
	text := head(f) + "."
	if r.d.First.Origin != nil {
		comes := "comes"
		if f.Possible > 0 {
			comes = "comes, or may come,"
		}
		text += " All of it " + comes + " of the same thing as the first divergence."
	}
	text += seen(&f.Tally)
	if again := r.partAgain(); again != nil && r.d.Elsewhere.Spans > f.Spans {
		text += " The runs part in other places, too, and most of what differs begins there: that is told further down."
	}
	r.paragraph("", text+reading(f))
	r.legend(f)
	r.tree(f)
}

// seen says of how many spans the traces show that they come of it, unless that is all of them.
func seen(t *diff.Tally) string {
	switch t.Possible {
	case 0:
		return ""
	case t.Spans:
		return " The traces show this for none of them: it is only possible."
	case 1:
		return " The traces show this for " + words.Grouped(t.Spans-1) + " of them; for the other one it is only possible."
	}
	return " The traces show this for " + words.Grouped(t.Spans-t.Possible) + " of them; for the other " +
		words.Grouped(t.Possible) + " it is only possible."
}

// reading says how a tree is read, if it takes more than one line.
func reading(c *diff.Consequences) string {
	if len(c.Tree) < 2 {
		return ""
	}
	counts := ""
	if slices.ContainsFunc(c.Tree, func(line diff.Consequence) bool { return line.Folded.Spans > 0 }) {
		counts = `, and behind "..." how many more do`
	}
	return " Below each span stands what comes of it, first that of which most comes" + counts +
		"; times are A's where both runs have the span."
}

// possible marks what only may come of the span that it stands below.
const possible = "?"

// onlyMay says whether it is not seen that a line comes of the one that it stands below.
func onlyMay(line *diff.Consequence) bool { return line.Of != "" && !line.Rule.Seen() }

// legend says what that mark means, if the tree has it.
func (r *report) legend(c *diff.Consequences) {
	if doubts(c) {
		r.printf("%s  may come of what it stands below, but the traces do not show that it does\n", possible)
	}
}

// doubts says whether a tree has that mark.
func doubts(c *diff.Consequences) bool {
	return slices.ContainsFunc(c.Tree, func(line diff.Consequence) bool { return onlyMay(&line) })
}

var marks = map[diff.Change]string{diff.OnlyA: "-", diff.OnlyB: "+", diff.Changed: "~", diff.Moved: ">"}

// tree tells spans below what they come of. What alone comes of a span stands straight below it; where there are
// several they branch off.
func (r *report) tree(c *diff.Consequences) {
	var rails []string // what the lines below each branch begin with
	sure, left := "", strings.Repeat(" ", 39)
	if doubts(c) { // there is a column for that
		sure, left = " ", left+" "
	}
	for i := range c.Tree {
		line := &c.Tree[i]
		if line.Of == "" && i > 0 {
			r.printf("\n") // another beginning
		}
		rails = rails[:min(len(rails), line.Depth)]
		first := ""
		switch line.Branch {
		case diff.NoBranch:
			first = below(rails)
		case diff.MoreBranch:
			rails = rails[:line.Depth-1]
			first, rails = below(rails)+"├ ", append(rails, "│ ")
		case diff.LastBranch:
			rails = rails[:line.Depth-1]
			first, rails = below(rails)+"└ ", append(rails, "  ")
		}
		rest, folded := below(rails), below(rails)
		if i+1 < len(c.Tree) && c.Tree[i+1].Depth > line.Depth {
			rest, folded = rest+"│ ", folded+"│ "
		}
		mark := marks[line.Change] + sure
		if onlyMay(line) {
			mark = marks[line.Change] + possible
		}
		r.event(mark, &line.Event, first, rest, changesOf(line))
		r.folded(left+folded, &line.Folded)
	}
	if c.Rest.Spans > 0 && len(c.Tree) > 0 {
		r.paragraph("", "Besides these: "+tally(&c.Rest)+".")
	}
}

// below is what leads down to a line: no more than so many of the branches that it is in, or there would be no room for
// it.
func below(rails []string) string {
	const most = 7
	return strings.Join(rails[:min(len(rails), most)], "")
}

// folded says how many spans there are below one that no line tells of.
func (r *report) folded(left string, t *diff.Tally) {
	if t.Spans == 0 {
		return
	}
	for i, text := range terminal.Wrap("... and "+tally(t), r.width-terminal.Length(left)-4) {
		r.printf("%s%s\n", left+strings.Repeat(" ", 4*min(i, 1)), r.style.Dim(text))
	}
}

// changesOf says in a few words what differs in a span that both runs have.
func changesOf(line *diff.Consequence) string {
	const most = 3
	var words []string
	begins, ends := signed(apart(line.Event.At, line.Event.At+line.Begins)), signed(apart(line.Until,
		line.Until+line.Ends))
	switch {
	// most times are whole microseconds
	case line.Begins != 0 && line.Ends != 0 && (line.Begins-line.Ends).Abs() <= time.Microsecond:
		words = append(words, "moved by "+begins)
	case line.Begins != 0:
		words = append(words, "begins "+begins+", ends "+ends)
	case line.Ends != 0:
		words = append(words, "ends "+ends)
	}
	told := 0
	for _, f := range line.Fields {
		if f.Name == "begins" || f.Name == "ends" || strings.HasPrefix(f.Name, "event") && f.A != "" && f.B != "" {
			continue // the times are told, and those of events go with them
		}
		if told++; told <= most {
			words = append(words, changeOf(&f))
		}
	}
	if told > most {
		words = append(words, fmt.Sprintf("and %d more", told-most))
	}
	return strings.Join(words, ", ")
}

// changeOf says what differs in a field: both values, or which run alone has it.
func changeOf(f *content.ValueChange) string {
	if strings.HasPrefix(f.Name, "event") {
		if f.A == "" {
			return f.B + " (only in B)"
		}
		return f.A + " (only in A)"
	}
	return fmt.Sprintf("%s %s -> %s", strings.TrimPrefix(f.Name, "raft."), orNone(f.A), orNone(f.B))
}

// head is the tally of all that a tree is of, with the marks that its lines have.
func head(c *diff.Consequences) string {
	return tallied(&c.Tally, func(change diff.Change) string {
		if len(c.Tree) > 1 && slices.ContainsFunc(c.Tree, func(line diff.Consequence) bool { return line.Change == change }) {
			return " (" + marks[change] + ")"
		}
		return ""
	})
}

// tally says how many spans differ, and how.
func tally(t *diff.Tally) string { return tallied(t, func(diff.Change) string { return "" }) }

func tallied(t *diff.Tally, mark func(diff.Change) string) string {
	var parts []string
	for _, part := range []struct {
		n      int
		change diff.Change
	}{{t.OnlyA, diff.OnlyA}, {t.OnlyB, diff.OnlyB}, {t.Changed, diff.Changed}} {
		if part.n > 0 {
			parts = append(parts, words.Grouped(part.n)+" "+part.change.String()+mark(part.change))
		}
	}
	if t.Moved > 0 {
		parts = append(parts, words.Grouped(t.Moved)+" moved by "+between(t.Least, t.Most)+mark(diff.Moved))
	}
	text := words.Counted(t.Spans, "span")
	if len(parts) == 1 {
		_, how, _ := strings.Cut(parts[0], " ")
		text += " " + how
	} else {
		text += ": " + strings.Join(parts, ", ")
	}
	switch t.Ending {
	case 0:
	case t.Spans:
		text += ", after the end of the other run"
	default:
		text += fmt.Sprintf(" (%s after the end of the other run)", words.Grouped(t.Ending))
	}
	return text
}

func between(least, most time.Duration) string {
	if signed(least) == signed(most) {
		return signed(least)
	}
	return signed(least) + " to " + signed(most)
}

func signed(d time.Duration) string {
	if d >= 0 {
		return "+" + milliseconds(d)
	}
	return milliseconds(d)
}
