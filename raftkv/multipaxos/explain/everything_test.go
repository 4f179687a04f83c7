package explain_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/multipaxos"
	paxos "github.com/raftkv/raftkv/raftkv/multipaxos/explain"
	"github.com/raftkv/raftkv/raftkv/multipaxos/node"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/explain"
)

// rough is a run in which all kinds of things go wrong.
func rough(seed uint64) scene {
	s := scene{
		seed: seed, clients: 3, operations: 6, network: sim.Config{Loss: 0.08, Duplicate: 0.05},
		config: func(c *node.Config) { c.Window = 1 + int(seed%4) },
	}
	ids := these(leader(1), acceptor(1), leader(2), replica(1), acceptor(3))
	for i := range 6 {
		draw := world.Draw(seed, 1, world.CausalID(i))
		at, id := time.Duration(60+draw%300)*ms, ids[draw/7%uint64(len(ids))]
		s.faults = append(s.faults, crash(at, id)...)
		s.faults = append(s.faults, restart(at+time.Duration(20+draw/1000%150)*ms, id))
	}
	return s
}

// TestEverything asks all there is to ask, and holds of every answer that no sentence names a span, a time or a process
// that the trace does not have, or a slot or a ballot that the spans do not on which it rests; and that every "why not"
// names a rule or an event. Where no bug is built in, no answer says that a rule was broken.
func TestEverything(t *testing.T) {
	t.Parallel()
	for name, s := range scenes {
		t.Run(name, func(t *testing.T) { t.Parallel(); clean(t, play(t, s)) })
	}
	for name, c := range broken { // without the bug
		t.Run("for "+name, func(t *testing.T) { t.Parallel(); clean(t, play(t, c.in)) })
	}
}

// clean holds that no rule was broken.
func clean(t *testing.T, all []span.Span) {
	t.Helper()
	if broken := ask(t, all).broken; len(broken) > 0 {
		t.Errorf("no rule was broken, and it says:\n%s", strings.Join(broken, "\n"))
	}
}

// wild is a rough run in which messages are slow, and leaders suspect each other early.
func wild(seed uint64) scene {
	s := rough(seed)
	s.operations = 4
	s.network = sim.Config{Loss: 0.1, Latency: world.Range{Min: 2 * ms, Max: 60 * ms}}
	s.config = func(c *node.Config) {
		c.SuspicionTimeout, c.Backoff = world.Range{Min: 40 * ms, Max: 60 * ms}, world.Range{Max: 30 * ms}
		c.HeartbeatInterval, c.RPCTimeout = 20*ms, 150*ms
	}
	return s
}

// overtaken has leader-2 lead before the promises of leader-1's first ballot arrive, which it is given in its second.
func overtaken() scene {
	slow := func(from, to world.ProcessID, latency time.Duration) sim.Link {
		return sim.Link{From: from, To: to, Latency: world.Range{Min: latency, Max: latency}, HasLatency: true}
	}
	s := scene{clients: 1, operations: 1, config: impatient(20*ms, 40*ms), network: sim.Config{Links: []sim.Link{
		slow(leader(1), acceptor(3), 40*ms), slow(leader(2), leader(1), 100*ms),
		slow(acceptor(1), leader(1), 110*ms), slow(acceptor(2), leader(1), 110*ms),
	}, Latency: world.Range{Min: 2 * ms, Max: 2 * ms}, MaxDuration: 400 * ms}}
	config := s.config
	s.config = func(c *node.Config) { config(c); c.RPCTimeout = 250 * ms }
	return s
}

// broken are bugs with a run in which each strikes, and the rule that an answer says is broken. That of never-catch-up
// is not among them: that a learner does not ask no span tells, and one that waits may have been about to.
var broken = map[string]struct {
	in   scene
	rule explain.Rule
}{
	"accept-below-promise": {scenes["race"], paxos.PromiseKept}, "forget-promise": {wild(37), paxos.PromiseKept},
	"reuse-ballot": {rough(2), paxos.BallotOnce}, "count-old-promises": {overtaken(), paxos.OwnPromises},
	"quorum-of-answered": {rough(1), paxos.Majority}, "adopt-latest-arrival": {wild(141), paxos.Demanded},
	"adopt-highest-slot": {scenes["hole"], paxos.Demanded}, "leave-hole": {wild(8), paxos.NoHole},
	"slot-given-twice": {rough(5), paxos.OneValue}, "apply-out-of-order": {rough(0), paxos.InOrder},
	"skip-hole": {wild(0), paxos.InOrder}, "overwrite-at-replica": {rough(0), paxos.SameResult},
	"no-dedup": {rough(1), paxos.Once},
}

// Where a bug is built in, some answer says which rule was broken, if the bug strikes where spans show it.
func TestBugs(t *testing.T) {
	t.Parallel()
	for _, bug := range multipaxos.Bugs() {
		c, is := broken[bug.Name]
		if is == (bug.Bug == multipaxos.BugNeverCatchUp) {
			t.Errorf("%s: that there is a run for it is %t", bug.Name, is)
		}
		if !is {
			continue
		}
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			c.in.bug = bug.Bug
			says := func(s string) bool { return strings.Contains(s, "breaks the rule that "+c.rule.Says) }
			if list := ask(t, play(t, c.in)).broken; !slices.ContainsFunc(list, says) {
				t.Errorf("no answer says that it breaks the rule that %s:\n%s", c.rule.Says, strings.Join(list, "\n"))
			}
		})
	}
}

// A replica that applies something else than what was chosen, and a leader that proposes something else than a promise
// told of, break a rule.
func TestPlanted(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]explain.Rule{
		spans.ApplyName: paxos.OneChosen, spans.RoleChangeName: paxos.Demanded, spans.ChosenName: paxos.OneChosen,
	} {
		all := play(t, scenes["takeover"])
		other := attribute.String(string(spans.PaxosCommandKey), "put other value")
		for i := range slices.Backward(all) { // who starts again applies all again
			list := &all[i].Attributes
			if name == spans.RoleChangeName {
				if len(all[i].Events) == 0 {
					continue
				}
				list = &all[i].Events[0].Attributes
			}
			at := slices.IndexFunc(*list, func(kv attribute.KeyValue) bool { return kv.Key == other.Key })
			if all[i].Name == name && at >= 0 {
				(*list)[at] = other
				break
			}
		}
		if a := ask(t, all); !slices.ContainsFunc(a.broken, func(s string) bool { return strings.Contains(s, want.Says) }) {
			t.Errorf("with another value in a %s no answer says that it breaks the rule that %s", name, want.Says)
		}
	}
}

// Of a part of a trace, and of one whose spans lack something, no more is said than what is there.
func TestParts(t *testing.T) {
	t.Parallel()
	whole := play(t, scenes["takeover"])
	for part := range 4 {
		var some []span.Span
		for i := range whole {
			if s := whole[i]; i%5 != part {
				if i%11 == part {
					s.Attributes = s.Attributes[1:]
				}
				some = append(some, s)
			}
		}
		ask(t, some)
	}
}

// asker holds answers against the spans that they are about.
type asker struct {
	t      *testing.T
	spans  map[world.CausalID]*span.Span
	names  map[string]bool // of processes
	epoch  time.Time
	broken []string
}

var processName = regexp.MustCompile(`\b(?:acceptor|leader|replica|client)-[0-9]+\b`)

func ask(t *testing.T, all []span.Span) *asker {
	t.Helper()
	a := &asker{t: t, spans: map[world.CausalID]*span.Span{}, names: map[string]bool{}, epoch: all[0].Start}
	e := explainer(all)
	const most = 100 // spans that are asked about
	questions := e.Questions(1000)
	for i := range all {
		s := &all[i]
		a.spans[s.ID], a.names[s.Service] = s, true
		for _, kv := range s.Attributes {
			for _, name := range processName.FindAllString(kv.Value.String(), -1) {
				a.names[name] = true
			}
		}
		if s.Start.Before(a.epoch) {
			a.epoch = s.Start
		}
		if i%(len(all)/most+1) == 0 {
			questions = append(questions, s.ID.String())
		}
	}
	for _, question := range questions {
		x, err := e.Explain(question)
		if err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		if a.holds(x); x.Next != "" {
			if next, err := e.Explain(x.Next); err != nil || next.Question == x.Question {
				t.Errorf("it suggests %q next: %v", x.Next, err)
			}
		}
		if t.Failed() {
			t.Fatalf("%s is answered so:\n%s", question, written(x, 120))
		}
	}
	return a
}

func (a *asker) holds(x *explain.Explanation) {
	a.sentence(x.Answer)
	for _, part := range x.Parts {
		a.sentence(part.Title)
		named := false
		for _, s := range part.Steps {
			a.sentence(s.Sentence)
			if !slices.ContainsFunc(s.RestsOn, func(m explain.Moment) bool { return m.Span == s.ID }) ||
				!strings.Contains(s.Text, s.Section) || s.Broken != strings.Contains(s.Text, "breaks the rule") {
				a.t.Errorf("it names another span, or lacks its section, or is not about a broken rule: %s", s.Text)
			}
			if s.Broken {
				a.broken = append(a.broken, s.Text)
			}
			named = named || s.Reason != (explain.Reason{})
		}
		if part.WhyNot && !named {
			a.t.Errorf("%q names no rule and no event", part.Title.Text)
		}
	}
}

var (
	timeTold  = regexp.MustCompile(`-?\b[0-9]+\.[0-9]{3}ms\b`)
	placeTold = regexp.MustCompile(`\b(?:slot|from|ballot) ([0-9]+(?:\.[0-9]+)?)\b`)
	quotation = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	number    = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)?`)
)

// sentence holds that the moments that a sentence rests on are those of spans, and that what it names is there.
func (a *asker) sentence(s explain.Sentence) {
	times, places, text := map[string]bool{}, map[string]bool{}, quotation.ReplaceAllString(s.Text, "")
	for _, m := range s.RestsOn {
		if !a.has(m) {
			a.t.Errorf("the trace has no moment %+v: %s", m, s.Text)
			return
		}
		times[m.String()] = true
		for _, other := range s.RestsOn {
			times[explain.Moment{At: other.At - m.At}.String()] = true
		}
		a.places(a.spans[m.Span], places)
	}
	for _, told := range timeTold.FindAllString(text, -1) {
		if !times[told] {
			a.t.Errorf("no span that it rests on has the time %s: %s", told, s.Text)
		}
	}
	for _, name := range processName.FindAllString(text, -1) {
		if !a.names[name] {
			a.t.Errorf("the trace has no %s: %s", name, s.Text)
		}
	}
	for _, told := range placeTold.FindAllStringSubmatch(timeTold.ReplaceAllString(text, ""), -1) {
		if !places[told[1]] {
			a.t.Errorf("no span that it rests on tells of %s: %s", told[0], s.Text)
		}
	}
}

// places are the slots and ballots that a span tells of.
func (a *asker) places(s *span.Span, places map[string]bool) {
	add := func(list []attribute.KeyValue) {
		for _, kv := range list {
			if strings.HasPrefix(string(kv.Key), "paxos.") || kv.Key == worldspans.RaftkvViolationFactsKey {
				for _, n := range number.FindAllString(kv.Value.String(), -1) {
					places[n] = true
					slot, _ := strconv.Atoi(n)
					places[strconv.Itoa(slot+1)] = true // the first that is missing after it
				}
				for _, place := range regexp.MustCompile(`[0-9]+@[0-9.]+`).FindAllString(kv.Value.String(), -1) {
					slot, ballot, _ := strings.Cut(place, "@")
					places[slot], places[ballot] = true, true
				}
			}
		}
	}
	add(s.Attributes)
	for i := range s.Events {
		add(s.Events[i].Attributes)
	}
}

// has says whether the trace has a moment.
func (a *asker) has(m explain.Moment) bool {
	s := a.spans[m.Span]
	if s == nil {
		return false
	}
	at := a.epoch.Add(m.At)
	switch m.What {
	case explain.MomentBegin:
		return s.Start.Equal(at)
	case explain.MomentEnd:
		return s.End.Equal(at)
	}
	return slices.ContainsFunc(s.Events, func(v span.Event) bool { return v.Name == m.What && v.At.Equal(at) })
}
