package state

import (
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// Cluster is what the spans of a run tell of its servers.
type Cluster struct {
	*explain.Trace

	Elections []*span.Span // by start
	Nodes     []string     // those that the cluster consists of
	Peers     *span.Span   // that names them; nil for none
}

// Of is what the spans of a run tell.
func Of(t *explain.Trace) *Cluster {
	e := &Cluster{Trace: t, Elections: slices.Collect(t.Below(0, spans.ElectionID))}
	for s := range t.Below(0, spans.SetPeersID) {
		e.Nodes, e.Peers = explain.List(s, spans.RaftPeersKey), s
	}
	if len(e.Nodes) > 0 {
		return e
	}
	for process := range t.Processes() {
		if group, n := index.ProcessNumber(process); group == kvspans.ServiceNode && n > 0 {
			e.Nodes = append(e.Nodes, process)
		}
	}
	explain.SortProcesses(e.Nodes)
	return e
}

// Is says whether an attribute has a value of an enum.
func Is(s *span.Span, key attribute.Key, value fmt.Stringer) bool {
	return s.Attribute(key).AsString() == value.String()
}

// Term is the term that a span says.
func Term(s *span.Span) int64 { return explain.Integer(s, spans.RaftTermKey) }

// Replied says whether a span got, or gave, such a reply.
func Replied(s *span.Span, m interface{ Name() string }) bool {
	return s.Attribute(kvspans.RaftReplyKey).AsString() == m.Name()
}

// Leads says whether a span is one of a leader.
func Leads(s *span.Span) bool { return Is(s, spans.RaftRoleKey, protocol.RoleLeader) }

// Command is the command that a span applied.
func Command(s *span.Span) words.Command {
	return words.ParseCommand(s.Attribute(spans.RaftCommandKey).AsString())
}

// Carries says whether an AppendEntries has the entry of an index.
func Carries(s *span.Span, index int64) bool {
	before := explain.Integer(s, spans.RaftPrevLogIndexKey)
	return before < index && index <= before+explain.Integer(s, spans.RaftEntriesCountKey)
}

// LastStart is when a server started last before a time: what it knew of its leader it did not know any more then.
func (e *Cluster) LastStart(node string, until time.Time) (started time.Time) {
	for s := range e.Of(node, spans.StartID) {
		if !s.Start.After(until) {
			started = s.Start
		}
	}
	return started
}

// StartedBetween says whether a process started within a time: what it had committed it does not know any more then.
func (e *Cluster) StartedBetween(process string, from, to time.Time) bool {
	for s := range e.Of(process, spans.StartID) {
		if s.Start.After(from) && !s.Start.After(to) {
			return true
		}
	}
	return false
}

// ViolatedBy is the violation that the step of a span ended in; nil if there is none. What the algorithm does in such a
// step, and no span shows, it may not have done.
func (e *Cluster) ViolatedBy(s *span.Span) *span.Span {
	if s == nil {
		return nil
	}
	for _, v := range e.Violations() {
		after := v.Start.Sub(s.End)
		if after >= 0 && after <= traces.NearTheEnd+traces.AtOnceWithin &&
			explain.EndTogether(s, e.LastDone(s.Service, v.Start)) {
			return v
		}
	}
	return nil
}
