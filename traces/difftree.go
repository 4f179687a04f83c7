package traces

import (
	"cmp"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Consequences are what comes of a divergence: how much it is, and as a tree of causes, the largest first.
type Consequences struct {
	Tally

	Tree []Consequence `json:"tree"` // in the order in which it is told, each below what it comes of
	Rest Tally         `json:"rest"` // those that are not in the tree, nor below anything in it
}

// Consequence is a span that differs, and what of what comes of it is not told one by one.
type Consequence struct {
	Depth  int           `json:"depth"`            // in the tree as a person sees it, from 0; only where several come of one do they stand deeper
	Of     string        `json:"of,omitempty"`     // the span in the tree that it comes of; of a beginning there is none
	Origin string        `json:"origin,omitempty"` // of a beginning that comes of what is not compared, the span that this begins with
	Rule   Rule          `json:"rule,omitempty"`   // by which it comes of Of, or of Origin; where spans that are not told stand between, the least sure one on the way
	Change Change        `json:"change"`           // only in A, only in B, changed or moved
	Event  DiffEvent     `json:"span"`
	Fields []ValueChange `json:"fields,omitempty"` // that differ, where both runs have the span
	Begins time.Duration `json:"begins_later_ns"`  // in B, where both runs have the span
	Ends   time.Duration `json:"ends_later_ns"`
	Until  time.Duration `json:"-"`      // when the span ends in A
	Size   int           `json:"size"`   // how many spans come of it, itself included
	Folded Tally         `json:"folded"` // those of them that are below it and not in the tree
	Branch Branch        `json:"-"`
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

	Possible int `json:"possible"` // how many of them only may come of what all this begins with: a rule on the way is not Seen
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

// shift is by how much a span is later in B.
func (l *alignment) shift(p *pair) time.Duration {
	if p.a < 0 || p.b < 0 {
		return 0
	}
	x, y := &l.a.prints[p.a], &l.b.prints[p.b]
	if x.start != y.start {
		return time.Duration(y.start - x.start)
	}
	return time.Duration(y.end - x.end)
}

// consequences are what follows from what the first divergence comes of, and what differs and does not.
func (l *alignment) consequences() (followed, elsewhere Consequences) {
	followed.Tree, elsewhere.Tree = []Consequence{}, []Consequence{}
	if len(l.pairs) == 0 {
		return followed, elsewhere
	}
	origin := l.pairs[0].origin
	above := make([]int32, len(l.pairs)) // what each is told below: what only moved stands between, and is counted
	rules := make([]Rule, len(l.pairs))  // by which it comes of that
	ofFirst, ofOthers := largest{alignment: l, least: -1}, largest{alignment: l, least: -1}
	for i := range l.pairs {
		p := &l.pairs[i]
		above[i] = none
		if p.cause >= 0 {
			if above[i], rules[i] = p.cause, p.rule; !l.telling(p.cause) {
				above[i], rules[i] = above[p.cause], max(p.rule, rules[p.cause])
			}
		}
		sum, told := &followed.Tally, &ofFirst
		if p.origin != origin {
			sum, told = &elsewhere.Tally, &ofOthers
		}
		sum.add(p, l.shift(p))
		if l.telling(int32(i)) {
			told.add(int32(i))
		}
	}
	followed.Tree, followed.Rest = l.tree(ofFirst.list(), above, rules, func(p *pair) bool { return p.origin == origin })
	elsewhere.Tree, elsewhere.Rest = l.tree(ofOthers.list(), above, rules, func(p *pair) bool { return p.origin != origin })
	return followed, elsewhere
}

// telling says whether a pair is told for itself: what only moved is counted, unless something begins with it.
func (l *alignment) telling(i int32) bool {
	p := &l.pairs[i]
	return i == 0 || l.begins(p) || p.change != Moved && !p.ending
}

// begins says whether a pair comes of nothing.
func (l *alignment) begins(p *pair) bool {
	origin := &l.whole[p.origin]
	return origin.a == p.a && origin.b == p.b
}

// largest are the pairs that most comes of, as many as are told.
type largest struct {
	*alignment

	pairs []int32
	least int32 // how much has to come of a pair that is still to be one of them
}

func (k *largest) add(i int32) {
	if most := k.options.Max; most > 0 {
		if k.alignment.pairs[i].size <= k.least {
			return
		}
		if len(k.pairs) == 2*most {
			k.pairs = k.list()
			k.least = k.alignment.pairs[k.pairs[most-1]].size
		}
	}
	k.pairs = append(k.pairs, i)
}

// list is the largest first, and the earlier first of those of one size.
func (k *largest) list() []int32 {
	slices.SortFunc(k.pairs, func(i, j int32) int {
		if x, y := k.alignment.pairs[i].size, k.alignment.pairs[j].size; x != y {
			return cmp.Compare(y, x)
		}
		return cmp.Compare(i, j)
	})
	if most := k.options.Max; most > 0 && len(k.pairs) > most {
		return k.pairs[:most]
	}
	return k.pairs
}

// tree puts pairs below what they come of. With each pair there are those that it comes of, for they are as large at least.
func (l *alignment) tree(shown []int32, above []int32, rules []Rule, within func(*pair) bool) (lines []Consequence, rest Tally) {
	t := treeTeller{alignment: l, rules: rules, below: map[int32][]int32{}, folded: map[int32]*Tally{}, lines: []Consequence{}}
	for _, i := range shown {
		t.folded[i] = &Tally{}
	}
	var tops []int32
	for _, i := range shown {
		if above[i] < 0 {
			tops = append(tops, i)
		} else {
			t.below[above[i]] = append(t.below[above[i]], i)
		}
	}
	under := fill(len(l.pairs)) // what is told that each is, or is below
	for _, i := range shown {
		under[i] = i
	}
	for i := range l.pairs {
		p := &l.pairs[i]
		if under[i] >= 0 {
			continue
		}
		if above[i] >= 0 {
			under[i] = under[above[i]]
		}
		if under[i] >= 0 {
			t.folded[under[i]].add(p, l.shift(p))
		} else if within(p) {
			rest.add(p, l.shift(p))
		}
	}
	for _, i := range tops {
		t.tell(i, Consequence{})
	}
	return t.lines, rest
}

// treeTeller makes the lines of a tree.
type treeTeller struct {
	*alignment

	rules  []Rule // by which each comes of what it is told below
	below  map[int32][]int32
	folded map[int32]*Tally
	lines  []Consequence
}

// tell tells a pair and what comes of it. A chain is not indented: only where several things come of one, they stand deeper. The line says so much already: what the pair comes of.
func (t *treeTeller) tell(i int32, line Consequence) {
	for {
		p := &t.pairs[i]
		below := t.below[i]
		line.Change, line.Event, line.Size, line.Folded = p.change, t.sideOf(p).event(p.index()), int(p.size), *t.folded[i]
		line.Rule = t.rules[i]
		if line.Of == "" && !t.begins(p) {
			line.Origin, line.Rule = t.id(&t.whole[p.origin]).String(), p.way
		}
		if p.a >= 0 && p.b >= 0 {
			line.Fields = t.fields(p)
			x, y := &t.a.prints[p.a], &t.b.prints[p.b]
			line.Begins, line.Ends, line.Until = time.Duration(y.start-x.start), time.Duration(y.end-x.end), time.Duration(x.end)
		}
		t.lines = append(t.lines, line)
		next := Consequence{Depth: line.Depth, Of: line.Event.ID}
		if len(below) != 1 {
			next.Depth++
			for k, j := range below {
				if next.Branch = MoreBranch; k == len(below)-1 {
					next.Branch = LastBranch
				}
				t.tell(j, next)
			}
			return
		}
		i, line = below[0], next
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
	for i, j := range l.ofA {
		p := &l.a.prints[i]
		if k := l.pairOfA[i]; j < 0 || k >= 0 && !l.negligible(&l.whole[k]) || !l.wanted(l.a, int32(i)) {
			continue
		}
		if l.a.shapes[p.shape].Name == spans.RunName { // both have it, whatever it says
			if l.sameRuns() {
				in.Before++
			}
			continue
		}
		if min(p.end, l.b.prints[j].end) < moment {
			in.Before++
		} else {
			in.After++
			in.Spans = append(in.Spans, p.id)
		}
	}
	return in
}
