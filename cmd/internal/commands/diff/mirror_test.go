package diff

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/config"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/diff/outcome"
)

// checkMirrored compares two runs in the other order: all is said the same.
func checkMirrored(t *testing.T, again string, d *diff.Difference, a, b *diff.Trace, o diff.Options) {
	t.Helper()
	swapped, err := diff.Compare(t.Context(), b, a, o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mirrored(t, d), mirrored(t, mirror(swapped))); diff != "" {
		t.Errorf("%s: with the sides swapped it says otherwise (-as they were +swapped):\n%s", again, diff)
	}
}

// mirror is a difference with the sides swapped.
func mirror(d *diff.Difference) *diff.Difference {
	m := *d
	m.A, m.B = d.B, d.A
	m.Config = mirrorKeys(d.Config)
	if d.First != nil {
		first := *d.First
		first.Fields = mirrorValues(first.Fields)
		first.Reason.Keys = mirrorKeys(first.Reason.Keys)
		first.Reason.Text = strings.NewReplacer(" in A", " in B", " in B", " in A").Replace(first.Reason.Text)
		m.First = &first
	}
	m.Followed, m.Elsewhere = mirrorConsequences(d.Followed), mirrorConsequences(d.Elsewhere)
	m.Users.Leaders, m.Users.Log = mirrorValues(d.Users.Leaders), mirrorValues(d.Users.Log)
	m.Users.Store, m.Users.Violations = mirrorValues(d.Users.Store), mirrorValues(d.Users.Violations)
	m.Users.Operations = append([]outcome.OperationChange{}, d.Users.Operations...)
	for i, o := range d.Users.Operations {
		m.Users.Operations[i] = outcome.OperationChange{
			Request: o.Request, CommandA: o.CommandB, CommandB: o.CommandA, ResultA: o.ResultB, ResultB: o.ResultA,
			LatencyA: o.LatencyB, LatencyB: o.LatencyA, TriesA: o.TriesB, TriesB: o.TriesA,
		}
	}
	return &m
}

func mirrorConsequences(c diff.Consequences) diff.Consequences {
	m := diff.Consequences{Tally: mirrorTally(c.Tally), Rest: mirrorTally(c.Rest), Tree: []diff.Consequence{}}
	other := map[diff.Change]diff.Change{
		diff.OnlyA: diff.OnlyB, diff.OnlyB: diff.OnlyA, diff.Changed: diff.Changed,
		diff.Moved: diff.Moved,
	}
	for _, line := range c.Tree {
		line.Change, line.Fields, line.Folded = other[line.Change], mirrorValues(line.Fields), mirrorTally(line.Folded)
		line.Begins, line.Ends = -line.Begins, -line.Ends
		m.Tree = append(m.Tree, line)
	}
	return m
}

func mirrorTally(t diff.Tally) diff.Tally {
	t.OnlyA, t.OnlyB, t.Least, t.Most = t.OnlyB, t.OnlyA, -t.Most, -t.Least
	return t
}

func mirrorKeys(all []config.Change) []config.Change {
	if all == nil {
		return nil
	}
	m := []config.Change{}
	for _, c := range all {
		m = append(m, config.Change{Key: c.Key, A: c.B, B: c.A})
	}
	return m
}

func mirrorValues(all []content.ValueChange) []content.ValueChange {
	if all == nil {
		return nil
	}
	m := []content.ValueChange{}
	for _, c := range all {
		m = append(m, content.ValueChange{Name: c.Name, A: c.B, B: c.A})
	}
	return m
}

// mirrored is a difference as a text that can be compared, less what a line says of A's span.
func mirrored(t *testing.T, d *diff.Difference) string {
	t.Helper()
	c := *d
	plain := func(e *diff.Event) { e.Name, e.Text, e.At = "", "", 0 }
	if d.First != nil {
		first := *d.First
		plain(&first.Span)
		if first.Origin != nil {
			origin := *first.Origin
			plain(&origin)
			first.Origin = &origin
		}
		c.First = &first
	}
	for _, tree := range []*[]diff.Consequence{&c.Followed.Tree, &c.Elsewhere.Tree} {
		lines := append([]diff.Consequence{}, *tree...)
		for i := range lines {
			plain(&lines[i].Event)
		}
		*tree = lines
	}
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
