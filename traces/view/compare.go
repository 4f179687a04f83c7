package view

import (
	"io"
	"time"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/across"
	"github.com/raftkv/raftkv/traces/index"
)

// Comparison is how the two runs of a page compare: as runs of one protocol, or of two; or why they cannot be compared.
type Comparison struct {
	Difference *diff.Difference
	Spans      *diff.Spans // what Difference rests on
	Across     *across.Comparison
	Why        string // a sentence: why neither of them is there
}

// MostTold is how much of a comparison a page tells in lines; all of it is in the marks of the spans.
const MostTold = 200

// comparisonHead is what the page reads of a comparison as JSON. page/src/model/comparison.ts is the same in
// TypeScript.
type comparisonHead struct {
	Kind       string             `json:"kind"` // diff, across or none
	Why        string             `json:"why"`
	Difference *diff.Difference   `json:"difference"`
	Across     *across.Comparison `json:"across"`
	More       moreHead           `json:"more"`
	Pairs      int                `json:"pairs"`
	UnitNs     int64              `json:"unit_ns"`
	Ignored    []string           `json:"ignored"` // attributes that are not compared
}

// moreHead says how many there are beside those that are told.
type moreHead struct {
	Operations int `json:"operations"`
	Leaders    int `json:"leaders"`
	Log        int `json:"log"`
	Store      int `json:"store"`
}

// ComparisonPart is the part of a page that says how its two runs compare.
func (p *Page) ComparisonPart(c *Comparison) Part {
	return Part{"comparison", func(w io.Writer) error { return c.data(p.Runs[0], p.Runs[1]).write(w) }}
}

// data packs a comparison, in the numbers that the page gives to spans.
func (c *Comparison) data(a, b *Run) *data {
	h := comparisonHead{Kind: "none", Why: valid(c.Why), UnitNs: 1, Ignored: []string{}}
	d := &data{}
	numbers := [2][]int32{a.numbers(), b.numbers()}
	switch {
	case c.Difference != nil:
		h.Kind = "diff"
		h.Difference, h.More = shortened(c.Difference)
		h.Pairs = len(c.Spans.Pairs)
		h.Ignored = []string{string(worldspans.RaftkvStepKey), string(worldspans.RaftkvEndStepKey)}
		d.add("twin", twins(numbers, c.Spans.Twins[0]))
		addPairs(d, numbers, c.Spans)
	case c.Across != nil:
		h.Kind, h.Across = "across", c.Across
		d.add("twin", twins(numbers, operations(a.Trace.Len(), c.Across)))
		addOperations(d, numbers, c.Across)
	}
	d.head = &h
	return d
}

// twins is a column with a number for each span of A, in the page's order: 0 for one that B does not have, and else,
// from 1, how far its twin is from that which follows the twin before.
func twins(numbers [2][]int32, twin []int32) []byte {
	inOrder := make([]int32, len(numbers[0]))
	for i, n := range numbers[0] {
		inOrder[n] = index.None
		if j := twin[i]; j != index.None {
			inOrder[n] = numbers[1][j]
		}
	}
	var c column
	next := int32(0)
	for _, n := range inOrder {
		if n == index.None {
			c.add(0)
			continue
		}
		far := int64(n - next)
		c.add(1 + uint64(far<<1^far>>63))
		next = n + 1
	}
	return c.bytes
}

// operations has the twins of the spans of A that are operations of both runs.
func operations(spans int, c *across.Comparison) []int32 {
	twin := make([]int32, spans)
	for i := range twin {
		twin[i] = index.None
	}
	for i := range c.Operations {
		if o := &c.Operations[i]; o.A != nil && o.B != nil {
			twin[o.A.Span] = o.B.Span
		}
	}
	return twin
}

// addOperations adds the spans of the operations, of A and of B: 1 more than their numbers, 0 where there is none.
func addOperations(d *data, numbers [2][]int32, c *across.Comparison) {
	var columns [2]column
	for i := range c.Operations {
		for k, done := range []*across.Done{c.Operations[i].A, c.Operations[i].B} {
			if done == nil {
				columns[k].add(0)
			} else {
				columns[k].add(1 + uint64(numbers[k][done.Span]))
			}
		}
	}
	d.add("operation_a", columns[0].bytes)
	d.add("operation_b", columns[1].bytes)
}

// addPairs adds what differs, in the order in which it begins to: how it differs, and whether it ends with its run; the
// number of its span in A, or in B if A does not have it; when it begins to differ; and how many pairs ago that stands
// of which it comes, with the rule.
func addPairs(d *data, numbers [2][]int32, s *diff.Spans) {
	var how, span, at, cause, rule column
	var lastSpan [2]int32
	last := time.Duration(0)
	for n := range s.Pairs {
		p := &s.Pairs[n]
		ending := uint64(0)
		if p.Ending {
			ending = 1
		}
		how.add(uint64(p.Change)<<1 | ending)
		of := 0
		if p.Spans[0] == index.None {
			of = 1
		}
		number := numbers[of][p.Spans[of]]
		span.addSigned(int64(number - lastSpan[of]))
		lastSpan[of] = number
		at.addSigned(int64(p.At - last))
		last = p.At
		if p.Cause == index.None {
			cause.add(0)
		} else {
			cause.add(uint64(int32(n) - p.Cause))
		}
		rule.add(uint64(p.Rule))
	}
	d.add("how", how.bytes)
	d.add("span", span.bytes)
	d.add("at", at.bytes)
	d.add("cause", cause.bytes)
	d.add("rule", rule.bytes)
}

// shortened is a difference with at most MostTold of each list of what users saw, and how many more there are.
func shortened(d *diff.Difference) (*diff.Difference, moreHead) {
	short := *d
	u := &short.Users
	var more moreHead
	u.Operations, more.Operations = first(u.Operations)
	u.Leaders, more.Leaders = first(u.Leaders)
	u.Log, more.Log = first(u.Log)
	u.Store, more.Store = first(u.Store)
	return &short, more
}

func first[T any](list []T) ([]T, int) {
	n := min(len(list), MostTold)
	return list[:n], len(list) - n
}

// numbers are the numbers that the page gives to the spans of the run: in the order in which they begin.
func (r *Run) numbers() []int32 {
	if r.number != nil {
		return r.number
	}
	x, next := r.Trace, int32(0)
	replies := x.Replies()
	r.number = make([]int32, x.Len())
	for m := range x.Moments(func(m index.Moment) index.Moment { return x.SentBefore(m, replies) }) {
		if !m.Ends {
			r.number[m.Span] = next
			next++
		}
	}
	return r.number
}
