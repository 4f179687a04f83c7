package traces

import (
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// isIgnored says whether an attribute is not looked at, be it asked for or not. The number of a step never is: it says
// how much its process was told before, so that one message more shifts all numbers that follow.
func isIgnored(key attribute.Key, ignored []string) bool {
	return isStep(key) || slices.Contains(ignored, string(key))
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

// checkIgnored says which attributes that are not to be looked at there are not. One that the spec has is none of them: whether some run has it is a matter of what happened there, and
// who compares many runs in the same way need not know that of each.
func (x *Indexed) checkIgnored(other *Indexed) (wrong []error) {
	if x.names == nil {
		return nil
	}
	there := map[attribute.Key]bool{}
	for _, side := range []*Indexed{x, other} {
		for key := range side.names {
			there[key] = true
		}
	}
	for _, key := range declaredKeys() {
		there[key] = true
	}
	names := make([]string, 0, len(there))
	for key := range there {
		names = append(names, words.Printable(string(key)))
	}
	slices.Sort(names)
	for _, name := range x.ignored {
		if name != IgnoreTime && !there[attribute.Key(name)] {
			wrong = append(wrong, &IgnoreError{Name: name, Attributes: names})
		}
	}
	return wrong
}

// declaredKeys are the attributes that spans and their events have in the spec, some of them more than once.
func declaredKeys() (keys []attribute.Key) {
	add := func(all []spans.AttributeSpec) {
		for i := range all {
			keys = append(keys, all[i].Key)
		}
	}
	for _, spec := range spans.AllSpecs() {
		add(spec.Attributes)
		for _, event := range spec.Events {
			add(event.Attributes)
		}
	}
	return keys
}

// mostNames bounds how many names of attributes are kept, whatever a file holds.
const mostNames = 1 << 12

// expectNames has the names of all attributes kept, if one that is not to be looked at may be misspelt.
func (x *Indexed) expectNames() {
	if slices.ContainsFunc(x.ignored, func(name string) bool { return name != IgnoreTime }) {
		x.names = map[attribute.Key]struct{}{}
	}
}

func (x *Indexed) keepName(key attribute.Key) {
	if x.names != nil && (len(x.names) < mostNames || slices.Contains(x.ignored, string(key))) {
		x.names[key] = struct{}{}
	}
}

// keepNames keeps those that stand on a span's events and links; note keeps those on the span itself.
func (x *Indexed) keepNames(s *Span) {
	if x.names == nil {
		return
	}
	for i := range s.Events {
		for _, a := range s.Events[i].Attributes {
			x.keepName(a.Key)
		}
	}
	for i := range s.Links {
		for _, a := range s.Links[i].Attributes {
			x.keepName(a.Key)
		}
	}
}
