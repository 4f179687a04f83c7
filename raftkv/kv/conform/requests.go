package conform

import (
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// The ids of the spans of clients: their operations, and each try of one.
var (
	Operations = []string{spans.KVPutID, spans.KVGetID, spans.KVDeleteID}
	Tries      = []string{spans.PutClientID, spans.GetClientID, spans.DeleteClientID}
)

// Request is what is kept of an operation, of a try, and of how a server handles one.
type Request struct {
	Try     uint64
	Request string
	Result  string
	Leader  string // whom the server takes for it; empty for nobody

	Command, Key, Value string // of an operation
}

// Processes returns the processes that it names.
func (r *Request) Processes() []string {
	if r.Leader == "" {
		return nil
	}
	return []string{r.Leader}
}

// Keep returns what is kept of a span about a request.
func Keep(s *span.Span, kind *check.Kind) Request {
	r := Request{
		Try: check.Number(s.Attribute(spans.KVTryKey)), Request: s.Attribute(spans.KVRequestIDKey).AsString(),
		Result: s.Attribute(spans.KVResultKey).AsString(), Leader: s.Attribute(spans.KVLeaderIDKey).AsString(),
	}
	if r.Leader == kv.NodeID(0).String() {
		r.Leader = ""
	}
	if kind.Is(Operations...) {
		r.Key, r.Value = s.Attribute(spans.KVKeyKey).AsString(), s.Attribute(spans.KVValueKey).AsString()
		r.Command = command(kind.ID, r.Key, r.Value).String()
	}
	return r
}

// command returns the command that a client's operation asks for.
func command(id, key, value string) kv.Command {
	switch id {
	case spans.KVPutID:
		return kv.Put{Key: key, Value: value}
	case spans.KVDeleteID:
		return kv.Delete{Key: key}
	}
	return kv.Get{Key: key}
}

// Alone finds that a client's span is about another client's operation.
func Alone(s *span.Span, kind *check.Kind, find func(check.Rule) *check.Found) {
	if kind.Service != spans.ServiceClient {
		return
	}
	request := s.Attribute(spans.KVRequestIDKey).AsString()
	if client, _, is := strings.Cut(request, "/"); is && client != s.Service {
		find(check.RuleWrongService).
			Got("it is about the operation %s", words.Printable(request)).
			Want("an operation of %s", words.Printable(s.Service))
	}
}

// Outcome finds an operation whose outcome is not known, and that is no error.
func Outcome(s *check.Span, found *check.Findings) {
	if s.Is(Operations...) && s.Facts.(*Request).Result == Unanswered && !s.Failed {
		found.Add(check.RuleWrongStatus, s).
			Got("its outcome is not known, and its status is no error").Want("an error, and error.type timeout")
	}
}

// SameRequest compares the request of a try, or of a server's handling of one, with that of its parent.
func SameRequest(s *check.Span, found *check.Findings) {
	if a, b := s.Facts.(*Request).Request, s.Parent.Facts.(*Request).Request; a != b {
		found.Add(check.RuleMessageMismatch, s, s.Parent).
			Got("it is a try of %s", words.Printable(a)).Want("of %s, its parent's", words.Printable(b))
	}
}

// Told compares the answer to a try with the answer that ends its operation.
func Told(f *check.Facts, try *check.Span, found *check.Findings) {
	operation := try.Parent
	if !operation.Is(Operations...) {
		return
	}
	if ends := operation.EndStep(); f.Tells && ends != try.EndStep() {
		found.Add(check.RuleWrongStep, operation, try).
			Got("it ends in step %d", ends).Want("step %d, in which its client is answered", try.EndStep())
	}
	ended, got := operation.Facts.(*Request).Result, try.Facts.(*Request).Result
	if ended != got && !operation.Failed && !operation.Unfinished {
		found.Add(check.RuleMessageMismatch, operation, try).
			Got("it ends with %s", check.QuotedOr(ended, "nothing")).
			Want("%s, as it was answered", check.QuotedOr(got, "nothing"))
	}
}

// ParseRequest reads the name of a client's operation.
func ParseRequest(text string) (request kv.RequestID, is bool) {
	client, number, _ := strings.Cut(text, "/")
	id, err := kv.ParseClientID(client)
	sequence, err2 := strconv.ParseUint(number, 10, 32)
	if err != nil || err2 != nil || id == 0 {
		return kv.RequestID{}, false
	}
	return kv.RequestID{Client: id, Sequence: kv.Sequence(sequence)}, true
}

// IsRequest says whether a text names a client's operation.
func IsRequest(s string) bool {
	client, sequence, _ := strings.Cut(s, "/")
	return IsClient(client) && isNumber(sequence)
}

// IsClient says whether a text names a client.
func IsClient(s string) bool {
	n, err := kv.ParseClientID(s)
	return err == nil && n > 0
}

func isNumber(s string) bool {
	other := func(c rune) bool { return c < '0' || c > '9' }
	return s != "" && s[0] != '0' && !strings.ContainsFunc(s, other)
}

// IsCommand says whether a text may be a command. Keys and values may hold spaces, so that it cannot be taken apart
// for sure.
func IsCommand(s string) bool {
	name, rest, _ := strings.Cut(s, " ")
	switch name {
	case "put":
		return strings.Contains(rest, " ")
	case "get", "delete":
		return rest != ""
	}
	return s == kv.Noop{}.String()
}
