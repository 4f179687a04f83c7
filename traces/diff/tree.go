package diff

import (
	"cmp"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/diff/content"
)

// Consequences are what comes of a divergence: how much it is, and as a tree of causes, the largest first.
type Consequences struct {
	Tally

	Tree []Consequence `json:"tree"` // in the order in which it is told, each below what it comes of
	Rest Tally         `json:"rest"` // those that are not in the tree, nor below anything in it
}

// Consequence is a span that differs, and what of what comes of it is not told one by one.
type Consequence struct {
	// Depth in the tree as a person sees it, from 0; only where several come of one do they stand deeper.
	Depth int    `json:"depth"`
	Of    string `json:"of,omitempty"` // the span in the tree that it comes of; of a beginning there is none
	// Origin, of a beginning that comes of what is not compared, is the span that this begins with.
	Origin string `json:"origin,omitempty"`
	// Rule is by which it comes of Of, or of Origin; where spans that are not told stand between, the least sure one.
	Rule   Rule                  `json:"rule,omitempty"`
	Change Change                `json:"change"` // only in A, only in B, changed or moved
	Event  Event                 `json:"span"`
	Fields []content.ValueChange `json:"fields,omitempty"` // that differ, where both runs have the span
	Begins time.Duration         `json:"begins_later_ns"`  // in B, where both runs have the span
	Ends   time.Duration         `json:"ends_later_ns"`
	Until  time.Duration         `json:"-"`      // when the span ends in A
	Size   int                   `json:"size"`   // how many spans come of it, itself included
	Folded Tally                 `json:"folded"` // those of them that are below it and not in the tree
	Branch Branch                `json:"-"`
}

// Branch says which of several it is that come of one.
type Branch uint8

// The values of Branch.
const (
	NoBranch   Branch = iota // it is the only one, or a beginning
	MoreBranch               // others follow
	LastBranch
)

// Tally counts spans that differ. What moved did so by between Least and Most, later in B where that is positive.
type Tally struct {
	Spans   int           `json:"spans"`
	OnlyA   int           `json:"only_a"`
	OnlyB   int           `json:"only_b"`
	Changed int           `json:"changed"`
	Moved   int           `json:"moved"`
	Least   time.Duration `json:"moved_least_ns"`
	Most    time.Duration `json:"moved_most_ns"`
	Ending  int           `json:"ending"` // how many of them are there, or not, because one run goes on for longer

	// Possible is how many of them only may come of what all this begins with: a rule on the way is not Seen.
	Possible int `json:"possible"`
}

func (t *Tally) add(p *pair, by time.Duration) {
	t.Spans++
	if p.ending {
		t.Ending++
	}
	if !p.way.Seen() {
		t.Possible++
	}
	switch p.change {
	case NoChange:
	case OnlyA:
		t.OnlyA++
	case OnlyB:
		t.OnlyB++
	case Changed:
		t.Changed++
	case Moved:
		if t.Moved++; t.Moved == 1 {
			t.Least, t.Most = by, by
		}
		t.Least, t.Most = min(t.Least, by), max(t.Most, by)
	}
}

// shift returns by how much a span is later in B; 0 if only one run has it.
func (l *alignment) shift(p *pair) time.Duration {
	if !p.inBoth() {
		return 0
	}
	if a, b := l.starts(p); a != b {
		return time.Duration(b - a)
	}
	a, b := l.ends(p)
	return time.Duration(b - a)
}

// consequences returns what follows from what the first divergence comes of, and what differs and does not.
func (l *alignment) consequences() (followed, elsewhere Consequences) {
	t := tree{alignment: l, above: nones(len(l.pairs)), rules: make([]Rule, len(l.pairs))}
	for n := range l.pairs {
		if p := &l.pairs[n]; p.cause >= 0 {
			if t.above[n], t.rules[n] = p.cause, p.rule; !l.isTold(p.cause) {
				t.above[n], t.rules[n] = t.above[p.cause], max(p.rule, t.rules[p.cause])
			}
		}
	}
	ofFirst := func(p *pair) bool { return p.origin == l.pairs[0].origin }
	return t.of(ofFirst), t.of(func(p *pair) bool { return !ofFirst(p) })
}

// isTold says whether a pair may have a line of its own: what only moved is counted, unless something begins with it.
func (l *alignment) isTold(n int32) bool {
	p := &l.pairs[n]
	return n == 0 || l.begins(p) || p.change != Moved && !p.ending
}

// begins says whether a pair comes of nothing.
func (l *alignment) begins(p *pair) bool { return l.whole[p.origin].spans == p.spans }

// tree makes the lines of trees.
type tree struct {
	*alignment

	above  []int32 // what each pair is told below: what only moved stands between, and is counted
	rules  []Rule  // by which each comes of that
	below  map[int32][]int32
	folded map[int32]*Tally
	lines  []Consequence
}

// of puts some pairs below what they come of. With each pair there are those that it comes of, for they are as large at
// least.
func (t *tree) of(within func(*pair) bool) (c Consequences) {
	t.below, t.folded, t.lines = map[int32][]int32{}, map[int32]*Tally{}, []Consequence{}
	var shown, tops []int32
	for n := range int32(len(t.pairs)) {
		if p := &t.pairs[n]; within(p) {
			c.add(p, t.shift(p))
			if t.isTold(n) {
				shown = append(shown, n)
			}
		}
	}
	slices.SortFunc(shown, func(n, m int32) int {
		return cmp.Or(cmp.Compare(t.pairs[m].size, t.pairs[n].size), cmp.Compare(n, m))
	})
	if most := t.options.Max; most > 0 && len(shown) > most {
		shown = shown[:most]
	}
	under := nones(len(t.pairs)) // the line that each has, or is below
	for _, n := range shown {
		under[n], t.folded[n] = n, &Tally{}
		if t.above[n] < 0 {
			tops = append(tops, n)
		} else {
			t.below[t.above[n]] = append(t.below[t.above[n]], n)
		}
	}
	for n := range t.pairs {
		p := &t.pairs[n]
		if under[n] >= 0 {
			continue
		}
		if t.above[n] >= 0 {
			under[n] = under[t.above[n]]
		}
		if under[n] >= 0 {
			t.folded[under[n]].add(p, t.shift(p))
		} else if within(p) {
			c.Rest.add(p, t.shift(p))
		}
	}
	for _, n := range tops {
		t.tell(n, Consequence{})
	}
	c.Tree = t.lines
	return c
}

// tell tells a pair and what comes of it. A chain is not indented: only where several things come of one, they stand
// deeper. The line says so much already: what the pair comes of.
func (t *tree) tell(n int32, line Consequence) {
	for {
		p, below := &t.pairs[n], t.below[n]
		line.Change, line.Event, line.Size, line.Folded = p.change, t.event(p), int(p.size), *t.folded[n]
		line.Rule = t.rules[n]
		if line.Of == "" && !t.begins(p) {
			line.Origin, line.Rule = t.entry(&t.whole[p.origin]).ID.String(), p.way
		}
		if p.inBoth() {
			line.Fields = t.fields(p)
			startA, startB := t.starts(p)
			endA, endB := t.ends(p)
			line.Begins, line.Ends, line.Until = time.Duration(startB-startA), time.Duration(endB-endA), time.Duration(endA)
		}
		t.lines = append(t.lines, line)
		next := Consequence{Depth: line.Depth, Of: line.Event.ID}
		if len(below) != 1 {
			next.Depth++
			for k, m := range below {
				if next.Branch = MoreBranch; k == len(below)-1 {
					next.Branch = LastBranch
				}
				t.tell(m, next)
			}
			return
		}
		n, line = below[0], next
	}
}

// Independent is what the first divergence changed nothing of.
type Independent struct {
	Before int `json:"before"` // spans that ended before it
	After  int `json:"after"`  // spans that ended after it, and are the same in both runs

	Spans []world.CausalID `json:"-"` // those
}

// independent counts the spans that are the same.
func (l *alignment) independent() Independent {
	var in Independent
	moment := int64(0)
	if len(l.pairs) > 0 {
		moment = l.pairs[0].moment
	}
	a, b := l.runs[0], l.runs[1]
	for i := range int32(a.Len()) {
		j, n := a.twin[i], a.pairOf[i]
		if j < 0 || n >= 0 && !l.negligible(&l.whole[n]) || !l.wanted(a, i) {
			continue
		}
		switch {
		case a.isRun(i): // both have it, whatever it says
			if l.sameRuns() {
				in.Before++
			}
		case min(a.end(i), b.end(j)) < moment:
			in.Before++
		default:
			in.After++
			in.Spans = append(in.Spans, a.Entry(i).ID)
		}
	}
	return in
}
