package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/traces"
)

// verdict is what was found of one run.
type verdict struct {
	Run          string
	Report       traces.Report
	Linearizable history
}

func (v *verdict) fine() bool { return len(v.Report.Findings) == 0 && v.Linearizable.Holds }

// MarshalJSON writes it for programs.
func (v verdict) MarshalJSON() ([]byte, error) {
	type span struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Process string `json:"process"`
		AtNs    int64  `json:"at_ns"`
		Line    int    `json:"line"`
	}
	of := func(s traces.SpanRef) span { return span{s.ID.String(), s.Name, s.Process, s.At.Nanoseconds(), s.Line} }
	type finding struct {
		ID      string `json:"id"`
		Rule    string `json:"rule"`
		Section string `json:"section,omitempty"`
		Span    span   `json:"span"`
		Clashes []span `json:"clashes,omitempty"`
		Got     string `json:"got"`
		Want    string `json:"want"`
	}
	findings := []finding{}
	for _, f := range v.Report.Findings {
		one := finding{ID: f.ID, Rule: f.Rule, Section: f.Section, Span: of(f.Span), Got: f.Got, Want: f.Want}
		for _, c := range f.Clashes {
			one.Clashes = append(one.Clashes, of(c))
		}
		findings = append(findings, one)
	}
	return json.Marshal(struct {
		Run          string         `json:"run"`
		Fine         bool           `json:"fine"`
		Spans        int            `json:"spans"`
		Findings     []finding      `json:"findings"`
		Counts       map[string]int `json:"counts"`
		Resolution   time.Duration  `json:"resolution_ns,omitempty"`
		Linearizable history        `json:"linearizable"`
	}{v.Run, v.fine(), v.Report.Spans, findings, v.Report.Counts, v.Report.Resolution, v.Linearizable})
}

// page tells verdicts to a person.
type page struct {
	style terminal.Style
	width int
	max   int // findings of each rule; 0 for all that are kept
}

func (p *page) tell(verdicts []verdict) string {
	var b strings.Builder
	for i := range verdicts {
		if i > 0 {
			b.WriteByte('\n')
		}
		p.one(&b, &verdicts[i])
	}
	if len(verdicts) > 0 {
		b.WriteString("\nnext  " + next(verdicts) + "\n")
	}
	return b.String()
}

// next is the command worth trying after this one: why the first thing is as it is, or what another run has to say.
func next(verdicts []verdict) string {
	for i := range verdicts {
		if found := verdicts[i].Report.Findings; len(found) > 0 {
			return fmt.Sprintf("go run ./cmd/explain %s %s", command.ShellWord(verdicts[i].Run), found[0].Span.ID)
		}
	}
	return fmt.Sprintf("go run ./cmd/explain %s leader term 1", command.ShellWord(verdicts[0].Run))
}

func (p *page) one(b *strings.Builder, v *verdict) {
	head := p.style.Green("fine")
	if !v.fine() {
		head = p.style.Red("NOT fine")
	}
	fmt.Fprintf(b, "%s  %s: %d spans of %d processes\n", p.style.Bold(v.Run), head, v.Report.Spans, v.Report.Processes)
	conformance, invariants := 0, 0
	for id, n := range v.Report.Counts {
		if isInvariant(id) {
			invariants += n
		} else {
			conformance += n
		}
	}
	p.line(b, "conformance", found(conformance, fmt.Sprintf("%d rules of the spec are kept", len(traces.Rules()))))
	p.line(b, "invariants", found(invariants, "they hold, as far as spans tell"))
	outcome := fmt.Sprintf("linearizable: %d operations on %d keys", v.Linearizable.Operations, v.Linearizable.Keys)
	if !v.Linearizable.Holds {
		outcome = p.style.Red("NOT linearizable") + ": " + v.Linearizable.Problem + "; the picture of it is in " + v.Linearizable.Page
	}
	p.line(b, "history", outcome)
	if v.Report.Resolution > 0 {
		p.line(b, "times", "whole microseconds, as Jaeger has them: a server's steps that are one apart are taken for one step")
	}
	told := map[string]int{}
	for i := range v.Report.Findings {
		f := &v.Report.Findings[i]
		if told[f.ID]++; p.max == 0 || told[f.ID] <= p.max {
			p.finding(b, f)
		}
	}
	p.folded(b, v, told)
}

func found(n int, none string) string {
	switch n {
	case 0:
		return none
	case 1:
		return "1 finding"
	}
	return fmt.Sprintf("%d findings", n)
}

func isInvariant(id string) bool {
	return slices.ContainsFunc(protocol.AllInvariants(), func(i protocol.Invariant) bool { return string(i.Name) == id })
}

// finding tells what is wrong, where, what would have been right, and what it clashes with.
func (p *page) finding(b *strings.Builder, f *traces.Finding) {
	rule := f.Rule
	if f.Section != "" {
		rule += " (" + f.Section + ")"
	}
	fmt.Fprintf(b, "\n%s\n", p.style.Bold(f.ID))
	p.line(b, "rule", rule)
	p.line(b, "span", f.Span.String())
	p.line(b, "found", f.Got)
	p.line(b, "right", f.Want)
	for i, clash := range f.Clashes {
		name := "clashes"
		if i > 0 {
			name = ""
		}
		p.line(b, name, clash.String())
	}
}

// folded says how many more findings there are of the rules that were told enough of.
func (p *page) folded(b *strings.Builder, v *verdict, told map[string]int) {
	var ids []string
	for id, n := range v.Report.Counts {
		if p.max > 0 && n > p.max || n > told[id] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		shown := told[id]
		if p.max > 0 {
			shown = min(shown, p.max)
		}
		fmt.Fprintf(b, "\n… and %d more of %s\n", v.Report.Counts[id]-shown, id)
	}
}

// line is a name and a text, broken within the width.
func (p *page) line(b *strings.Builder, name, text string) {
	const left = 13
	b.WriteString(terminal.LayOut([][2]string{{"  " + name, text}}, left, max(p.width, 60)))
}
