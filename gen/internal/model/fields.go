package model

import (
	"regexp"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// methods are the names that generated methods have, which no field can have too.
var methods = []string{"Clone", "Equal", "Name", "String", "Restart", "EncodedSize"}

// fields gives every struct its fields, now that all types are known.
func (r *resolver) fields() {
	for _, s := range r.spec.Records {
		record := r.records[s.Name.Value]
		r.structFields(record, s.Fields)
		r.text(record, s.Text)
	}
	for _, u := range r.spec.Unions {
		if union := r.unions[u.Name.Value]; union != nil {
			for _, v := range u.Variants {
				variant := union.variant(v.Name.Value)
				r.structFields(variant, v.Fields)
				r.text(variant, v.Text)
			}
		}
	}
	family := func(union *Union, all []load.Message) {
		for _, m := range all {
			r.structFields(union.variant(m.Name.Value), m.Fields)
		}
	}
	family(r.out.Messages, r.spec.Messages)
	family(r.out.Inputs, r.spec.Inputs)
	family(r.out.Effects, r.spec.Effects)
}

func (u *Union) variant(name string) *Struct {
	for _, v := range u.Variants {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// structFields resolves fields; those of a struct that was declared twice are checked and dropped.
func (r *resolver) structFields(s *Struct, fields load.Fields) {
	if s == nil || s.Fields != nil {
		s = &Struct{}
	}
	for _, f := range fields {
		if !r.match(f.Name, wordName.MatchString, "field name", wantWord) {
			continue
		}
		field := &Field{Name: f.Name.Value, Go: Camel(f.Name.Value), Doc: f.Doc.Value, Init: f.Init.Value}
		if slices.Contains(methods, field.Go) {
			r.faults.Add(f.Name.Pos, "field %q is %s in Go, as is a generated method", field.Name, field.Go)
		}
		if slices.ContainsFunc(s.Fields, func(other *Field) bool { return other.Go == field.Go }) {
			r.faults.Add(f.Name.Pos, "field %q is %s in Go, as another field is", field.Name, field.Go)
		}
		if f.Type.Given() {
			field.Type = r.typeOf(f.Type.Value, func(offset int, format string, arguments ...any) {
				r.faults.Add(f.Type.At(offset), format, arguments...)
			})
		}
		if field.Type != nil {
			s.Fields = append(s.Fields, field)
		}
	}
}

// anyMessage resolves the fields that any message can be asked for.
func (r *resolver) anyMessage() {
	seen := map[string]load.Pos{}
	for _, name := range r.spec.AnyMessage {
		if !r.declared(seen, name, "field of messages") {
			r.common(name)
		}
	}
}

func (r *resolver) common(name load.Text) {
	var out Common
	var names []string
	for _, m := range r.out.Messages.Variants {
		i := slices.IndexFunc(m.Fields, func(f *Field) bool { return f.Name == name.Value })
		for _, f := range m.Fields {
			names = append(names, f.Name)
		}
		switch {
		case i < 0:
			out.Without = append(out.Without, m)
			continue
		case out.With == nil:
			out.Field = *m.Fields[i]
		case out.Type.Spec() != m.Fields[i].Type.Spec():
			r.faults.Add(name.Pos, "field %q is a %s in %s and a %s in %s: want one type in all messages that have it",
				name.Value, out.Type.Spec(), out.With[0].Name, m.Fields[i].Type.Spec(), m.Name)
			return
		}
		out.With = append(out.With, m)
	}
	if out.With == nil {
		r.faults.Undefined(name.Pos, "field of messages", name.Value, names)
		return
	}
	r.out.AnyMessage = append(r.out.AnyMessage, &out)
}

// Placeholder is where a text has the value of something.
var Placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// text splits a text into its literal parts and the fields between them.
func (r *resolver) text(s *Struct, text load.Text) {
	if s == nil || !text.Given() {
		return
	}
	s.Text = []Piece{}
	last := 0
	for _, at := range Placeholder.FindAllStringIndex(text.Value, -1) {
		s.literal(text.Value[last:at[0]])
		name := text.Value[at[0]+1 : at[1]-1]
		i := slices.IndexFunc(s.Fields, func(f *Field) bool { return f.Name == name })
		if i < 0 {
			names := make([]string, len(s.Fields))
			for i, f := range s.Fields {
				names[i] = f.Name
			}
			r.faults.Undefined(text.At(at[0]+1), "field", name, names)
		} else {
			s.Text = append(s.Text, Piece{Field: s.Fields[i]})
		}
		last = at[1]
	}
	s.literal(text.Value[last:])
	StrayBraces(r.faults, text)
}

// StrayBraces notes braces that enclose nothing.
func StrayBraces(faults *load.Faults, text load.Text) {
	blank := func(p string) string { return strings.Repeat(" ", len(p)) }
	if stray := strings.IndexAny(Placeholder.ReplaceAllStringFunc(text.Value, blank), "{}"); stray >= 0 {
		faults.Add(text.At(stray), "a text's { and } enclose a name")
	}
}

func (s *Struct) literal(text string) {
	if text != "" {
		s.Text = append(s.Text, Piece{Literal: text})
	}
}

// cycles notes types that contain themselves: no value of one could be made, and reading one could go on for ever.
func (r *resolver) cycles() {
	for _, s := range r.spec.Records {
		if record := r.records[s.Name.Value]; record != nil && record.reaches(record, map[any]bool{}) {
			r.faults.Add(s.Name.Pos, "type %q contains itself", s.Name.Value)
		}
	}
	union := func(u *Union, name load.Text) {
		if v := u.variant(name.Value); v != nil && v.reaches(u, map[any]bool{}) {
			r.faults.Add(name.Pos, "%s contains a %s, and is one", name.Value, u.Name)
		}
	}
	for _, u := range r.spec.Unions {
		for _, v := range u.Variants {
			if declared := r.unions[u.Name.Value]; declared != nil {
				union(declared, v.Name)
			}
		}
	}
	for _, m := range r.spec.Messages {
		union(r.out.Messages, m.Name)
	}
	for _, m := range r.spec.Inputs {
		union(r.out.Inputs, m.Name)
	}
	for _, m := range r.spec.Effects {
		union(r.out.Effects, m.Name)
	}
}

// reaches says whether a struct holds a record or a union, at any depth; seen are those that were looked into.
func (s *Struct) reaches(target any, seen map[any]bool) bool {
	return slices.ContainsFunc(s.Fields, func(f *Field) bool { return f.Type.reaches(target, seen) })
}

func (t *Type) reaches(target any, seen map[any]bool) bool {
	switch t.Kind {
	case KindList, KindByIndex, KindLong:
		return t.Elem.reaches(target, seen)
	case KindRecord:
		if t.Record == target || seen[t.Record] {
			return t.Record == target
		}
		seen[t.Record] = true
		return t.Record.reaches(target, seen)
	case KindUnion:
		if t.Union == target || seen[t.Union] {
			return t.Union == target
		}
		seen[t.Union] = true
		return slices.ContainsFunc(t.Union.Variants, func(v *Struct) bool { return v.reaches(target, seen) })
	case KindString, KindBool, KindNumber, KindEnum:
	}
	return false
}
