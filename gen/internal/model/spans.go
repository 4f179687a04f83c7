package model

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
)

var plainAttributes = map[string]AttributeKind{"string": String, "string[]": Strings, "bool": Bool, "int": Int}

func (r *resolver) declareAttributes() {
	seen, shorts := r.declarations("attribute"), map[string]int{}
	for _, a := range r.attributes {
		shorts[a.Short]++
	}
	for _, a := range r.spec.Attributes {
		if r.declared(seen, a.Name, "attribute") || !r.match(a.Name, attributeName.MatchString, "attribute name",
			"a name such as kv.key") {
			continue
		}
		out := &Attribute{
			Key: a.Name.Value, Doc: a.Doc.Value, Unit: a.Unit.Value, Const: Camel(a.Name.Value) + "Key",
			Short: short(a.Name.Value, a.Unit.Value),
		}
		shorts[out.Short]++
		r.attributeType(a, out)
		values := map[string]load.Pos{}
		for _, v := range a.Values {
			if out.Kind != String {
				r.faults.Add(v.Pos, "only an attribute of type string lists its values")
			} else if !r.declared(values, v, "value") {
				out.Values = append(out.Values, AttributeValue{Value: v.Value})
			}
		}
		r.attributes[out.Key] = out
		r.out.Attributes = append(r.out.Attributes, out)
	}
	for _, a := range r.out.Attributes {
		if shorts[a.Short] > 1 || r.spec.Telemetry != nil && a.Key == r.spec.Telemetry.Error.Value {
			a.Short = Camel(a.Key)
		}
		a.Parameter, a.Setter = parameter(a.Short), "Set"+a.Short
		if strings.HasSuffix(a.Key, ".id") && !strings.HasSuffix(a.Short, "ID") {
			a.Setter += "ID"
		}
		for i := range a.Values {
			a.Values[i].Const = a.Short + Camel(a.Values[i].Value)
		}
	}
}

func (r *resolver) attributeType(a load.Attribute, out *Attribute) {
	kind, plain := plainAttributes[a.Type.Value]
	out.Kind = kind
	if !plain && a.Type.Given() {
		out.Type = r.typeOf(a.Type.Value, func(offset int, format string, arguments ...any) {
			r.faults.Add(a.Type.At(offset), format, arguments...)
		})
		out.Kind = Stringer
		if t := out.Type; t != nil {
			switch {
			case t.Kind == KindList || t.Kind == KindByIndex || t.Kind == KindLong || t.Name == t.Base:
				r.faults.Add(a.Type.Pos, "an attribute is a string, string[], bool, int or a declared type: got %s", a.Type.Value)
			case t.Scalar != nil && !t.Scalar.Formatted && t.Kind == KindNumber:
				out.Kind = Unsigned
			case t.Scalar != nil && !t.Scalar.Formatted:
				r.faults.Add(a.Type.Pos, "%s has no text: give it a format, or make the attribute a string", a.Type.Value)
			}
		}
	}
	if a.Unit.Given() {
		if a.Unit.Value != "ns" || out.Kind != Int {
			r.faults.Add(a.Unit.Pos, "unit %q: the only unit is ns, of an int", a.Unit.Value)
		}
		out.Kind = Duration
	}
}

func (r *resolver) groupsAndEvents() {
	seen := r.declarations("group")
	for _, g := range r.spec.Groups {
		if !r.declared(seen, g.Name, "group") && r.match(g.Name, typeName.MatchString, "group name",
			"a Go name such as Who") {
			group := &Group{Name: g.Name.Value, Doc: g.Doc.Value}
			group.Attributes = r.onlyRequired(g.Attributes)
			r.groups[group.Name] = group
			r.out.Groups = append(r.out.Groups, group)
		}
	}
	seen = r.declarations("event")
	for _, e := range r.spec.Events {
		if !r.declared(seen, e.Name, "event") && r.match(e.Name, wordName.MatchString, "event name", wantWord) {
			event := &Event{Name: e.Name.Value, Go: Camel(e.Name.Value), Doc: e.Doc.Value}
			event.Attributes, event.Optional = r.attributesOf(e.Attributes)
			event.Const = "Event" + event.Go
			r.events[event.Name] = event
			r.out.Events = append(r.out.Events, event)
		}
	}
}

func (r *resolver) onlyRequired(levels load.Levels) []*Attribute {
	var all []*Attribute
	for _, use := range r.uses(levels, nil) {
		if use.Level != Required && use.Level != "" {
			i := slices.IndexFunc(levels, func(l load.Level) bool { return l.Attribute.Value == use.Attribute.Key })
			r.faults.Add(levels[i].Level.Pos, "only a span's own attributes can be %s: here all are required", use.Level)
		}
		all = append(all, use.Attribute)
	}
	return all
}

// attributesOf are the required and the optional attributes of an event.
func (r *resolver) attributesOf(levels load.Levels) (required, optional []*Attribute) {
	for _, use := range r.uses(levels, nil) {
		switch use.Level {
		case Optional:
			optional = append(optional, use.Attribute)
		case Answered:
			i := slices.IndexFunc(levels, func(l load.Level) bool { return l.Attribute.Value == use.Attribute.Key })
			r.faults.Add(levels[i].Level.Pos, "only a span is answered: an event's attribute is required or optional")
		case Required, "":
			required = append(required, use.Attribute)
		}
	}
	return required, optional
}

// uses resolves attributes with their levels; those of groups are there already.
func (r *resolver) uses(levels load.Levels, groups []*Group) []Use {
	var all []Use
	for _, l := range levels {
		attribute, ok := find(r, r.attributes, l.Attribute, "attribute")
		level := Level(l.Level.Value)
		if l.Level.Given() && !slices.Contains([]Level{Required, Answered, Optional}, level) {
			r.faults.Undefined(l.Level.Pos, "level", l.Level.Value, []string{
				string(Required), string(Answered),
				string(Optional),
			})
		}
		for _, g := range groups {
			if ok && slices.Contains(g.Attributes, attribute) {
				r.faults.Add(l.Attribute.Pos, "attribute %q is in group %s already", attribute.Key, g.Name)
			}
		}
		if ok {
			all = append(all, Use{Attribute: attribute, Level: level})
		}
	}
	return all
}

var spanKinds = []string{"internal", "client", "server", "producer", "consumer"}

// sendingKinds are those of spans that send a message: a server sends a reply.
var sendingKinds = []string{"client", "server", "producer"}

func (r *resolver) declareSpans() {
	seen := r.declarations("span")
	var declared []load.Span
	for _, s := range r.spec.Spans {
		if r.declared(seen, s.ID, "span") || !r.match(s.ID, wordName.MatchString, "span id", "a name such as vote_client") {
			continue
		}
		span := &Span{
			ID: s.ID.Value, Go: Camel(s.ID.Value), Name: s.Name.Value, Kind: s.Kind.Value,
			Service: s.Service.Value, Doc: s.Doc.Value, Root: s.Root.Value, RPC: s.RPC.Value,
		}
		r.spans[span.ID] = span
		r.out.Spans = append(r.out.Spans, span)
		declared = append(declared, s)
	}
	r.fewSpans(declared)
	for i, s := range declared {
		r.span(s, r.out.Spans[i])
	}
	r.reachable(declared)
	r.receivers(declared)
	if t := r.spec.Telemetry; t != nil && t.Fault.Given() {
		out := r.out.Telemetry
		if out.Fault != nil {
			r.again(t.Fault)
		}
		out.Fault, _ = find(r, r.spans, t.Fault, "span")
		if out.Fault != nil && out.Link != nil && !out.Link.allows(out.Fault.ID) {
			r.faults.Add(t.Fault.Pos, "a link to a fault says %q: add that to the values of %s", out.Fault.ID, out.Link.Key)
		}
	}
}

// mostSpans is how many spans a spec can have with all that it includes: whoever checks a trace keeps a set of them in
// 64 bits, one of which stands for what the spec does not know.
const mostSpans = 63

// fewSpans notes the first span that is one too many.
func (r *resolver) fewSpans(declared []load.Span) {
	if len(r.spans) <= mostSpans {
		return
	}
	pos := r.spec.At
	if included := len(r.spans) - len(declared); len(declared) > 0 {
		pos = declared[max(0, mostSpans-included)].ID.Pos
	}
	r.faults.Add(pos, "there are %d spans, with those of included files: at most %d are possible", len(r.spans), mostSpans)
}

// reachable notes spans that have only each other as parents.
func (r *resolver) reachable(declared []load.Span) {
	reached := map[*Span]bool{}
	for _, p := range r.out.Includes {
		for _, s := range p.Spans {
			reached[s] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, s := range r.out.Spans {
			if !reached[s] && (s.Root || slices.ContainsFunc(s.Parents, func(p *Span) bool { return reached[p] })) {
				reached[s], grown = true, true
			}
		}
	}
	for i, s := range r.out.Spans {
		if !reached[s] && len(s.Parents) > 0 {
			r.faults.Add(declared[i].ID.Pos, "span %q is below no root: nothing could start it", s.ID)
		}
	}
}

// receivers notes spans of kind server whose parents lack the client span of the same name: a receiver's span is always
// below its sender's.
func (r *resolver) receivers(declared []load.Span) {
	senders := map[string]*Span{}
	for _, p := range r.out.All() {
		for _, s := range p.Spans {
			if s.Kind == "client" {
				senders[s.Name] = s
			}
		}
	}
	for i, s := range r.out.Spans {
		sender := senders[s.Name]
		if s.Kind != "server" || sender == nil || len(s.Parents) == 0 || slices.Contains(s.Parents, sender) {
			continue
		}
		r.faults.Add(declared[i].Parents[0].Pos,
			"span %q takes in the request of span %q, which is to be one of its parents", s.ID, sender.ID)
	}
}

func (r *resolver) span(s load.Span, out *Span) {
	r.match(s.Name, methodName.MatchString, "span name", "a name such as service.Name/Method")
	if s.Kind.Given() && !slices.Contains(spanKinds, s.Kind.Value) {
		r.faults.Undefined(s.Kind.Pos, "span kind", s.Kind.Value, spanKinds)
	}
	find(r, r.services, s.Service, "service")
	seen := map[string]load.Pos{}
	for _, name := range s.Parents {
		if parent, ok := find(r, r.spans, name, "span"); ok && !r.declared(seen, name, "parent") {
			out.Parents = append(out.Parents, parent)
		}
	}
	if len(s.Parents) == 0 && !s.Root.Value {
		r.faults.Add(s.ID.Pos, "span %q has no parents and is no root: nothing could start it", out.ID)
	}
	seen = map[string]load.Pos{}
	for _, name := range s.Groups {
		if group, ok := find(r, r.groups, name, "group"); ok && !r.declared(seen, name, "group") {
			out.Groups = append(out.Groups, group)
		}
	}
	out.Uses = r.uses(s.Attributes, out.Groups)
	if t := r.out.Telemetry; t != nil && t.Size != nil && slices.Contains(sendingKinds, out.Kind) {
		out.Uses = append(out.Uses, Use{Attribute: t.Size, Level: Optional})
	}
	r.namedAfter(s, out)
	r.links(s, out)
	seen = map[string]load.Pos{}
	for _, name := range s.Events {
		if event, ok := find(r, r.events, name, "event"); ok && !r.declared(seen, name, "event") {
			out.Events = append(out.Events, event)
		}
	}
	if s.RPC.Value && r.out.Telemetry != nil {
		r.rpc(s, out)
	}
}

// namedAfter resolves the attributes that a span's name goes on with: values that are known when it starts.
func (r *resolver) namedAfter(s load.Span, out *Span) {
	for _, name := range s.NamedAfter {
		a, ok := find(r, r.attributes, name, "attribute")
		if !ok {
			continue
		}
		if a.Kind != String || !slices.Contains(out.Uses, Use{Attribute: a, Level: Required}) {
			r.faults.Add(name.Pos, "a span is named after its own required attributes of type string: %q is none", name.Value)
		}
		out.NamedAfter = append(out.NamedAfter, a)
	}
}

// links resolves the spans that a span may link to, and why. To one span it may link for two reasons.
func (r *resolver) links(s load.Span, out *Span) {
	var why *Attribute
	if r.out.Telemetry != nil {
		why = r.out.Telemetry.Link
	}
	seen := map[string]map[string]load.Pos{} // by the reason
	for _, l := range s.Links {
		if seen[l.Why.Value] == nil {
			seen[l.Why.Value] = map[string]load.Pos{}
		}
		to, ok := find(r, r.spans, l.To, "span")
		if !ok || r.declared(seen[l.Why.Value], l.To, "link to") {
			continue
		}
		switch {
		case why == nil && l.Why.Given():
			r.faults.Add(l.Why.Pos, "links say why they are there only where telemetry has an attribute `link` for it")
		case why != nil && !l.Why.Given():
			r.faults.Add(l.At, "a link says why it is there: add `why`, a value of %s", why.Key)
		case why != nil && !why.allows(l.Why.Value):
			r.faults.Undefined(l.Why.Pos, "value of "+why.Key, l.Why.Value, why.values())
		}
		out.Links = append(out.Links, Link{To: to, Min: l.Min.Value, Why: l.Why.Value, Doc: l.Doc.Value})
	}
}

// rpc checks that an RPC span has what server.address is made of.
func (r *resolver) rpc(s load.Span, out *Span) {
	for _, key := range rpcAttributes {
		if a := r.attributes[key]; a == nil || a.Kind != String {
			r.faults.Add(s.RPC.Pos, "an RPC span has the attribute %q: declare it as a string", key)
		}
	}
	address := out.Address(r.out.Telemetry)
	if address == nil || out.Level(address) != Required {
		r.faults.Add(s.RPC.Pos,
			"an RPC span's server.address is telemetry's `peer` on the calling side and its `self` on the other: it must be a "+
				"required attribute of the span")
	}
}

// Address is the attribute that names the process that is called.
func (s *Span) Address(t *Telemetry) *Attribute {
	if s.Kind == "client" || s.Kind == "producer" {
		return t.Peer
	}
	return t.Self
}

func (r *resolver) invariants() {
	seen, ids := r.declarations("invariant"), r.declarations("invariant id")
	for _, i := range r.spec.Invariants {
		r.declared(ids, i.ID, "invariant id")
		if r.declared(seen, i.Name, "invariant") || !r.match(i.Name, typeName.MatchString, "invariant name",
			"a Go name such as Agreement") {
			continue
		}
		out := &Invariant{Name: i.Name.Value, ID: i.ID.Value, Section: i.Section.Value, Doc: i.Doc.Value}
		observed := map[string]load.Pos{}
		for _, name := range i.Observes {
			if span, ok := find(r, r.spans, name, "span"); ok && !r.declared(observed, name, "span") {
				out.Observes = append(out.Observes, span)
			}
		}
		r.out.Invariants = append(r.out.Invariants, out)
	}
}
