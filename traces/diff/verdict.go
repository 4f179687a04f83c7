package diff

import (
	"math"
	"slices"
	"strings"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/diff/outcome"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// part says why a trace may be a part of a run; it is empty if nothing shows that it is one.
func (x *Trace) part() string {
	if x.run == nil {
		return "it has no " + worldspans.RunName
	}
	if lost := x.missingParents(); lost > 0 {
		return "of " + words.Counted(lost, "span") + " in it the parent is missing"
	}
	if !slices.ContainsFunc(x.Shapes(), func(s index.Shape) bool { return s.Service != worldspans.ServiceWorld }) {
		return "it has no span of a process"
	}
	return ""
}

// missingParents counts the spans whose parent is not in the trace.
func (x *Trace) missingParents() (n int) {
	for i := range int32(x.Len()) {
		if x.Entry(i).Parent != 0 && x.Parent(i) < 0 {
			n++
		}
	}
	return n
}

// verdict sums up what differs, as far as the traces bear it out.
func (l *alignment) verdict(d *Difference) (Verdict, string) {
	if len(l.pairs) == 0 {
		spans := words.Counted(d.Independent.Before+d.Independent.After, "span")
		return Same, spans + ", all as in the other run" + l.butForRun()
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
func partOf(a, b *About) string {
	switch {
	case a.Part == "" || b.Part == "":
		return "one trace may be a part of a run: " + a.Part + b.Part
	case a.Part == b.Part:
		return "both traces may be parts of runs: " + a.Part
	}
	return "both traces may be parts of runs: " + min(a.Part, b.Part) + "; and " + max(a.Part, b.Part)
}

// otherOutcome returns what users saw otherwise, and what they may have: what only one trace has may have been in the
// run that the other is a part of.
func otherOutcome(d *Difference) (whys, unsure []string) {
	u, partA, partB := &d.Users, d.A.Part != "", d.B.Part != ""
	otherwise, answered, onlyA, onlyB := 0, 0, 0, 0
	for i := range u.Operations {
		switch c := &u.Operations[i]; {
		case c.LatencyA == nil:
			onlyB++
		case c.LatencyB == nil:
			onlyA++
		case c.Answered() && outcome.IsAnswer(c.ResultA) != outcome.IsAnswer(c.ResultB):
			answered++
		case c.Answered():
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
	only := onlyA + onlyB
	say(only > 0, missing(onlyB > 0, onlyA > 0), words.Counted(only, "operation")+" in one run only")
	noneInA := slices.ContainsFunc(u.Violations, func(c content.ValueChange) bool { return c.A == "" })
	noneInB := slices.ContainsFunc(u.Violations, func(c content.ValueChange) bool { return c.B == "" })
	violated := len(u.Violations)
	say(violated > 0, missing(noneInA, noneInB), words.Counted(violated, "invariant")+" violated in one run only")
	logs := missing(true, true) || d.A.Applied > 0 && d.A.Applied == d.B.Applied // then what they differ in is in both
	say(u.OtherOrder, logs, "operations took effect in another order")
	say(len(u.Store) > 0, logs, words.Counted(len(u.Store), "key")+" with another value at the end")
	return whys, unsure
}

// sameOutcome says what of the outcome is the same in both traces, and what is not known, because they do not have it.
func sameOutcome(d *Difference) (Verdict, string) {
	client := isClient(d.Only)
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
	if l.runs[0].run == nil || l.runs[1].run == nil || l.sameRuns() || l.options.Only != "" {
		return ""
	}
	return "; but " + worldspans.RunName + " differs, which says what was asked for"
}

// sameRuns says whether the spans that say what made the runs are the same.
func (l *alignment) sameRuns() bool {
	a, b := l.runs[0], l.runs[1]
	if a.run == nil || b.run == nil {
		return false
	}
	return a.prints[a.Find(a.run.ID)].Content == b.prints[b.Find(b.run.ID)].Content
}

// users compares what two runs came to, as far as it is looked at.
func users(a, b *Trace, o *Options) outcome.Users {
	tolerance := o.Tolerance
	if o.ignoresTime() {
		tolerance = math.MaxInt64
	}
	u := outcome.Compare(a.outcome, b.outcome, tolerance)
	restrict(&u, o.Only)
	return u
}

// restrict leaves of what users saw only what was asked for.
func restrict(u *outcome.Users, only string) {
	none := []content.ValueChange{}
	switch {
	case only == "":
	case isClient(only):
		u.Operations = slices.DeleteFunc(u.Operations, func(c outcome.OperationChange) bool {
			return !strings.HasPrefix(c.Request, only+"/")
		})
		u.Leaders, u.Log, u.Store, u.OtherOrder = none, none, none, false
	case only == OnlyKV:
		u.Leaders, u.Violations = none, none
	default:
		*u = outcome.Users{
			Operations: []outcome.OperationChange{}, Leaders: u.Leaders, Log: none, Store: none, Violations: none,
		}
	}
}
