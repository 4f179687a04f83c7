package model

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// namespace holds the Go names of one package, or of one type's methods, each with who claims it.
type namespace struct {
	r     *resolver
	where string
	owner map[string]string
}

func (r *resolver) namespace(where, reservedBy string, reserved ...string) *namespace {
	n := &namespace{r: r, where: where, owner: map[string]string{}}
	for _, name := range reserved {
		n.owner[name] = reservedBy
	}
	return n
}

// claim notes a name that is taken, unless something is wrong with the claimant already, such as that it was declared
// twice.
func (n *namespace) claim(claimant string, by load.Text, names ...string) {
	if !by.Given() || n.r.faults.At(by.Pos) {
		return
	}
	for _, name := range names {
		if owner, ok := n.owner[name]; ok && owner != claimant {
			n.r.faults.Add(by.Pos, "%s needs the Go name %s%s, which %s has", claimant, name, n.where, owner)
			return
		}
		n.owner[name] = claimant
	}
}

// reserve keeps names for the generator.
func (n *namespace) reserve(names ...string) {
	for _, name := range names {
		n.owner[name] = "the generator"
	}
}

// clashes notes declarations that would make one Go name twice.
func (r *resolver) clashes() {
	r.protocolClashes()
	if r.out.Telemetry != nil {
		r.spanClashes()
	}
}

func (r *resolver) protocolClashes() {
	n := r.namespace(" in package protocol", "the generator", "SpecHash", "ErrMalformed", "Exchange", "AllExchanges",
		"Invariant", "InvariantName", "Invariants", "AllInvariants",
		"CheckInvariants", "State", "AppendState", "DecodeState", "decodeState", "decoder", "decode", "cloneEach",
		"textEach", "textByIndex", "appendUnsigned", "decodeUnsigned",
		"appendSigned", "decodeSigned", "appendBool", "decodeBool", "appendString", "decodeString", "appendEach",
		"decodeEach", "appendList", "decodeList")
	for _, name := range []string{"Message", "Input", "Effect"} {
		n.reserve(unionNames(name)...)
	}
	for _, p := range r.out.Includes {
		for name := range p.Names() {
			n.reserve("decode"+name, "text"+name)
		}
	}
	for name := range r.unions {
		if strings.Contains(name, ".") {
			n.reserve("decode"+Camel(name), "text"+Camel(name))
		}
	}
	for _, s := range r.spec.Types {
		n.claim("type "+s.Name.Value, s.Name, s.Name.Value, "Parse"+s.Name.Value)
	}
	for _, e := range r.spec.Enums {
		n.claim("enum "+e.Name.Value, e.Name, enumNames(e.Name.Value)...)
		for _, v := range e.Values {
			n.claim("value "+v.Name.Value+" of "+e.Name.Value, v.Name, e.Name.Value+Camel(v.Name.Value))
		}
	}
	for _, u := range r.spec.Unions {
		n.claim("union "+u.Name.Value, u.Name, unionNames(u.Name.Value)...)
		for _, v := range u.Variants {
			n.claim("variant "+v.Name.Value+" of "+u.Name.Value, v.Name, variantNames(u.Name.Value, v.Name.Value)...)
		}
	}
	for _, s := range r.spec.Records {
		n.claim("record "+s.Name.Value, s.Name, recordNames(s.Name.Value)...)
	}
	family := func(union, what string, all []load.Message) {
		for _, m := range all {
			n.claim(what+" "+m.Name.Value, m.Name, variantNames(union, m.Name.Value)...)
		}
	}
	for _, name := range r.spec.AnyMessage {
		n.claim("field "+name.Value+" of any message", name, Camel(name.Value)+"Of")
	}
	family("Message", "message", r.spec.Messages)
	family("Input", "input", r.spec.Inputs)
	family("Effect", "effect", r.spec.Effects)
	for _, s := range r.spec.State {
		n.claim("scope "+s.Scope.Value, s.Scope, recordNames(Camel(s.Scope.Value)+"State")...)
	}
	r.edgeClashes(n)
}

func (r *resolver) edgeClashes(n *namespace) {
	for _, e := range r.spec.Exchanges {
		if len(e.Replies) > 0 {
			n.claim("exchange "+e.Request.Value, e.Request, e.Request.Value+"Reply")
		}
	}
	for _, p := range r.spec.Parties {
		n.claim("party "+p.Name.Value, p.Name, Camel(p.Name.Value)+"Handler")
	}
	if t := r.spec.Transitions; t != nil {
		name := t.Enum.Value + "Transition"
		n.claim("enum "+t.EventEnum.Value, t.EventEnum, enumNames(t.EventEnum.Value)...)
		n.claim("the transitions of "+t.Enum.Value, t.Enum, name, name+"s", Lower(name)+"s", "Legal"+name)
		for _, e := range t.Edges {
			n.claim("event "+e.Event.Value+" of "+t.EventEnum.Value, e.Event, t.EventEnum.Value+Camel(e.Event.Value))
		}
	}
	for _, i := range r.spec.Invariants {
		n.claim("invariant "+i.Name.Value, i.Name, "Invariant"+i.Name.Value)
	}
}

func enumNames(name string) []string {
	return []string{name, name + "Values", "Parse" + name, "decode" + name, Lower(name) + "Texts"}
}

func recordNames(name string) []string {
	return []string{name, "Append" + name, "Decode" + name, "decode" + name}
}

func unionNames(name string) []string {
	return append(recordNames(name), "Clone"+name, "Equal"+name, "text"+name)
}

func variantNames(union, name string) []string {
	return []string{name, "append" + union + name, "decode" + union + name}
}

func (r *resolver) spanClashes() {
	n := r.namespace(" in package spans", "the generator", "Scope", "System", "LinkTo", "Tracer", "NewTracer",
		"Specs", "AllSpecs", "Landmarks", "Story", "Shown")
	methods := r.namespace(" among the methods of a span", "every span", "On", "Set", "SetError", "Event", "Link",
		"End", "Fail",
		"Unfinished", "Started")
	parameters := r.namespace(" among parameters", "every span", taken...)
	for _, p := range r.out.Includes {
		for _, a := range p.Attributes {
			methods.owner[a.Setter] = "attribute " + a.Key + " of " + p.File
			parameters.owner[a.Parameter] = "attribute " + a.Key + " of " + p.File
		}
		for _, e := range p.Events {
			methods.owner[e.Go] = "event " + e.Name + " of " + p.File
		}
	}
	for i, a := range r.out.Attributes {
		name := r.attributeName(i)
		n.claim("attribute "+name.Value, name, a.Const)
		methods.claim("attribute "+name.Value, name, a.Setter)
		parameters.claim("attribute "+name.Value, name, a.Parameter)
		for _, v := range a.Values {
			n.claim("value "+v.Value+" of "+name.Value, name, v.Const)
		}
	}
	for _, g := range r.spec.Groups {
		n.claim("group "+g.Name.Value, g.Name, g.Name.Value)
		methods.claim("group "+g.Name.Value, g.Name, "Set"+g.Name.Value)
		parameters.claim("group "+g.Name.Value, g.Name, Lower(g.Name.Value))
	}
	for _, e := range r.spec.Events {
		n.claim("event "+e.Name.Value, e.Name, "Event"+Camel(e.Name.Value))
		methods.claim("event "+e.Name.Value, e.Name, Camel(e.Name.Value))
	}
	for _, s := range r.spec.Services {
		n.claim("service "+s.Name.Value, s.Name, "Service"+Camel(s.Name.Value))
	}
	for _, s := range r.spec.Spans {
		name := Camel(s.ID.Value)
		n.claim("span "+s.ID.Value, s.ID, name+"Span", name+"Name", name+"ID")
	}
}

// attributeName is an attribute of the model where it was declared first.
func (r *resolver) attributeName(i int) load.Text {
	key := r.out.Attributes[i].Key
	at := slices.IndexFunc(r.spec.Attributes, func(a load.Attribute) bool { return a.Name.Value == key })
	return r.spec.Attributes[at].Name
}
