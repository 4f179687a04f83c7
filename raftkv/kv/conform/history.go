package conform

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// Operation is what a client asked for and was answered, as its span tells it.
type Operation struct {
	Span    check.SpanRef
	Client  string
	Request string
	Kind    string // the id of its span: kv_put, kv_get or kv_delete
	Key     string
	Value   string // what a put wants stored
	Result  string // empty when there was no answer
	Call    time.Time
	Return  time.Time

	span *check.Span
}

// Command is what the client asked the store to do.
func (o *Operation) Command() kv.Command { return command(o.Kind, o.Key, o.Value) }

// Unanswered is the result of an operation that its client gave up.
const Unanswered = "outcome unknown"

var unknownOutcome = check.UnknownKind{
	ID: "outcome", Order: 6, Thing: "operation", One: "whether an operation took effect: its client had no answer",
	More: "whether %s took effect: their clients had no answer",
}

// History returns what the clients asked for and were answered, in the order of time. A part of a run has none: an
// answer may come of what is not in it. It finds operations of a client that are not one after the other.
func History(f *check.Facts, found *check.Findings) []Operation {
	var history []Operation
	for _, s := range f.Spans {
		if s.Is(Operations...) {
			history = append(history, operation(f, s))
		}
	}
	slices.SortStableFunc(history, compare)
	clients(f, history, found)
	mend(history)
	if f.Part {
		return nil
	}
	for i := range history {
		if history[i].Result == "" {
			found.Unknown(unknownOutcome, history[i].span, 1)
		}
	}
	return history
}

func operation(f *check.Facts, s *check.Span) Operation {
	r := s.Facts.(*Request)
	op := Operation{
		Span: f.Ref(s), Client: s.Process, Request: r.Request, Kind: s.Kind.ID, Key: r.Key, Value: r.Value,
		Result: r.Result, Call: time.Unix(0, s.Start).UTC(), Return: time.Unix(0, s.End).UTC(), span: s,
	}
	if op.Result == Unanswered || s.Failed || s.Unfinished {
		op.Result = ""
	}
	return op
}

// compare puts operations in the order of their calls, and those of a client that it began at one time in that of its
// steps.
func compare(a, b Operation) int {
	return cmp.Or(a.Call.Compare(b.Call), strings.Compare(a.Client, b.Client),
		cmp.Compare(a.span.Step, b.span.Step), cmp.Compare(a.span.ID, b.span.ID))
}

// clients looks at what each client did: one operation after the other, in the order of their numbers. They are in
// the order of their calls.
func clients(f *check.Facts, history []Operation, found *check.Findings) {
	latest := map[string]*Operation{}
	for i := range history {
		op := &history[i]
		before := latest[op.Client]
		latest[op.Client] = op
		switch {
		case before == nil:
		case check.Later(before.span.End, op.span.Start):
			found.Add(check.RuleWrongTime, op.span, before.span).
				Got("it begins before %s ends, at %s", words.Printable(before.Request), f.Since(before.span.End)).
				Want("one operation of a client after the other")
		case sequence(op.Request) <= sequence(before.Request):
			found.Add(check.RuleMalformedValue, op.span, before.span).
				Got("kv.request.id is %s, after %s", words.Printable(op.Request), words.Printable(before.Request)).
				Want("a greater number than that of the client's operation before")
		}
	}
}

// sequence returns the number of an operation; 0 if its name has none.
func sequence(request string) uint64 {
	_, number, _ := strings.Cut(request, "/")
	n, _ := strconv.ParseUint(number, 10, 64)
	return n
}

// mend has each operation whose times were cut end as late as it may have, before its client's next: what overlapped
// it must not come after it. They are in the order of their calls.
func mend(history []Operation) {
	next := map[string]time.Time{} // of each client, the call that follows
	for i := len(history) - 1; i >= 0; i-- {
		op := &history[i]
		if check.MayBeCut(op.span.Start) && check.MayBeCut(op.span.End) {
			latest := op.Return.Add(time.Microsecond)
			if call, known := next[op.Client]; known && call.Before(latest) && !call.Before(op.Return) {
				latest = call
			}
			op.Return = latest
		}
		next[op.Client] = op.Call
	}
}
