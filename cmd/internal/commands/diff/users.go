package diff

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/diff/outcome"
	"github.com/raftkv/raftkv/traces/words"
)

// users tells what clients got, who led, and what the runs ended with.
func (r *report) users() {
	u := &r.d.Users
	r.title("What users saw")
	clients := r.d.Only == "" || r.d.Only == diff.OnlyKV || strings.HasPrefix(r.d.Only, kvspans.ServiceClient+"-")
	if !clients && len(u.Leaders) == 0 {
		r.paragraph("", "Nothing of that is part of "+r.d.Only+".")
		return
	}
	if len(u.Operations)+len(u.Leaders)+len(u.Log)+len(u.Store)+len(u.Violations) == 0 {
		r.paragraph("", r.seenAlike(clients))
		return
	}
	if clients {
		r.operations(u.Operations)
	}
	logs := r.d.A.Applied > 0 && r.d.B.Applied > 0
	r.values("leaders", u.Leaders, r.d.A.Leaders > 0 && r.d.B.Leaders > 0)
	r.values("log at the end", u.Log, logs)
	r.values("store at the end", u.Store, logs)
	if len(u.Violations) > 0 {
		r.values("invariants", u.Violations, true)
	}
}

// seenAlike says what of what users saw is the same in both runs, as far as the traces have it.
func (r *report) seenAlike(clients bool) string {
	a, b := &r.d.A, &r.d.B
	var same []string
	if clients && a.Operations > 0 && b.Operations > 0 {
		same = append(same, "every operation its answer, latency and tries")
	}
	all := r.d.Only == ""
	if (all || !clients) && a.Leaders > 0 && b.Leaders > 0 {
		same = append(same, "the leaders")
	}
	if (all || r.d.Only == diff.OnlyKV) && a.Applied > 0 && b.Applied > 0 {
		same = append(same, "the log and the store at the end")
	}
	switch {
	case len(same) == 0:
		return "That is not known: the traces have nothing of it, as far as they are compared."
	case !all:
		return "The same in both runs, as far as it is part of " + r.d.Only + "."
	}
	text := "The same in both runs: " + strings.Join(same, "; ") + "."
	if len(same) < 3 {
		text += " The rest of it is not in the traces."
	}
	return text
}

func (r *report) operations(all []outcome.OperationChange) {
	if len(all) == 0 {
		same := "all the same"
		if r.d.A.Operations == 0 {
			same = "none in either trace"
		}
		r.printf("%soperations: %s\n", indent, same)
		return
	}
	r.printf("%soperations: %s otherwise\n", indent, words.Grouped(len(all)))
	for i := range all {
		if r.options.diff.Max > 0 && i == r.options.diff.Max {
			r.printf("%s  and %s more\n", indent, words.Grouped(len(all)-i))
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
func worst(all []outcome.OperationChange) *outcome.OperationChange {
	weight := func(c *outcome.OperationChange) (answered int, longer time.Duration) {
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
func operation(c *outcome.OperationChange) string {
	took := func(result string, latency time.Duration, tries int) string {
		return fmt.Sprintf("%s after %s in %s", result, milliseconds(latency), words.Counted(tries, "try"))
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
		parts = append(parts,
			fmt.Sprintf("%s -> %s (%s)", milliseconds(*c.LatencyA), milliseconds(*c.LatencyB),
				signed(apart(*c.LatencyA, *c.LatencyB))))
	}
	if c.TriesA != c.TriesB {
		parts = append(parts, fmt.Sprintf("%d -> %s", c.TriesA, words.Counted(c.TriesB, "try")))
	}
	text := strings.Join(parts, ", ")
	if c.CommandA == c.CommandB {
		text = c.CommandA + ": " + text
	}
	return text
}

// values tells what differs; where nothing does, and the traces do not have it, it is not known.
func (r *report) values(title string, all []content.ValueChange, known bool) {
	if r.d.Only != "" && len(all) == 0 {
		return // what a part does not have is not said to be the same
	}
	if len(all) == 0 {
		same := "the same"
		if !known {
			same = "not in the traces"
		}
		r.printf("%s%s: %s\n", indent, title, same)
		return
	}
	r.printf("%s%s: %s otherwise\n", indent, title, words.Grouped(len(all)))
	for i, c := range all {
		if r.options.diff.Max > 0 && i == r.options.diff.Max {
			r.printf("%s  and %s more\n", indent, words.Grouped(len(all)-i))
			return
		}
		r.change(c.Name, c.A, c.B)
	}
}

// next is the command worth trying after this one.
func (r *report) next() {
	a, b := r.options.runs[0], r.options.runs[1]
	name, words := "diff", []string(nil)
	switch {
	case r.d.First == nil && r.d.Only == "":
		name, words = "run", []string{"-list"}
	case r.d.Only != "":
		words = append(words, a, b)
	case len(r.d.Users.Operations) > 0:
		client, _, _ := strings.Cut(worst(r.d.Users.Operations).Request, "/")
		words = append(words, "-only", client, a, b)
	case len(setOnly(&options{}, r.d.First.Service)) > 0: // it is no process of this program's
		run := a
		if only := r.d.First.Fields; len(only) > 0 && only[0].A == "" {
			run = b
		}
		name, words = "explain", []string{run, r.d.First.Span.ID}
	default:
		words = append(words, "-only", r.d.First.Service, a, b)
	}
	r.printf("\n%s  %s\n%s  %s\n", r.style.Bold("next"), command.Line(name, words...), r.style.Bold("show"),
		command.Line("view", a, b))
}
