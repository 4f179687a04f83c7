package traces

import (
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// phrase says what a span is, as what its process does: "asks node-3 for its vote in term 1". It says of which event the span is, and not how that came out.
func phrase(s *Span) string {
	p := phraser{s}
	switch DeclaredName(s.Name) {
	case spans.RunName:
		return "the run"
	case spans.FaultName:
		return p.fault()
	case spans.ViolationName:
		return "VIOLATION of " + p.text(spans.RaftkvInvariantKey)
	case spans.StartName:
		return "starts as " + p.text(spans.RaftRoleKey)
	case spans.SetPeersName:
		return "is told its peers"
	case spans.ClientStartName:
		return "starts"
	case spans.TurnProducerName:
		if s.Kind == trace.SpanKindProducer {
			return "gives the turn to " + p.text(spans.KVClientIDKey)
		}
		return "gets the turn from " + p.text(spans.KVClientIDKey)
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		_, number, _ := strings.Cut(p.text(spans.KVRequestIDKey), "/")
		command := words.OperationText(strings.ReplaceAll(s.Name, ".", "_"), s.Attribute(spans.KVKeyKey).AsString(), s.Attribute(spans.KVValueKey).AsString())
		return "operation " + number + ": " + command.Text
	case spans.PutClientName, spans.GetClientName, spans.DeleteClientName:
		return p.request()
	case spans.ElectionName:
		return "stands for election in term " + p.text(spans.RaftTermKey)
	case spans.HeartbeatName:
		return "heartbeat " + p.text(spans.RaftHeartbeatKey) + " of term " + p.text(spans.RaftTermKey)
	case spans.RoleChangeName:
		return "becomes " + p.text(spans.RaftRoleKey) + ": " + words.Spaced(p.text(spans.RaftRoleEventKey))
	case spans.RequestVoteClientName:
		if s.Kind == trace.SpanKindClient {
			return "asks " + p.peer() + " for its vote in term " + p.text(spans.RaftTermKey) + p.attempt()
		}
		return "votes on " + p.peer() + p.copy()
	case spans.AppendEntriesClientName:
		if s.Kind == trace.SpanKindClient {
			return "sends " + p.entries() + " to " + p.peer() + p.attempt()
		}
		return "takes " + p.entries() + " from " + p.peer() + p.copy()
	case spans.LateReplyName:
		return "gets a late reply from " + p.peer() + p.copy()
	case spans.CommitName:
		return "commit index " + p.text(spans.RaftCommitFromKey) + " -> " + p.text(spans.RaftCommitToKey)
	case spans.ApplyName:
		return "applies index " + p.text(spans.RaftIndexKey) + ": " + words.ParseCommand(s.Attribute(spans.RaftCommandKey).AsString()).Text
	case spans.CommitNotificationProducerName:
		if s.Kind == trace.SpanKindProducer {
			return "tells " + p.peer() + " that index " + p.text(spans.RaftLeaderCommitKey) + " is committed"
		}
		return "hears from " + p.peer() + " that index " + p.text(spans.RaftLeaderCommitKey) + " is committed" + p.copy()
	}
	return words.Printable(s.Name) + " (" + s.Kind.String() + ")"
}

type phraser struct{ span *Span }

func (p phraser) text(key attribute.Key) string { return words.Text(p.span.Attribute(key)) }

func (p phraser) peer() string { return p.text(spans.RaftPeerIDKey) }

func (p phraser) request() string {
	method := p.span.Name[strings.LastIndexByte(p.span.Name, '/')+1:]
	if p.span.Kind == trace.SpanKindClient {
		try := ""
		if n := p.span.Attribute(spans.KVTryKey).AsInt64(); n > 1 {
			try = fmt.Sprintf(" (try %d)", n)
		}
		return "asks " + p.peer() + ": " + method + try
	}
	return "handles " + method + " of " + p.text(spans.KVRequestIDKey) + p.copy()
}

func (p phraser) attempt() string {
	if n := p.span.Attribute(spans.RaftAttemptKey).AsInt64(); n > 1 {
		return fmt.Sprintf(" (attempt %d)", n)
	}
	return ""
}

func (p phraser) copy() string {
	if p.span.Attribute(spans.RaftkvCopyKey).AsInt64() > 0 {
		return " (a second copy)"
	}
	return ""
}

func (p phraser) entries() string {
	first, count := p.span.Attribute(spans.RaftPrevLogIndexKey).AsInt64()+1, p.span.Attribute(spans.RaftEntriesCountKey).AsInt64()
	switch count {
	case 0:
		return "no entries"
	case 1:
		return fmt.Sprintf("entry %d", first)
	}
	return fmt.Sprintf("entries %d to %d", first, first+count-1)
}

func (p phraser) fault() string {
	words := "FAULT: " + words.Spaced(p.text(spans.RaftkvFaultKey)) + " " + p.text(spans.RaftkvFaultTargetKey)
	if by := p.span.Attribute(spans.RaftkvFaultByNsKey).AsInt64(); by != 0 {
		words += " by " + time.Duration(by).String()
	}
	if rate := p.span.Attribute(spans.RaftkvFaultRatePermilleKey).AsInt64(); rate != 0 {
		words += fmt.Sprintf(" to %g times the true pace", float64(rate)/1000)
	}
	return strings.TrimSpace(words)
}
