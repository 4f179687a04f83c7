package diff

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/config"
)

// TestPartAgain tells of spans that come of no other, as whatever made the first divergence may have made them, too: it
// says so where that acts in many places.
func TestPartAgain(t *testing.T) {
	seed, nodes, drop := config.Change{Key: "seed", A: "1", B: "2"}, config.Change{
		Key: "num_nodes", A: "3",
		B: "5",
	}, config.Change{Key: "fault", B: "drop"}
	keys := func(all ...config.Change) []config.Change { return all }
	const told = "most of what differs begins there: that is told further down"
	for _, c := range []struct {
		reason    diff.Reason
		config    []config.Change
		elsewhere diff.Consequences
		want, not []string
	}{
		{
			diff.Reason{Kind: diff.ReasonDraw, Keys: keys(seed)},
			keys(seed),
			diff.Consequences{Tally: diff.Tally{Spans: 660}},
			[]string{
				"What else differs, made by the seed", "they come not of the first divergence",
				"With another seed every draw is another one, of how long", told,
			},
			[]string{"without coming of it"},
		},
		{
			diff.Reason{Kind: diff.ReasonConfig, Keys: keys(nodes)},
			keys(nodes),
			diff.Consequences{Tally: diff.Tally{Spans: 1}},
			[]string{
				"What else differs, made by the config",
				"it comes not of the first divergence but of what made it. A key of the config acts",
			},
			[]string{told},
		},
		{
			diff.Reason{Kind: diff.ReasonConfig, Keys: keys(seed, nodes)},
			keys(seed, nodes),
			diff.Consequences{Tally: diff.Tally{Spans: 660}},
			[]string{
				"What else differs, made by the config and the seed",
				"A key of the config acts wherever something depends on it, and with another seed",
			},
			nil,
		},
		{
			diff.Reason{Kind: diff.ReasonCode},
			nil,
			diff.Consequences{Tally: diff.Tally{Spans: 660}},
			[]string{"What else differs, made by the code", "Code that was changed acts otherwise", told},
			nil,
		},
		{
			diff.Reason{Kind: diff.ReasonCounterfactual, Keys: keys(drop)},
			keys(drop),
			diff.Consequences{Tally: diff.Tally{Spans: 660}},
			[]string{"What differs without coming of it", "The traces show nothing that they come of."},
			[]string{told, "What else differs"},
		},
		{
			// a message was lost by chance in one of two runs that were given the same
			diff.Reason{Kind: diff.ReasonDraw},
			nil,
			diff.Consequences{Tally: diff.Tally{Spans: 660}},
			[]string{"What differs without coming of it", "each begins by itself."},
			[]string{told, "What else differs"},
		},
		{
			diff.Reason{Kind: diff.ReasonDraw, Keys: keys(seed)},
			keys(seed),
			diff.Consequences{
				Tally: diff.Tally{Spans: 660},
				Tree:  []diff.Consequence{{Change: diff.OnlyA, Origin: "00000000000000ff"}},
			},
			[]string{"What differs without coming of it", "of something else, which is not compared here"},
			[]string{told, "What else differs"},
		},
		{
			diff.Reason{Kind: diff.ReasonDraw, Keys: keys(seed)},
			keys(seed),
			diff.Consequences{},
			[]string{"What followed from it"},
			[]string{told, "What else differs", "without coming of it"},
		},
	} {
		d := &diff.Difference{
			First: &diff.Divergence{Reason: c.reason}, Config: c.config,
			Followed: diff.Consequences{Tally: diff.Tally{Spans: 1}}, Elsewhere: c.elsewhere,
		}
		said := (&report{d: d, width: 80, options: &options{}}).String()
		plain := strings.Join(strings.Fields(said), " ")
		for _, want := range c.want {
			if !strings.Contains(plain, want) {
				t.Errorf("%+v, and %d spans elsewhere: it is told so, without %q:\n%s", c.reason, c.elsewhere.Spans, want, said)
			}
		}
		for _, not := range c.not {
			if strings.Contains(plain, not) {
				t.Errorf("%+v, and %d spans elsewhere: it is told so, with %q:\n%s", c.reason, c.elsewhere.Spans, not, said)
			}
		}
	}
}
