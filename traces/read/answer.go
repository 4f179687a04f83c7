package read

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// Lists are the attributes that are lists of texts, as the specs say. Jaeger has only the texts of these lists, as
// JSON: a Reader that is told which they are makes lists of them.
type Lists map[attribute.Key]bool

// asList returns an attribute's value as the spec has it: a list, where Jaeger has made a text of one.
func (l Lists) asList(a attribute.KeyValue) attribute.Value {
	var list []string
	if l[a.Key] && a.Value.Type() == attribute.STRING && json.Unmarshal([]byte(a.Value.AsString()), &list) == nil {
		return attribute.StringSliceValue(list)
	}
	return a.Value
}

// What Jaeger's API v3 adds to spans that it was given in OTLP.
const (
	jaegerWarnings = "@jaeger@warnings"
	noWidthWarning = "Negative duration detected"
	jaegerRefType  = "opentracing.ref_type"
)

// undoAnswer makes a span what it was before a Jaeger kept it as its own and gave it back in OTLP: lists are texts
// then, links have an attribute, and a span without a width is warned of and has one of a nanosecond.
func (l Lists) undoAnswer(s *Span) {
	for _, warning := range find(s.Attributes, jaegerWarnings).AsStringSlice() {
		if strings.HasPrefix(warning, noWidthWarning) && s.End.Sub(s.Start) == 1 {
			s.End = s.Start
		}
	}
	s.Attributes = without(s.Attributes, jaegerWarnings)
	l.undoLists(s.Attributes)
	for i := range s.Events {
		l.undoLists(s.Events[i].Attributes)
	}
	for i := range s.Links {
		s.Links[i].Attributes = without(s.Links[i].Attributes, jaegerRefType)
	}
}

func (l Lists) undoLists(attributes []attribute.KeyValue) {
	for i, a := range attributes {
		attributes[i].Value = l.asList(a)
	}
}

func without(attributes []attribute.KeyValue, key attribute.Key) []attribute.KeyValue {
	return nilIfEmpty(slices.DeleteFunc(attributes, func(a attribute.KeyValue) bool { return a.Key == key }))
}

// answers remembers which spans a Jaeger or a Tempo answered already: who searches once for each service finds a trace
// as often as services take part in it.
type answers struct{ seen map[[sha256.Size]byte]bool }

// repeated says whether the spans are all those of an answer before.
func (a *answers) repeated(all []Span) bool {
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].TraceID().String() + all[i].ID.String()
	}
	slices.Sort(ids) // they may come in any order
	key := sha256.Sum256([]byte(strings.Join(ids, "")))
	if a.seen[key] {
		return true
	}
	if a.seen == nil {
		a.seen = map[[sha256.Size]byte]bool{}
	}
	a.seen[key] = true
	return false
}
