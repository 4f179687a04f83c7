package emit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/model"
)

// The functions here write Go expressions. A name that ends in Func writes a function that does for one value what its
// sibling writes for the value x.

func (w writer) cloneOf(t *model.Type, x string) string {
	switch t.Kind {
	case model.KindList, model.KindByIndex:
		if t.Elem.Flat() {
			return "slices.Clone(" + x + ")"
		}
		return "cloneEach(" + x + ", " + w.cloneFunc(t.Elem) + ")"
	case model.KindRecord, model.KindLong:
		if !t.Flat() {
			return x + ".Clone()"
		}
	case model.KindUnion:
		if !t.Flat() {
			return w.of(t.Declared()) + "Clone" + t.Name + "(" + x + ")"
		}
	case model.KindString, model.KindBool, model.KindNumber, model.KindEnum:
	}
	return x
}

func (w writer) cloneFunc(t *model.Type) string {
	switch t.Kind {
	case model.KindList, model.KindByIndex:
		if t.Elem.Flat() {
			return "slices.Clone[" + w.goType(t) + "]"
		}
	case model.KindRecord, model.KindLong:
		return w.goType(t) + ".Clone"
	case model.KindUnion:
		return w.of(t.Declared()) + "Clone" + t.Name
	case model.KindString, model.KindBool, model.KindNumber, model.KindEnum:
	}
	return "func(v " + w.goType(t) + ") " + w.goType(t) + " { return " + w.cloneOf(t, "v") + " }"
}

func (w writer) equalOf(t *model.Type, a, b string) string {
	switch t.Kind {
	case model.KindList, model.KindByIndex:
		if t.Elem.Flat() {
			return "slices.Equal(" + a + ", " + b + ")"
		}
		return "slices.EqualFunc(" + a + ", " + b + ", " + w.equalFunc(t.Elem) + ")"
	case model.KindRecord, model.KindLong:
		if !t.Flat() {
			return a + ".Equal(" + b + ")"
		}
	case model.KindUnion:
		if !t.Flat() {
			return w.of(t.Declared()) + "Equal" + t.Name + "(" + a + ", " + b + ")"
		}
	case model.KindString, model.KindBool, model.KindNumber, model.KindEnum:
	}
	return a + " == " + b
}

func (w writer) equalFunc(t *model.Type) string {
	switch t.Kind {
	case model.KindList, model.KindByIndex:
		if t.Elem.Flat() {
			return "slices.Equal[" + w.goType(t) + "]"
		}
	case model.KindRecord, model.KindLong:
		return w.goType(t) + ".Equal"
	case model.KindUnion:
		return w.of(t.Declared()) + "Equal" + t.Name
	case model.KindString, model.KindBool, model.KindNumber, model.KindEnum:
	}
	return "func(a, b " + w.goType(t) + ") bool { return " + w.equalOf(t, "a", "b") + " }"
}

// equalFields is the condition that two structs of one type are equal.
func (w writer) equalFields(s *model.Struct, a, b string) string {
	if s.Flat() {
		return a + " == " + b
	}
	conditions := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		conditions[i] = w.equalOf(f.Type, a+"."+f.Go, b+"."+f.Go)
	}
	return strings.Join(conditions, " &&\n\t\t")
}

// textOf is a value as a person reads it; raw leaves strings unquoted.
func (w writer) textOf(t *model.Type, x string, raw bool) string {
	switch t.Kind {
	case model.KindString:
		text := x
		if t.Scalar != nil {
			text = "string(" + x + ")"
		}
		if raw {
			return text
		}
		return "strconv.Quote(" + text + ")"
	case model.KindBool:
		if t.Scalar != nil {
			return "strconv.FormatBool(bool(" + x + "))"
		}
		return "strconv.FormatBool(" + x + ")"
	case model.KindNumber:
		return numberText(t, x)
	case model.KindEnum, model.KindRecord, model.KindLong:
		return x + ".String()"
	case model.KindUnion:
		return "text" + t.Helper() + "(" + x + ")"
	case model.KindByIndex:
		index := &model.Type{Kind: model.KindNumber, Name: t.Index.Name, Base: t.Index.Go, Scalar: t.Index}
		return "textByIndex[" + w.goType(index) + "](" + x + ", " + w.textFunc(index) + ", " + w.textFunc(t.Elem) + ")"
	case model.KindList:
	}
	return "textEach(" + x + ", " + w.textFunc(t.Elem) + ")"
}

func numberText(t *model.Type, x string) string {
	switch {
	case t.Scalar != nil && t.Scalar.Formatted:
		return x + ".String()"
	case t.Base == "int64":
		return "strconv.FormatInt(" + converted(t, "int64", x) + ", 10)"
	}
	return "strconv.FormatUint(" + converted(t, "uint64", x) + ", 10)"
}

func converted(t *model.Type, to, x string) string {
	if t.Name == to {
		return x
	}
	return to + "(" + x + ")"
}

func (w writer) textFunc(t *model.Type) string {
	switch {
	case t.Kind == model.KindEnum, t.Kind == model.KindRecord, t.Kind == model.KindLong,
		t.Scalar != nil && t.Scalar.Formatted:
		return w.goType(t) + ".String"
	case t.Kind == model.KindUnion:
		return "text" + t.Helper()
	case t.Kind == model.KindString && t.Scalar == nil:
		return "strconv.Quote"
	case t.Kind == model.KindBool && t.Scalar == nil:
		return "strconv.FormatBool"
	}
	return "func(v " + w.goType(t) + ") string { return " + w.textOf(t, "v", false) + " }"
}

// textOfStruct is a struct as its text says, or else as Name{field: value}.
func (w writer) textOfStruct(s *model.Struct, x string) string {
	var parts []string
	literal := func(text string) { parts = append(parts, strconv.Quote(text)) }
	switch {
	case s.Text != nil:
		for _, piece := range s.Text {
			if piece.Field != nil {
				parts = append(parts, w.textOf(piece.Field.Type, x+"."+piece.Field.Go, true))
			} else {
				literal(piece.Literal)
			}
		}
	case len(s.Fields) == 0:
		literal(s.Name)
	default:
		for i, f := range s.Fields {
			before := ", " + f.Name + ": "
			if i == 0 {
				before = s.Name + "{" + f.Name + ": "
			}
			literal(before)
			parts = append(parts, w.textOf(f.Type, x+"."+f.Go, false))
		}
		literal("}")
	}
	if len(parts) == 0 {
		literal("")
	}
	return strings.Join(parts, " + ")
}

// appendTo writes a value in binary at the end of b.
func (w writer) appendTo(t *model.Type, x string) string {
	switch t.Kind {
	case model.KindList, model.KindByIndex:
		return "appendEach(b, " + x + ", " + w.appendFunc(t.Elem) + ")"
	case model.KindLong:
		return "appendList(b, " + x + ", " + w.appendFunc(t.Elem) + ")"
	case model.KindString, model.KindBool, model.KindNumber, model.KindEnum, model.KindRecord, model.KindUnion:
	}
	return w.appendFunc(t) + "(b, " + x + ")"
}

func (w writer) appendFunc(t *model.Type) string {
	switch t.Kind {
	case model.KindString:
		return "appendString"
	case model.KindBool:
		return "appendBool"
	case model.KindEnum:
		return "appendUnsigned"
	case model.KindNumber:
		if t.Base == "int64" {
			return "appendSigned"
		}
		return "appendUnsigned"
	case model.KindRecord, model.KindUnion:
		return w.of(t.Declared()) + "Append" + t.Name
	case model.KindList, model.KindByIndex, model.KindLong:
	}
	return "func(b []byte, v " + w.goType(t) + ") []byte { return " + w.appendTo(t, "v") + " }"
}

// decoded reads a value of a type.
func (w writer) decoded(t *model.Type) string {
	switch t.Kind {
	case model.KindList, model.KindByIndex:
		return "decodeEach(d, " + w.decodeFunc(t.Elem) + ")"
	case model.KindLong:
		return "decodeList(d, " + w.decodeFunc(t.Elem) + ")"
	case model.KindString, model.KindBool, model.KindNumber, model.KindEnum, model.KindRecord, model.KindUnion:
	}
	return w.decodeFunc(t) + "(d)"
}

func (w writer) decodeFunc(t *model.Type) string {
	switch t.Kind {
	case model.KindString:
		return "decodeString[" + w.goType(t) + "]"
	case model.KindBool:
		return "decodeBool[" + w.goType(t) + "]"
	case model.KindNumber:
		if t.Base == "int64" {
			return "decodeSigned[" + w.goType(t) + "]"
		}
		return "decodeUnsigned[" + w.goType(t) + "]"
	case model.KindEnum, model.KindRecord, model.KindUnion:
		return "decode" + t.Helper()
	case model.KindList, model.KindByIndex, model.KindLong:
	}
	return "func(d *decoder) " + w.goType(t) + " { return " + w.decoded(t) + " }"
}

// format and parse of a scalar that has one.
func formatted(s *model.Scalar, x string) string {
	number := "strconv.FormatUint(uint64(" + x + "), 10)"
	if s.Prefix != "" {
		number = fmt.Sprintf("%q + %s", s.Prefix, number)
	}
	if s.Suffix != "" {
		number = fmt.Sprintf("%s + %q", number, s.Suffix)
	}
	return number
}
