package config

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Expect is an [[expect]]: something that must be true at the end of the run. It says one thing.
type Expect struct {
	Leader    world.ProcessID // who leads
	Sometimes string          // what happened at least once: the text of a check.Sometime
	Never     string          // what did not happen
	Answered  int             // how many operations have an answer
	Faults    int             // how many of the faults happened, those of one message not among them
	Violated  string          // the invariant that does not hold: the run stops there
	Operation string          // client-1/3: the client and the number of the operation
	Result    string          // of Operation: what it was answered, as the story's spans say it, or `outcome unknown`
	Log       world.ProcessID // whose log
	Terms     []int           // of Log: the terms of its entries, in their order
	At        time.Duration   // of Log: when, instead of at the end; zero for the end
}

// OutcomeUnknown is the Result of an operation that got no answer.
const OutcomeUnknown = "outcome unknown"

// expectKeys are the keys of an [[expect]], in the order that they are written in.
func (t *schema) expectKeys() []keys.Key[Expect] {
	sometime := keys.NameOf(t.sometimes())
	return []keys.Key[Expect]{
		keys.Column("leader", t.server(leads), func(e *Expect) *world.ProcessID { return &e.Leader }),
		keys.Column("sometimes", sometime, func(e *Expect) *string { return &e.Sometimes }),
		keys.Column("never", sometime, func(e *Expect) *string { return &e.Never }),
		keys.Column("answered", keys.Whole[int](1, math.MaxInt32), func(e *Expect) *int { return &e.Answered }),
		keys.Column("faults", keys.Whole[int](1, math.MaxInt32), func(e *Expect) *int { return &e.Faults }),
		keys.Column("violated", keys.NameOf(t.invariantNames()), func(e *Expect) *string { return &e.Violated }),
		keys.Column("operation", request, func(e *Expect) *string { return &e.Operation }),
		keys.Column("result", keys.Paragraph, func(e *Expect) *string { return &e.Result }),
		keys.Column("log", t.server(logs), func(e *Expect) *world.ProcessID { return &e.Log }),
		keys.Column("terms", keys.Numbers, func(e *Expect) *[]int { return &e.Terms }),
		keys.Column("at", keys.Duration(""), func(e *Expect) *time.Duration { return &e.At }),
	}
}

// expects reads all of the [[expect]], instead of those that were given before.
func (r *reader) expects(v any, p *positions.Place) {
	r.placedExpects = nil
	r.Each(expectTable, v, p, func(table map[string]any, at *positions.Place) {
		if e, ok := readRow(r, expectTable, r.schema.expects, table, at); ok {
			r.expect(e)
		}
	})
}

// expect takes one in that says one thing, and nothing that was said before.
func (r *reader) expect(e keys.Row[Expect]) {
	said := len(e.Keys)
	if e.Has("at") {
		if said--; !e.Has("log") {
			r.ComplainAt(e.Where("at"), "at goes with log and terms: all else is looked at when the run ends")
			return
		}
	}
	for _, pair := range [][2]string{{"operation", "result"}, {"log", "terms"}} {
		if e.Has(pair[0]) != e.Has(pair[1]) {
			r.ComplainAt(e.Origin, "%s and %s go together", pair[0], pair[1])
			return
		}
		if e.Has(pair[0]) {
			said--
		}
	}
	earlier := slices.IndexFunc(r.placedExpects,
		func(p keys.Row[Expect]) bool { return reflect.DeepEqual(p.Value, e.Value) })
	switch {
	case said == 0:
		r.ComplainAt(e.Origin, "the expectation says nothing: it can say leader = \"node-2\", "+
			"sometimes = \"conflict repaired\", never, answered = 15, faults = 2, violated = \"QuorumLog\", "+
			"operation with result, or log with terms")
	case said > 1:
		r.ComplainAt(e.Origin, "the expectation says several things: write an [[expect]] for each")
	case earlier >= 0:
		r.ComplainAt(e.Origin, "the same is expected already (%s)", r.placedExpects[earlier].Origin.Where())
	default:
		i := slices.IndexFunc(r.placedExpects, func(p keys.Row[Expect]) bool { return p.Value.Leader != 0 })
		if i >= 0 && e.Value.Leader != 0 {
			r.ComplainAt(e.Origin, "a leader is expected already (%s)", r.placedExpects[i].Origin.Where())
			return
		}
		r.placedExpects = append(r.placedExpects, e)
	}
}

// request names a client's operation: client-1/3.
var request = keys.Checked(func(s string) string {
	_, _, problem := parseRequest(s)
	return problem
})

// parseRequest reads the name of a client's operation.
func parseRequest(s string) (client world.ProcessID, number uint64, problem string) {
	left, right, ok := strings.Cut(s, "/")
	client, err := world.ParseProcessID(left)
	if !ok || err != nil || client.Group() != world.ClientGroup {
		return 0, 0, `must name a client's operation, such as "client-1/3", not ` + keys.Quoted(s)
	}
	number, problem = parseOrdinal(right, math.MaxUint32)
	return client, number, problem
}

// The keys of an [[expect]] can be given with a flag, too: leader = "node-3", or operation = "client-1/3", result =
// "ok".
const (
	beforeKeys = expectTable + " = [{"
	afterKeys  = "}]"
)

// CheckExpect says what is wrong with the keys of an [[expect]] that are given with a flag, by themselves. The error
// is Diagnostics.
func CheckExpect(flag, keys string) error {
	return byAny("", func(t *schema) error {
		r := newReader("check", t)
		r.expecting(flag, keys, 1)
		_, err := r.finish()
		return err
	})
}

// Expecting is a config of the same run that expects what is given with a flag, each time the keys of one [[expect]],
// and nothing else. The error is Diagnostics: it says, too, what the run does not have that is expected of it.
func (c *Config) Expecting(flag string, given []string) (*Config, error) {
	r := newReader(c.Scenario, c.schema())
	r.config = c.Clone()
	for _, o := range c.Operations {
		r.placedOperations = append(r.placedOperations, keys.Row[Operation]{Value: o})
	}
	var all []keys.Row[Expect]
	for i, keys := range given {
		r.expecting(flag, keys, i+1)
		all = append(all, r.placedExpects...)
	}
	r.placedExpects = all
	r.checkExpects()
	if len(r.Problems) > 0 {
		return nil, positions.Sorted(r.Problems)
	}
	r.config.Expects = keys.Values(all)
	return r.config, nil
}

// expecting reads the keys of one [[expect]], instead of all that was expected before. A value that is no TOML is a
// string without its quotes, as with Set.
func (r *reader) expecting(flag, keys string, order int) {
	src := &positions.Source{
		Name: flag, Text: beforeKeys + keys + afterKeys, Given: keys, Order: order, Flag: true, Hidden: len(beforeKeys),
	}
	if !assignment.MatchString(keys) || strings.ContainsAny(keys, "\r\n") {
		at := positions.Span{Start: src.Hidden, End: src.Hidden + len(keys)}
		r.ComplainAt(positions.Origin{Source: src, Span: at},
			"want the keys of an [[expect]] on one line, such as leader = \"node-3\"")
		return
	}
	if _, _, wrong := positions.Decode(src); wrong != nil && strings.Count(keys, "=") == 1 &&
		!digits.MatchString(keys) {
		bare := bareString(&positions.Source{Text: keys})
		src.Text = beforeKeys + bare.Text + afterKeys
	}
	r.document(src)
}
