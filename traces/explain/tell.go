package explain

import (
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// spanSaid tells a known span as a sentence without an end, with its time or without.
func (e *Explainer) spanSaid(s *traces.Span, timed bool) Sentence {
	at, during := say("").on(e.begin(s)), say("").on(e.begin(s))
	if timed {
		at = say(" at %s", e.begin(s))
		during = at
		if s.End.After(s.Start) {
			during = say(" from %s to %s", e.begin(s), e.end(s))
		}
	}
	switch {
	case s.Name == spans.TurnProducerName:
		return e.turnSaid(s, at)
	case traces.IsSender(s):
		return say("%s sent %s%s%s%s%s", s.Service, peerOf(s), aMessage(s), story.EntriesText(s), at,
			e.callEnded(s))
	case traces.IsReceiver(s):
		return e.takenSaid(s, during)
	}
	return e.ownSaid(s, at, during)
}

// ownSaid tells a span that neither sends nor takes in a message.
func (e *Explainer) ownSaid(s *traces.Span, at, during Sentence) Sentence {
	switch traces.DeclaredName(s.Name) {
	case spans.FaultName:
		return say("the scenario had it that %s%s", e.faultSaid(s), during)
	case spans.RunName:
		return say("the run %s with seed %s began%s", shown(s, spans.RaftkvScenarioKey), shown(s, spans.RaftkvSeedKey), at)
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		return say("%s made its request %s, %s%s", s.Service, ordinalOf(s), operationOf(s), during)
	case spans.ElectionName:
		return say("%s stood for election in term %d%s", s.Service, termOf(s), during)
	case spans.HeartbeatName:
		return say("%s began heartbeat round %s of term %d%s", s.Service, shown(s, spans.RaftHeartbeatKey), termOf(s), at)
	case spans.RoleChangeName:
		return say("%s went from %s to %s in term %d (%s)%s", s.Service, shown(s, spans.RaftRoleFromKey),
			shown(s, spans.RaftRoleKey), termOf(s), words.Spaced(shown(s, spans.RaftRoleEventKey)), during)
	case spans.CommitName:
		said := say("%s moved its commit index from %s to %s%s", s.Service, shown(s, spans.RaftCommitFromKey),
			shown(s, spans.RaftCommitToKey), during)
		if by := shownList(s, spans.RaftCommitAcknowledgedByKey); len(by) > 0 {
			said = joined(said, say(", because %s had what is up to there", words.AndList(by)))
		}
		return said
	case spans.ApplyName:
		return say("%s applied index %s, %s%s", s.Service, shown(s, spans.RaftIndexKey), appliedSaid(s), during)
	case spans.StartName, spans.ClientStartName:
		return say("%s started%s", s.Service, during)
	case spans.SetPeersName:
		return say("%s was told which servers there are, %s,%s", s.Service, words.AndList(shownList(s, spans.RaftPeersKey)), during)
	case spans.ViolationName:
		return say("the invariant %s did not hold%s, and the run was stopped", shown(s, spans.RaftkvInvariantKey), at)
	case spans.LateReplyName:
		return say("%s took in a late %s from %s%s: its call was over", s.Service, shown(s, spans.RaftReplyKey), peerOf(s),
			during)
	}
	return e.foreignSaid(s)
}

// turnSaid tells that a client let another have its turn.
func (e *Explainer) turnSaid(s *traces.Span, at Sentence) Sentence {
	said := say("%s let %s have its turn%s", s.Service, shown(s, spans.KVClientIDKey), at)
	if drop := traces.EventOf(s, spans.EventDrop); drop != nil {
		said = joined(said, say(", and the message was lost"), e.whyLost(s.Service, shown(s, spans.KVClientIDKey), s, drop))
	}
	return said
}

// takenSaid tells a span that takes in a message.
func (e *Explainer) takenSaid(s *traces.Span, during Sentence) Sentence {
	if s.Name == spans.TurnConsumerName {
		return say("%s was let have its turn by %s%s", s.Service, shown(s, spans.KVClientIDKey), during)
	}
	said := say("%s took in %s's %s%s%s", s.Service, peerOf(s), messageName(s), story.EntriesText(s), during)
	if reply := shown(s, spans.RaftReplyKey); reply != "" {
		why := ""
		if reason := shown(s, spans.RaftReasonKey); reason != "" {
			why = " (" + words.Spaced(reason) + ")"
		}
		said = joined(said, say(", and replied %s%s", reply, why))
	}
	switch {
	case s.Attribute(spans.RaftUnfinishedKey).AsBool():
		said = joined(said, say(", and had not answered when the run ended"))
	case s.Status.Code == codes.Error:
		said = joined(said, say(", and did not answer (%s)", shown(s, spans.ErrorTypeKey)))
	}
	if drop := traces.EventOf(s, spans.EventDrop); drop != nil {
		said = joined(said, say("; the answer was lost"), e.whyLost(s.Service, peerOf(s), s, drop))
	}
	return said
}
