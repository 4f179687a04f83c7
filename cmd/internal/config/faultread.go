package config

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/world"
)

// placedFault is a fault and where it was given.
type placedFault struct {
	Fault
	origin origin
	when   origin // of the moment
	named  []placedProcess
	drawn  bool // whether chance drew it
	broken bool // whether there is something wrong with it: then it is kept only to find what else is
}

// placedProcess is a process that a fault or an expectation names, and where.
type placedProcess struct {
	process world.ProcessID
	origin  origin
}

// faultKeys are all that a [[fault]] can say.
func faultKeys() []string {
	keys := append([]string{"at"}, faultKinds(func(faultRow) bool { return true })...)
	return append(keys, "one_way", "by", "rate", "torn")
}

// tables are the tables of [[fault]] or [[expect]], or of the same written inline.
func (r *reader) tables(key string, v any, p *place) []map[string]any {
	list, ok := v.([]map[string]any)
	if ok {
		return list
	}
	items, isArray := v.([]any)
	for i, item := range items {
		table, ok := item.(map[string]any)
		if !ok {
			r.complain(p.item(i).value, "%s must hold tables, not %s", key, describe(item))
			table = nil
		}
		list = append(list, table)
	}
	if !isArray {
		r.complain(p.key, "%s must be written [[%s]], once for each", key, key)
	}
	return list
}

// faults reads all of the [[fault]], instead of those that were given before.
func (r *reader) faults(v any, p *place) {
	if !r.adding {
		r.placedFaults = nil
	}
	for i, table := range r.tables(faultTable, v, p) {
		if table != nil {
			r.fault(table, p.item(i))
		}
	}
}

// fault reads one [[fault]].
func (r *reader) fault(table map[string]any, p *place) {
	before := len(r.problems)
	var kinds []FaultKind
	for _, key := range slices.Sorted(maps.Keys(table)) {
		switch {
		case isFaultKind(key):
			kinds = append(kinds, FaultKind(key))
		case !slices.Contains(faultKeys(), key):
			r.complain(p.child(key).key, "unknown key %q%s", faultTable+"."+short(key), advice(faultTable, key, faultTable+"."+Nearest(key, faultKeys())))
		}
	}
	slices.SortFunc(kinds, func(a, b FaultKind) int { return p.child(string(a)).key.start - p.child(string(b)).key.start })
	switch {
	case len(kinds) == 0 && len(r.problems) == before:
		r.complain(p.key, "the fault says nothing that happens: one of %s", strings.Join(faultKinds(func(faultRow) bool { return true }), ", "))
	case len(kinds) > 1:
		r.complain(p.child(string(kinds[1])).key, "the fault says %s already: write a [[fault]] for each", kinds[0])
	}
	if len(kinds) == 0 {
		return
	}
	f := placedFault{Fault: Fault{Kind: kinds[0]}, drawn: r.adding && !r.source.flag}
	at := p.child(string(f.Kind))
	f.origin = r.origin(at.value)
	r.faultTarget(&f, table[string(f.Kind)], at)
	r.faultMoment(&f, table["at"], p)
	r.faultExtras(&f, table, p)
	f.broken = len(r.problems) > before
	r.addFault(f)
}

// faultTarget reads what the fault happens to.
func (r *reader) faultTarget(f *placedFault, v any, at *place) {
	s, isString := v.(string)
	switch {
	case f.Kind == Partition:
		r.sides(f, v, at)
	case !isString:
		r.complain(at.value, "%s must be a string, not %s", f.Kind, describe(v))
	case f.Kind.Counterfactual():
		id, err := world.ParseCausalID(short(s))
		if err != nil {
			r.complain(at.value, "%s", err)
		}
		f.Message = id
	case f.Kind == Heal && s == healAll:
	default:
		t := r.target(f.Kind, s, at, &f.named)
		f.Process, f.Who = t.Process, t.Who
		if f.Process.Group() == world.ClientGroup && f.Kind.row().nodes {
			r.complain(at.value, "%s must name a node, not %q", f.Kind, s)
		}
	}
}

// target reads the name of a process, or a role that stands for one.
func (r *reader) target(kind FaultKind, s string, at *place, named *[]placedProcess) Target {
	t, problem := parseTarget(s, kind.row().who)
	if problem != "" {
		r.complain(at.value, "%s %s", kind, problem)
		return Target{}
	}
	if t.Process != 0 {
		*named = append(*named, placedProcess{t.Process, r.origin(at.value)})
	}
	return t
}

// sides reads who is cut off from whom.
func (r *reader) sides(f *placedFault, v any, at *place) {
	const shape = `must be sides such as [["node-1"], ["node-2", "node-3"]]`
	list, ok := v.([]any)
	if !ok || len(list) < 2 {
		r.complain(at.value, "%s %s", f.Kind, shape)
		return
	}
	seen := make(map[Target]bool)
	for i, v := range list {
		names, ok := v.([]any)
		if !ok || len(names) == 0 {
			r.complain(at.item(i).value, "%s %s", f.Kind, shape)
			continue
		}
		var side []Target
		for j, v := range names {
			where := at.item(i).item(j)
			s, ok := v.(string)
			if !ok {
				r.complain(where.value, "%s %s", f.Kind, shape)
				continue
			}
			t := r.target(f.Kind, s, where, &f.named)
			if t != (Target{}) && seen[t] && t.Who != WhoFollower { // of followers there are several
				r.complain(where.value, "%s is named twice", t)
			}
			seen[t] = true
			side = append(side, t)
		}
		slices.SortFunc(side, compareTargets)
		f.Sides = append(f.Sides, side)
	}
}

// faultMoment reads when the fault happens.
func (r *reader) faultMoment(f *placedFault, v any, p *place) {
	at := p.child("at")
	s, isString := v.(string)
	switch {
	case f.Kind.Counterfactual() && v != nil:
		r.complain(at.key, "%s takes no `at`: the message that it names says when", f.Kind)
	case f.Kind.Counterfactual():
	case v == nil:
		r.complain(p.child(string(f.Kind)).key, "%s needs to be told when, such as at = \"40ms\" or at = \"node-1 becomes leader\"", f.Kind)
	case !isString:
		r.complain(at.value, "at must be a string, not %s", describe(v))
	default:
		when, problem := parseWhen(s)
		if problem != "" {
			r.complain(at.value, "at %s", problem)
		}
		f.At, f.when = when, r.origin(at.value)
		if when.Process != 0 {
			f.named = append(f.named, placedProcess{when.Process, f.when})
		}
	}
}

// faultExtras reads how much, whether one way only, and whether torn.
func (r *reader) faultExtras(f *placedFault, table map[string]any, p *place) {
	r.faultAmount(f, table, p)
	r.faultFlag(&f.OneWay, "one_way", table, p, f.Kind == Partition && len(f.Sides) <= 2,
		"one_way goes with a partition that has two sides: what the first sends to the second is lost")
	r.faultFlag(&f.Torn, "torn", table, p, f.Kind == LoseUnsynced, "torn goes with lose_unsynced: a part of the record stays on the disk")
}

// faultAmount reads how much: a duration, or the rate of a clock.
func (r *reader) faultAmount(f *placedFault, table map[string]any, p *place) {
	by, hasBy := table["by"]
	rate, hasRate := table["rate"]
	at := p.child("by")
	switch {
	case hasRate && f.Kind != Skew:
		r.complain(p.child("rate").key, "%s takes no `rate`: skew does", f.Kind)
	case hasRate && hasBy:
		r.complain(p.child("rate").key, "a clock jumps by a time or runs at a rate: write a [[fault]] for each")
	case hasRate:
		r.faultRate(f, rate, p.child("rate"))
	case hasBy && !f.Kind.row().takesBy:
		r.complain(at.key, "%s takes no `by`: %s do", f.Kind, listed(faultKinds(func(row faultRow) bool { return row.takesBy })))
	case hasBy:
		r.faultBy(f, "by", by, r.origin(at.value))
	case f.Kind.row().takesBy:
		r.complain(p.child(string(f.Kind)).key, "%s needs to be told how much, such as by = \"40ms\"", f.Kind)
	}
}

// faultFlag reads a key that is true or false, and goes with some faults only.
func (r *reader) faultFlag(field *bool, key string, table map[string]any, p *place, allowed bool, otherwise string) {
	v, ok := table[key]
	if !ok {
		return
	}
	at := p.child(key)
	truth{field}.read(v, func(_ int, format string, args ...any) {
		r.complain(at.value, key+" "+format, args...)
	})
	if !allowed {
		r.complain(at.key, "%s", otherwise)
	}
}

// faultRate reads how fast a clock runs: 2.0 is twice as fast as the true time.
func (r *reader) faultRate(f *placedFault, v any, at *place) {
	const slowest, fastest = 0.1, 10
	rate, ok := v.(float64)
	if n, isWhole := v.(int64); isWhole {
		rate, ok = float64(n), true
	}
	thousandths := math.Round(rate * 1000)
	switch {
	case !ok:
		r.complain(at.value, "rate must be a number such as 1.5, not %s", describe(v))
	case !(rate >= slowest && rate <= fastest):
		r.complain(at.value, "rate must be from %v to %v, not %s", slowest, fastest, formatFloat(rate))
	case thousandths/1000 != rate:
		r.complain(at.value, "rate must have at most 3 decimals, not be %s", formatFloat(rate))
	default:
		f.Rate = int(thousandths)
	}
}

// faultBy reads how much. Only a clock can be off either way.
func (r *reader) faultBy(f *placedFault, key string, v any, at origin) {
	s, ok := v.(string)
	if !ok {
		r.complainAt(at, "%s must be a duration such as \"40ms\", not %s", key, describe(v))
		return
	}
	digits, negative := strings.CutPrefix(s, "-")
	if f.Kind != Skew {
		digits, negative = s, false
	}
	d, problem := parseDuration(digits)
	switch {
	case problem != "":
		r.complainAt(at, "%s %s", key, problem)
	case d == 0:
		r.complainAt(at, "%s must not be \"0s\": nothing would change", key)
	case negative:
		f.By = -d
	default:
		f.By = d
	}
}

// addFault takes a fault in, unless there is one that it goes ill with.
func (r *reader) addFault(f placedFault) {
	if f.Kind == Partition && !f.OneWay {
		SortSides(f.Sides)
	}
	for _, g := range r.placedFaults {
		if f.broken || g.broken {
			continue
		}
		if f.Same(g.Fault) {
			r.complainAt(f.origin, "%s happens to the same at the same moment already (%s)", f.Kind, g.origin.where())
			return
		}
		if f.Message != 0 && f.Message == g.Message && (f.Kind == Drop && g.Kind == Delay || f.Kind == Delay && g.Kind == Drop) {
			r.complainAt(f.origin, "a message cannot be both dropped and delayed: see %s", g.origin.where())
			return
		}
	}
	r.placedFaults = append(r.placedFaults, f)
}
