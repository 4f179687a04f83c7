package model

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// most is how many values or variants a type can have, so that each is one byte in the binary form.
const most = 127

func (r *resolver) few(name string, pos load.Pos, variants int) {
	if variants > most {
		r.faults.Add(pos, "%s has %d variants: at most %d are possible", name, variants, most)
	}
}

const (
	wantType = "a Go name such as LogEntry"
	wantWord = "a name such as last_log_index"
)

// declareTypes makes all types known by name, before any field asks for one.
func (r *resolver) declareTypes() {
	seen := r.declarations("type")
	r.out.Messages = r.family("Message", "What processes send each other.", len(r.spec.Messages))
	r.out.Inputs = r.family("Input", "What a process meets, one after another: it is all that makes it do anything.",
		len(r.spec.Inputs))
	r.out.Effects = r.family("Effect", "What a process wants done, in order, when it has met an input.",
		len(r.spec.Effects))
	for _, s := range r.spec.Types {
		if !r.declared(seen, s.Name, "type") && r.match(s.Name, typeName.MatchString, "type name", wantType) {
			r.declareScalar(s)
		}
	}
	for _, e := range r.spec.Enums {
		if !r.declared(seen, e.Name, "type") && r.match(e.Name, typeName.MatchString, "type name", wantType) {
			r.declareEnum(e)
		}
	}
	for _, u := range r.spec.Unions {
		if !r.declared(seen, u.Name, "type") && r.match(u.Name, typeName.MatchString, "type name", wantType) {
			union := &Union{Name: u.Name.Value, Doc: u.Doc.Value}
			r.unions[union.Name] = union
			r.out.Unions = append(r.out.Unions, union)
		}
	}
	for _, s := range r.spec.Records {
		if !r.declared(seen, s.Name, "type") && r.match(s.Name, typeName.MatchString, "type name", wantType) {
			record := &Struct{Name: s.Name.Value, Doc: s.Doc.Value}
			r.records[record.Name] = record
			r.out.Records = append(r.out.Records, record)
		}
	}
	r.declareEvents(seen)
}

// family is a union that each spec has: a type that fields can have, if it has any variants.
func (r *resolver) family(name, doc string, variants int) *Union {
	union := &Union{Name: name, Doc: doc, Named: true}
	if variants > 0 {
		r.unions[name] = union
	}
	return union
}

// declareEvents makes the enum of a transition's events, in the order in which they first come.
func (r *resolver) declareEvents(seen map[string]load.Pos) {
	t := r.spec.Transitions
	if t == nil || r.declared(seen, t.EventEnum, "type") || !r.match(t.EventEnum, typeName.MatchString, "type name",
		wantType) {
		return
	}
	event := &Enum{Name: t.EventEnum.Value, Doc: "What makes " + t.Enum.Value + " change. " + t.Doc.Value}
	for _, e := range t.Edges {
		known := slices.ContainsFunc(event.Values, func(v *EnumValue) bool { return v.Name == e.Event.Value })
		if !known && r.match(e.Event, wordName.MatchString, "event name", wantWord) {
			event.Values = append(event.Values, &EnumValue{
				Name: e.Event.Value, Const: event.Name + Camel(e.Event.Value),
				Doc: e.Doc.Value,
			})
		}
	}
	r.enums[event.Name] = event
}

func (r *resolver) declareScalar(s load.Scalar) {
	scalar := &Scalar{Name: s.Name.Value, Doc: s.Doc.Value, Go: s.Go.Value, None: s.None.Value}
	if _, ok := builtin[scalar.Go]; !ok && s.Go.Given() {
		r.faults.Undefined(s.Go.Pos, "Go type", scalar.Go, keys(builtin))
	}
	numeric := strings.HasPrefix(scalar.Go, "uint")
	if s.None.Value && !numeric {
		r.faults.Add(s.None.Pos, "only an unsigned number has a value to spare for none: %s is %s", scalar.Name, scalar.Go)
	}
	if s.Format.Given() {
		var found bool
		scalar.Prefix, scalar.Suffix, found = strings.Cut(s.Format.Value, "%d")
		scalar.Formatted = true
		if !found || !numeric || strings.Contains(scalar.Prefix+scalar.Suffix, "%") || scalar.Prefix+scalar.Suffix == "" {
			r.faults.Add(s.Format.Pos, "format %q: want an unsigned number's place as %%d, and a text around it", s.Format.Value)
		}
	}
	r.scalars[scalar.Name] = scalar
	r.out.Scalars = append(r.out.Scalars, scalar)
}

func (r *resolver) declareEnum(e load.Enum) {
	enum := &Enum{Name: e.Name.Value, Doc: e.Doc.Value, Initial: true}
	seen := map[string]load.Pos{}
	for _, v := range e.Values {
		if !r.declared(seen, v.Name, "value") && r.match(v.Name, wordName.MatchString, "value name", wantWord) {
			enum.Values = append(enum.Values, &EnumValue{
				Name: v.Name.Value, Const: enum.Name + Camel(v.Name.Value),
				Doc: v.Doc.Value,
			})
		}
	}
	if len(e.Values) > most {
		r.faults.Add(e.Name.Pos, "%s has %d values: at most %d are possible", e.Name.Value, len(e.Values), most)
	}
	initial := r.value(enum, e.Initial, "value")
	if initial != nil && initial != enum.Values[0] {
		r.faults.Add(e.Initial.Pos, "the initial value is Go's zero value: %q must be the first", initial.Name)
	}
	r.enums[enum.Name] = enum
	r.out.Enums = append(r.out.Enums, enum)
}

// declareVariants makes the shapes of all unions, without their fields.
func (r *resolver) declareVariants() {
	for _, u := range r.spec.Unions {
		union, seen := r.unions[u.Name.Value], map[string]load.Pos{}
		for _, v := range u.Variants {
			if union != nil && !r.declared(seen, v.Name, "variant") &&
				r.match(v.Name, typeName.MatchString, "variant name", wantType) {
				union.Variants = append(union.Variants, &Struct{Name: v.Name.Value, Doc: v.Doc.Value})
			}
		}
	}
	family := func(union *Union, what string, all []load.Message) {
		seen := map[string]load.Pos{}
		if what == "message" {
			seen = r.declarations(what)
		}
		for _, m := range all {
			if !r.declared(seen, m.Name, what) && r.match(m.Name, typeName.MatchString, what+" name", wantType) {
				union.Variants = append(union.Variants, &Struct{Name: m.Name.Value, Doc: m.Doc.Value})
			}
		}
	}
	family(r.out.Messages, "message", r.spec.Messages)
	family(r.out.Inputs, "input", r.spec.Inputs)
	family(r.out.Effects, "effect", r.spec.Effects)
	for _, m := range r.out.Messages.Variants {
		r.messages[m.Name] = m
	}
	for _, u := range r.spec.Unions {
		r.few(u.Name.Value, u.At, len(u.Variants))
	}
	first := func(all []load.Message) load.Pos {
		if len(all) == 0 {
			return load.Pos{}
		}
		return all[0].At
	}
	r.few("Message", first(r.spec.Messages), len(r.spec.Messages))
	r.few("Input", first(r.spec.Inputs), len(r.spec.Inputs))
	r.few("Effect", first(r.spec.Effects), len(r.spec.Effects))
}
