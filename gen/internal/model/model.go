// Package model is a spec whose names are resolved and checked: what the emitted code and documents are made of.
package model

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// Protocol is what one spec file declares. What the files declare that it includes is theirs.
type Protocol struct {
	Name, Doc, Hash string
	File            string      // as it was found
	Includes        []*Protocol // all that it includes, however far down, each after what it includes itself
	Import, Folder  string
	Package         string     // the folder of the package of types, below Folder; "." is Folder itself
	Document        string     // empty when there shall be none
	Telemetry       *Telemetry // nil when there are no spans
	Scalars         []*Scalar
	Enums           []*Enum
	Unions          []*Union // those that the spec declares
	Records         []*Struct
	Parties         []*Party
	Roles           []Roles // of parties that another file declares
	Messages        *Union
	AnyMessage      []*Common
	Inputs          *Union
	Effects         *Union
	Exchanges       []*Exchange
	Scopes          []*Scope
	Transitions     *Transitions
	Invariants      []*Invariant
	Settings        *Settings // nil when there is no section
	Services        []*Service
	Attributes      []*Attribute
	Groups          []*Group
	Events          []*Event
	Spans           []*Span
	Landmarks       *Landmarks // nil when there is no section
	Story           []*Told
	Shown           []load.Shown // its names are checked
}

// Telemetry is what the generator has to know about attributes.
type Telemetry struct {
	Scope, System string
	Self, Peer    *Attribute // nil when there is none
	Reply         *Attribute // says by which message a request was answered; nil when there is none
	Error         *Attribute
	Unfinished    *Attribute
	Step, EndStep *Attribute    // nil when steps have no numbers
	Link          *Attribute    // says why a link is there; nil when links do not say
	Service       *Attribute    // names the peer of what is sent once more; nil when there is none
	Size          *Attribute    // how many bytes the message has that a span sends; nil when none says it
	Fault         *Span         // that any span may link to; nil when there is none
	RPC           [3]*Attribute // system, method, address; nil without RPC spans
}

// NamesPeer says whether a span names its peer a second time, for tools that draw services: it is one of what is sent,
// and knows its peer.
func (t *Telemetry) NamesPeer(s *Span) bool {
	return t.Service != nil && (s.Kind == "client" || s.Kind == "producer") && t.Peer != nil && s.Level(t.Peer) == Required
}

// HasSteps says whether a span is of processes whose steps have numbers: those of a party.
func (p *Protocol) HasSteps(s *Span) bool {
	isParty := func(party *Party) bool { return party.Service == s.Service }
	return p.Telemetry.Step != nil && slices.ContainsFunc(p.AllParties(), isParty)
}

// Family is how another file writes the name of this one's messages, inputs or effects.
func (p *Protocol) Family(u *Union) string {
	return strings.TrimSuffix(path.Base(p.File), ".yaml") + "." + u.Name
}

// All are the files that the protocol is made of: those that it includes, and then its own.
func (p *Protocol) All() []*Protocol { return append(slices.Clone(p.Includes), p) }

// AllParties are its own parties and the included ones.
func (p *Protocol) AllParties() []*Party {
	var all []*Party
	for _, q := range p.All() {
		all = append(all, q.Parties...)
	}
	return all
}

// Scalar is a named type with one value.
type Scalar struct {
	Name, Doc, Go  string
	Prefix, Suffix string
	Formatted      bool
	None           bool
}

// Enum is a type with a few named values; the first is the initial one, if there is one.
type Enum struct {
	Name, Doc string
	Initial   bool
	Values    []*EnumValue
}

// EnumValue is one value of an enum, as written and as a Go constant.
type EnumValue struct{ Name, Const, Doc string }

// Union is a type whose values are of one of several shapes. Messages, inputs and effects are unions too.
type Union struct {
	Name, Doc string
	Variants  []*Struct
	Named     bool // its variants tell their name
}

// Struct is a record, a variant, or a scope of the state.
type Struct struct {
	Name, Doc string
	Fields    []*Field
	Text      []Piece // how it is written; nil for the usual form
}

// Piece is a part of a text: literal, or a field's value.
type Piece struct {
	Literal string
	Field   *Field
}

// Common is a field that several messages have, all of one type.
type Common struct {
	Field
	With, Without []*Struct // the messages that have it, and the others
}

// Field is a field of a struct.
type Field struct {
	Name, Go, Doc, Init string
	Type                *Type
}

// Party is one kind of process, or several kinds of which each is this one, too.
type Party struct {
	Name, Go, Doc string
	ID            *Scalar  // nil when only those that are it have ids
	Is            []*Party // what it is, too: it handles all that these do
	Roles         *Enum    // nil when it has none
	Service       string

	withoutID bool // it has none, and not one that is not declared
}

// Roles are the roles of a party that an included file declares.
type Roles struct {
	Party *Party
	Enum  *Enum
}

// Exchange is a request with its possible replies.
type Exchange struct {
	Request *Struct
	Doc     string
	Replies []*Struct
	From    []string // roles and parties, as written
	Senders []*Party
	To      *Party
	Sender  *Type // how a handler is told who asked
	Method  string
}

// Scope is a part of the state that lives and dies together.
type Scope struct {
	Name   string
	Role   string
	Reset  bool
	Struct *Struct
}

// Transitions are the steps that an enum may take.
type Transitions struct {
	Name, Doc   string
	Enum, Event *Enum
	Edges       []*Edge
}

// Edge is one step.
type Edge struct {
	From, To, Event *EnumValue
	Doc             string
}

// Invariant is what must always hold.
type Invariant struct {
	Name, ID, Section, Doc string
	Observes               []*Span
}

// Service is a group of processes that has spans.
type Service struct{ Name, Doc string }

// Attribute is an attribute of spans and events.
type Attribute struct {
	Key, Doc, Unit string
	Const          string // its key in Go
	Short          string // its name in groups and values
	Setter         string
	Parameter      string
	Kind           AttributeKind
	Type           *Type // the spec's type; nil for a plain kind
	Values         []AttributeValue
}

// AttributeValue is a value that a string attribute may have.
type AttributeValue struct{ Value, Const string }

// AttributeKind is how an attribute is given in Go and written in a trace.
type AttributeKind int

// The kinds there are.
const (
	String AttributeKind = iota
	Strings
	Bool
	Int
	Duration
	Unsigned // a named number, written as an integer
	Stringer // a named type, written as its String
)

// Level says whether an attribute must be there.
type Level string

// The levels there are.
const (
	Required Level = "required"
	Answered Level = "answered"
	Optional Level = "optional"
)

// Use is an attribute of one span, group or event, with its level.
type Use struct {
	Attribute *Attribute
	Level     Level
}

func (a *Attribute) values() []string {
	values := make([]string, len(a.Values))
	for i, v := range a.Values {
		values[i] = v.Value
	}
	return values
}

// Allowed are the values that a text may have; nil if any will do.
func (a *Attribute) Allowed() []string {
	all := a.values()
	if a.Type != nil && a.Type.Enum != nil {
		for _, v := range a.Type.Enum.Values {
			all = append(all, v.Name)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// allows says whether a text is one of the attribute's values.
func (a *Attribute) allows(value string) bool { return slices.Contains(a.values(), value) }

// Group is a set of required attributes that spans share.
type Group struct {
	Name, Doc  string
	Attributes []*Attribute
}

// Event is something that happens within a span.
type Event struct {
	Name, Go, Const, Doc string
	Attributes           []*Attribute // required
	Optional             []*Attribute
}

// Span is a span as traces have it.
type Span struct {
	ID, Go, Name, Kind, Service, Doc string
	Root, RPC                        bool
	NamedAfter                       []*Attribute // whose values its name goes on with
	Parents                          []*Span
	Groups                           []*Group
	Uses                             []Use
	Links                            []Link
	Events                           []*Event
}

// Link is a span that another may or must link to.
type Link struct {
	To  *Span
	Min int
	Why string // a value of Telemetry.Link
	Doc string
}

// Variants are the structs of all unions.
func (p *Protocol) Variants() []*Struct {
	var all []*Struct
	for _, u := range p.AllUnions() {
		all = append(all, u.Variants...)
	}
	return all
}

// AllUnions are the declared unions, and those of messages, inputs and effects.
func (p *Protocol) AllUnions() []*Union {
	all := append([]*Union(nil), p.Unions...)
	for _, u := range []*Union{p.Messages, p.Inputs, p.Effects} {
		if len(u.Variants) > 0 {
			all = append(all, u)
		}
	}
	return all
}

// Structs are all structs but the state as a whole.
func (p *Protocol) Structs() []*Struct {
	all := append(append([]*Struct(nil), p.Records...), p.Variants()...)
	for _, s := range p.Scopes {
		all = append(all, s.Struct)
	}
	return all
}

// Level of an attribute in this span; empty when the span may not have it.
func (s *Span) Level(a *Attribute) Level {
	for _, g := range s.Groups {
		for _, member := range g.Attributes {
			if member == a {
				return Required
			}
		}
	}
	for _, use := range s.Uses {
		if use.Attribute == a {
			return use.Level
		}
	}
	return ""
}

// Of are the span's own attributes of a level, in the spec's order.
func (s *Span) Of(level Level) []*Attribute {
	var all []*Attribute
	for _, use := range s.Uses {
		if use.Level == level {
			all = append(all, use.Attribute)
		}
	}
	return all
}

// AllEnums are the declared enums, and that of the transitions' events.
func (p *Protocol) AllEnums() []*Enum {
	if p.Transitions == nil {
		return p.Enums
	}
	return append(append([]*Enum(nil), p.Enums...), p.Transitions.Event)
}

// Names are the names of all types, which a sentence writes as they are.
func (p *Protocol) Names() map[string]bool {
	names := map[string]bool{}
	for _, q := range p.Includes {
		maps.Copy(names, q.Names())
	}
	for _, s := range p.Scalars {
		names[s.Name] = true
	}
	for _, e := range p.AllEnums() {
		names[e.Name] = true
	}
	for _, u := range p.AllUnions() {
		names[u.Name] = true
	}
	for _, s := range p.Structs() {
		names[s.Name] = true
	}
	return names
}
