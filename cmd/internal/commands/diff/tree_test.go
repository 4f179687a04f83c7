package diff

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces/diff"
)

// A part of which nothing is seen to come of its origin is not told as if it did; one of which all is seen has no doubt
// in it.
func TestTreeOfPart(t *testing.T) {
	origin := diff.Event{ID: "00000000000000ff"}
	tree := func(rule diff.Rule) diff.Consequences {
		c := diff.Consequences{
			Tally: diff.Tally{Spans: 2, OnlyA: 2},
			Tree:  []diff.Consequence{{Origin: origin.ID, Rule: rule, Change: diff.OnlyA}},
		}
		if !rule.Seen() {
			c.Possible = 2
		}
		return c
	}
	for _, c := range []struct {
		rule diff.Rule
		want []string
	}{
		{diff.RuleMessage, []string{
			"which comes of something that", "All of it comes of the same thing",
			"They come of something else",
		}},
		{diff.RuleProcess, []string{
			"which may come of something that", "All of it comes, or may come, of the same thing", "The traces show this for none of them: it is only possible.", "They come, or may come, of something else",
		}},
	} {
		d := &diff.Difference{
			First: &diff.Divergence{Origin: &origin, Rule: c.rule}, Followed: tree(c.rule),
			Elsewhere: tree(c.rule),
		}
		text := (&report{d: d, width: 80, options: &options{runs: [2]string{"a", "b"}}}).String()
		plain := strings.Join(strings.Fields(text), " ")
		for _, want := range c.want {
			if !strings.Contains(plain, want) {
				t.Errorf("%s: it is not said that %q:\n%s", c.rule, want, text)
			}
		}
		if doubt := strings.Contains(plain, "possible") || strings.Contains(plain, "may"); doubt == c.rule.Seen() {
			t.Errorf("%s: there is doubt: %v\n%s", c.rule, doubt, text)
		}
	}
}
