package traces

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/words"
)

// DiffOptions are what of two runs is compared, and how much of it is told.
type DiffOptions struct {
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

func (o *DiffOptions) ignoresTime() bool { return slices.Contains(o.Ignore, IgnoreTime) }

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

// Difference is what differs between two runs, and why. As JSON it is what `cmd/diff -json` prints; times are in nanoseconds, and what begins or ends later in B is positive.
type Difference struct {
	A           RunAbout       `json:"a"`
	B           RunAbout       `json:"b"`
	Verdict     Verdict        `json:"verdict"`    // same, same but for time, same outcome by other messages, different outcome, or outcome not known
	Why         string         `json:"why"`        // what the verdict rests on
	AlignedBy   string         `json:"aligned_by"` // AlignedByIDs or AlignedByWhat
	Only        string         `json:"only,omitempty"`
	Ignored     []string       `json:"ignored,omitempty"`
	Tolerance   time.Duration  `json:"tolerance_ns,omitempty"`
	Resolution  time.Duration  `json:"resolution_ns,omitempty"` // to which times are compared: that of the trace which tells them less finely
	Config      []ConfigChange `json:"config"`                  // all keys of the configs that differ, whether they matter or not
	First       *Divergence    `json:"first"`                   // null when nothing differs
	Followed    Consequences   `json:"followed"`                // what comes of what the first divergence comes of, itself included
	Elsewhere   Consequences   `json:"elsewhere"`               // what differs, too, and comes of nothing that differed before, as far as the traces show
	Independent Independent    `json:"independent"`             // what is the same
	Users       Users          `json:"users"`                   // what users saw
}

// RunAbout is what a trace says of what made it.
type RunAbout struct {
	Name     string        `json:"name"`
	Scenario string        `json:"scenario"`
	Build    string        `json:"build"`
	Spans    int           `json:"spans"`
	End      time.Duration `json:"end_ns"` // of the last span, from the beginning of the run

	Part       string `json:"part,omitempty"` // why the trace may be a part of a run; what it does not have may have been there then
	Operations int    `json:"operations"`     // of clients, that the trace has and that are compared
	Applied    int    `json:"applied"`        // entries of the log, from index 1 on without a gap
	Leaders    int    `json:"leaders"`        // elections won
}

// Divergence is where two runs begin to differ.
type Divergence struct {
	At      time.Duration `json:"at_ns"` // from the beginning of the run
	Reason  Reason        `json:"reason"`
	Span    DiffEvent     `json:"span"`
	Origin  *DiffEvent    `json:"origin,omitempty"` // what it comes of, where that is not of what is compared, or differs by what is not looked at
	Rule    Rule          `json:"rule,omitempty"`   // by which it comes of Origin; of several on the way the least sure one
	Fields  []ValueChange `json:"fields"`           // of the span, those that differ; empty in a run that does not have it
	Before  []DiffEvent   `json:"before"`           // what both runs share, in the order of time
	Service string        `json:"process"`          // whose span it is
}

// DiffEvent is a span as a line tells it; of one that both runs have, A's.
type DiffEvent struct {
	ID      string        `json:"id"`      // 16 digits
	Process string        `json:"process"` // node-1, client-2 or world
	Name    string        `json:"name"`    // of the span
	Kind    string        `json:"kind"`    // of the span
	Text    string        `json:"text"`    // what it is, in words
	At      time.Duration `json:"at_ns"`   // when it begins, from the beginning of the run
}

// Compare says what differs between two runs. With the runs in the other order it says the same.
func Compare(ctx context.Context, a, b *Indexed, o DiffOptions) (*Difference, error) {
	if err := errors.Join(append(a.checkIgnored(b), a.checkOnly(b, o.Only))...); err != nil {
		return nil, err
	}
	a, b, resolution, err := equalResolutions(ctx, a, b)
	if err != nil {
		return nil, err
	}
	l := &alignment{a: a, b: b, options: o}
	var users Users
	var seeing sync.WaitGroup
	seeing.Go(func() { users = l.users() })
	l.align()
	seeing.Wait()
	if err := ctx.Err(); err != nil {
		return nil, errors.New("interrupted")
	}
	changes := configChanges(a, b)
	l.findCauses(changes)
	l.narrow()
	d := &Difference{
		A: a.runAbout(o.Only), B: b.runAbout(o.Only), AlignedBy: AlignedByIDs, Only: o.Only, Ignored: o.Ignore, Tolerance: o.Tolerance, Resolution: resolution,
		Config: changes, Users: users, Independent: l.independent(),
	}
	if l.byWhat {
		d.AlignedBy = AlignedByWhat
	}
	l.restrict(&d.Users)
	d.Verdict, d.Why = l.verdict(d)
	d.Followed, d.Elsewhere = l.consequences()
	if len(l.pairs) > 0 {
		first := l.divergence(d.Config)
		d.First = &first
	}
	if err := errors.Join(a.changed, b.changed); err != nil {
		return nil, err
	}
	return d, nil
}

// FirstTraces are the traces of both runs in which the first difference shows: those of one operation, one election or
// one fault; false if not both runs have one.
func (d *Difference) FirstTraces(a, b *Indexed) (ofA, ofB trace.TraceID, ok bool) {
	if d.First == nil || a.run == nil || b.run == nil {
		return ofA, ofB, false
	}
	events := []*DiffEvent{&d.First.Span, d.First.Origin}
	for i := range slices.Backward(d.First.Before) {
		events = append(events, &d.First.Before[i])
	}
	for _, event := range events {
		if event == nil {
			continue
		}
		if root := cmp.Or(a.rootOf(event.ID), b.rootOf(event.ID)); a.byID.Get(root) >= 0 && b.byID.Get(root) >= 0 {
			return span.TraceID(a.run.Run, root), span.TraceID(b.run.Run, root), true
		}
	}
	return ofA, ofB, false
}

// rootOf is the root of the trace that a span is in; 0 if there is no such span.
func (x *Indexed) rootOf(id string) world.CausalID {
	number, err := strconv.ParseUint(id, 16, 64)
	if err != nil {
		return 0
	}
	i := x.byID.Get(world.CausalID(number))
	if i < 0 {
		return 0
	}
	return x.prints[i].root
}

// checkOnly says whether there is such a process, or such a part.
func (x *Indexed) checkOnly(other *Indexed, only string) error {
	if only == "" || only == OnlyKV || only == OnlyElections {
		return nil
	}
	for _, side := range []*Indexed{x, other} {
		for _, s := range side.shapes {
			if s.Service == only {
				return nil
			}
		}
	}
	return fmt.Errorf("-only %s: neither run has such a process; want a process of the runs such as node-1 or client-1, %s or %s", only, OnlyKV, OnlyElections)
}

func (x *Indexed) runAbout(only string) RunAbout {
	return RunAbout{
		Name: x.name, Scenario: x.about(spans.RaftkvScenarioKey), Build: x.about(spans.RaftkvBuildKey), Spans: len(x.prints), End: x.end,
		Part: x.part(), Operations: x.outcome.operationsOf(only), Applied: x.outcome.applied(), Leaders: len(x.outcome.leaders),
	}
}

// restrict leaves of what users saw only what was asked for.
func (l *alignment) restrict(u *Users) {
	switch only := l.options.Only; {
	case only == "":
		return
	case strings.HasPrefix(only, spans.ServiceClient+"-"):
		u.Operations = slices.DeleteFunc(u.Operations, func(c OperationChange) bool { return !strings.HasPrefix(c.Request, only+"/") })
		u.answers = slices.ContainsFunc(u.Operations, func(c OperationChange) bool { return c.answered() })
		u.Leaders, u.Log, u.Store, u.order, u.store = []ValueChange{}, []ValueChange{}, []ValueChange{}, false, false
	case only == OnlyKV:
		u.Leaders, u.Violations = []ValueChange{}, []ValueChange{}
	default:
		*u = Users{Operations: []OperationChange{}, Leaders: u.Leaders, Log: []ValueChange{}, Store: []ValueChange{}, Violations: []ValueChange{}}
	}
}

// divergence tells of the first pair.
func (l *alignment) divergence(changes []ConfigChange) Divergence {
	p := &l.pairs[0]
	origin := &l.whole[p.origin]
	side := l.sideOf(p)
	d := Divergence{At: time.Duration(p.moment), Reason: l.reason(origin, changes), Span: side.event(p.index()), Fields: l.fields(p), Before: l.before(p)}
	if !l.begins(p) {
		e := l.sideOf(origin).event(origin.index())
		d.Origin, d.Rule = &e, p.way
	}
	d.Service = d.Span.Process
	return d
}

// event is a span as a line tells it.
func (x *Indexed) event(i int32) DiffEvent {
	s := x.span(i)
	return DiffEvent{s.ID.String(), words.Printable(s.Service), words.Printable(s.Name), s.Kind.String(), phrase(&s), time.Duration(x.prints[i].start)}
}

// fields are what differs in the spans of a pair, both values side by side. Of a span that only one run has it is what says which one that is.
func (l *alignment) fields(p *pair) []ValueChange {
	var lists [2][]ValueChange // Name and A are a field and its value
	for k, side := range []struct {
		x *Indexed
		i int32
	}{{l.a, p.a}, {l.b, p.b}} {
		if side.i >= 0 {
			s := side.x.span(side.i)
			lists[k] = fieldsOf(&s, side.x.begin, l.options.Ignore)
		}
	}
	fields := []ValueChange{}
	for _, f := range lists[0] {
		other := valueOf(lists[1], f.Name)
		if f.A != other {
			fields = append(fields, ValueChange{f.Name, f.A, other})
		}
	}
	for _, f := range lists[1] {
		if valueOf(lists[0], f.Name) == "" {
			fields = append(fields, ValueChange{f.Name, "", f.A})
		}
	}
	if p.a >= 0 && p.b >= 0 {
		if x, y := l.a.shapes[l.a.prints[p.a].shape].Name, l.b.shapes[l.b.prints[p.b].shape].Name; x != y {
			fields = append(fields, ValueChange{"name", words.Printable(x), words.Printable(y)})
		}
	}
	if len(fields) == 0 && p.change == Moved { // by less than a line would show
		for k, f := range []string{"begins", "ends"} {
			x, y := &l.a.prints[p.a], &l.b.prints[p.b]
			if values := [2][2]int64{{x.start, y.start}, {x.end, y.end}}[k]; values[0] != values[1] {
				fields = append(fields, ValueChange{f, time.Duration(values[0]).String(), time.Duration(values[1]).String()})
			}
		}
	}
	if l.byWhat {
		fields = slices.DeleteFunc(fields, func(f ValueChange) bool { return f.Name == "parent" || f.Name == "trace" })
	}
	fields = withoutRepeats(fields)
	slices.SortStableFunc(fields, func(x, y ValueChange) int {
		return cmp.Or(cmp.Compare(fieldOrder(x.Name), fieldOrder(y.Name)), strings.Compare(x.Name, y.Name))
	})
	return fields
}

// persistField is the field for what a step wrote to the disk.
const persistField = "persist"

// withoutRepeats leaves out what follows from other fields that differ: what the disk holds, and what is said of a
// term, or of whom a message is to, a second time. Where nothing else differs that is told.
func withoutRepeats(fields []ValueChange) []ValueChange {
	name := func(f ValueChange) string {
		first, _, _ := strings.Cut(f.Name, " ")
		return first
	}
	for _, repeats := range []func(ValueChange) bool{
		func(f ValueChange) bool { return name(f) == persistField },
		func(f ValueChange) bool {
			switch attribute.Key(name(f)) {
			case spans.PeerServiceKey, spans.RaftMessageTermKey, spans.RaftReplyTermKey, spans.RaftEndTermKey, spans.RaftEndRoleKey:
				return true
			}
			return false
		},
	} {
		if slices.ContainsFunc(fields, func(f ValueChange) bool { return !repeats(f) }) {
			fields = slices.DeleteFunc(fields, repeats)
		}
	}
	return fields
}

// fieldOrder puts times first, what happened to a message before attributes, and ids behind them.
func fieldOrder(name string) int {
	names := []string{"begins", "ends", "name", "event", "", "parent", "link"} // the empty one is for attributes
	kind, _, _ := strings.Cut(name, " ")
	if i := slices.Index(names, kind); i >= 0 {
		return i
	}
	return slices.Index(names, "")
}

func valueOf(list []ValueChange, name string) string {
	for _, f := range list {
		if f.Name == name {
			return f.A
		}
	}
	return ""
}

// fieldsOf is all that a span says, as names and texts. Of equal names the second has a number.
func fieldsOf(s *Span, begin time.Time, ignored []string) []ValueChange {
	since := func(t time.Time) string { return words.Milliseconds(t.Sub(begin)) }
	fields := []ValueChange{{Name: "begins", A: since(s.Start)}, {Name: "ends", A: since(s.End)}}
	add := func(name, value string) {
		n := 2
		for unique := name; ; n++ {
			if valueOf(fields, unique) == "" {
				fields = append(fields, ValueChange{Name: unique, A: value})
				return
			}
			unique = fmt.Sprintf("%s %d", name, n)
		}
	}
	attributes := func(all []attribute.KeyValue) (said []string) {
		for _, a := range all {
			if !isIgnored(a.Key, ignored) {
				said = append(said, words.Printable(string(a.Key))+"="+words.Unspaced(words.Text(a.Value)))
			}
		}
		return said
	}
	if s.Parent != 0 {
		add("parent", s.Parent.String())
	}
	for _, a := range s.Attributes {
		if !isIgnored(a.Key, ignored) && a.Key != spans.RPCSystemNameKey && a.Key != spans.RPCMethodKey && a.Key != spans.ServerAddressKey {
			add(words.Printable(string(a.Key)), words.Unspaced(words.Text(a.Value)))
		}
	}
	for i := range s.Events {
		e := &s.Events[i]
		if e.Name == spans.EventPersist {
			add(persistField, strings.Join(append([]string{"at", since(e.At)}, attributes(e.Attributes)...), " "))
			continue
		}
		add("event", strings.Join(append([]string{words.Printable(e.Name), "at", since(e.At)}, attributes(e.Attributes)...), " "))
	}
	for _, link := range s.Links {
		add("link", link.ID.String())
	}
	if s.Status.Description != "" {
		add("status", words.Printable(s.Status.Description))
	}
	return fields
}

// mostBefore is how many events are told that both runs share.
const mostBefore = 4

// before are the last events that the runs share and that led to the first divergence: those above its span, and what its process did last.
func (l *alignment) before(p *pair) []DiffEvent {
	side, i := l.sideOf(p), p.index()
	pairOf := l.pairOfB
	if p.a >= 0 {
		pairOf = l.pairOfA
	}
	var found []int32
	shared := func(j int32) bool {
		both := l.ofA
		if p.a < 0 {
			both = l.ofB
		}
		if j == i || both[j] < 0 || side.shapes[side.prints[j].shape].Name == spans.RunName {
			return false
		}
		return pairOf[j] < 0 || l.negligible(&l.whole[pairOf[j]]) || l.beginsAlike(&l.whole[pairOf[j]], p)
	}
	j := side.prints[i].above
	for range side.prints[i].depth { // and no further, should parents go around in a ring
		if j >= 0 && len(found) < mostBefore && shared(j) && !slices.Contains(found, j) {
			found = append(found, j)
		}
		if j >= 0 {
			j = side.prints[j].above
		}
	}
	inTime := func(i, j int32) int {
		a, b := l.earliest(side, i), l.earliest(side, j)
		return compareTimes(&a, &b)
	}
	service := side.shapes[side.prints[i].shape].Service
	room := mostBefore - len(found)
	var own []int32 // the last ones that there is room for
	for j := range int32(len(side.prints)) {
		if room == 0 || side.shapes[side.prints[j].shape].Service != service || l.earliest(side, j).end > p.moment || len(own) == room && inTime(j, own[0]) < 0 {
			continue
		}
		if shared(j) && !slices.Contains(found, j) {
			own = append(own, j)
			slices.SortFunc(own, inTime)
			own = own[max(0, len(own)-room):]
		}
	}
	found = append(found, own...)
	slices.SortFunc(found, inTime)
	events := []DiffEvent{}
	for _, j := range found {
		events = append(events, side.event(j))
	}
	return events
}

// beginsAlike says whether a pair differs only later than it begins, and later than another does: what it is was the same until then.
func (l *alignment) beginsAlike(p, than *pair) bool {
	return p.a >= 0 && p.b >= 0 && l.a.prints[p.a].start == l.b.prints[p.b].start && p.moment > than.moment
}

// earliest is a span of a run with the times of the run in which they are earlier, where both have it: they may differ by what is not looked at.
func (l *alignment) earliest(side *Indexed, i int32) fingerprint {
	p := side.prints[i]
	other, both := l.b, l.ofA
	if side == l.b {
		other, both = l.a, l.ofB
	}
	if j := both[i]; j >= 0 {
		p.start, p.end = min(p.start, other.prints[j].start), min(p.end, other.prints[j].end)
	}
	return p
}

func compareTimes(a, b *fingerprint) int {
	wide := func(p *fingerprint) int64 { return min(1, p.end-p.start) } // what takes no time goes before what begins with it
	return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.depth, b.depth), cmp.Compare(wide(a), wide(b)), cmp.Compare(a.id, b.id))
}
