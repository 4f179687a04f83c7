package content

import (
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// Phrase says what a span is, as what its process does. The protocol's phrase for a span is asked where neither the
// store nor the world has one.
func Phrase(s *read.Span, ofProtocol func(*read.Span) string) string {
	text := func(key attribute.Key) string { return words.Text(s.Attribute(key)) }
	switch traces.DeclaredName(s.Name) {
	case worldspans.RunName:
		return "the run"
	case worldspans.FaultName:
		return faultPhrase(s)
	case worldspans.ViolationName:
		return "VIOLATION of " + text(worldspans.RaftkvInvariantKey)
	case kvspans.ClientStartName:
		return "starts"
	case kvspans.TurnProducerName:
		if s.Kind == trace.SpanKindProducer {
			return "gives the turn to " + text(kvspans.KVClientIDKey)
		}
		return "gets the turn from " + text(kvspans.KVClientIDKey)
	case kvspans.KVPutName, kvspans.KVGetName, kvspans.KVDeleteName:
		_, number, _ := strings.Cut(text(kvspans.KVRequestIDKey), "/")
		return "operation " + number + ": " + CommandOf(s).Text
	case kvspans.PutClientName, kvspans.GetClientName, kvspans.DeleteClientName:
		method := s.Name[strings.LastIndexByte(s.Name, '/')+1:]
		if s.Kind != trace.SpanKindClient {
			return "handles " + method + " of " + text(kvspans.KVRequestIDKey) + CopyPhrase(s)
		}
		return "asks " + text(kvspans.RaftPeerIDKey) + ": " + method + OrdinalPhrase(s, "try", kvspans.KVTryKey)
	}
	if phrase := ofProtocol(s); phrase != "" {
		return phrase
	}
	return words.Printable(s.Name) + " (" + s.Kind.String() + ")"
}

// CopyPhrase says, behind a phrase, that a span handles the second copy of a message.
func CopyPhrase(s *read.Span) string {
	if s.Attribute(worldspans.RaftkvCopyKey).AsInt64() > 0 {
		return " (a second copy)"
	}
	return ""
}

// OrdinalPhrase says, behind a phrase, how often the same was done, as an attribute has it, unless it is the first
// time.
func OrdinalPhrase(s *read.Span, word string, key attribute.Key) string {
	if n := s.Attribute(key).AsInt64(); n > 1 {
		return fmt.Sprintf(" (%s %d)", word, n)
	}
	return ""
}

func faultPhrase(s *read.Span) string {
	kind := words.Text(s.Attribute(worldspans.RaftkvFaultKey))
	target := words.Text(s.Attribute(worldspans.RaftkvFaultTargetKey))
	phrase := "FAULT: " + words.Spaced(kind) + " " + target
	if by := s.Attribute(worldspans.RaftkvFaultByNsKey).AsInt64(); by != 0 {
		phrase += " by " + time.Duration(by).String()
	}
	if rate := s.Attribute(worldspans.RaftkvFaultRatePermilleKey).AsInt64(); rate != 0 {
		phrase += fmt.Sprintf(" to %g times the true pace", float64(rate)/1000)
	}
	return strings.TrimSpace(phrase)
}

// CommandOf returns the command of a client's operation.
func CommandOf(s *read.Span) words.Command {
	key, value := s.Attribute(kvspans.KVKeyKey).AsString(), s.Attribute(kvspans.KVValueKey).AsString()
	return words.OperationText(strings.ReplaceAll(s.Name, ".", "_"), key, value)
}
