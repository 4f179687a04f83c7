package across

import (
	"maps"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// Run is what a run took.
type Run struct {
	Name      string `json:"name"`
	Protocol  string `json:"protocol"`
	Spans     int    `json:"spans"`
	Messages  int    `json:"messages"`   // that were sent, replies among them
	OfClients int    `json:"of_clients"` // those of them that a client's operation caused

	Bytes          int `json:"bytes"`            // of all messages; 0 if the trace does not tell
	BytesOfClients int `json:"bytes_of_clients"` // of those that a client's operation caused

	Processes  []string   `json:"processes"`  // how many there are of each kind: 3 acceptors
	Operations int        `json:"operations"` // of clients
	Exchanges  []Exchange `json:"exchanges"`  // in the order of their methods
}

// Exchange is what was sent by one method.
type Exchange struct {
	Method   string `json:"method"`
	Requests int    `json:"requests"`
	Replies  int    `json:"replies"`

	RequestBytes int `json:"request_bytes"` // of all requests; 0 if the trace does not tell
	ReplyBytes   int `json:"reply_bytes"`   // of all replies
}

// Done is an operation of a client as one run has it.
type Done struct {
	Command  string        `json:"command"` // PUT "a" = "x"
	Result   string        `json:"result"`  // OK, NOT FOUND, the value, or that there was no answer
	Latency  time.Duration `json:"latency_ns"`
	Tries    int           `json:"tries"`    // how often the client asked
	Messages int           `json:"messages"` // in the operation's trace
	Bytes    int           `json:"bytes"`    // of these messages; 0 if the trace does not tell
	Delays   int           `json:"delays"`   // messages that its answer waited for one after the other; -1 if not known
	Span     int32         `json:"-"`        // the number of its span in the trace
}

// gathered is a run, and its operations by their requests.
type gathered struct {
	Run

	operations map[string]*Done
	byRoot     map[world.CausalID]*Done
	exchanges  map[string]*Exchange
}

// gather looks through a trace twice: operations first, since a trace has its spans in the order of their ends.
func gather(x *index.Trace) *gathered {
	g := &gathered{
		operations: map[string]*Done{}, byRoot: map[world.CausalID]*Done{}, exchanges: map[string]*Exchange{},
	}
	g.Spans, g.Processes = x.Len(), processes(x)
	steps := arrivals(x)
	for i := range int32(x.Len()) {
		switch x.Shape(i).Name {
		case kvspans.KVPutName, kvspans.KVGetName, kvspans.KVDeleteName:
			s := x.Span(i)
			command := content.CommandOf(s)
			done := &Done{
				Command: command.Text, Result: resultOf(s, command), Latency: s.End.Sub(s.Start), Delays: steps.delays(x, i),
				Span: i,
			}
			g.operations[s.Attribute(kvspans.KVRequestIDKey).AsString()] = done
			g.byRoot[x.Entry(i).Root] = done
		}
	}
	g.Operations = len(g.operations)
	for i := range int32(x.Len()) {
		g.count(x, i)
	}
	for _, e := range g.exchanges {
		g.Exchanges = append(g.Exchanges, *e)
	}
	slices.SortFunc(g.Exchanges, func(a, b Exchange) int { return strings.Compare(a.Method, b.Method) })
	return g
}

// processes counts those that have spans, by what they are.
func processes(x *index.Trace) (all []string) {
	numbers := map[string]int{}
	for _, service := range x.Services() {
		if kind, _, numbered := strings.Cut(service, "-"); numbered {
			numbers[kind]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(numbers)) {
		all = append(all, words.Printable(words.Counted(numbers[kind], kind)))
	}
	return all
}

// count counts what was sent: whoever asks has a span of its own, and so has whoever replies.
func (g *gathered) count(x *index.Trace, i int32) {
	e, shape := x.Entry(i), x.Shape(i)
	requests, replies := 0, 0
	switch {
	case shape.Kind == trace.SpanKindClient, shape.Kind == trace.SpanKindProducer:
		requests = 1
	case shape.Kind == trace.SpanKindServer && e.HasReply:
		replies = 1
	}
	if requests+replies == 0 {
		return
	}
	name := words.Printable(traces.DeclaredName(shape.Name))
	exchange := g.exchanges[name]
	if exchange == nil {
		exchange = &Exchange{Method: name}
		g.exchanges[name] = exchange
	}
	size := int(x.Span(i).Attribute(worldspans.RaftkvSizeKey).AsInt64())
	exchange.Requests += requests
	exchange.RequestBytes += size * requests
	exchange.Replies += replies
	exchange.ReplyBytes += size * replies
	g.Messages++
	g.Bytes += size
	done := g.byRoot[e.Root]
	if done == nil {
		return
	}
	g.OfClients++
	g.BytesOfClients += size
	done.Messages++
	done.Bytes += size
	switch shape.Name {
	case kvspans.PutClientName, kvspans.GetClientName, kvspans.DeleteClientName:
		done.Tries += requests
	}
}

// resultOf returns what a client got.
func resultOf(s *traces.Span, command words.Command) string {
	result := s.Attribute(kvspans.KVResultKey).AsString()
	switch {
	case result == words.OutcomeUnknown:
		return result
	case s.Status.Code == codes.Error, s.Attribute(worldspans.RaftUnfinishedKey).AsBool():
		return "no answer"
	}
	return words.ResultText(command, result)
}
