package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces"
)

// describe is all of a span but the run's half of its trace ids.
func describe(s *traces.Span) string {
	if s == nil {
		return "nothing"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s of %s in %s: %s %v [%d %d] %v", s.ID, s.Name, s.Parent, s.Root, s.Service, s.Kind, s.Start.UnixNano(), s.End.UnixNano(), s.Status)
	for _, a := range s.Attributes {
		fmt.Fprintf(&b, " %s=%s", a.Key, a.Value.String())
	}
	for _, e := range s.Events {
		fmt.Fprintf(&b, " (%s %d %v)", e.Name, e.At.UnixNano(), e.Attributes)
	}
	for _, l := range s.Links {
		fmt.Fprintf(&b, " ->%s/%s %v", l.Root, l.ID, l.Attributes)
	}
	return b.String()
}

// mirror is a difference with the sides swapped.
func mirror(d *traces.Difference) *traces.Difference {
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
	m.Users.Leaders, m.Users.Log, m.Users.Store = mirrorValues(d.Users.Leaders), mirrorValues(d.Users.Log), mirrorValues(d.Users.Store)
	m.Users.Operations = append([]traces.OperationChange{}, d.Users.Operations...)
	for i, o := range d.Users.Operations {
		m.Users.Operations[i] = traces.OperationChange{
			Request: o.Request, CommandA: o.CommandB, CommandB: o.CommandA, ResultA: o.ResultB, ResultB: o.ResultA,
			LatencyA: o.LatencyB, LatencyB: o.LatencyA, TriesA: o.TriesB, TriesB: o.TriesA,
		}
	}
	return &m
}

func mirrorConsequences(c traces.Consequences) traces.Consequences {
	m := traces.Consequences{Tally: mirrorTally(c.Tally), Tree: []traces.Consequence{}}
	other := map[traces.Change]traces.Change{traces.OnlyA: traces.OnlyB, traces.OnlyB: traces.OnlyA, traces.Changed: traces.Changed, traces.Moved: traces.Moved}
	for _, line := range c.Tree {
		line.Change, line.Fields, line.Folded = other[line.Change], mirrorValues(line.Fields), mirrorTally(line.Folded)
		line.Begins, line.Ends = -line.Begins, -line.Ends
		m.Tree = append(m.Tree, line)
	}
	return m
}

func mirrorTally(t traces.Tally) traces.Tally {
	t.OnlyA, t.OnlyB, t.Least, t.Most = t.OnlyB, t.OnlyA, -t.Most, -t.Least
	return t
}

func mirrorKeys(all []traces.ConfigChange) []traces.ConfigChange {
	if all == nil {
		return nil
	}
	m := []traces.ConfigChange{}
	for _, c := range all {
		m = append(m, traces.ConfigChange{Key: c.Key, A: c.B, B: c.A})
	}
	return m
}

func mirrorValues(all []traces.ValueChange) []traces.ValueChange {
	if all == nil {
		return nil
	}
	m := []traces.ValueChange{}
	for _, c := range all {
		m = append(m, traces.ValueChange{Name: c.Name, A: c.B, B: c.A})
	}
	return m
}

// mirrored is a difference as a text that can be compared, less what a line says of A's span.
func mirrored(t *testing.T, d *traces.Difference) string {
	t.Helper()
	c := *d
	for _, tree := range []*[]traces.Consequence{&c.Followed.Tree, &c.Elsewhere.Tree} {
		lines := append([]traces.Consequence{}, *tree...)
		for i := range lines {
			lines[i].Event.Text, lines[i].Event.At = "", 0
		}
		*tree = lines
	}
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
