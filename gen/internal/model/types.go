package model

import (
	"strings"
)

// Kind is what a type is.
type Kind int

// The kinds there are.
const (
	KindString Kind = iota
	KindBool
	KindNumber
	KindEnum
	KindRecord
	KindUnion
	KindList
	KindByIndex // a list that is indexed by a scalar
	KindLong    // a list of records that is kept in chunks
)

// Type is the type of a field.
type Type struct {
	Kind   Kind
	Name   string // in Go, of all but the lists that are slices
	Family string // as the spec names it, of the messages, inputs or effects of another file
	Base   string // string, uint32, …: what a scalar is made of
	Scalar *Scalar
	Enum   *Enum
	Record *Struct
	Union  *Union
	Elem   *Type   // of a list
	Index  *Scalar // of a list by index
	None   bool    // written ?T
}

// builtin are the types that need no declaration.
var builtin = map[string]Kind{
	"string": KindString, "bool": KindBool, "int64": KindNumber, "uint8": KindNumber, "uint32": KindNumber,
	"uint64": KindNumber,
}

// Declared is the declaration that a type's name stands for; nil of a list, and of a type of Go's own.
func (t *Type) Declared() any {
	switch {
	case t.Scalar != nil:
		return t.Scalar
	case t.Enum != nil:
		return t.Enum
	case t.Record != nil:
		return t.Record
	case t.Union != nil:
		return t.Union
	}
	return nil
}

// Helper is what the names of functions that handle the type go on with.
func (t *Type) Helper() string {
	if t.Family != "" {
		return Camel(t.Family)
	}
	return t.Name
}

// Spec is the type as the spec writes it.
func (t *Type) Spec() string {
	switch {
	case t.Kind == KindList:
		return "[]" + t.Elem.Spec()
	case t.Kind == KindLong:
		return "[...]" + t.Elem.Spec()
	case t.Kind == KindByIndex:
		return "[" + t.Index.Name + "]" + t.Elem.Spec()
	case t.None:
		return "?" + t.Name
	case t.Family != "":
		return t.Family
	}
	return t.Name
}

// Flat says whether a value can be copied by assignment and compared with ==.
func (t *Type) Flat() bool {
	switch t.Kind {
	case KindList, KindByIndex, KindLong:
		return false
	case KindRecord:
		return t.Record.Flat()
	case KindUnion:
		return t.Union.Flat()
	case KindString, KindBool, KindNumber, KindEnum:
	}
	return true
}

// Flat says whether all fields are.
func (s *Struct) Flat() bool {
	for _, f := range s.Fields {
		if !f.Type.Flat() {
			return false
		}
	}
	return true
}

// Flat says whether all variants are.
func (u *Union) Flat() bool {
	for _, v := range u.Variants {
		if !v.Flat() {
			return false
		}
	}
	return true
}

// typeOf parses a type as a spec writes it; at is told where in the text a fault is.
func (r *resolver) typeOf(text string, fault func(offset int, format string, arguments ...any)) *Type {
	return r.parseType(text, 0, fault)
}

func (r *resolver) parseType(text string, offset int, fault func(int, string, ...any)) *Type {
	if rest, ok := strings.CutPrefix(text, "[]"); ok {
		return listOf(&Type{Kind: KindList}, r.parseType(rest, offset+2, fault))
	}
	if rest, ok := strings.CutPrefix(text, "[...]"); ok {
		return r.longList(rest, offset+len("[...]"), fault)
	}
	if rest, ok := strings.CutPrefix(text, "["); ok {
		index, rest, closed := strings.Cut(rest, "]")
		scalar := r.scalars[index]
		switch {
		case !closed:
			fault(offset, "a type is missing its ]")
			return nil
		case scalar == nil:
			fault(offset+1, "%s", r.undefinedText("scalar type", index, keys(r.scalars)))
		case scalar.Go != "uint32" && scalar.Go != "uint8":
			fault(offset+1, "%s is %s: only a uint8 or a uint32 indexes a list", index, scalar.Go)
		}
		return listOf(&Type{Kind: KindByIndex, Index: scalar}, r.parseType(rest, offset+len(index)+2, fault))
	}
	name, none := strings.CutPrefix(text, "?")
	if none {
		offset++
	}
	t := r.named(name)
	if t == nil {
		fault(offset, "%s", r.undefinedText("type", name, r.typeNames()))
		return nil
	}
	if none && (t.Scalar == nil || !t.Scalar.None) {
		fault(offset, "%s has no value that means none: only a scalar type with `none: true` can be optional", name)
	}
	t.None = none
	return t
}

func listOf(list, elem *Type) *Type {
	if elem == nil {
		return nil
	}
	list.Elem = elem
	return list
}

// longList is a long list of a record.
func (r *resolver) longList(record string, offset int, fault func(int, string, ...any)) *Type {
	elem := r.parseType(record, offset, fault)
	if elem == nil {
		return nil
	}
	if elem.Kind != KindRecord {
		fault(offset, "%s is no record: a long list is one of records", record)
		return nil
	}
	return &Type{Kind: KindLong, Elem: elem}
}

// named is a type by its name; nil when there is none.
func (r *resolver) named(name string) *Type {
	if kind, ok := builtin[name]; ok {
		return &Type{Kind: kind, Name: name, Base: name}
	}
	if s, ok := r.scalars[name]; ok {
		return &Type{Kind: builtin[s.Go], Name: name, Base: s.Go, Scalar: s}
	}
	if e, ok := r.enums[name]; ok {
		return &Type{Kind: KindEnum, Name: name, Enum: e}
	}
	if s, ok := r.records[name]; ok {
		return &Type{Kind: KindRecord, Name: name, Record: s}
	}
	if u, ok := r.unions[name]; ok {
		t := &Type{Kind: KindUnion, Name: u.Name, Union: u}
		if name != u.Name {
			t.Family = name
		}
		return t
	}
	return nil
}
