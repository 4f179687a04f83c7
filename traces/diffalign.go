package traces

import (
	"cmp"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Change is how a span of one run differs from that of the other.
type Change uint8

// The changes there are.
const (
	NoChange Change = iota // in nothing that is compared
	OnlyA                  // it is there in A, and not in B
	OnlyB                  // and the other way round
	Changed                // in what it says, or in what it belongs to
	Moved                  // in time, and in nothing else
)

// changeWords are the changes in JSON.
var changeWords = [...]string{NoChange: "", OnlyA: "only in A", OnlyB: "only in B", Changed: "changed", Moved: "moved"}

// String is the change in words.
func (c Change) String() string { return wordsOf("change", changeWords[:], uint8(c)) }

// MarshalText are the words that stand in JSON.
func (c Change) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads such words. Words that no change has are an error.
func (c *Change) UnmarshalText(words []byte) error {
	n, err := numberOf("change", changeWords[:], words)
	*c = Change(n)
	return err
}

// pair is an event of two runs that differs: a span of each, or of one.
type pair struct {
	a, b   int32 // in the two runs; -1 where there is none
	moment int64 // ns; from when on they differ
	cause  int32 // the pair that this one comes of; -1 for none
	size   int32 // how many come of it, itself included
	origin int32 // the first in the whole of what it comes of
	order  int16 // among those of the same moment and rank
	rank   uint8 // what is a cause by itself goes before what happens at the same moment
	change Change
	ending bool // it is there, or not, because one of the runs goes on for longer
	rule   Rule // by which it comes of its cause
	way    Rule // the least sure one on the way from the origin
}

// alignment is two runs side by side.
type alignment struct {
	a, b    *Indexed
	options DiffOptions
	reading sync.Mutex // of spans, again
	byWhat  bool       // they are aligned by what the events are, because their ids tell nothing
	ofA     []int32
	ofB     []int32 // the span of the other run that each is; -1 for none
	whole   []pair  // all that differs, in the order in which it begins to, and no cause behind what comes of it
	pairs   []pair  // those of them that are looked at
	pairOfA []int32
	pairOfB []int32 // the pair, in the whole, that each span is in; -1 for none
}

const none = int32(-1)

// align finds the same events in two runs, and those that differ.
func (l *alignment) align() {
	l.match()
	l.compare()
	l.number()
	l.moveBack()
	sortWith(l.pairs, func(x, y pair) int {
		if x.moment != y.moment {
			return cmp.Compare(x.moment, y.moment)
		}
		return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(x.order, y.order), strings.Compare(l.shape(&x).Service, l.shape(&y).Service), cmp.Compare(l.id(&x), l.id(&y)))
	})
	l.number()
}

// number notes of each span which pair it is in.
func (l *alignment) number() {
	l.pairOfA, l.pairOfB = fill(len(l.a.prints)), fill(len(l.b.prints))
	for i := range l.pairs {
		if p := &l.pairs[i]; p.a >= 0 {
			l.pairOfA[p.a] = int32(i)
		}
		if p := &l.pairs[i]; p.b >= 0 {
			l.pairOfB[p.b] = int32(i)
		}
	}
}

func fill(n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = none
	}
	return list
}

// match finds the span of the other run for each. Ids are the same for the same events, unless they were made of something else: then few are shared.
func (l *alignment) match() {
	shared := l.matchBy(func(i int32) world.CausalID { return l.a.prints[i].id }, l.b.byID)
	if 2*shared >= min(len(l.a.prints), len(l.b.prints)) {
		return
	}
	byID, ofA, ofB := shared, l.ofA, l.ofB
	var keysOfA []world.CausalID
	var table idTable
	inParallel(func() {
		table = newIDTable(len(l.b.prints))
		for i, key := range whats(l.b) {
			table.put(key, int32(i))
		}
	}, func() { keysOfA = whats(l.a) })
	shared = l.matchBy(func(i int32) world.CausalID { return keysOfA[i] }, table)
	if l.byWhat = shared > 2*byID; !l.byWhat {
		l.ofA, l.ofB = ofA, ofB
	}
}

func (l *alignment) matchBy(key func(i int32) world.CausalID, table idTable) (shared int) {
	l.ofA, l.ofB = make([]int32, len(l.a.prints)), fill(len(l.b.prints))
	inParts(len(l.ofA), func(from, to int32) {
		for i := from; i < to; i++ {
			if j := table.Get(key(i)); j >= 0 && alike(&l.a.shapes[l.a.prints[i].shape], &l.b.shapes[l.b.prints[j].shape]) {
				l.ofA[i] = j
			} else {
				l.ofA[i] = none
			}
		}
	})
	for i, j := range l.ofA {
		switch {
		case j < 0:
		case l.ofB[j] < 0:
			l.ofB[j] = int32(i)
			shared++
		default: // an earlier one has it
			l.ofA[i] = none
		}
	}
	return shared
}

// alike says whether two spans can be the same event: a client's third operation may be a get in one run and a put in the other.
func alike(a, b *shape) bool {
	return a.Service == b.Service && a.Kind == b.Kind && (a.Name == b.Name || strings.HasPrefix(a.Name, operationPrefix) && strings.HasPrefix(b.Name, operationPrefix))
}

// operationPrefix begins the names of clients' operations.
const operationPrefix = "kv."

// whats names the spans of a run by what they are and below what, and by an ordinal where that is not enough: as causal ids do, from the trace alone.
func whats(x *Indexed) []world.CausalID {
	order := make([]int32, len(x.prints))
	for i := range order {
		order[i] = int32(i)
	}
	sortWith(order, func(i, j int32) int {
		p, q := &x.prints[i], &x.prints[j]
		if p.start != q.start {
			return cmp.Compare(p.start, q.start)
		}
		return cmp.Or(cmp.Compare(p.depth, q.depth), cmp.Compare(i, j))
	})
	names := make([]world.CausalID, len(x.prints))
	ordinals := newIDTable(len(x.prints))
	for _, i := range order {
		above := uint64(0)
		if parent := x.prints[i].above; parent >= 0 {
			above = uint64(names[parent])
		}
		what := max(1, join(above, x.prints[i].what))
		names[i] = world.CausalID(max(1, join(what, ordinals.count(what))))
	}
	return names
}

// compare makes pairs of what differs: those of A's spans, and then those of spans that only B has.
func (l *alignment) compare() {
	all := len(l.ofA) + len(l.ofB)
	places := make([]int, parts(all)) // of each part of them, how many pairs it has, and then where the first of those is
	inParts(all, func(from, to int32) {
		n := 0
		for k := from; k < to; k++ {
			if _, _, _, differ := l.couple(k); differ {
				n++
			}
		}
		places[from/onePart] = n
	})
	total := 0
	for i, n := range places {
		places[i], total = total, total+n
	}
	l.pairs = make([]pair, total)
	inParts(all, func(from, to int32) {
		at := places[from/onePart]
		for k := from; k < to; k++ {
			if a, b, change, differ := l.couple(k); differ {
				l.pairs[at] = l.pair(a, b, change)
				at++
			}
		}
	})
}

// moveBack has what only one run has differ from when its message was lost in the other, if that was while it was
// handled: a crash then ended it.
func (l *alignment) moveBack() {
	moments := make([]int64, len(l.pairs))
	for i := range l.pairs {
		moments[i] = l.lostAt(&l.pairs[i])
	}
	for i := range l.pairs {
		p := &l.pairs[i]
		p.moment = max(p.moment, moments[i])
	}
}

// lostAt is when the message was lost in the other run that a span which only one run has handled, or what it is below;
// 0 for not.
func (l *alignment) lostAt(p *pair) int64 {
	x, pairOf := l.sideOf(p), l.pairOfA
	if p.a < 0 {
		pairOf = l.pairOfB
	}
	i := p.index()
	for range x.prints[i].depth + 1 { // and no further, should parents go around in a ring
		q := &x.prints[i]
		if i = q.above; i < 0 || pairOf[i] < 0 || p.change != OnlyA && p.change != OnlyB {
			return 0
		}
		if above := &l.pairs[pairOf[i]]; above.change != p.change {
			if above.rank == rankFault && above.moment <= q.end+(NearTheEnd+AtOnceWithin).Nanoseconds() {
				return above.moment
			}
			return 0
		}
	}
	return 0
}

// couple is a span of A and that of B, for k among A's spans, and for k behind those a span of B that has none of A; and whether they make a pair.
func (l *alignment) couple(k int32) (a, b int32, change Change, differ bool) {
	if last := int32(len(l.ofA)); k >= last {
		b = k - last
		return none, b, OnlyB, l.ofB[b] < 0 && l.b.shapes[l.b.prints[b].shape].Name != spans.RunName
	}
	p, b := &l.a.prints[k], l.ofA[k]
	switch {
	case l.a.shapes[p.shape].Name == spans.RunName:
		return k, b, NoChange, false
	case b < 0:
		return k, none, OnlyA, true
	}
	change, differ = l.difference(p, &l.b.prints[b])
	return k, b, change, differ
}

func (l *alignment) difference(p, q *fingerprint) (Change, bool) {
	if p.content != q.content || !l.byWhat && p.relations != q.relations {
		return Changed, true
	}
	if p.start == q.start && p.end == q.end && p.clock == q.clock {
		return NoChange, false
	}
	return Moved, true
}

// negligible says whether a pair differs by no more than what is not looked at.
func (l *alignment) negligible(p *pair) bool {
	if p.change != Moved || !l.options.ignoresTime() && l.options.Tolerance == 0 {
		return false
	}
	x, y := &l.a.prints[p.a], &l.b.prints[p.b]
	within := func(x, y int64) bool { return max(x-y, y-x) <= int64(l.options.Tolerance) }
	return l.options.ignoresTime() || within(x.start, y.start) && within(x.end, y.end)
}

// pair is that of two spans, of which one may not be there.
func (l *alignment) pair(a, b int32, change Change) pair {
	p := pair{a: a, b: b, change: change, cause: none}
	p.moment, p.rank = l.diverges(&p)
	p.order = l.orderOf(&p)
	p.ending = l.ends(&p)
	if p.ending {
		p.rank = rankEnding
	}
	return p
}

// The ranks of pairs, in the order in which they are told when they begin to differ at the same moment.
const (
	rankFault    = iota // something went wrong on purpose, or something was done to a message
	rankOrdinary        //
	rankEnding          // the run ended
)

// diverges is from when on the spans of a pair differ, and what rank that has.
func (l *alignment) diverges(p *pair) (moment int64, rank uint8) {
	rank = rankOrdinary
	name := l.shape(p).Name
	if IsFault(name) {
		rank = rankFault
	}
	if p.a < 0 || p.b < 0 {
		if q := l.print(p); q.step == 0 && handles(l.shape(p)) {
			return q.end, rank // without numbers of steps, a step is where its end is
		}
		return l.print(p).start, rank
	}
	x, y := &l.a.prints[p.a], &l.b.prints[p.b]
	if x.start != y.start || x.asked != y.asked {
		return min(x.start, y.start), rank
	}
	moment = min(x.end, y.end)
	if x.clock != y.clock || p.change == Changed && x.clock != 0 {
		if e, _, differ := l.firstEvent(p); differ {
			moment = int64(e.At.Sub(l.sideOf(p).begin)) // the starts are the same, and so are the times from there
			if isFate(&e) && p.change == Changed && l.fatesDiffer(p) {
				rank = rankFault
			}
		}
	}
	return moment, rank
}

// requestPrefix begins the names of what clients ask of servers: an answer may leave long after a request was handled.
const requestPrefix = "raftkv.KV/"

// isFate says whether an event tells what became of a message.
func isFate(e *Event) bool {
	return e.Name == spans.EventDrop || e.Name == spans.EventDelay || e.Name == spans.EventDuplicate
}

// fatesDiffer says whether another thing became of the message of a pair's spans, whenever it did.
func (l *alignment) fatesDiffer(p *pair) bool {
	l.reading.Lock()
	defer l.reading.Unlock()
	var fates [2]uint64
	a, b := l.a.span(p.a), l.b.span(p.b)
	for k, s := range []*Span{&a, &b} {
		for i := range s.Events {
			if e := &s.Events[i]; isFate(e) {
				fates[k] += hashText(e.Name) ^ hashAttributes(e.Attributes, l.options.Ignore)
			}
		}
	}
	return fates[0] != fates[1]
}

// firstEvent is the first event that the spans of a pair do not share, and whether it is A's.
func (l *alignment) firstEvent(p *pair) (first Event, ofA, differ bool) {
	l.reading.Lock()
	defer l.reading.Unlock()
	a, b := l.a.span(p.a), l.b.span(p.b)
	key := func(e *Event, s *Span) uint64 {
		return join(hashText(e.Name)^hashAttributes(e.Attributes, l.options.Ignore), uint64(e.At.Sub(s.Start)))
	}
	var seen [2]map[uint64]bool
	for k, s := range []*Span{&a, &b} {
		seen[k] = map[uint64]bool{}
		for i := range s.Events {
			seen[k][key(&s.Events[i], s)] = true
		}
	}
	var since time.Duration
	for k, s := range []*Span{&a, &b} {
		for i := range s.Events {
			e := &s.Events[i]
			if at := e.At.Sub(s.Start); !seen[1-k][key(e, s)] && (!differ || at < since) {
				first, ofA, differ, since = *e, k == 0, true, at
			}
		}
	}
	first.At = l.sideOf(p).span(p.index()).Start.Add(since)
	return first, ofA, differ
}

// index is the span of a pair in the run that sideOf returns.
func (p *pair) index() int32 {
	if p.a >= 0 {
		return p.a
	}
	return p.b
}

// sideOf is a run that has the span of a pair.
func (l *alignment) sideOf(p *pair) *Indexed {
	if p.a >= 0 {
		return l.a
	}
	return l.b
}

func (l *alignment) print(p *pair) *fingerprint { return &l.sideOf(p).prints[p.index()] }

func (l *alignment) shape(p *pair) *shape { return &l.sideOf(p).shapes[l.print(p).shape] }

func (l *alignment) id(p *pair) world.CausalID { return l.print(p).id }

// orderOf is where a pair stands among those of the same moment: as all that tells of a step has it, and of what ends
// the inner before the outer, of what begins or is done the outer before the inner.
func (l *alignment) orderOf(p *pair) int16 {
	const class = 2 * math.MaxUint8
	depth := int16(l.print(p).depth)
	if p.a >= 0 && p.b >= 0 {
		depth = max(depth, int16(l.b.prints[p.b].depth))
	}
	s, q := l.shape(p), l.print(p)
	whole := q.step > 0 && q.step == q.done
	ends := p.a >= 0 && p.b >= 0 && p.moment > min(l.a.prints[p.a].start, l.b.prints[p.b].start)
	if ends {
		depth = -depth
	}
	return class*int16(StageOf(s.Kind, s.Name, ends, whole, true)) + depth
}

// ends says whether a pair differs only because one of the runs ends earlier.
func (l *alignment) ends(p *pair) bool {
	switch {
	case p.a < 0:
		return l.b.prints[p.b].start >= int64(l.a.end)
	case p.b < 0:
		return l.a.prints[p.a].start >= int64(l.b.end)
	}
	x, y := &l.a.prints[p.a], &l.b.prints[p.b]
	return x.start == y.start && x.unfinished != y.unfinished && p.moment >= int64(min(l.a.end, l.b.end))
}

// wanted says whether a span is of what is to be compared.
func (l *alignment) wanted(x *Indexed, i int32) bool {
	only := l.options.Only
	if only == "" {
		return true
	}
	s := &x.shapes[x.prints[i].shape]
	switch only {
	case OnlyKV:
		return strings.HasPrefix(s.Name, operationPrefix) || strings.HasPrefix(s.Name, requestPrefix)
	case OnlyElections:
		root := x.byID.Get(x.prints[i].root)
		return root >= 0 && x.shapes[x.prints[root].shape].Name == spans.ElectionName && !strings.Contains(s.Name, "AppendEntries") && !strings.Contains(s.Name, "commit") && s.Name != spans.ApplyName ||
			s.Name == spans.RoleChangeName || s.Name == spans.RequestVoteClientName
	}
	if s.Service == only {
		return true
	}
	if strings.HasPrefix(only, spans.ServiceClient+"-") { // all that a client's operations led to
		root := x.byID.Get(x.prints[i].root)
		return root >= 0 && x.shapes[x.prints[root].shape].Service == only
	}
	return false
}
