package conform

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// Tables checks a trace of a protocol of which no more is known than the tables of its spec: each span, the messages,
// and what the clients were told.
type Tables struct {
	*check.Checker

	rules   *tableRules
	clients *check.Findings // of the clients' operations
	asked   sync.Once
}

// OfTables makes a checker of traces of a protocol with such tables.
func OfTables(spec check.Spec) *Tables {
	r := &tableRules{spec: spec}
	return &Tables{Checker: check.New(r), rules: r, clients: check.NewFindings()}
}

// History implements Checker.
func (c *Tables) History() ([]Operation, time.Time) {
	f := c.Facts()
	c.asked.Do(func() { c.rules.history = History(f, c.clients) })
	return c.rules.history, time.Unix(0, f.Epoch).UTC()
}

// Report implements Checker. There are no terms.
func (c *Tables) Report() Report {
	history, _ := c.History()
	return Report{Report: c.Checker.Report(c.clients), History: history}
}

// The rules of any protocol whose spans tell what they applied.
var (
	RuleExactlyOnce = check.Rule{
		ID: "exactly_once", Says: "An operation takes effect once, and its retry gets the first answer (§8).",
	}
	RuleSameApplied = check.Rule{
		ID: "same_applied", Says: "Whoever applies what is agreed on at a position applies the same there.",
	}
)

// RulesOfTables returns the rules that a trace is checked against by such tables.
func RulesOfTables(spec check.Spec) []check.Rule {
	rules := check.Rules()
	if spec.Landmarks.Applied.Name != "" {
		rules = append(rules, RuleSameApplied)
	}
	if TellsRequests(spec.Spans, &spec.Landmarks) {
		rules = append(rules, RuleExactlyOnce)
	}
	return rules
}

// TellsRequests says whether the span that tells that something is applied names whose request that is, and what came
// of it.
func TellsRequests(specs []span.Spec, l *span.Landmarks) bool {
	at := slices.IndexFunc(specs, func(s span.Spec) bool { return s.Name == l.Applied.Name && s.Kind == l.Applied.Kind })
	has := func(key attribute.Key) bool {
		return slices.ContainsFunc(specs[at].Attributes, func(a span.AttributeSpec) bool { return a.Key == key })
	}
	return at >= 0 && has(spans.KVRequestIDKey) && has(spans.KVResultKey)
}

// tableRules tell the checker what the tables of a protocol do not.
type tableRules struct {
	spec    check.Spec
	history []Operation
}

// Spec returns the tables.
func (r *tableRules) Spec() check.Spec { return r.spec }

// Malformed says how the text of an attribute should read.
func (r *tableRules) Malformed(_ string, key attribute.Key, text string) (want string) {
	switch key {
	case spans.KVRequestIDKey:
		if !IsRequest(text) && text != "" {
			return "a client and the number of its operation, such as client-2/3"
		}
	case spans.KVClientIDKey:
		if !IsClient(text) {
			return "a client, such as client-2"
		}
	case r.spec.Landmarks.Applied.Command:
		if !IsCommand(text) {
			return "a command: put KEY VALUE, get KEY, delete KEY or noop"
		}
	}
	return ""
}

// Worker returns what looks at spans one by one.
func (r *tableRules) Worker() check.Worker { return tableWorker{&r.spec.Landmarks} }

// Tells says that the trace tells of each lost message that it was.
func (*tableRules) Tells(*check.Facts) bool { return true }

// Cause compares the request of a try with that of its operation.
func (*tableRules) Cause(_ *check.Facts, s *check.Span, found *check.Findings) {
	if _, is := s.Parent.Facts.(*Request); is && s.Is(Tries...) {
		SameRequest(s, found)
	}
}

// Target says that a try links to the one before.
func (*tableRules) Target(_ *check.Facts, s *check.Span, l *check.Link) (want string) {
	if !s.Is(Tries...) || s.Kind != l.Target.Kind {
		return ""
	}
	try, before := s.Facts.(*Request).Try, l.Target.Facts.(*Request).Try
	if s.ParentID != l.Target.ParentID || try != before+1 {
		return fmt.Sprintf("a link to try %d of the operation, which this is try %d of", max(try, 1)-1, try)
	}
	return ""
}

// Links finds a second try that links to no first one.
func (*tableRules) Links(f *check.Facts, s *check.Span, found *check.Findings) {
	if s.Is(Tries...) && s.Facts.(*Request).Try > 1 {
		f.NeedLink(s, found, s.Kind.ID)
	}
}

// Outcome compares the status of an operation with what became of it.
func (*tableRules) Outcome(_ *check.Facts, s *check.Span, found *check.Findings) { Outcome(s, found) }

// Sent compares the request of a try with what its server handles.
func (*tableRules) Sent(_ *check.Facts, try, server *check.Span, found *check.Findings) {
	got, is := server.Facts.(*Request)
	if sent, asked := try.Facts.(*Request); is && asked && got.Request != sent.Request {
		found.Add(check.RuleMessageMismatch, server, try).
			Got("%s is %s", spans.KVRequestIDKey, words.Printable(got.Request)).
			Want("%s, which was sent", words.Printable(sent.Request))
	}
}

// Replied compares what client and server say of an answer.
func (*tableRules) Replied(_ *check.Facts, try, server *check.Span, found *check.Findings) {
	got, is := try.Facts.(*Request)
	given, answered := server.Facts.(*Request)
	if !is || !answered {
		return
	}
	differ := func(key attribute.Key, got, given string) {
		if got != given {
			found.Add(check.RuleMessageMismatch, try, server).
				Got("of the answer, %s is %s", key, check.QuotedOr(got, "missing")).
				Want("%s, as it was given", check.QuotedOr(given, "none"))
		}
	}
	differ(spans.KVResultKey, got.Result, given.Result)
	differ(spans.KVLeaderIDKey, got.Leader, given.Leader)
}

// Late finds nothing: the tables say all of it.
func (*tableRules) Late(*check.Facts, *check.Span, *check.Findings) {}

// Check compares what clients were told with the answers that they got, and what was applied with what a store answers.
func (r *tableRules) Check(f *check.Facts, found *check.Findings) {
	for _, s := range f.Spans {
		if s.Is(Tries...) && s.Reply == (kv.Answered{}).Name() && s.Parent != nil {
			Told(f, s, found)
		}
	}
	if log := applied(f, found); !f.Part && TellsRequests(r.spec.Spans, &r.spec.Landmarks) {
		Results(slices.Values(log), r.history, RuleExactlyOnce, found)
	}
}

// applied returns what was applied first at each position, in their order, and finds what differs there.
func applied(f *check.Facts, found *check.Findings) (log []*Applied) {
	first := map[uint64]*Applied{}
	least, most := uint64(0), uint64(0)
	for _, s := range f.Sorted(func(s *check.Span) bool { _, is := s.Facts.(*Applied); return is }) {
		a := s.Facts.(*Applied)
		a.By = s
		switch before := first[a.Index]; {
		case before == nil:
			if first[a.Index] = a; least == 0 || a.Index < least {
				least = a.Index
			}
			most = max(most, a.Index)
		case before.Command != a.Command || before.Request != a.Request:
			found.Add(RuleSameApplied, s, before.By).
				Got("it applies %s%s at %d", words.Printable(a.Command), Asked(a.Request), a.Index).
				Want("%s%s, as %s did", words.Printable(before.Command), Asked(before.Request), check.Name(before.By.Process))
		}
	}
	for at := least; at <= most && len(first) > 0 && len(log) <= len(first); at++ {
		if first[at] == nil {
			log = append(log, &Applied{Index: at}) // what follows is not looked at
			break
		}
		log = append(log, first[at])
	}
	return log
}

// tableWorker looks at spans one by one.
type tableWorker struct{ landmarks *span.Landmarks }

// Alone finds that a client's span is about another client's operation.
func (tableWorker) Alone(s *span.Span, kind *check.Kind, find func(check.Rule) *check.Found) {
	Alone(s, kind, find)
}

// Keep keeps requests, and what is applied.
func (w tableWorker) Keep(s *span.Span, kind *check.Kind) any {
	handles := kind.Kind == trace.SpanKindServer && slices.ContainsFunc(Tries, func(try string) bool {
		return slices.Contains(kind.Parents, try)
	})
	applied := &w.landmarks.Applied
	switch {
	case handles || kind.Is(Operations...) || kind.Is(Tries...):
		r := Keep(s, kind)
		return &r
	case applied.Is(s):
		return &Applied{
			Index:   check.Number(s.Attribute(applied.Position)),
			Command: s.Attribute(applied.Command).AsString(),
			Request: s.Attribute(spans.KVRequestIDKey).AsString(), Result: s.Attribute(spans.KVResultKey).AsString(),
		}
	}
	return nil
}

// Persisted keeps nothing of what was made durable.
func (tableWorker) Persisted(*span.Event) any { return nil }
