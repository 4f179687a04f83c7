package protocols

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"

	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/read"
)

// unchecked stands for the check of traces of MultiPaxos, which has no rules yet: it counts the spans, and says so.
type unchecked struct{ found conform.Report }

// notChecked is what nobody looks at yet.
const notChecked = "whether the processes kept to the rules of MultiPaxos: there are none to check a trace by yet"

func newUnchecked() kvconform.Checker {
	return &unchecked{conform.Report{Unknown: []conform.Unknown{{ID: "rules", Says: notChecked}}}}
}

// Export implements kvconform.Checker.
func (u *unchecked) Export(context.Context, *span.Span) error {
	u.found.Spans++
	return nil
}

// Shutdown implements kvconform.Checker.
func (*unchecked) Shutdown(context.Context) error { return nil }

// Expect implements kvconform.Checker.
func (*unchecked) Expect(int) {}

// Read implements kvconform.Checker.
func (u *unchecked) Read(ctx context.Context, r *read.Reader) error {
	for _, err := range r.All() {
		if err != nil {
			return err
		}
		u.found.Spans++
	}
	return ctx.Err()
}

// History implements kvconform.Checker.
func (*unchecked) History() ([]kvconform.Operation, time.Time) { return nil, time.Time{} }

// Report implements kvconform.Checker.
func (u *unchecked) Report() kvconform.Report { return kvconform.Report{Report: u.found} }

// unexplained is what is told to who explains runs of MultiPaxos: it answers what can be answered without the protocol.
func unexplained() explain.Protocol {
	return explain.Protocol{
		Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(), Servers: []string{"leader"}, Questions: "client-N N",
		Applied:   spans.ApplyID,
		Malformed: func(string, *attribute.KeyValue) bool { return false },
		Unread:    func(string, attribute.Key) bool { return true },
		Carried:   func(*span.Span) string { return "" },
		Of:        func(*explain.Trace) explain.Answers { return noAnswers{} },
	}
}

// noAnswers answers nothing.
type noAnswers struct{}

// Ask implements explain.Answers.
func (noAnswers) Ask(*explain.Asked) (*explain.Explanation, error) { return nil, nil }

// Questions implements explain.Answers.
func (noAnswers) Questions(int) (first, after []string) { return nil, nil }

// Same implements explain.Answers.
func (noAnswers) Same(*span.Span) string { return "" }

// Tell implements explain.Answers.
func (noAnswers) Tell(*span.Span, explain.Sentence, explain.Sentence) explain.Sentence {
	return explain.Sentence{}
}

// About implements explain.Answers.
func (noAnswers) About(*span.Span) explain.About { return explain.About{} }

// Tried implements explain.Answers.
func (noAnswers) Tried(*explain.Times, *span.Span, *span.Span) explain.Tried { return explain.Tried{} }

// Stored implements explain.Answers.
func (noAnswers) Stored(*span.Span, []*span.Span) explain.Part { return explain.Part{} }
