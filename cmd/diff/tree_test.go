package main

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces"
)

// A part of which nothing is seen to come of its origin is not told as if it did; one of which all is seen has no doubt in it.
func TestTreeOfPart(t *testing.T) {
	origin := traces.DiffEvent{ID: "00000000000000ff"}
	tree := func(rule traces.Rule) traces.Consequences {
		c := traces.Consequences{Tally: traces.Tally{Spans: 2, OnlyA: 2}, Tree: []traces.Consequence{{Origin: origin.ID, Rule: rule, Change: traces.OnlyA}}}
		if !rule.Seen() {
			c.Possible = 2
		}
		return c
	}
	for _, c := range []struct {
		rule traces.Rule
		want []string
	}{
		{traces.RuleMessage, []string{"which comes of something that", "All of it comes of the same thing", "They come of something else"}},
		{traces.RuleProcess, []string{
			"which may come of something that", "All of it comes, or may come, of the same thing", "The traces show this for none of them: it is only possible.", "They come, or may come, of something else",
		}},
	} {
		d := &traces.Difference{First: &traces.Divergence{Origin: &origin, Rule: c.rule}, Followed: tree(c.rule), Elsewhere: tree(c.rule)}
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
