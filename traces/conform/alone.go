package conform

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// find adds a finding about a span by itself.
func (g *gatherer) find(at *Span, r Rule) *Found {
	one := &Found{rule: r, at: at}
	g.found = append(g.found, one)
	return one
}

// unknown finds that the spec has no such span.
func (g *gatherer) unknown(s *span.Span, kept *Span) {
	first, _, _ := strings.Cut(s.Name, " ")
	named := g.tables.names[first]
	if len(named) == 0 {
		g.find(kept, RuleUnknownSpan).
			Got("the spec has no span %s", words.Printable(s.Name)).
			Want("a name of the spec; the nearest is %s",
				words.Nearest(s.Name, slices.Sorted(maps.Keys(g.tables.names))))
		return
	}
	kinds := names(named, func(k *Kind) string { return k.Kind.String() })
	g.find(kept, RuleWrongKind).Got("its kind is %s", s.Kind).Want("%s", strings.Join(kinds, " or "))
}

// alone looks at a span by itself.
func (g *gatherer) alone(s *span.Span, kept *Span) {
	kind := kept.Kind
	excused := s.Attribute(spans.ErrorTypeKey).AsString() != "" || s.Attribute(spans.RaftUnfinishedKey).AsBool()
	g.compare(kept, "", s.Attributes, &kind.attributes, excused)
	g.checkEvents(s, kept)
	if s.End.Before(s.Start) {
		g.find(kept, RuleWrongTime).
			Got("it ends %s before it starts", words.Milliseconds(s.Start.Sub(s.End))).
			Want("an end at its start or after it")
	}
	g.service(s, kept)
	g.name(s, kept)
	g.status(s, kept)
	g.values(s, kept)
	g.names(s, kept)
	g.worker.Alone(s, kind, func(r Rule) *Found { return g.find(kept, r) })
}

// compare compares attributes with those that the spec declares. What they are of is named at the beginning of each
// finding.
func (g *gatherer) compare(kept *Span, of string, got []attribute.KeyValue, t *table, excused bool) {
	g.seen = append(g.seen[:0], make([]bool, len(t.specs))...)
	next := 0
	for i := range got {
		a := &got[i]
		place, may := next, next < len(t.specs) && t.specs[next].Key == a.Key // as where none is left out
		if !may {
			place, may = t.places[a.Key]
		}
		next = place + 1
		switch {
		case !may:
			g.find(kept, RuleUnknownAttribute).
				Got("%san attribute %s", of, words.Printable(string(a.Key))).
				Want("none of that name; the nearest is %s",
					words.Nearest(string(a.Key), names(t.specs, func(a span.AttributeSpec) string { return string(a.Key) })))
		case g.seen[place]:
			g.find(kept, RuleDuplicateAttribute).Got("%s%s is there twice", of, a.Key).Want("one value")
		default:
			g.seen[place] = true
			g.attribute(kept, of, a, &t.specs[place])
		}
	}
	for i, there := range g.seen {
		spec := &t.specs[i]
		if !there && (spec.Level == span.Required || spec.Level == span.Answered && !excused) {
			g.find(kept, RuleRequired).Got("%sthere is no %s", of, spec.Key).Want("%s, which is %s", spec.Key, spec.Level)
		}
	}
}

// attribute compares one with what the spec says of it.
func (g *gatherer) attribute(kept *Span, of string, a *attribute.KeyValue, spec *span.AttributeSpec) {
	switch {
	case a.Value.Type() != spec.Type:
		g.find(kept, RuleTypeMismatch).
			Got("%s%s is %s: %s", of, a.Key, a.Value.Type(), words.Printable(words.Text(a.Value))).Want("%s", spec.Type)
	case spec.Values != nil && !slices.Contains(spec.Values, a.Value.AsString()):
		g.find(kept, RuleUndefinedVariant).
			Got("%s%s is %s", of, a.Key, words.Printable(words.Text(a.Value))).
			Want("one of %s", strings.Join(spec.Values, ", "))
	}
}

// service compares the process with what the span says of who opened it.
func (g *gatherer) service(s *span.Span, kept *Span) {
	group, numbered, _ := strings.Cut(s.Service, "-")
	if !slices.Contains(kept.Kind.groups, group) || (numbered == "") != (group == spans.ServiceWorld) {
		want := strings.Join(kept.Kind.groups, "-1 or ")
		if want != spans.ServiceWorld {
			want += "-1, or another number"
		}
		g.find(kept, RuleWrongService).Got("its service.name is %s", QuotedOr(s.Service, "missing")).Want("%s", want)
		return
	}
	self := g.tables.spec.Landmarks.Self
	if node := s.Attribute(self).AsString(); node != "" && node != s.Service {
		g.find(kept, RuleWrongService).
			Got("%s is %s, and its service.name %s", self, words.Printable(node), s.Service).
			Want("the same process in both")
	}
}

// QuotedOr returns a text within a sentence, or what stands for an empty one.
func QuotedOr(s, none string) string { return cmp.Or(words.Printable(s), none) }

// name compares a name that goes on with values of attributes with them.
func (g *gatherer) name(s *span.Span, kept *Span) {
	if len(kept.Kind.NamedAfter) == 0 {
		return
	}
	want := kept.Kind.Name
	for _, key := range kept.Kind.NamedAfter {
		want += " " + s.Attribute(key).AsString()
	}
	if s.Name != want {
		g.find(kept, RuleWrongName).Got("its name is %s", words.Printable(s.Name)).Want("%s", words.Printable(want))
	}
}

// status compares the status with error.type.
func (g *gatherer) status(s *span.Span, kept *Span) {
	isError, why := s.Status.Code == codes.Error, s.Attribute(spans.ErrorTypeKey).AsString()
	switch {
	case isError && why == "":
		g.find(kept, RuleWrongStatus).
			Got("its status is an error, and error.type does not say why").Want("error.type, or a status that is unset")
	case !isError && why != "":
		g.find(kept, RuleWrongStatus).
			Got("error.type is %s, and its status is %s", words.Printable(why), s.Status.Code).
			Want("a status that is an error")
	}
}

// values looks at what attributes say, beyond their types.
func (g *gatherer) values(s *span.Span, kept *Span) {
	kind := kept.Kind
	for i := range s.Attributes {
		a := &s.Attributes[i]
		if want := kind.Malformed(a); want != "" {
			g.find(kept, RuleMalformedValue).Got("%s is %s", a.Key, words.Printable(words.Text(a.Value))).Want("%s", want)
		}
		if slices.Contains(g.tables.spec.Landmarks.Replies, a.Key) && !slices.Contains(kind.Replies, a.Value.AsString()) {
			g.find(kept, RuleUndefinedVariant).
				Got("%s is %s", a.Key, words.Printable(a.Value.AsString())).
				Want("one of %s", strings.Join(kind.Replies, ", "))
		}
	}
}

// Malformed says how the value of an attribute should read, if it does not.
func (k *Kind) Malformed(a *attribute.KeyValue) (want string) {
	switch a.Value.Type() { //nolint:exhaustive // values of other types have no form
	case attribute.INT64:
		n := a.Value.AsInt64()
		if n < 0 && a.Key != spans.RaftkvFaultByNsKey && a.Key != spans.RaftkvSeedKey {
			return "a number that is not negative"
		}
		if n > 1 && (a.Key == spans.RaftkvCopyKey || a.Key == spans.RaftkvAnsweredCopyKey) {
			return "0 or 1: the network makes two copies at most"
		}
	case attribute.STRING:
		return k.malformed(k.ID, a.Key, a.Value.AsString())
	}
	return ""
}

// names compares the names that a span gives with each other: of the method, of who is called, and of who is sent to.
func (g *gatherer) names(s *span.Span, kept *Span) {
	kind := kept.Kind
	differs := func(key attribute.Key, want string) {
		if is := s.Attribute(key); is.Type() == attribute.STRING && is.AsString() != want {
			g.find(kept, RuleMalformedValue).
				Got("%s is %s", key, words.Printable(is.AsString())).Want("%s", words.Printable(want))
		}
	}
	if kind.Kind == trace.SpanKindClient || kind.Kind == trace.SpanKindServer {
		called := s.Service
		if kind.Sends {
			called = kept.Peer
		}
		differs(spans.RPCSystemNameKey, spans.System)
		differs(spans.RPCMethodKey, kind.Name)
		differs(spans.ServerAddressKey, called)
	}
	if kind.Sends {
		differs(spans.PeerServiceKey, kept.Peer)
	}
}
