package content

import (
	"fmt"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// isIgnored says whether an attribute is not looked at, be it asked for or not. The number of a step never is: it says
// how much its process was told before, so that one message more shifts all numbers that follow.
func isIgnored(key attribute.Key, ignored []string) bool {
	return traces.IsStep(key) || slices.Contains(ignored, string(key))
}

// IgnoreError says that an attribute is not to be looked at which there is nowhere: most likely it is called otherwise.
type IgnoreError struct {
	Name       string
	Attributes []string // those there are: the spec's, and those of both runs
}

// Error says what there is not.
func (e *IgnoreError) Error() string {
	return fmt.Sprintf("-ignore %s: neither run has such an attribute", e.Name)
}

// Names are the names of attributes that there are in a trace.
type Names map[attribute.Key]bool

// CheckIgnored says which attributes that are not to be looked at there are not, neither in a run nor in the spec. One
// that the spec has is none of them: whether some run has it depends on what happened there, and who compares many runs
// in the same way need not know.
func CheckIgnored(ignored []string, specs []span.Spec, a, b Names) (wrong []error) {
	there := maps.Clone(a)
	maps.Copy(there, b)
	for _, spec := range specs {
		for i := range spec.Attributes {
			there[spec.Attributes[i].Key] = true
		}
		for _, event := range spec.Events {
			for i := range event.Attributes {
				there[event.Attributes[i].Key] = true
			}
		}
	}
	var names []string
	for key := range there {
		names = append(names, words.Printable(string(key)))
	}
	slices.Sort(names)
	for _, name := range ignored {
		if !there[attribute.Key(name)] {
			wrong = append(wrong, &IgnoreError{Name: name, Attributes: names})
		}
	}
	return wrong
}

// Add adds the names of all attributes of a span.
func (n Names) Add(s *read.Span) {
	add := func(all []attribute.KeyValue) {
		for i := range all {
			n[all[i].Key] = true
		}
	}
	add(s.Attributes)
	for i := range s.Events {
		add(s.Events[i].Attributes)
	}
	for i := range s.Links {
		add(s.Links[i].Attributes)
	}
}
