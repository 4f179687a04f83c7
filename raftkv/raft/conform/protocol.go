package conform

import (
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/conform/rules"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// Protocol is Raft, as the checker has to be told of it.
type Protocol struct{ history []clients.Operation }

// Spec returns Raft's tables, and what they do not say.
func (Protocol) Spec() check.Spec {
	return check.Spec{
		Spans: spans.AllSpecs(), Landmarks: spans.Landmarks(), Hash: protocol.SpecHash,
		Persists:    []string{spans.EventPersist},
		IndexedLink: worldspans.LinkCommit, LinkIndex: spans.RaftIndexKey,
	}
}

// Tables returns Raft's tables, made ready once.
var Tables = sync.OnceValue(func() *check.Tables { return check.NewTables(Protocol{}) })

// Malformed says how the text of an attribute of a span should read.
func (Protocol) Malformed(kind string, key attribute.Key, text string) (want string) {
	return kept.Malformed(kind, key, text)
}

// Worker returns what looks at spans one by one.
func (Protocol) Worker() check.Worker { return kept.NewWorker() }

// Check checks the rules of Raft.
func (p Protocol) Check(f *check.Facts, found *check.Findings) { rules.Check(f, p.history, found) }

// Tells says whether the trace tells what is durable, and of each lost message that it was: earlier builds did not.
func (Protocol) Tells(f *check.Facts) bool {
	for _, s := range f.Spans {
		if start, is := s.Facts.(*kept.Start); is && start.VotedFor != "" {
			return true
		}
	}
	return false
}

// Checker checks traces of Raft.
type Checker struct {
	*check.Checker

	protocol *Protocol
	clients  *check.Findings // of the clients' operations
	asked    sync.Once
}

// New makes a checker of traces of Raft.
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
	first := uint64(0)
	for _, s := range c.Facts().Spans {
		if s.Is(spans.ElectionID) && (first == 0 || s.Term < first) {
			first = s.Term
		}
	}
	if first > 0 {
		r.Ask = []string{"leader", "term", strconv.FormatUint(first, 10)}
	}
	return r
}

// Rules returns the rules that a trace of Raft has to conform to, beside the invariants of the spec.
func Rules() []check.Rule { return kept.Rules() }
