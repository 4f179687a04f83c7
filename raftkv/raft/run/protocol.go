// Package run is what a run needs of Raft: see raftkv/run.
//
//	protocol.go      the tables, and what is told of spans
//	settings_gen.go  the section [raft] of a config
//	settings.go      which of its values go together, and how they are drawn
//	servers.go       the servers, each with who watches it
package run

import (
	"fmt"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/span"
)

// Protocol is Raft, as a run knows it.
func Protocol() run.Protocol {
	return run.Protocol{
		SpecHash: protocol.SpecHash,
		Section:  section, Settings: settings, NewSettings: func() run.Settings { return &Settings{} },
		Roles: run.Roles{
			All:    []string{follower, candidate, leader},
			Leader: leader, Candidate: candidate, Follower: follower,
		},
		Bugs:         bugs(),
		Invariants:   invariants.All(),
		Sometimes:    invariants.AllSometimes(),
		Peers:        func(all []kv.NodeID) any { return protocol.SetPeers{Peers: all} },
		Elect:        func() any { return protocol.StartElection{} },
		Servers:      servers,
		Election:     election,
		Notification: notification,
	}
}

var (
	follower, candidate = protocol.RoleFollower.String(), protocol.RoleCandidate.String()
	leader              = protocol.RoleLeader.String()
)

// bugs are those that a run can have built in on purpose.
func bugs() []run.Bug {
	var all []run.Bug
	for _, b := range raft.Bugs() {
		one := run.Bug{Name: b.Name, Doc: b.Doc}
		for _, invariant := range b.CaughtBy {
			one.CaughtBy = append(one.CaughtBy, string(invariant))
		}
		all = append(all, one)
	}
	return all
}

// election tells the span of an election.
func election(s *span.Span) string {
	if s.Name != spans.ElectionName {
		return ""
	}
	term, outcome := s.Attribute(spans.RaftTermKey).AsInt64(), s.Attribute(spans.RaftOutcomeKey).AsString()
	return fmt.Sprintf("election of term %d: %s %s", term, s.Service, outcomeWords[outcome])
}

// outcomeWords say how an election ended for who stood.
var outcomeWords = map[string]string{
	spans.OutcomeWon: "won", spans.OutcomeLost: "lost", spans.OutcomeNoWinner: "stood, and nobody won",
}

// notification tells the span that sends a CommitNotification.
func notification(s *span.Span) (message, tells string) {
	if s.Name != spans.CommitNotificationProducerName || s.Kind != trace.SpanKindProducer {
		return "", ""
	}
	index := s.Attribute(spans.RaftLeaderCommitKey).AsInt64()
	return (protocol.CommitNotification{}).Name(), fmt.Sprintf("that index %d is committed", index)
}
