package conform

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/read"
)

// Kind is a kind of span that the spec declares.
type Kind struct {
	span.Spec

	Sends, Receives            bool // a message
	number                     int
	groups                     []string // of the processes whose spans may be of this kind
	calls, waits, starts, late bool     // each reply to what calls is handled; what waits ends in a later step
	attributes                 table
	events                     map[string]*table
	parents                    []bool           // by the numbers of kinds
	links                      []*span.LinkSpec // by the numbers of kinds; nil where there may be none
	malformed                  func(kind string, key attribute.Key, text string) string
}

// table holds the attributes that a span or an event may have.
type table struct {
	specs  []span.AttributeSpec
	places map[attribute.Key]int
}

func (t *Tables) newTable(specs []span.AttributeSpec) table {
	places := make(map[attribute.Key]int, len(specs))
	for i := range specs {
		places[specs[i].Key] = i
		if specs[i].Type == attribute.STRINGSLICE {
			t.lists[specs[i].Key] = true
		}
	}
	return table{specs, places}
}

// Tables holds the kinds of spans that a spec declares.
type Tables struct {
	spec  Spec
	peers []attribute.Key // name the process at the other end
	term  attribute.Key   // the number of who leads; empty where it is no number, as a ballot is not
	kinds []*Kind
	byID  map[string]*Kind
	names map[string][]*Kind
	whys  []string // the reasons for links
	lists read.Lists
}

// NewTables makes the tables of a protocol's spec ready.
func NewTables(p Protocol) *Tables {
	t := &Tables{spec: p.Spec(), byID: map[string]*Kind{}, lists: read.Lists{}, names: map[string][]*Kind{}}
	t.term = t.spec.Landmarks.TermNumber(t.spec.Spans)
	t.peers = append(slices.Clone(t.spec.Landmarks.Peers), kvspans.KVClientIDKey)
	for i, s := range t.spec.Spans {
		k := t.newKind(i, s)
		k.malformed = p.Malformed
		t.kinds, t.byID[s.ID], t.names[s.Name] = append(t.kinds, k), k, append(t.names[s.Name], k)
	}
	for _, k := range t.kinds {
		k.parents, k.links = make([]bool, len(t.kinds)), make([]*span.LinkSpec, len(t.kinds))
		for _, id := range k.Parents {
			answer := t.byID[id]
			k.parents[answer.number] = true
			for _, call := range answer.Parents {
				t.byID[call].calls = t.byID[call].calls || k.late
			}
		}
		for i := len(k.Links) - 1; i >= 0; i-- { // the first one that names a kind counts
			k.links[t.byID[k.Links[i].To].number] = &k.Links[i]
			t.whys = append(t.whys, k.Links[i].Why)
		}
	}
	slices.Sort(t.whys)
	t.whys = slices.Compact(t.whys)
	return t
}

// newKind makes a kind of which no other is known.
func (t *Tables) newKind(number int, s span.Spec) *Kind {
	isClient := s.Service == kvspans.ServiceClient
	k := &Kind{
		Spec: s, number: number, groups: s.Groups(), attributes: t.newTable(s.Attributes), events: map[string]*table{},
		Sends:    s.Kind == trace.SpanKindClient || s.Kind == trace.SpanKindProducer,
		Receives: s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindConsumer,
		starts:   s.Starts() && !isClient,
		late:     s.Kind == trace.SpanKindInternal && len(s.Replies) > 0,
		waits:    s.Kind == trace.SpanKindClient || isClient && s.Kind == trace.SpanKindInternal && !s.Starts(),
	}
	for _, e := range s.Events {
		events := t.newTable(e.Attributes)
		k.events[e.Name] = &events
	}
	return k
}

// reason returns why a link says that it is there; empty if the spec has no such reason.
func (t *Tables) reason(why string) string {
	if i, known := slices.BinarySearch(t.whys, why); known {
		return t.whys[i]
	}
	return ""
}

// Kind returns the kind that a span of a name and a kind is of; nil for none. Where a name goes on with values of
// attributes, its first word decides.
func (t *Tables) Kind(name string, kind trace.SpanKind) *Kind {
	for _, k := range t.names[name] {
		if k.Kind == kind {
			return k
		}
	}
	first, _, more := strings.Cut(name, " ")
	if !more {
		return nil
	}
	for _, k := range t.names[first] {
		if len(k.NamedAfter) > 0 && k.Kind == kind {
			return k
		}
	}
	return nil
}

// Malformed says whether a span of the kind with an id may not have such an attribute.
func (t *Tables) Malformed(id string, a *attribute.KeyValue) bool {
	k := t.byID[id]
	isReply := slices.Contains(t.spec.Landmarks.Replies, a.Key)
	return k.Malformed(a) != "" || isReply && !slices.Contains(k.Replies, a.Value.AsString())
}

// Is says whether the kind has one of these ids.
func (k *Kind) Is(ids ...string) bool { return k != nil && slices.Contains(ids, k.ID) }

// names returns the names of all in a list.
func names[T any](list []T, nameOf func(T) string) []string {
	all := make([]string, len(list))
	for i := range list {
		all[i] = nameOf(list[i])
	}
	return all
}
