package conform

import (
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// parents looks at how spans name each other: parents, traces, that nothing comes before its cause, and that all
// links are there that have to be.
func parents(f *Facts, p Protocol, found *Findings) {
	for _, s := range f.Spans {
		if s.Kind == nil {
			continue
		}
		if s.Parent == nil {
			noParent(s, found)
		} else {
			parent(f, p, s, found)
		}
		needed(f, p, s, found)
		if !f.Tells || s.Unfinished {
			continue
		}
		p.Outcome(f, s, found)
		lost(s, found)
	}
}

// parent compares a span's place in its trace with what the spec allows.
func parent(f *Facts, p Protocol, s *Span, found *Findings) {
	above := s.Parent
	if above.Kind != nil && !s.Kind.parents[above.Kind.number] {
		found.Add(RuleWrongParent, s, above).
			Got("its parent is %s", above).
			Want("%s", oneOf("no parent: it begins a trace", "a parent that is ", s.Kind.Parents))
		return
	}
	if s.Root != above.Root {
		found.Add(RuleWrongTrace, s, above).
			Got("its trace is that of the root %s, and its parent's that of %s", s.Root, above.Root).
			Want("the trace of its parent")
	}
	if s.Start < above.Start {
		found.Add(RuleWrongTime, s, above).
			Got("it starts at %s, before its parent does, at %s", f.Since(s.Start), f.Since(above.Start)).
			Want("a start that is not before the parent's")
	}
	acrossProcesses(f, p, s, found)
	if above.Kind == nil {
		return
	}
	p.Cause(f, s, found)
	if s.Kind.late && Later(above.End, s.Start) {
		found.Add(RuleWrongTime, s, above).
			Got("it starts at %s, before the reply is given, at %s", f.Since(s.Start), f.Since(above.End)).
			Want("a start that is not before the reply's")
	}
}

// noParent looks at a span that has no parent in the file.
func noParent(s *Span, found *Findings) {
	switch {
	case s.ParentID != 0:
		found.Add(RuleMissingParent, s).
			Got("its parent %s is not in the file", s.ParentID).
			Want("%s", oneOf("no parent", "a parent in the file: ", s.Kind.Parents))
	case !s.Kind.Root:
		found.Add(RuleWrongParent, s).Got("it has no parent").Want("a parent: %s", strings.Join(s.Kind.Parents, " or "))
	case s.Root != s.ID:
		found.Add(RuleWrongTrace, s).
			Got("it has no parent, and its trace is that of the root %s", s.Root).Want("its own id, %s", s.ID)
	}
}

// acrossProcesses says where the child of a span has to be: at the other end of a message, or in the same process.
func acrossProcesses(f *Facts, p Protocol, s *Span, found *Findings) {
	above := s.Parent
	switch {
	case s.Kind.Receives && above.Peer != s.Process:
		found.Add(RuleMessageMismatch, s, above).
			Got("it was sent to %s, and is handled by %s", Name(above.Peer), Name(s.Process)).
			Want("the process that it was sent to")
	case s.Kind.Receives && s.Peer != above.Process:
		found.Add(RuleMessageMismatch, s, above).
			Got("it names %s as its sender, and was sent by %s", Name(s.Peer), Name(above.Process)).Want("its sender")
	case s.Kind.Receives:
	case s.Kind.late:
		if above.Peer != s.Process || s.Peer != above.Process {
			found.Add(RuleMessageMismatch, s, above).
				Got("a reply of %s to %s", Name(above.Process), Name(above.Peer)).Want("a reply to this process of that peer")
		}
		p.Late(f, s, found)
		if s.Reply != above.Reply {
			found.Add(RuleMessageMismatch, s, above).
				Got("it is %s, and the reply was %s", s.Reply, above.Reply).Want("the reply that was sent")
		}
	case s.Process != above.Process:
		found.Add(RuleWrongParent, s, above).
			Got("its parent is of another process: %s", above).Want("a parent of %s", Name(s.Process))
	}
}

// lost compares the status of a message that nobody answers with whether it was lost.
func lost(s *Span, found *Findings) {
	if s.Kind.Kind != trace.SpanKindProducer {
		return
	}
	switch isLost := s.expected() == [2]bool{}; {
	case isLost && !s.Failed:
		found.Add(RuleWrongStatus, s).
			Got("its message was lost, and its status is no error").Want("an error, and error.type lost")
	case !isLost && s.Failed && !s.Dropped && !s.LostCopy && !s.Crashed:
		found.Add(RuleWrongStatus, s).
			Got("its status is an error, and its message was not lost").Want("a status that is unset, or an event drop")
	}
}

// oneOf names those that may be there, after what comes before them, or says that there may be none.
func oneOf(none, before string, names []string) string {
	if len(names) == 0 {
		return none
	}
	return before + strings.Join(names, ", ")
}
