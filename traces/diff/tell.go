package diff

import (
	"cmp"
	"fmt"
	"slices"
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

// phrase says what a span is, as what its process does.
func (x *Trace) phrase(s *read.Span) string {
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
		return "operation " + number + ": " + commandOf(s).Text
	case kvspans.PutClientName, kvspans.GetClientName, kvspans.DeleteClientName:
		method := s.Name[strings.LastIndexByte(s.Name, '/')+1:]
		if s.Kind != trace.SpanKindClient {
			return "handles " + method + " of " + text(kvspans.KVRequestIDKey) + CopyPhrase(s)
		}
		return "asks " + text(kvspans.RaftPeerIDKey) + ": " + method + OrdinalPhrase(s, "try", kvspans.KVTryKey)
	}
	if phrase := x.protocol.Phrase(s); phrase != "" {
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

// field is something that a span says, as a name and a text.
type field struct{ name, text string }

func textOf(list []field, name string) string {
	if i := slices.IndexFunc(list, func(f field) bool { return f.name == name }); i >= 0 {
		return list[i].text
	}
	return ""
}

// fields returns what differs in the spans of a pair, both texts side by side. Of a span that only one run has it is
// what says which one that is.
func (l *alignment) fields(p *pair) []ValueChange {
	var both [2][]field
	for k, i := range p.spans {
		if x := l.runs[k]; i >= 0 {
			both[k] = l.fieldsOf(x.span(i), x.Epoch)
		}
	}
	changes := []ValueChange{}
	for _, f := range both[0] {
		if other := textOf(both[1], f.name); f.text != other {
			changes = append(changes, ValueChange{f.name, f.text, other})
		}
	}
	for _, f := range both[1] {
		if textOf(both[0], f.name) == "" {
			changes = append(changes, ValueChange{f.name, "", f.text})
		}
	}
	if p.inBoth() {
		a, b := l.runs[0].Shape(p.spans[0]).Name, l.runs[1].Shape(p.spans[1]).Name
		if a != b {
			changes = append(changes, ValueChange{"name", words.Printable(a), words.Printable(b)})
		}
	}
	if len(changes) == 0 && p.change == Moved { // by less than a line would show
		for name, times := range map[string]func(*pair) (a, b int64){"begins": l.starts, "ends": l.ends} {
			if a, b := times(p); a != b {
				changes = append(changes, ValueChange{name, time.Duration(a).String(), time.Duration(b).String()})
			}
		}
	}
	if l.byWhat {
		changes = slices.DeleteFunc(changes, func(f ValueChange) bool { return f.Name == "parent" })
	}
	changes = l.withoutRepeats(changes)
	slices.SortStableFunc(changes, func(x, y ValueChange) int {
		return cmp.Or(cmp.Compare(fieldOrder(x.Name), fieldOrder(y.Name)), strings.Compare(x.Name, y.Name))
	})
	return changes
}

// persistField is the field for what a step wrote to the disk.
const persistField = "persist"

// withoutRepeats leaves out what follows from other fields that differ: what the disk holds, and then what is said a
// second time. Where nothing else differs that is told.
func (l *alignment) withoutRepeats(fields []ValueChange) []ValueChange {
	persists := func(f ValueChange) bool { return firstWord(f.Name) == persistField }
	repeats := func(f ValueChange) bool {
		key := attribute.Key(firstWord(f.Name))
		return key == worldspans.PeerServiceKey || slices.Contains(l.protocol().Repeats, key)
	}
	for _, repeated := range []func(ValueChange) bool{persists, repeats} {
		if slices.ContainsFunc(fields, func(f ValueChange) bool { return !repeated(f) }) {
			fields = slices.DeleteFunc(fields, repeated)
		}
	}
	return fields
}

func firstWord(text string) string {
	first, _, _ := strings.Cut(text, " ")
	return first
}

// fieldOrder puts times first, what happened to a message before attributes, and ids behind them.
func fieldOrder(name string) int {
	names := []string{"begins", "ends", "name", "event", "", "parent", "link"} // the empty one is for attributes
	if i := slices.Index(names, firstWord(name)); i >= 0 {
		return i
	}
	return slices.Index(names, "")
}

// fieldsOf returns all that a span says. Of equal names the second has a number.
func (l *alignment) fieldsOf(s *read.Span, begin time.Time) []field {
	since := func(t time.Time) string { return words.Milliseconds(t.Sub(begin)) }
	fields := []field{{"begins", since(s.Start)}, {"ends", since(s.End)}}
	add := func(name, text string) {
		unique := name
		for n := 2; textOf(fields, unique) != ""; n++ {
			unique = fmt.Sprintf("%s %d", name, n)
		}
		fields = append(fields, field{unique, text})
	}
	if s.Parent != 0 {
		add("parent", s.Parent.String())
	}
	implied := []attribute.Key{worldspans.RPCSystemNameKey, worldspans.RPCMethodKey, worldspans.ServerAddressKey}
	for _, a := range s.Attributes {
		if !isIgnored(a.Key, l.options.Ignore) && !slices.Contains(implied, a.Key) {
			add(words.Printable(string(a.Key)), words.Unspaced(words.Text(a.Value)))
		}
	}
	for i := range s.Events {
		e := &s.Events[i]
		name, parts := "event", []string{words.Printable(e.Name), "at", since(e.At)}
		if e.Name == l.protocol().Persist {
			name, parts = persistField, parts[1:]
		}
		for _, a := range e.Attributes {
			if !isIgnored(a.Key, l.options.Ignore) {
				parts = append(parts, words.Printable(string(a.Key))+"="+words.Unspaced(words.Text(a.Value)))
			}
		}
		add(name, strings.Join(parts, " "))
	}
	for i := range s.Links {
		add("link", s.Links[i].ID.String())
	}
	if s.Status.Description != "" {
		add("status", words.Printable(s.Status.Description))
	}
	return fields
}

// protocol returns what the protocol of the runs adds.
func (l *alignment) protocol() *Protocol { return l.runs[0].protocol }
