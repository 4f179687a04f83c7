package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// verdict is what was found of one run.
type verdict struct {
	Run          string
	Report       kvconform.Report
	Linearizable history

	protocol *whole.Protocol
}

func (v *verdict) fine() bool { return len(v.Report.Findings) == 0 && v.Linearizable.Holds }

// wrong is not the contrary of fine: of a run that was not checked to the end neither may be known.
func (v *verdict) wrong() bool {
	return len(v.Report.Findings) > 0 || !v.Linearizable.Holds && !v.Linearizable.Undecided
}

// MarshalJSON writes it for programs.
func (v verdict) MarshalJSON() ([]byte, error) {
	type span struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Process string `json:"process"`
		AtNs    int64  `json:"at_ns"`
		Line    int    `json:"line"`
	}
	of := func(s conform.SpanRef) span {
		return span{s.ID.String(), s.Name, s.Process, s.At.Nanoseconds(), s.Line}
	}
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
	type unknown struct {
		ID    string `json:"id"`
		Says  string `json:"says"`
		Count int    `json:"count"`
		First *span  `json:"first,omitempty"`
	}
	var unknowns []unknown
	for _, u := range v.Report.Unknown {
		one := unknown{ID: u.ID, Says: u.Says, Count: u.Count}
		if u.First.Name != "" {
			first := of(u.First)
			one.First = &first
		}
		unknowns = append(unknowns, one)
	}
	return json.Marshal(struct {
		Run          string         `json:"run"`
		Fine         bool           `json:"fine"`
		Spans        int            `json:"spans"`
		Part         bool           `json:"part,omitempty"`
		Findings     []finding      `json:"findings"`
		Counts       map[string]int `json:"counts"`
		Unknown      []unknown      `json:"unknown,omitempty"`
		Resolution   time.Duration  `json:"resolution_ns,omitempty"`
		Linearizable history        `json:"linearizable"`
	}{
		v.Run, v.fine(), v.Report.Spans, v.Report.Part, findings, v.Report.Counts, unknowns, v.Report.Resolution,
		v.Linearizable,
	})
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
	if len(verdicts) > 1 {
		b.WriteString("\n" + p.together(verdicts) + "\n")
	}
	if len(verdicts) > 0 {
		b.WriteString("\nnext  " + next(verdicts) + "\nshow  " + command.Line("view", shown(verdicts)) + "\n")
	}
	return b.String()
}

// together says of how many runs something is wrong.
func (p *page) together(verdicts []verdict) string {
	wrong, fine := 0, 0
	for i := range verdicts {
		switch {
		case verdicts[i].fine():
			fine++
		case verdicts[i].wrong():
			wrong++
		}
	}
	switch {
	case fine == len(verdicts):
		return fmt.Sprintf("all %d runs are %s", len(verdicts), p.style.Green("fine"))
	case wrong == 0:
		return fmt.Sprintf("%d of %d runs %s %s", fine, len(verdicts), words.Agree(fine, "is", "are"), p.style.Green("fine"))
	}
	return fmt.Sprintf("%d of %d runs %s %s", wrong, len(verdicts), words.Agree(wrong, "is", "are"),
		p.style.Red("NOT fine"))
}

// shown is the run that is worth looking at: the first with which something is wrong, or the first.
func shown(verdicts []verdict) string {
	for i := range verdicts {
		if verdicts[i].wrong() {
			return verdicts[i].Run
		}
	}
	return verdicts[0].Run
}

// next is the command worth trying after this one: why the first thing is as it is, or what another run has to say.
func next(verdicts []verdict) string {
	for i := range verdicts {
		if found := verdicts[i].Report.Findings; len(found) > 0 {
			return command.Line("explain", verdicts[i].Run, found[0].Span.ID.String())
		}
	}
	run, ask := verdicts[0].Run, verdicts[0].Report.Ask
	if len(ask) == 0 {
		return command.Line("story", run)
	}
	return command.Line("explain", append([]string{run}, ask...)...)
}

func (p *page) one(b *strings.Builder, v *verdict) {
	head := p.style.Yellow("not decided")
	switch {
	case v.fine():
		head = p.style.Green("fine")
	case v.wrong():
		head = p.style.Red("NOT fine")
	}
	fmt.Fprintf(b, "%s  %s: %s of %s\n", p.style.Bold(v.Run), head, words.Counted(v.Report.Spans, "span"),
		words.Counted(v.Report.Processes, "process"))
	if v.Report.Part {
		p.line(b, "part", "this is a part of a run, such as one trace: the span raftkv.run, which begins each file, is not "+
			"in it. Not checked are the invariants, the history, and whatever needs spans that may be elsewhere: "+
			"links, parents and messages that are not here, and what each server did in order")
	}
	conformance, invariants := 0, 0
	for id, n := range v.Report.Counts {
		if _, is := v.protocol.Run.Invariant(id); is {
			invariants += n
		} else {
			conformance += n
		}
	}
	if v.Report.Part {
		p.line(b, "conformance",
			found(conformance, fmt.Sprintf("%d of %d rules of the spec are kept", conform.RulesOfPart,
				len(v.protocol.Rules))))
		for _, id := range inOrder(v.Report.Findings) {
			p.rule(b, v, id)
		}
		return
	}
	p.line(b, "conformance", found(conformance, fmt.Sprintf("%d rules of the spec are kept", len(v.protocol.Rules))))
	p.line(b, "invariants", found(invariants, "they hold, as far as spans tell"))
	outcome := fmt.Sprintf("linearizable: %s on %s", words.Counted(v.Linearizable.Operations, "operation"),
		words.Counted(v.Linearizable.Keys, "key"))
	switch {
	case v.Linearizable.Undecided:
		outcome = p.style.Yellow("not decided") + ": interrupted before it was known whether some order of the " +
			words.Counted(v.Linearizable.Operations, "operation") + " explains all answers"
	case !v.Linearizable.Holds:
		outcome = p.style.Red("NOT linearizable") + ": " + v.Linearizable.Problem
		if v.Linearizable.Page != "" {
			outcome += "; the picture of it is in " + v.Linearizable.Page
		}
	}
	p.line(b, "history", outcome)
	if v.Report.Resolution > 0 {
		p.line(b, "times", "whole microseconds, as Jaeger has them: steps are told apart by their numbers, and those "+
			"without one only if they are further apart than that")
	}
	p.unknown(b, v.Report.Unknown)
	for _, id := range inOrder(v.Report.Findings) {
		p.rule(b, v, id)
	}
}

// unknown tells what nobody can know from a trace.
func (p *page) unknown(b *strings.Builder, all []conform.Unknown) {
	for i, u := range all {
		name, text := "not known", u.Says
		if i > 0 {
			name = ""
		}
		switch {
		case u.First.Name == "":
		case u.Count == 1:
			text += "; it is " + u.First.String()
		default:
			text += "; the first is " + u.First.String()
		}
		p.line(b, name, text)
	}
}

// inOrder are the ids of what was found, the first in time first.
func inOrder(findings []conform.Finding) (ids []string) {
	for i := range findings {
		if !slices.Contains(ids, findings[i].ID) {
			ids = append(ids, findings[i].ID)
		}
	}
	return ids
}

// rule tells what was found of one rule or invariant.
func (p *page) rule(b *strings.Builder, v *verdict, id string) {
	told := 0
	for i := range v.Report.Findings {
		f := &v.Report.Findings[i]
		if f.ID != id || p.max > 0 && told == p.max {
			continue
		}
		if told++; told == 1 {
			says := f.Rule
			if f.Section != "" {
				says += " (" + f.Section + ")"
			}
			fmt.Fprintf(b, "\n%s\n", p.style.Bold(id))
			p.line(b, "rule", says)
		} else {
			b.WriteByte('\n')
		}
		p.finding(b, f)
	}
	if more := v.Report.Counts[id] - told; more > 0 {
		fmt.Fprintf(b, "\n  ... and %d more of %s\n", more, id)
	}
}

func found(n int, none string) string {
	if n == 0 {
		return none
	}
	return words.Counted(n, "finding")
}

// finding tells where something is wrong, what is found there, what would have been right, and what it clashes with.
func (p *page) finding(b *strings.Builder, f *conform.Finding) {
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

// line is a name and a text, broken within the width.
func (p *page) line(b *strings.Builder, name, text string) {
	const left = 13
	b.WriteString(terminal.LayOut([][2]string{{"  " + name, text}}, left, max(p.width, 60)))
}
