package diff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff/config"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/diff/outcome"
	"github.com/raftkv/raftkv/traces/words"
)

// Options are what of two runs is compared, and how much of it is told.
type Options struct {
	Ignore    []string      // attributes, or IgnoreTime
	Tolerance time.Duration // times that differ by no more are the same
	Only      string        // a process, OnlyKV or OnlyElections; empty is everything
	Max       int           // how many lines of what followed, and of each list, are told; 0 is all
}

// The values of options that are no names of processes or attributes.
const (
	IgnoreTime    = "time"
	OnlyKV        = "kv"
	OnlyElections = "elections"
)

func (o *Options) ignoresTime() bool { return slices.Contains(o.Ignore, IgnoreTime) }

// Verdict is in one word or two how two runs relate.
type Verdict string

// The verdicts there are.
const (
	Same             Verdict = "same"
	SameButTime      Verdict = "same but for time"
	SameOutcome      Verdict = "same outcome by other messages"
	DifferentOutcome Verdict = "different outcome"
	UnknownOutcome   Verdict = "outcome not known" // the spans differ, and what users saw is not in the traces
)

// The values of AlignedBy.
const (
	AlignedByIDs  = "ids"
	AlignedByWhat = "what the events are" // client and operation, term, index, peer, attempt: the ids tell nothing
)

// Difference is what differs between two runs, and why. As JSON it is what `cmd/diff -json` prints; times are in
// nanoseconds, and what begins or ends later in B is positive.
type Difference struct {
	A           About           `json:"a"`
	B           About           `json:"b"`
	Verdict     Verdict         `json:"verdict"`    // one of the constants
	Why         string          `json:"why"`        // what the verdict rests on
	AlignedBy   string          `json:"aligned_by"` // AlignedByIDs or AlignedByWhat
	Only        string          `json:"only,omitempty"`
	Ignored     []string        `json:"ignored,omitempty"`
	Tolerance   time.Duration   `json:"tolerance_ns,omitempty"`
	Resolution  time.Duration   `json:"resolution_ns,omitempty"` // to which times are compared: of the coarser trace
	Config      []config.Change `json:"config"`                  // all keys of the configs that differ
	First       *Divergence     `json:"first"`                   // null when nothing differs
	Followed    Consequences    `json:"followed"`                // what has the same cause as the first one, with that
	Elsewhere   Consequences    `json:"elsewhere"`               // what differs, too, and has another cause
	Independent Independent     `json:"independent"`             // what is the same
	Users       outcome.Users   `json:"users"`                   // what users saw
}

// About is what a trace says of what made it.
type About struct {
	Name     string        `json:"name"`
	Scenario string        `json:"scenario"`
	Build    string        `json:"build"`
	Spans    int           `json:"spans"`
	End      time.Duration `json:"end_ns"` // of the last span, from the beginning of the run

	Part       string `json:"part,omitempty"` // why the trace may be a part of a run; empty if it is not
	Operations int    `json:"operations"`     // of clients, that the trace has and that are compared
	Applied    int    `json:"applied"`        // entries of the log, from index 1 on without a gap
	Leaders    int    `json:"leaders"`        // elections won
}

// Divergence is where two runs begin to differ.
type Divergence struct {
	At      time.Duration         `json:"at_ns"` // from the beginning of the run
	Reason  Reason                `json:"reason"`
	Span    Event                 `json:"span"`
	Origin  *Event                `json:"origin,omitempty"` // what it comes of, if that is not looked at
	Rule    Rule                  `json:"rule,omitempty"`   // by which it comes of Origin; of several the least sure one
	Fields  []content.ValueChange `json:"fields"`           // of the span, that differ; empty in a run without it
	Before  []Event               `json:"before"`           // what both runs share, in the order of time
	Service string                `json:"process"`          // whose span it is
}

// Event is a span as a line tells it; of one that both runs have, A's.
type Event struct {
	ID      string        `json:"id"`      // 16 digits
	Process string        `json:"process"` // node-1, client-2 or world
	Name    string        `json:"name"`    // of the span
	Kind    string        `json:"kind"`    // of the span
	Text    string        `json:"text"`    // what it is, in words
	At      time.Duration `json:"at_ns"`   // when it begins, from the beginning of the run
}

// Compare says what differs between two runs. With the runs in the other order it says the same.
func Compare(ctx context.Context, a, b *Trace, o Options) (*Difference, error) {
	d, _, err := compare(ctx, a, b, o)
	return d, err
}

// compare is Compare, and returns what it rests on.
func compare(ctx context.Context, a, b *Trace, o Options) (*Difference, *alignment, error) {
	if err := errors.Join(append(a.checkIgnored(b), checkOnly(a, b, o.Only))...); err != nil {
		return nil, nil, err
	}
	resolution := max(a.Coarsest, b.Coarsest)
	a, err := a.cutTo(ctx, resolution)
	if err != nil {
		return nil, nil, err
	}
	if b, err = b.cutTo(ctx, resolution); err != nil {
		return nil, nil, err
	}
	l := newAlignment(a, b, o)
	l.align()
	if ctx.Err() != nil {
		return nil, nil, errors.New("interrupted")
	}
	changes := config.Changes(a.about(worldspans.RaftkvConfigKey), b.about(worldspans.RaftkvConfigKey))
	l.findCauses(changes)
	l.narrow()
	d := &Difference{
		A: a.runAbout(o.Only), B: b.runAbout(o.Only), AlignedBy: AlignedByIDs,
		Only: o.Only, Ignored: o.Ignore, Tolerance: o.Tolerance, Resolution: resolution,
		Config: changes, Users: users(a, b, &o), Independent: l.independent(),
	}
	if l.byWhat {
		d.AlignedBy = AlignedByWhat
	}
	d.Verdict, d.Why = l.verdict(d)
	d.Followed, d.Elsewhere = l.consequences()
	if len(l.pairs) > 0 {
		d.First = l.divergence(changes)
	}
	if err := errors.Join(a.Err(), b.Err()); err != nil {
		return nil, nil, err
	}
	return d, l, nil
}

// FirstTraces returns the traces of both runs in which the first difference shows: those of one operation, one
// election or one fault. ok is false if not both runs have one.
func (d *Difference) FirstTraces(a, b *Trace) (ofA, ofB trace.TraceID, ok bool) {
	if d.First == nil || a.run == nil || b.run == nil {
		return ofA, ofB, false
	}
	events := []*Event{&d.First.Span, d.First.Origin}
	for i := range slices.Backward(d.First.Before) {
		events = append(events, &d.First.Before[i])
	}
	for _, event := range events {
		if event == nil {
			continue
		}
		if root := cmp.Or(a.rootOf(event.ID), b.rootOf(event.ID)); a.Find(root) >= 0 && b.Find(root) >= 0 {
			return span.TraceID(a.run.Run, root), span.TraceID(b.run.Run, root), true
		}
	}
	return ofA, ofB, false
}

// rootOf returns the root of the trace that a span is in; 0 if there is no such span.
func (x *Trace) rootOf(id string) world.CausalID {
	number, err := strconv.ParseUint(id, 16, 64)
	if err != nil {
		return 0
	}
	i := x.Find(world.CausalID(number))
	if i < 0 {
		return 0
	}
	return x.Entry(i).Root
}

// checkOnly says whether there is such a process, or such a part.
func checkOnly(a, b *Trace, only string) error {
	known := append([]string{"", OnlyKV, OnlyElections}, append(a.Services(), b.Services()...)...)
	if slices.Contains(known, only) {
		return nil
	}
	return fmt.Errorf("-only %s: neither run has such a process; "+
		"want a process of the runs such as node-1 or client-1, %s or %s", only, OnlyKV, OnlyElections)
}

func (x *Trace) runAbout(only string) About {
	client := ""
	if isClient(only) {
		client = only
	}
	return About{
		Name: x.Name, Scenario: x.about(worldspans.RaftkvScenarioKey), Build: x.about(worldspans.RaftkvBuildKey),
		Spans: x.Len(), End: x.last, Part: x.part(),
		Operations: x.outcome.Operations(client), Applied: x.outcome.Applied(), Leaders: x.outcome.Leaders(),
	}
}

// divergence tells of the first pair.
func (l *alignment) divergence(changes []config.Change) *Divergence {
	p := &l.pairs[0]
	origin := &l.whole[p.origin]
	d := &Divergence{
		At: time.Duration(p.moment), Reason: l.reason(origin, changes), Span: l.event(p),
		Fields: l.fields(p), Before: l.before(p),
	}
	if !l.begins(p) {
		e := l.event(origin)
		d.Origin, d.Rule = &e, p.way
	}
	d.Service = d.Span.Process
	return d
}

// event returns the span of a pair as a line tells it.
func (l *alignment) event(p *pair) Event {
	x, i := l.of(p)
	return x.event(i)
}

// event returns a span as a line tells it.
func (x *Trace) event(i int32) Event {
	s := x.span(i)
	return Event{
		s.ID.String(), words.Printable(s.Service), words.Printable(s.Name), s.Kind.String(),
		content.Phrase(s, x.protocol.Phrase), time.Duration(x.start(i)),
	}
}

// before returns the last events that the runs share and that led to the first divergence: those above its span, and
// what its process did last.
func (l *alignment) before(p *pair) []Event {
	const most = 4
	x, i := l.of(p)
	shared := func(j int32) bool {
		if j == i || x.twin[j] < 0 || x.isRun(j) {
			return false
		}
		k := x.pairOf[j]
		return k < 0 || l.negligible(&l.whole[k]) || l.beginsAlike(&l.whole[k], p)
	}
	var found []int32
	j := x.Parent(i)
	for range x.Entry(i).Depth { // and no further, should parents go around in a ring
		if j >= 0 && len(found) < most && shared(j) && !slices.Contains(found, j) {
			found = append(found, j)
		}
		if j >= 0 {
			j = x.Parent(j)
		}
	}
	service := x.Shape(i).Service
	room := most - len(found)
	var own []int32 // the last ones that there is room for
	for j := range int32(x.Len()) {
		if room == 0 || x.Shape(j).Service != service || l.earliest(x, j).end > p.moment ||
			len(own) == room && l.inTime(x, j, own[0]) < 0 {
			continue
		}
		if shared(j) && !slices.Contains(found, j) {
			own = append(own, j)
			slices.SortFunc(own, func(i, j int32) int { return l.inTime(x, i, j) })
			own = own[max(0, len(own)-room):]
		}
	}
	found = append(found, own...)
	slices.SortFunc(found, func(i, j int32) int { return l.inTime(x, i, j) })
	events := []Event{}
	for _, j := range found {
		events = append(events, x.event(j))
	}
	return events
}

// beginsAlike says whether a pair differs only later than it begins, and later than another does: what it is was the
// same until then.
func (l *alignment) beginsAlike(p, than *pair) bool {
	if !p.inBoth() {
		return false
	}
	a, b := l.starts(p)
	return a == b && p.moment > than.moment
}

// times are when a span begins and ends.
type times struct{ start, end int64 }

// earliest returns the times of a span in the run in which they are earlier, if both have it: they may differ by what
// is not looked at.
func (l *alignment) earliest(x *side, i int32) times {
	t := times{x.start(i), x.end(i)}
	if j := x.twin[i]; j >= 0 {
		other := l.runs[0]
		if x == other {
			other = l.runs[1]
		}
		t = times{min(t.start, other.start(j)), min(t.end, other.end(j))}
	}
	return t
}

// inTime compares two spans of a run by their earliest times.
func (l *alignment) inTime(x *side, i, j int32) int {
	a, b := l.earliest(x, i), l.earliest(x, j)
	wide := func(t times) int64 { return min(1, t.end-t.start) } // what takes no time goes before what begins with it
	return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(x.Entry(i).Depth, x.Entry(j).Depth),
		cmp.Compare(wide(a), wide(b)), cmp.Compare(x.Entry(i).ID, x.Entry(j).ID))
}
