package conform_test

import (
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// specs are the kinds of spans, by their ids.
var specs = func() map[string]span.Spec {
	all := map[string]span.Spec{}
	for _, s := range spans.AllSpecs() {
		all[s.ID] = s
	}
	return all
}()

// mutated is a trace to be changed.
type mutated struct{ all []span.Span }

// is says whether a span is of the kind with an id, and has these attributes, given as key and value. A value that
// begins with ≠ is one that it has not.
func is(s *span.Span, id string, attributes ...string) bool {
	spec := specs[id]
	name, _, _ := strings.Cut(s.Name, " ")
	fits := name == spec.Name && s.Kind == spec.Kind
	for i := 0; i < len(attributes) && fits; i += 2 {
		has := s.Attribute(attribute.Key(attributes[i])).String()
		if other, not := strings.CutPrefix(attributes[i+1], "≠"); not {
			fits = has != other
		} else {
			fits = has == attributes[i+1]
		}
	}
	return fits
}

// where returns the first span that something is true of; nil for none.
func (m *mutated) where(fits func(s *span.Span) bool) *span.Span {
	for i := range m.all {
		if fits(&m.all[i]) {
			return &m.all[i]
		}
	}
	return nil
}

// find returns the first span of a kind with these attributes: see is.
func (m *mutated) find(id string, attributes ...string) *span.Span {
	return m.where(func(s *span.Span) bool { return is(s, id, attributes...) })
}

func (m *mutated) withID(id world.CausalID) *span.Span {
	return m.where(func(s *span.Span) bool { return s.ID == id })
}

// nextOf returns which of these kinds of spans its process opens first, after a span.
func (m *mutated) nextOf(s *span.Span, ids ...string) (next string) {
	var first *span.Span
	for i := range m.all {
		later := &m.all[i]
		for _, id := range ids {
			if is(later, id) && later.Service == s.Service && later.Start.After(s.Start) &&
				(first == nil || later.Start.Before(first.Start)) {
				first, next = later, id
			}
		}
	}
	return next
}

// hasBelow says whether a span has a child of a kind.
func (m *mutated) hasBelow(s *span.Span, id string) bool {
	return m.where(func(below *span.Span) bool { return below.Parent == s.ID && is(below, id) }) != nil
}

// remove removes a span, and all below it.
func (m *mutated) remove(s *span.Span) {
	ids := []world.CausalID{s.ID}
	for i := 0; i < len(ids); i++ {
		for k := range m.all {
			if m.all[k].Parent == ids[i] {
				ids = append(ids, m.all[k].ID)
			}
		}
	}
	m.all = slices.DeleteFunc(m.all, func(other span.Span) bool { return slices.Contains(ids, other.ID) })
}

// every changes all spans that something is true of, and says whether there are any.
func (m *mutated) every(fits func(s *span.Span) bool, change func(s *span.Span)) bool {
	changed := false
	for i := range m.all {
		if fits(&m.all[i]) {
			change(&m.all[i])
			changed = true
		}
	}
	return changed
}

// set gives a span's attribute another value, or gives it one more. It says whether there is such a span.
func set(s *span.Span, kv attribute.KeyValue) bool {
	if s == nil {
		return false
	}
	s.Attributes = slices.Clone(s.Attributes)
	for i := range s.Attributes {
		if s.Attributes[i].Key == kv.Key {
			s.Attributes[i] = kv
			return true
		}
	}
	s.Attributes = append(s.Attributes, kv)
	return true
}

func unset(s *span.Span, key attribute.Key) bool {
	if s == nil {
		return false
	}
	s.Attributes = slices.DeleteFunc(slices.Clone(s.Attributes), func(kv attribute.KeyValue) bool { return kv.Key == key })
	return true
}

// tell has the event of a name say something else. It says whether there is one.
func tell(s *span.Span, event string, kv attribute.KeyValue) bool {
	if s == nil {
		return false
	}
	s.Events = slices.Clone(s.Events)
	for i := range s.Events {
		if s.Events[i].Name == event {
			e := span.Span{Attributes: s.Events[i].Attributes}
			set(&e, kv)
			s.Events[i].Attributes = e.Attributes
			return true
		}
	}
	return false
}

// forget removes the events of a name. It says whether there is one.
func forget(s *span.Span, event string) bool {
	if s == nil || !has(s, event) {
		return false
	}
	s.Events = slices.DeleteFunc(slices.Clone(s.Events), func(e span.Event) bool { return e.Name == event })
	return true
}

func has(s *span.Span, event string) bool {
	return slices.ContainsFunc(s.Events, func(e span.Event) bool { return e.Name == event })
}

func textOf(s *span.Span, key attribute.Key) string { return s.Attribute(key).String() }

func numberOf(s *span.Span, key attribute.Key) int64 { return s.Attribute(key).AsInt64() }

func listOf(s *span.Span, key attribute.Key) []string { return s.Attribute(key).AsStringSlice() }

// unjudged are the attributes that a trace may say anything of: how the run was made, how the config put it, and how
// long a message is in an encoding that no trace shows.
var unjudged = []attribute.Key{
	worldspans.RaftkvConfigKey, worldspans.RaftkvBuildKey, worldspans.RaftkvScenarioKey, worldspans.RaftkvSeedKey,
	worldspans.RaftkvFaultWhenKey, worldspans.RaftkvDelayNsKey, worldspans.RaftUnfinishedKey, worldspans.RaftkvSizeKey,
}

// change is one thing that is made wrong with a span, or with one of its events or links.
type change struct {
	what string
	do   func(s *span.Span)
}

// changesOf are all changes of a span that are to be found.
func changesOf(s *span.Span) (changes []change) {
	name, _, _ := strings.Cut(s.Name, " ")
	kind := name + " " + s.Kind.String()
	changes = ofAttributes(kind, s.Attributes, func(s *span.Span) *[]attribute.KeyValue { return &s.Attributes })
	for i := range s.Events {
		if name := s.Events[i].Name; name == worldspans.EventDelay || name == worldspans.EventLateCopy {
			continue // that something was late, its times tell
		}
		event := kind + ": event " + s.Events[i].Name
		changes = append(changes, change{event + " is not there", func(s *span.Span) {
			s.Events = slices.Delete(s.Events, i, i+1)
		}})
		changes = append(changes, ofAttributes(event, s.Events[i].Attributes,
			func(s *span.Span) *[]attribute.KeyValue { return &s.Events[i].Attributes })...)
	}
	for i := range s.Links {
		link := kind + ": link to its " + s.Links[i].Attributes[0].Value.AsString()
		changes = append(changes,
			change{link + " is not there", func(s *span.Span) { s.Links = slices.Delete(s.Links, i, i+1) }},
			change{link + " leads nowhere", func(s *span.Span) { s.Links[i].ID++ }})
	}
	return changes
}

// ofAttributes are the changes of some attributes.
func ofAttributes(of string, all []attribute.KeyValue, in func(s *span.Span) *[]attribute.KeyValue) (changes []change) {
	for _, a := range all {
		if slices.Contains(unjudged, a.Key) {
			continue
		}
		changes = append(changes, change{of + ": " + string(a.Key) + " is not there", func(s *span.Span) {
			list := in(s)
			*list = slices.DeleteFunc(slices.Clone(*list), func(kv attribute.KeyValue) bool { return kv.Key == a.Key })
		}}, change{of + ": " + string(a.Key) + " is another", func(s *span.Span) {
			list := in(s)
			*list = slices.Clone(*list)
			for i := range *list {
				if (*list)[i].Key == a.Key {
					(*list)[i] = another(a)
				}
			}
		}})
	}
	return changes
}

// other is what reads as well, of what spans say.
var other = map[string]string{
	"standby": "preparing", "preparing": "leading", "leading": "standby",
	"leader-1": "leader-2", "leader-2": "leader-1", "none": "leader-1", "replica-1": "replica-2", "replica-2": "replica-1",
	"acceptor-1": "acceptor-2", "acceptor-2": "acceptor-3", "acceptor-3": "acceptor-1",
	"Promise": "PrepareRejected", "PrepareRejected": "Promise", "Accepted": "AcceptRejected", "AcceptRejected": "Accepted",
	"Answered": "OutcomeUnknown", "OutcomeUnknown": "NotLeader", "NotLeader": "OutcomeUnknown",
	"leads": "preempted", "preempted": "leads", "network": "fault", "fault": "network",
	"client": "adopted", "adopted": "noop", "noop": "get a",
	"suspicion": "told_to_lead", "told_to_lead": "suspicion", "majority_promised": "preempted", "restart": "preempted",
}

// another is an attribute with another value that reads as well.
func another(a attribute.KeyValue) attribute.KeyValue {
	switch a.Value.Type() { //nolint:exhaustive // the spec has no others
	case attribute.INT64:
		return a.Key.Int64(a.Value.AsInt64() + 1)
	case attribute.STRINGSLICE:
		return a.Key.StringSlice(a.Value.AsStringSlice()[1:])
	case attribute.STRING:
		if text, is := other[a.Value.AsString()]; is && (a.Value.AsString() != "noop" || a.Key == spans.PaxosCommandKey) {
			return a.Key.String(text)
		}
	}
	return a.Key.String(a.Value.String() + "1")
}

// triedOf is how many spans are changed before it is said that nobody finds it, and fewOf how many there have to be: of
// fewer, none may be one whose mistake can be known.
const triedOf, fewOf = 12, 5

// TestEachAttribute takes each attribute, event and link away from a span that has it, and gives it another value: it
// is found, at the latest in the twelfth span.
func TestEachAttribute(t *testing.T) {
	found, tries := map[string]bool{}, map[string]int{}
	var names []string
	for _, p := range mutatedPlans() {
		all := run(t, p)
		for i := range all {
			for _, c := range changesOf(&all[i]) {
				if found[c.what] || tries[c.what] == triedOf {
					continue
				}
				if tries[c.what]++; tries[c.what] == 1 {
					names = append(names, c.what)
				}
				found[c.what] = isFound(all, i, c)
			}
		}
	}
	for _, name := range names {
		if !found[name] && tries[name] >= fewOf && !slices.Contains(unknowable, name) {
			t.Errorf("%s: of %d spans, it is found in none", name, tries[name])
		}
	}
	if len(names) < 250 {
		t.Errorf("%d things were made wrong, want at least 250", len(names))
	}
	t.Logf("%d things were made wrong", len(names))
}

// unknowable is what no trace can show: which of two copies came first.
var unknowable = []string{"paxos.late_reply internal: raftkv.copy is not there"}

// isFound makes a change and says whether it is found.
func isFound(all []span.Span, at int, c change) bool {
	before := all[at]
	defer func() { all[at] = before }()
	s := &all[at]
	s.Attributes, s.Events, s.Links = slices.Clone(s.Attributes), slices.Clone(s.Events), slices.Clone(s.Links)
	c.do(s)
	return len(checked(all).Findings) > 0
}
