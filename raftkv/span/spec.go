package span

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Level says whether a span must have an attribute.
type Level string

// The levels there are.
const (
	Required Level = "required" // always there
	Answered Level = "answered" // there unless the span ended with an error or is unfinished
	Optional Level = "optional"
)

// Spec is what a span may and must have.
type Spec struct {
	ID         string
	Name       string
	NamedAfter []attribute.Key // whose values the name goes on with, a space before each
	Kind       trace.SpanKind
	Service    string
	Members    []string // the groups of processes that the service has; nil where it is one itself
	Root       bool     // it may begin a trace
	Parents    []string // the ids of the spans that it may be a child of
	Links      []LinkSpec
	Attributes []AttributeSpec
	Events     []EventSpec
	Message    string   // the message that it sends or takes in, if it is one of an exchange
	Replies    []string // the replies that it may name: those to its message, or to that of its parents
}

// Starts says whether a process starts with such a span: its name ends so.
func (s *Spec) Starts() bool {
	return s.Kind == trace.SpanKindInternal && strings.HasSuffix(s.Name, ".start")
}

// Groups are the groups of processes that may have such a span.
func (s *Spec) Groups() []string {
	if s.Members == nil {
		return []string{s.Service}
	}
	return s.Members
}

// AttributeSpec is an attribute of a span or an event.
type AttributeSpec struct {
	Key    attribute.Key
	Type   attribute.Type // as a trace has it
	Level  Level
	Values []string // those allowed; nil if any is
}

// LinkSpec is a span that another may link to, or must if Min is not 0.
type LinkSpec struct {
	To  string // its id
	Min int
	Why string // as the link says; empty where links do not say
}

// EventSpec is an event that a span may have.
type EventSpec struct {
	Name       string
	Attributes []AttributeSpec
}

// Keys are the attributes that spans have of themselves, whatever they are about. An empty one is not set.
type Keys struct {
	Step       attribute.Key // the step of its process that a span begins in, or an event happens in
	EndStep    attribute.Key // the step that a span ends in, where that is a later one
	Error      attribute.Key // the type of error that a span is about
	Unfinished attribute.Key // the run ended before the span
}

// Lists returns the attributes that are lists of texts.
func Lists(specs []Spec) map[attribute.Key]bool {
	lists := map[attribute.Key]bool{}
	for i := range specs {
		for _, a := range specs[i].Attributes {
			if a.Type == attribute.STRINGSLICE {
				lists[a.Key] = true
			}
		}
	}
	return lists
}
