package traces

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// part says why a trace may be a part of a run; empty where nothing tells that it is one.
func (x *Indexed) part() string {
	if x.run == nil {
		return "it has no " + spans.RunName
	}
	if lost := missingParents(x); lost > 0 {
		return "of " + words.Counted(lost, "span") + " in it the parent is missing"
	}
	if !slices.ContainsFunc(x.shapes, func(s shape) bool { return s.Service != spans.ServiceWorld }) {
		return "it has no span of a process"
	}
	return ""
}

// operationsOf is how many operations there are of the clients that are looked at.
func (o *outcome) operationsOf(only string) int {
	if !strings.HasPrefix(only, spans.ServiceClient+"-") {
		return len(o.operations)
	}
	n := 0
	for request := range o.operations {
		if strings.HasPrefix(request, only+"/") {
			n++
		}
	}
	return n
}

// applied is how many entries were applied from index 1 on without a gap; 0 if there is one, because then the store is
// not known.
func (o *outcome) applied() int {
	for index := range o.log {
		if index < 1 || index > int64(len(o.log)) {
			return 0
		}
	}
	return len(o.log)
}

// verdict sums up what differs, as far as the traces bear it out.
func (l *alignment) verdict(d *Difference) (Verdict, string) {
	if len(l.pairs) == 0 {
		return Same, words.Counted(d.Independent.Before+d.Independent.After, "span") + ", all as in the other run" + l.butForRun()
	}
	whys, unsure := otherOutcome(d)
	switch {
	case len(whys) > 0:
		return DifferentOutcome, strings.Join(whys, ", ")
	case !slices.ContainsFunc(l.pairs, func(p pair) bool { return p.change != Moved }):
		return SameButTime, words.Counted(len(l.pairs), "span") + " moved, and nothing else changed"
	case len(unsure) > 0:
		return UnknownOutcome, strings.Join(unsure, ", ") + "; but " + partOf(&d.A, &d.B)
	}
	return sameOutcome(d)
}

// partOf says why traces may be parts of runs, in the same words for either order.
func partOf(a, b *RunAbout) string {
	switch {
	case a.Part == "" || b.Part == "":
		return "one trace may be a part of a run: " + a.Part + b.Part
	case a.Part == b.Part:
		return "both traces may be parts of runs: " + a.Part
	}
	return "both traces may be parts of runs: " + min(a.Part, b.Part) + "; and " + max(a.Part, b.Part)
}

// otherOutcome is what users saw otherwise, and what they may have: what only one trace has may have been in the run
// that the other is a part of.
func otherOutcome(d *Difference) (whys, unsure []string) {
	u, partA, partB := &d.Users, d.A.Part != "", d.B.Part != ""
	otherwise, answered, onlyA, onlyB := 0, 0, 0, 0
	for i := range u.Operations {
		switch c := &u.Operations[i]; {
		case c.LatencyA == nil:
			onlyB++
		case c.LatencyB == nil:
			onlyA++
		case c.answered() && isAnswer(c.ResultA) != isAnswer(c.ResultB):
			answered++
		case c.answered():
			otherwise++
		}
	}
	say := func(is, sure bool, text string) {
		switch {
		case is && sure:
			whys = append(whys, text)
		case is:
			unsure = append(unsure, text)
		}
	}
	// missing says whether what a trace lacks was not in its run either.
	missing := func(fromA, fromB bool) bool { return (!fromA || !partA) && (!fromB || !partB) }
	say(otherwise > 0, true, words.Counted(otherwise, "operation")+" answered otherwise")
	say(answered > 0, true, words.Counted(answered, "operation")+" answered in one run only")
	say(onlyA+onlyB > 0, missing(onlyB > 0, onlyA > 0), words.Counted(onlyA+onlyB, "operation")+" in one run only")
	noneInA := slices.ContainsFunc(u.Violations, func(c ValueChange) bool { return c.A == "" })
	noneInB := slices.ContainsFunc(u.Violations, func(c ValueChange) bool { return c.B == "" })
	say(len(u.Violations) > 0, missing(noneInA, noneInB), words.Counted(len(u.Violations), "invariant")+" violated in one run only")
	logs := missing(true, true) || d.A.Applied > 0 && d.A.Applied == d.B.Applied // then what they differ in is there in both
	say(u.order, logs, "operations took effect in another order")
	say(u.store, logs, words.Counted(len(u.Store), "key")+" with another value at the end")
	return whys, unsure
}

// isAnswer says whether a result is one that a client got.
func isAnswer(result string) bool { return !strings.HasPrefix(result, noAnswer) }

// sameOutcome says what of the outcome is the same in both traces, and what is not known, because they do not have it.
func sameOutcome(d *Difference) (Verdict, string) {
	client := strings.HasPrefix(d.Only, spans.ServiceClient+"-")
	if d.Only != "" && d.Only != OnlyKV && !client {
		return SameOutcome, "what clients got of it is not part of " + d.Only
	}
	var same, unknown []string
	of, whose := "", "a client"
	if client {
		of, whose = " of "+d.Only, d.Only
	}
	if d.A.Operations > 0 && d.B.Operations > 0 {
		same = append(same, "every operation"+of+" has the same answer")
	} else {
		unknown = append(unknown, "neither trace has an operation of "+whose)
	}
	switch {
	case client:
	case d.A.Applied > 0 && d.B.Applied > 0:
		same = append(same, "the store ends the same")
	default:
		unknown = append(unknown, "how the store ends is not known, for the traces do not have the log from index 1 on")
	}
	switch {
	case len(same) == 0:
		return UnknownOutcome, strings.Join(unknown, ", and ")
	case len(unknown) > 0:
		return SameOutcome, strings.Join(same, ", and ") + "; but " + strings.Join(unknown, ", and ")
	}
	return SameOutcome, strings.Join(same, ", and ")
}

// butForRun says of runs in which nothing else differs that the span does which says what was asked for.
func (l *alignment) butForRun() string {
	if l.a.run == nil || l.b.run == nil || l.sameRuns() || l.options.Only != "" {
		return ""
	}
	return "; but " + spans.RunName + " differs, which says what was asked for"
}

// sameRuns says whether the spans that say what made the runs are the same.
func (l *alignment) sameRuns() bool {
	if l.a.run == nil || l.b.run == nil {
		return false
	}
	i, j := l.a.byID.Get(l.a.run.ID), l.b.byID.Get(l.b.run.ID)
	return i >= 0 && j >= 0 && l.a.prints[i].content == l.b.prints[j].content
}

// declared says whether the spec declares a span of that name and kind: what it does not declare another program may
// have made.
func declared(s *shape) bool {
	return slices.ContainsFunc(spans.AllSpecs(), func(spec spans.Spec) bool { return spec.Name == DeclaredName(s.Name) && spec.Kind == s.Kind })
}

// foreignReason is why a pair differs of which the spec declares nothing: no span of that name, or none of the
// attributes that differ.
func (l *alignment) foreignReason(p *pair) (Reason, bool) {
	unknown := func(what string) (Reason, bool) {
		return Reason{Kind: ReasonUnknown, Text: "something that cannot be told: the spec declares no " + what + ", so that another program may have made it"}, true
	}
	if s := l.shape(p); !declared(s) {
		return unknown(fmt.Sprintf("span %s of the kind %s", words.Printable(s.Name), s.Kind))
	}
	if p.a < 0 || p.b < 0 {
		return Reason{}, false
	}
	fields := l.fields(p)
	if len(fields) == 0 || slices.ContainsFunc(fields, func(f ValueChange) bool { return !foreignKey(f.Name) }) {
		return Reason{}, false
	}
	return unknown("attribute " + fields[0].Name)
}

// foreignKey says whether what differs is an attribute that the spec does not declare.
func foreignKey(name string) bool {
	if fieldOrder(name) != fieldOrder("") || name == "status" {
		return false
	}
	return !slices.ContainsFunc(spans.AllSpecs(), func(spec spans.Spec) bool {
		return slices.ContainsFunc(spec.Attributes, func(a spans.AttributeSpec) bool { return string(a.Key) == name })
	})
}
