package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/traces"
)

// users tells what clients got, who led, and what the runs ended with.
func (r *report) users() {
	u := &r.d.Users
	r.title("What users saw")
	clients := r.d.Only == "" || r.d.Only == traces.OnlyKV || strings.HasPrefix(r.d.Only, spans.ServiceClient+"-")
	if !clients && len(u.Leaders) == 0 {
		r.paragraph("", "Nothing of that is part of "+r.d.Only+".")
		return
	}
	if len(u.Operations)+len(u.Leaders)+len(u.Log)+len(u.Store)+len(u.Violations) == 0 {
		if r.d.Only != "" {
			r.paragraph("", "The same in both runs, as far as it is part of "+r.d.Only+".")
			return
		}
		r.paragraph("", "The same in both runs: every operation its answer, latency and tries; the leaders; the log and the store at the end.")
		return
	}
	if clients {
		r.operations(u.Operations)
	}
	r.values("leaders", u.Leaders)
	r.values("log at the end", u.Log)
	r.values("store at the end", u.Store)
	if len(u.Violations) > 0 {
		r.values("invariants", u.Violations)
	}
}

func (r *report) operations(all []traces.OperationChange) {
	if len(all) == 0 {
		r.printf("%soperations: all the same\n", indent)
		return
	}
	r.printf("%soperations: %s otherwise\n", indent, traces.Grouped(len(all)))
	for i := range all {
		if r.options.diff.Max > 0 && i == r.options.diff.Max {
			r.printf("%s  and %s more\n", indent, traces.Grouped(len(all)-i))
			return
		}
		lines := pieces(operation(&all[i]), r.width-18)
		for k, line := range lines {
			name := all[i].Request
			if k > 0 {
				name = ""
			}
			r.printf("%s  %-12s  %s\n", indent, name, line)
		}
	}
}

// worst is the operation that differs most: by its answer, or else by how long it took.
func worst(all []traces.OperationChange) *traces.OperationChange {
	weight := func(c *traces.OperationChange) (answered int, longer time.Duration) {
		if c.LatencyA == nil || c.LatencyB == nil {
			return 1, 0
		}
		if c.ResultA != c.ResultB {
			answered = 2
		}
		return answered, (*c.LatencyA - *c.LatencyB).Abs()
	}
	most := &all[0]
	for i := range all {
		answered, longer := weight(&all[i])
		if a, l := weight(most); cmp.Or(cmp.Compare(answered, a), cmp.Compare(longer, l)) > 0 {
			most = &all[i]
		}
	}
	return most
}

// operation says how an operation differs: its answer, how long it took, how often it was tried.
func operation(c *traces.OperationChange) string {
	took := func(result string, latency time.Duration, tries int) string {
		return fmt.Sprintf("%s after %s in %s", result, milliseconds(latency), traces.Counted(tries, "try"))
	}
	switch {
	case c.LatencyB == nil:
		return "only in A: " + c.CommandA + ": " + took(c.ResultA, *c.LatencyA, c.TriesA)
	case c.LatencyA == nil:
		return "only in B: " + c.CommandB + ": " + took(c.ResultB, *c.LatencyB, c.TriesB)
	}
	parts := []string{}
	if c.CommandA != c.CommandB {
		parts = append(parts, c.CommandA+" -> "+c.CommandB)
	}
	if c.ResultA != c.ResultB {
		parts = append(parts, "answer "+c.ResultA+" -> "+c.ResultB)
	}
	if *c.LatencyA != *c.LatencyB {
		parts = append(parts, fmt.Sprintf("%s -> %s (%s)", milliseconds(*c.LatencyA), milliseconds(*c.LatencyB), signed(*c.LatencyB-*c.LatencyA)))
	}
	if c.TriesA != c.TriesB {
		parts = append(parts, fmt.Sprintf("%d -> %s", c.TriesA, traces.Counted(c.TriesB, "try")))
	}
	text := strings.Join(parts, ", ")
	if c.CommandA == c.CommandB {
		text = c.CommandA + ": " + text
	}
	return text
}

func (r *report) values(title string, all []traces.ValueChange) {
	if r.d.Only != "" && len(all) == 0 {
		return // what a part does not have is not said to be the same
	}
	if len(all) == 0 {
		r.printf("%s%s: the same\n", indent, title)
		return
	}
	r.printf("%s%s: %s otherwise\n", indent, title, traces.Grouped(len(all)))
	for i, c := range all {
		if r.options.diff.Max > 0 && i == r.options.diff.Max {
			r.printf("%s  and %s more\n", indent, traces.Grouped(len(all)-i))
			return
		}
		r.change(c.Name, c.A, c.B)
	}
}

// next is the command worth trying after this one.
func (r *report) next() {
	a, b := r.options.runs[0], r.options.runs[1]
	words := []string{"go", "run", "./cmd/diff"}
	switch {
	case r.d.First == nil && r.d.Only == "":
		words = []string{"go", "run", "./cmd/run", "-list"}
	case r.d.Only != "":
		words = append(words, a, b)
	case len(r.d.Users.Operations) > 0:
		client, _, _ := strings.Cut(worst(r.d.Users.Operations).Request, "/")
		words = append(words, "-only", client, a, b)
	default:
		words = append(words, "-only", r.d.First.Service, a, b)
	}
	r.printf("\n%s  %s\n", r.style.Bold("next"), quoted(words...))
}
