package config

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// placedFault is a fault, and where it was given.
type placedFault struct {
	keys.Row[Fault]
	drawn  bool // whether chance drew it
	broken bool // whether there is something wrong with it: then it is kept only to find what else is
}

// faultKeys are the keys of a [[fault]] of a kind, in the order that they are written in.
func (t *schema) faultKeys(kind FaultKind) []keys.Key[Fault] {
	return []keys.Key[Fault]{
		keys.Column("at", t.moment(), func(f *Fault) *When { return &f.At }),
		t.targetKey(kind),
		keys.Column("one_way", keys.Truth, func(f *Fault) *bool { return &f.OneWay }),
		keys.Column("torn", keys.Truth, func(f *Fault) *bool { return &f.Torn }),
		keys.Column("rate", rate, func(f *Fault) *int { return &f.Rate }),
		keys.Column("by", amount(kind), func(f *Fault) *time.Duration { return &f.By }),
	}
}

// faultNames are all that a [[fault]] can say.
func faultNames() []string {
	return slices.Concat([]string{"at"}, faultKinds(anyKind), []string{"one_way", "by", "rate", "torn"})
}

// targetKey is the key that says what happens, and whom it happens to.
func (t *schema) targetKey(kind FaultKind) keys.Key[Fault] {
	return keys.Key[Fault]{
		Name: string(kind),
		Read: func(f *Fault, g keys.Given) {
			f.Kind = kind
			switch {
			case kind == Partition:
				t.sides().Take(g, &f.Sides)
			case kind.Counterfactual():
				message.Take(g, &f.Message)
			default:
				hit, _ := t.target(kind).Parse(g)
				f.Process, f.Who = hit.Process, hit.Who
			}
		},
		Write: func(f *Fault) string { return f.target() },
	}
}

// moment is when a fault happens.
func (t *schema) moment() keys.Kind[When] {
	return keys.Naming(keys.Text("a string", t.parseWhen, When.String),
		func(w When) world.ProcessID { return w.Process })
}

// message is the span id of a message.
var message = keys.Kind[world.CausalID]{
	Parse: func(g keys.Given) (world.CausalID, bool) {
		s, ok := g.Value.(string)
		if !ok {
			g.Complain("must be a string, not %s", positions.Describe(g.Value))
			return 0, false
		}
		id, err := world.ParseCausalID(positions.Short(s))
		if err != nil {
			g.Reader.Complain(g.Place.Value, "%s", err)
		}
		return id, err == nil
	},
}

// target is whom a fault of a kind happens to; the zero Target for a heal of everything.
func (t *schema) target(of FaultKind) keys.Kind[Target] {
	row := of.row()
	read := func(s string) (hit Target, problem string) {
		if of == Heal && s == healAll {
			return Target{}, ""
		}
		hit, problem = t.parseTarget(s, row.who)
		switch {
		case hit.Process == 0:
		case row.leads && !t.is(hit.Process, leads):
			problem = "must name " + t.anyOf(leads) + ", not " + strconv.Quote(s)
		case row.servers && !t.is(hit.Process, anyParty):
			problem = "must name " + t.anyOf(anyParty) + ", not " + strconv.Quote(s)
		}
		return hit, problem
	}
	return keys.Naming(keys.Text("a string", read, Target.String), func(t Target) world.ProcessID { return t.Process })
}

// sides are who is cut off from whom. What is wrong with one of them does not hide the others.
func (t *schema) sides() keys.Kind[[][]Target] { return keys.Kind[[][]Target]{Parse: t.parseSides} }

func (t *schema) parseSides(g keys.Given) (all [][]Target, ok bool) {
	const shape = `must be sides such as [["node-1"], ["node-2", "node-3"]]`
	list, ok := g.Value.([]any)
	if !ok || len(list) < 2 {
		g.Complain(shape)
		return nil, false
	}
	seen := make(map[Target]bool)
	for i, v := range list {
		names, ok := v.([]any)
		if !ok || len(names) == 0 {
			g.Item(i, v).Complain(shape)
			continue
		}
		var side []Target
		for j, name := range names {
			one := g.Item(i, v).Item(j, name)
			if _, ok := name.(string); !ok {
				one.Complain(shape)
				continue
			}
			hit, _ := t.target(Partition).Parse(one)
			if hit != (Target{}) && seen[hit] && hit.Who != WhoFollower && !t.isOne(hit.Who) { // there are several of them
				g.Reader.Complain(one.Place.Value, "%s is named twice", hit)
			}
			seen[hit] = true
			side = append(side, hit)
		}
		slices.SortFunc(side, compareTargets)
		all = append(all, side)
	}
	return all, true
}

// rate is how fast a clock runs, in thousandths: 2.0 is twice as fast as the true time.
var rate = keys.Kind[int]{
	Parse: func(g keys.Given) (int, bool) {
		const slowest, fastest = 0.1, 10
		rate, ok := keys.Float(g.Value)
		thousandths := math.Round(rate * 1000)
		switch {
		case !ok:
			g.Complain("must be a number such as 1.5, not %s", positions.Describe(g.Value))
		case !(rate >= slowest && rate <= fastest):
			g.Complain("must be from %v to %v, not %s", slowest, fastest, positions.FormatFloat(rate))
		case thousandths/1000 != rate:
			g.Complain("must have at most 3 decimals, not be %s", positions.FormatFloat(rate))
		default:
			return int(thousandths), true
		}
		return 0, false
	},
	Write: func(thousandths int) string { return positions.FormatFloat(float64(thousandths) / 1000) },
}

// amount is how much of a fault of a kind there is. Only a clock can be off either way.
func amount(of FaultKind) keys.Kind[time.Duration] {
	return keys.Text(`a duration such as "40ms"`, func(s string) (time.Duration, string) {
		digits, negative := strings.CutPrefix(s, "-")
		if of != Skew {
			digits, negative = s, false
		}
		d, problem := keys.ParseDuration(digits)
		switch {
		case problem == "" && d == 0:
			return 0, "must not be \"0s\": nothing would change"
		case negative:
			return -d, problem
		}
		return d, problem
	}, keys.FormatDuration)
}

// faults reads all of the [[fault]], instead of those that were given before.
func (r *reader) faults(v any, p *positions.Place) {
	if !r.adding {
		r.placedFaults = nil
	}
	r.Each(faultTable, v, p, r.fault)
}

// fault reads one [[fault]].
func (r *reader) fault(values map[string]any, at *positions.Place) {
	before := len(r.Problems)
	r.unknownKeys(faultTable, faultNames(), values, at)
	kinds := faultKinds(func(row faultRow) bool { _, ok := values[string(row.kind)]; return ok })
	slices.SortFunc(kinds, func(a, b string) int { return at.Child(a).Key.Start - at.Child(b).Key.Start })
	switch {
	case len(kinds) == 0 && len(r.Problems) == before:
		r.Complain(at.Key, "the fault says nothing that happens: one of %s", strings.Join(faultKinds(anyKind), ", "))
	case len(kinds) > 1:
		r.Complain(at.Child(kinds[1]).Key, "the fault says %s already: write a [[fault]] for each", kinds[0])
	}
	if len(kinds) == 0 {
		return
	}
	kind := FaultKind(kinds[0])
	f := placedFault{Row: keys.ReadRow(&r.Reader, r.schema.faultKeys(kind), r.takenBy(kind, values, at), at)}
	f.Origin = f.Where(string(kind))
	r.checkFlag(f, "one_way", at, kind == Partition && len(f.Value.Sides) <= 2,
		"one_way goes with a partition that has two sides: what the first sends to the second is lost")
	r.checkFlag(f, "torn", at, kind == LoseUnsynced,
		"torn goes with lose_unsynced: a part of the record stays on the disk")
	f.drawn = r.adding && !r.Source.Flag
	f.broken = len(r.Problems) > before
	r.addFault(f)
}

// takenBy are the values of a [[fault]] without those that a fault of its kind does not take. It complains about them,
// and about those that are missing.
func (r *reader) takenBy(kind FaultKind, values map[string]any, place *positions.Place) map[string]any {
	row, what := kind.row(), place.Child(string(kind)).Key
	at, by, rate := place.Child("at").Key, place.Child("by").Key, place.Child("rate").Key
	has := func(name string) bool { _, ok := values[name]; return ok }
	taken := maps.Clone(values)
	switch {
	case row.message && has("at"):
		r.Complain(at, "%s takes no `at`: the message that it names says when", kind)
		delete(taken, "at")
	case !row.message && !has("at"):
		r.Complain(what, "%s needs to be told when, such as at = \"40ms\" or at = \"node-1 becomes leader\"", kind)
	}
	switch {
	case has("rate") && kind != Skew:
		r.Complain(rate, "%s takes no `rate`: skew does", kind)
	case has("rate") && has("by"):
		r.Complain(rate, "a clock jumps by a time or runs at a rate: write a [[fault]] for each")
	case has("by") && !row.takesBy:
		r.Complain(by, "%s takes no `by`: %s do", kind,
			listed(faultKinds(func(row faultRow) bool { return row.takesBy }), "and"))
	case row.takesBy && !has("by") && !has("rate"):
		r.Complain(what, "%s needs to be told how much, such as by = \"40ms\"", kind)
	default:
		return taken
	}
	delete(taken, "by")
	delete(taken, "rate")
	return taken
}

// checkFlag complains about a key that is true or false where it does not go with the fault.
func (r *reader) checkFlag(f placedFault, name string, at *positions.Place, allowed bool, otherwise string) {
	if f.Has(name) && !allowed {
		r.Complain(at.Child(name).Key, "%s", otherwise)
	}
}

// addFault takes a fault in, unless there is one that it conflicts with.
func (r *reader) addFault(f placedFault) {
	if f.Value.Kind == Partition && !f.Value.OneWay {
		SortSides(f.Value.Sides)
	}
	for _, g := range r.placedFaults {
		if f.broken || g.broken {
			continue
		}
		if f.Value.Same(g.Value) {
			r.ComplainAt(f.Origin, "%s happens to the same at the same moment already (%s)", f.Value.Kind,
				g.Origin.Where())
			return
		}
		kinds := []FaultKind{f.Value.Kind, g.Value.Kind}
		if f.Value.Message != 0 && f.Value.Message == g.Value.Message &&
			slices.Contains(kinds, Drop) && slices.Contains(kinds, Delay) {
			r.ComplainAt(f.Origin, "a message cannot be both dropped and delayed: see %s", g.Origin.Where())
			return
		}
	}
	r.placedFaults = append(r.placedFaults, f)
}
