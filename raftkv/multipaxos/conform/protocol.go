package conform

import (
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/rules"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// Protocol is MultiPaxos, as the checker has to be told of it.
type Protocol struct{ history []clients.Operation }

// Spec returns MultiPaxos's tables, and what they do not say.
func (Protocol) Spec() check.Spec {
	return check.Spec{
		Spans: spans.AllSpecs(), Landmarks: spans.Landmarks(), Hash: protocol.SpecHash,
		Persists: []string{spans.EventPersistPromise, spans.EventPersistRound, spans.EventPersistChosen},
		Repeated: map[string]attribute.Key{spans.EventPropose: spans.PaxosSlotKey},
	}
}

// Malformed says how the text of an attribute of a span should read.
func (Protocol) Malformed(kind string, key attribute.Key, text string) (want string) {
	return kept.Malformed(kind, key, text)
}

// Worker returns what looks at spans one by one.
func (Protocol) Worker() check.Worker { return kept.NewWorker() }

// Check checks the rules of MultiPaxos.
func (p Protocol) Check(f *check.Facts, found *check.Findings) { rules.Check(f, p.history, found) }

// Tells says whether the trace tells what is durable, and of each lost message that it was: all of them do.
func (Protocol) Tells(*check.Facts) bool { return true }

// Checker checks traces of MultiPaxos.
type Checker struct {
	*check.Checker

	protocol *Protocol
	clients  *check.Findings // of the clients' operations
	asked    sync.Once
}

// New makes a checker of traces of MultiPaxos.
func New() *Checker {
	p := &Protocol{}
	return &Checker{Checker: check.New(p), protocol: p, clients: check.NewFindings()}
}

// History ends the gathering, and returns what the clients asked for and were answered, in the order of time, and
// when the run began. It may be looked at while Report looks at the rest.
func (c *Checker) History() ([]clients.Operation, time.Time) {
	f := c.Facts()
	c.asked.Do(func() { c.protocol.history = clients.History(f, c.clients) })
	return c.protocol.history, time.Unix(0, f.Epoch).UTC()
}

// Report ends the gathering, and says all that is wrong.
func (c *Checker) Report() clients.Report {
	history, _ := c.History()
	r := clients.Report{Report: c.Checker.Report(c.clients), History: history}
	var first protocol.Ballot
	for _, s := range c.Facts().Spans {
		if p, begins := s.Facts.(*kept.Phase1); begins && (first == (protocol.Ballot{}) || kept.Below(p.Ballot, first)) {
			first = p.Ballot
		}
	}
	if first != (protocol.Ballot{}) {
		r.Ask = []string{"leader", "ballot", first.String()}
	}
	return r
}

// Rules returns the rules that a trace of MultiPaxos has to conform to, beside the invariants of the spec.
func Rules() []check.Rule { return kept.Rules() }
