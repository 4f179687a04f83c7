package diff

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// pair is an event of two runs that differs: a span of each, or of one.
type pair struct {
	spans  [2]int32 // of A and of B; none in a run that does not have it
	moment int64    // ns; from when on they differ
	cause  int32    // the pair that this one comes of; none if there is none
	size   int32    // how many come of it, itself included
	origin int32    // the first in the whole of what it comes of
	order  int16    // among those of the same moment and rank
	rank   uint8    // what is a cause by itself goes before what happens at the same moment
	change Change
	ending bool // it is there, or not, because one of the runs goes on for longer
	rule   Rule // by which it comes of its cause
	way    Rule // the least sure one on the way from the origin
}

// The ranks of pairs, in the order in which they are told when they begin to differ at the same moment.
const (
	rankFault    = iota // something went wrong on purpose, or something was done to a message
	rankOrdinary        //
	rankEnding          // the run ended
)

func (p *pair) inBoth() bool { return p.spans[0] >= 0 && p.spans[1] >= 0 }

// side is one of two runs that are compared.
type side struct {
	*Trace

	twin   []int32 // of each span, the same one of the other run; none if there is none
	pairOf []int32 // of each span, the pair, in the whole, that it is in; none if it does not differ
}

// alignment is two runs side by side.
type alignment struct {
	runs    [2]*side // A and B
	options Options
	hasher  *content.Hasher
	byWhat  bool   // they are aligned by what the events are, because their ids tell nothing
	whole   []pair // all that differs, in the order in which it begins to, and no cause behind what comes of it
	pairs   []pair // those of them that are looked at
}

const none = index.None

func newAlignment(a, b *Trace, o Options) *alignment {
	hasher := content.NewHasher(a.protocol.keys(), o.Ignore)
	return &alignment{runs: [2]*side{{Trace: a}, {Trace: b}}, options: o, hasher: hasher}
}

// align finds the same events in two runs, and those that differ.
func (l *alignment) align() {
	l.match()
	l.compare()
	l.number()
	l.moveBack()
	slices.SortFunc(l.pairs, func(p, q pair) int {
		if p.moment != q.moment {
			return cmp.Compare(p.moment, q.moment)
		}
		return cmp.Or(cmp.Compare(p.rank, q.rank), cmp.Compare(p.order, q.order),
			strings.Compare(l.shape(&p).Service, l.shape(&q).Service), cmp.Compare(l.entry(&p).ID, l.entry(&q).ID))
	})
	l.number()
}

// compare makes pairs of what differs: those of A's spans, and then those of spans that only B has.
func (l *alignment) compare() {
	a, b := l.runs[0], l.runs[1]
	for i := range int32(a.Len()) {
		p := pair{spans: [2]int32{i, a.twin[i]}, change: OnlyA}
		if p.inBoth() {
			p.change = l.differs(&p)
		}
		if p.change != NoChange && !a.isRun(i) {
			l.add(&p)
		}
	}
	for j := range int32(b.Len()) {
		if b.twin[j] < 0 && !b.isRun(j) {
			l.add(&pair{spans: [2]int32{none, j}, change: OnlyB})
		}
	}
}

// add adds a pair, with what follows from the times of its spans.
func (l *alignment) add(p *pair) {
	p.cause = none
	p.moment, p.rank = l.diverges(p)
	p.order = l.orderOf(p)
	if p.ending = l.isEnding(p); p.ending {
		p.rank = rankEnding
	}
	l.pairs = append(l.pairs, *p)
}

// number notes of each span which pair it is in.
func (l *alignment) number() {
	for k, x := range l.runs {
		x.pairOf = nones(x.Len())
		for n := range l.pairs {
			if i := l.pairs[n].spans[k]; i >= 0 {
				x.pairOf[i] = int32(n)
			}
		}
	}
}

// nones returns a list of as many numbers of no span, or of no pair.
func nones(n int) []int32 { return slices.Repeat([]int32{none}, n) }

// moveBack has what only one run has differ from when its message was lost in the other, if that was while it was
// handled: a crash then ended it.
func (l *alignment) moveBack() {
	moments := make([]int64, len(l.pairs))
	for n := range l.pairs {
		moments[n] = l.lostAt(&l.pairs[n])
	}
	for n := range l.pairs {
		p := &l.pairs[n]
		p.moment = max(p.moment, moments[n])
	}
}

// lostAt returns when the message was lost in the other run that a span which only one run has handled, or what it is
// below; 0 if it was not.
func (l *alignment) lostAt(p *pair) int64 {
	x, i := l.of(p)
	if p.inBoth() {
		return 0
	}
	for range int(x.Entry(i).Depth) + 1 { // and no further, should parents go around in a ring
		end := x.end(i)
		if i = x.Parent(i); i < 0 || x.pairOf[i] < 0 {
			return 0
		}
		if above := &l.pairs[x.pairOf[i]]; above.change != p.change {
			if above.rank == rankFault && above.moment <= end+(traces.NearTheEnd+traces.AtOnceWithin).Nanoseconds() {
				return above.moment
			}
			return 0
		}
	}
	return 0
}

// negligible says whether a pair differs by no more than what is not looked at.
func (l *alignment) negligible(p *pair) bool {
	if p.change != Moved {
		return false
	}
	startA, startB := l.starts(p)
	endA, endB := l.ends(p)
	within := func(x, y int64) bool { return max(x-y, y-x) <= int64(l.options.Tolerance) }
	return l.options.ignoresTime() || l.options.Tolerance > 0 && within(startA, startB) && within(endA, endB)
}

// diverges returns from when on the spans of a pair differ, and what rank that has.
func (l *alignment) diverges(p *pair) (moment int64, rank uint8) {
	rank = rankOrdinary
	x, i := l.of(p)
	if traces.IsFault(x.Shape(i).Name) {
		rank = rankFault
	}
	if !p.inBoth() {
		if x.Entry(i).Step == 0 && handles(x.Shape(i)) {
			return x.end(i), rank // without numbers of steps, a step is where its end is
		}
		return x.start(i), rank
	}
	startA, startB := l.starts(p)
	a, b := &l.runs[0].prints[p.spans[0]], &l.runs[1].prints[p.spans[1]]
	if startA != startB || a.Begins != b.Begins {
		return min(startA, startB), rank
	}
	endA, endB := l.ends(p)
	moment = min(endA, endB)
	if endA == endB && a.Content == b.Content && a.Clock == b.Clock {
		return max(moment, l.faultedAt(p)), rank
	}
	if a.Clock != b.Clock || p.change == Changed && a.Clock != 0 {
		if e, _, differ := l.firstEvent(p); differ {
			moment = int64(e.At.Sub(x.Epoch)) // the starts are the same, and so are the times from there
			if isFate(&e) && p.change == Changed && l.fatesDiffer(p) {
				rank = rankFault
			}
		}
	}
	return moment, rank
}

// faultedAt returns when the last fault was that a span of a pair links to in one run alone: what became of a message
// may be decided long after the span ended that sent it. It is 0 if there is none.
func (l *alignment) faultedAt(p *pair) (at int64) {
	if !l.runs[0].prints[p.spans[0]].Faulted && !l.runs[1].prints[p.spans[1]].Faulted {
		return 0
	}
	both := l.bothSpans(p)
	for k, x := range l.runs {
		for i := range both[k].Links {
			link := &both[k].Links[i]
			same := func(other read.Link) bool { return other.ID == link.ID }
			fault := x.Find(link.ID)
			if content.ToFault(link) && fault >= 0 && !slices.ContainsFunc(both[1-k].Links, same) {
				at = max(at, x.start(fault))
			}
		}
	}
	return at
}

// bothSpans returns the spans of a pair that both runs have, read again.
func (l *alignment) bothSpans(p *pair) [2]*read.Span {
	return [2]*read.Span{l.runs[0].span(p.spans[0]), l.runs[1].span(p.spans[1])}
}

// fatesDiffer says whether another thing became of the message of a pair's spans, whenever it did.
func (l *alignment) fatesDiffer(p *pair) bool {
	var fates [2]uint64
	for k, s := range l.bothSpans(p) {
		for i := range s.Events {
			if e := &s.Events[i]; isFate(e) {
				fates[k] += l.hasher.Event(e)
			}
		}
	}
	return fates[0] != fates[1]
}

// firstEvent returns the first event that the spans of a pair, which begin at one time, do not share, and whether it is
// A's.
func (l *alignment) firstEvent(p *pair) (first read.Event, ofA, differ bool) {
	type key struct {
		hash uint64
		at   time.Duration
	}
	var seen [2]map[key]bool
	both := l.bothSpans(p)
	keyOf := func(k, i int) key {
		return key{l.hasher.Event(&both[k].Events[i]), both[k].Events[i].At.Sub(both[k].Start)}
	}
	for k, s := range both {
		seen[k] = map[key]bool{}
		for i := range s.Events {
			seen[k][keyOf(k, i)] = true
		}
	}
	var since time.Duration
	for k, s := range both {
		for i := range s.Events {
			if is := keyOf(k, i); !seen[1-k][is] && (!differ || is.at < since) {
				first, ofA, differ, since = s.Events[i], k == 0, true, is.at
			}
		}
	}
	first.At = both[0].Start.Add(since)
	return first, ofA, differ
}

// of returns a run that has the span of a pair, A if both do, and the span.
func (l *alignment) of(p *pair) (*side, int32) {
	if p.spans[0] >= 0 {
		return l.runs[0], p.spans[0]
	}
	return l.runs[1], p.spans[1]
}

func (l *alignment) entry(p *pair) *index.Entry {
	x, i := l.of(p)
	return x.Entry(i)
}

func (l *alignment) shape(p *pair) *index.Shape {
	x, i := l.of(p)
	return x.Shape(i)
}

// starts returns when the spans of a pair begin that both runs have.
func (l *alignment) starts(p *pair) (a, b int64) {
	return l.runs[0].start(p.spans[0]), l.runs[1].start(p.spans[1])
}

// ends returns when the spans of a pair end that both runs have.
func (l *alignment) ends(p *pair) (a, b int64) {
	return l.runs[0].end(p.spans[0]), l.runs[1].end(p.spans[1])
}

// orderOf returns where a pair stands among those of the same moment: as all that tells of a step has it, and of what
// ends the inner before the outer, of what begins or is done the outer before the inner.
func (l *alignment) orderOf(p *pair) int16 {
	const class = 2 * math.MaxUint8
	e, s := l.entry(p), l.shape(p)
	depth, ends := int16(e.Depth), false
	if p.inBoth() {
		depth = max(depth, int16(l.runs[1].Entry(p.spans[1]).Depth))
		startA, startB := l.starts(p)
		ends = p.moment > min(startA, startB)
	}
	if ends {
		depth = -depth
	}
	whole := e.Step > 0 && e.Step == e.EndStep
	answered := e.HasReply || s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindConsumer
	return class*int16(index.StageOf(s.Kind, ends, whole, answered)) + depth
}

// isEnding says whether a pair differs only because one of the runs ends earlier.
func (l *alignment) isEnding(p *pair) bool {
	lastA, lastB := int64(l.runs[0].last), int64(l.runs[1].last)
	if p.change == OnlyB {
		return l.runs[1].start(p.spans[1]) >= lastA
	}
	if p.change == OnlyA {
		return l.runs[0].start(p.spans[0]) >= lastB
	}
	startA, startB := l.starts(p)
	unfinishedA, unfinishedB := l.runs[0].prints[p.spans[0]].Unfinished, l.runs[1].prints[p.spans[1]].Unfinished
	return startA == startB && unfinishedA != unfinishedB && p.moment >= min(lastA, lastB)
}

// afterTheLast says whether a process begins something by itself, in one run only, after all that any process began so
// in the other: that one may have been over already, but for what was on the way.
func (l *alignment) afterTheLast(p *pair, service string) bool {
	x, i := l.of(p)
	if p.inBoth() || isClient(service) || x.Entry(i).Parent != 0 {
		return false
	}
	other := l.runs[0]
	if p.change == OnlyA {
		other = l.runs[1]
	}
	return x.start(i) > int64(other.lastRoot)
}

// staysOpen says whether a pair is open in both runs until they end, and began alike: that it ends at another time
// comes of what has one run go on for longer.
func (l *alignment) staysOpen(p *pair) bool {
	if !p.inBoth() || !l.runs[0].prints[p.spans[0]].Unfinished || !l.runs[1].prints[p.spans[1]].Unfinished {
		return false
	}
	a, b := l.starts(p)
	return a == b && p.change == Moved
}

// wanted says whether a pair is of what is to be compared.
func (l *alignment) wanted(x *side, i int32) bool {
	only, name := l.options.Only, x.Shape(i).Name
	if only == "" {
		return true
	}
	root := &index.Shape{}
	if j := x.root(i); j >= 0 {
		root = x.Shape(j)
	}
	switch only {
	case OnlyKV:
		return isOperation(name) || isRequest(name)
	case OnlyElections:
		return x.protocol.OfElection(name, root.Name)
	}
	return x.Shape(i).Service == only || isClient(only) && root.Service == only // all that a client's operations led to
}
