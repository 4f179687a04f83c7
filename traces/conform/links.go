package conform

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world/spans"
)

// links looks at each link: whether the spec allows it, and whether it goes to the right span.
func links(f *Facts, p Protocol, found *Findings) {
	type faultLink struct{ from, fault *Span }
	var toFaults []faultLink
	for _, s := range f.Spans {
		for i := range s.Links {
			l := &s.Links[i]
			if link(f, p, s, l, found) && l.Target.Kind.ID == spans.FaultID {
				toFaults = append(toFaults, faultLink{s, l.Target})
			}
		}
	}
	for _, l := range toFaults {
		if want := explained(l.from, l.fault); want != "" {
			found.Add(RuleWrongLink, l.from, l.fault).Got("a link to %s", l.fault).Want("%s", want)
		}
	}
}

// link looks at a link, and says whether it may go to where it does.
func link(f *Facts, p Protocol, s *Span, l *Link, found *Findings) (allowed bool) {
	target := l.Target
	if target == nil {
		found.Add(RuleWrongLink, s).Got("a link to span %s, which is not in the file", l.ID).Want("a span of the file")
		return false
	}
	if s.Kind == nil || target.Kind == nil {
		return false
	}
	may := s.Kind.links[target.Kind.number]
	if may == nil {
		found.Add(RuleWrongLink, s, target).
			Got("a link to %s", target).Want("%s",
			oneOf("no link", "a link to ", names(s.Kind.Links, func(l span.LinkSpec) string { return l.To })))
		return false
	}
	indexed := l.Why != "" && l.Why == f.tables.spec.IndexedLink
	switch {
	case f.LinksSay && (l.Why != may.Why || !f.tables.spec.TablesOnly && (l.odd || (l.Index > 0) != indexed)):
		found.Add(RuleWrongLink, s, target).
			Got("a link to %s that says %s", target, f.saying(l)).Want("%s", f.toSay(may.Why))
	case l.Root != target.Root:
		found.Add(RuleWrongLink, s, target).
			Got("a link to %s in the trace of the root %s", target, l.Root).
			Want("the trace that it is in, of the root %s", target.Root)
	case target.Kind.ID == spans.FaultID:
		return true
	case Later(target.Start, s.End):
		found.Add(RuleWrongTime, s, target).
			Got("it links to what starts after its end: %s", target).Want("a link to what was there before")
	default:
		if want := fits(f, p, s, l); want != "" {
			found.Add(RuleWrongLink, s, target).Got("a link to %s", target).Want("%s", want)
		}
	}
	return false
}

// fits says what would have been the right target of a link that goes to a span of the right kind.
func fits(f *Facts, p Protocol, s *Span, l *Link) (want string) {
	if s.Kind.Kind != trace.SpanKindConsumer {
		return p.Target(f, s, l)
	}
	if s.ParentID != l.Target.ID {
		return "a link to its parent, the producer that it was sent by"
	}
	return ""
}

// saying is what a link says.
func (f *Facts) saying(l *Link) string {
	text := fmt.Sprintf("%s is %s", spans.RaftkvLinkKey, QuotedOr(l.Why, "missing"))
	if l.Index > 0 {
		text += fmt.Sprintf(", %s is %d", f.tables.spec.LinkIndex, l.Index)
	}
	if l.odd {
		text += ", and more"
	}
	return text
}

// toSay is what a link has to say that is there for a reason.
func (f *Facts) toSay(reason string) string {
	if reason == f.tables.spec.IndexedLink {
		return fmt.Sprintf("%s %s, and %s", spans.RaftkvLinkKey, reason, f.tables.spec.LinkIndex)
	}
	return fmt.Sprintf("%s %s, and nothing more", spans.RaftkvLinkKey, reason)
}

// explained says which fault would have explained what a span says, if the one that it links to does not: a crash
// explains what ended with it, and what was lost or had no answer since its receiver was down; a cut, what was to
// cross it.
func explained(s, target *Span) (want string) {
	fault := target.Facts.(*Fault)
	hurt := s.HitByFault || s.Failed && s.isHurtThere()
	switch {
	case slices.Contains(crashes, fault.Kind):
		own := s.Crashed && fault.Target == s.Process
		if own && Later(s.Start, target.Start) {
			return "a crash that came after it began"
		}
		if own || hurt && fault.Target == s.Peer {
			return ""
		}
	case fault.Kind == spans.FaultIsolate, fault.Kind == spans.FaultPartition:
		if hurt && isCutBy(fault.Target, s.Process, s.Peer) {
			return ""
		}
	}
	return "a fault that explains what it says: a crash of its process or of its receiver, or a cut between the two"
}

// isHurtThere says whether the handling of a message, or the reply to it, was hit by a fault.
func (s *Span) isHurtThere() bool {
	hurt := func(by *Span) bool { return by != nil && (by.Crashed || by.HitByFault) }
	return hurt(s.Receiver) || hurt(s.Second)
}

// isCutBy says whether a cut parts two processes: it names the one that is isolated, or the sides of a partition.
func isCutBy(cut, a, b string) bool {
	sides := strings.Split(cut, " | ")
	sideOf := func(process string) int {
		return slices.IndexFunc(sides, func(side string) bool { return slices.Contains(strings.Fields(side), process) })
	}
	from, to := sideOf(a), sideOf(b)
	if len(sides) == 1 {
		return (from < 0) != (to < 0)
	}
	return from >= 0 && to >= 0 && from != to
}

// needed finds the links that have to be there.
func needed(f *Facts, p Protocol, s *Span, found *Findings) {
	for i := range s.Kind.Links {
		if l := &s.Kind.Links[i]; l.Min > 0 {
			f.NeedLink(s, found, l.To)
		}
	}
	if s.Crashed || s.HitByFault || f.Tells && failedForFault(s) {
		f.NeedLink(s, found, spans.FaultID)
	}
	p.Links(f, s, found)
}

// NeedLink finds that a span links to none of a kind.
func (f *Facts) NeedLink(s *Span, found *Findings, id string) {
	if !slices.ContainsFunc(s.Links, func(l Link) bool { return l.Target.Is(id) }) {
		found.Add(RuleMissingLink, s).Got("there is no link to %s", id).Want("%s", f.whyLinked(s.Kind, id))
	}
}

func (f *Facts) whyLinked(k *Kind, to string) string {
	switch {
	case to == k.ID:
		return "a link to what was sent before: this is not the first time"
	case to == spans.FaultID:
		return "a link to the fault that did this"
	case k.links[f.tables.byID[to].number].Why == f.tables.spec.IndexedLink:
		return "a link to the " + to + " that covers its entry"
	}
	return "a link to the " + to + " that it comes from"
}

// failedForFault says whether a call had no answer since the server that handled it crashed.
func failedForFault(call *Span) bool {
	by := call.Receiver
	if by == nil || !call.Kind.Sends || call.Reply != "" || !call.Failed || call.Crashed || call.Unfinished ||
		call.Doubled {
		return false
	}
	return by.End <= call.End && by.Crashed
}
