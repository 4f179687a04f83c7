package diff

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// When are two spans the same? match says which span of one run is which of the other: the one with the same causal
// id. If the ids were made otherwise in one of the runs, few of them are shared; then it is the one that is the same
// event: of the same process, name and kind, with the same attributes that identify it, below the same parent, and
// the same one in order among those that have all this in common. differs then says whether the two differ: by the
// hashes of what they say, of what they refer to, and of when their events happened, and by when they begin and end.

// match finds the same span of the other run for each span.
func (l *alignment) match() {
	a, b := l.runs[0], l.runs[1]
	byID := l.matchBy(func(i int32) int32 { return b.Find(a.Entry(i).ID) })
	if 2*byID >= min(a.Len(), b.Len()) {
		return
	}
	twinsA, twinsB := a.twin, b.twin
	ofB := make(map[uint64]int32, b.Len())
	for j, event := range b.events() {
		ofB[event] = int32(j)
	}
	ofA := a.events()
	byEvent := l.matchBy(func(i int32) int32 {
		if j, there := ofB[ofA[i]]; there {
			return j
		}
		return none
	})
	if l.byWhat = byEvent > 2*byID; !l.byWhat {
		a.twin, b.twin = twinsA, twinsB
	}
}

// matchBy matches each span of A with the one of B that twin returns. It returns how many have one.
func (l *alignment) matchBy(twin func(i int32) int32) (shared int) {
	a, b := l.runs[0], l.runs[1]
	a.twin, b.twin = nones(a.Len()), nones(b.Len())
	for i := range int32(a.Len()) {
		if j := twin(i); j >= 0 && b.twin[j] < 0 && alike(a.Shape(i), b.Shape(j)) {
			a.twin[i], b.twin[j] = j, i
			shared++
		}
	}
	return shared
}

// alike says whether two spans can be the same event. A client's third operation may be a get in one run and a put in
// the other.
func alike(a, b *index.Shape) bool {
	return a.Service == b.Service && a.Kind == b.Kind && (a.Name == b.Name || isOperation(a.Name) && isOperation(b.Name))
}

// events returns, of each span, a hash of what identifies it, of its parent's such hash, and of its place in time
// among those that are equal in both: what a causal id is made of, from the trace alone.
func (x *Trace) events() []uint64 {
	hashes := make([]uint64, x.Len())
	ordinals := map[uint64]uint64{}
	inTime := func(a, b *index.Entry) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Depth, b.Depth))
	}
	for _, i := range x.InOrder(inTime) {
		above := uint64(0)
		if parent := x.Parent(i); parent >= 0 {
			above = hashes[parent]
		}
		event := join(above, x.prints[i].identity)
		hashes[i] = join(event, ordinals[event])
		ordinals[event]++
	}
	return hashes
}

// differs returns how the two spans of a pair differ; NoChange if they do not.
func (l *alignment) differs(p *pair) Change {
	a, b := l.runs[0], l.runs[1]
	x, y := &a.prints[p.spans[0]], &b.prints[p.spans[1]]
	startA, startB := l.starts(p)
	endA, endB := l.ends(p)
	switch {
	case x.content != y.content, !l.byWhat && x.relations != y.relations:
		return Changed
	case startA != startB, endA != endB, x.clock != y.clock:
		return Moved
	}
	return NoChange
}

// fingerprint is what two spans are compared by, beside their times.
type fingerprint struct {
	content    uint64 // a hash of all that the span says, but for ids and times
	begins     uint64 // a hash of the attributes that it has from its beginning
	identity   uint64 // a hash of the name, kind and process, and of the attributes that say which of these it is
	relations  uint64 // a hash of the ids of its trace, its parent and its links
	clock      uint64 // a hash of when its events happen in it; 0 if it has none
	unfinished bool   // the run ended before the span did
	faulted    bool   // it links to a fault
}

// role is what an attribute has to do with which span it is, and with when that is known.
type role uint8

const (
	identifies role = 1 << iota // says which one the span is, in every run and whatever its ids are made of
	isTerm                      // does so for some spans
	atEnd                       // is known only when the span ends
	ignored                     // is not looked at
)

// rolesOf returns the attributes that have roles.
func rolesOf(p *Protocol, ignore []string) map[attribute.Key]role {
	roles := map[attribute.Key]role{}
	put := func(r role, lists ...[]attribute.Key) {
		for _, key := range slices.Concat(lists...) {
			roles[key] |= r
		}
	}
	put(identifies, p.Identifies, []attribute.Key{
		kvspans.KVRequestIDKey, kvspans.KVTryKey, kvspans.RaftPeerIDKey,
		worldspans.RaftkvCopyKey, worldspans.RaftkvFaultKey, worldspans.RaftkvFaultTargetKey, worldspans.RaftkvFaultWhenKey,
	})
	put(isTerm, []attribute.Key{p.Term})
	put(atEnd, p.AtEnd, []attribute.Key{
		kvspans.RaftReplyKey, kvspans.KVResultKey, kvspans.KVLeaderIDKey,
		worldspans.ErrorTypeKey, worldspans.RaftUnfinishedKey, worldspans.RaftkvAnsweredCopyKey,
	})
	for _, name := range ignore {
		put(ignored, []attribute.Key{attribute.Key(name)})
	}
	put(ignored, []attribute.Key{worldspans.RaftkvStepKey, worldspans.RaftkvEndStepKey}) // see isIgnored
	return roles
}

// hasher makes fingerprints. Each processor has one of its own.
type hasher struct {
	protocol *Protocol
	roles    map[attribute.Key]role
	buffer   []byte // to put together what is hashed
}

// fingerprint returns that of a span whose events are in order.
func (h *hasher) fingerprint(s *read.Span) fingerprint {
	var content, begins, identity uint64
	ofTerm := slices.Contains(h.protocol.OfTerm, s.Name)
	for i := range s.Attributes {
		a := &s.Attributes[i]
		hash, r := h.attribute(a), h.roles[a.Key]
		if r&identifies != 0 || r&isTerm != 0 && ofTerm {
			identity += hash
		}
		if r&ignored != 0 {
			continue
		}
		content += hash
		if r&atEnd == 0 {
			begins += hash
		}
	}
	shape := join(text(s.Name), uint64(s.Kind), text(s.Service))
	f := fingerprint{begins: begins, identity: join(shape, identity)}
	f.content = join(shape, content, uint64(s.Status.Code), text(s.Status.Description))
	for i := range s.Events {
		e := &s.Events[i]
		name := text(e.Name)
		f.content = join(f.content, name, h.attributes(e.Attributes, ignored))
		f.clock = join(f.clock, name, uint64(e.At.Sub(s.Start)))
	}
	var links uint64
	for i := range s.Links {
		link := &s.Links[i]
		f.faulted = f.faulted || toFault(link)
		links += join(uint64(link.Root), uint64(link.ID), h.attributes(link.Attributes, ignored|identifies))
	}
	f.relations = join(uint64(s.Root), uint64(s.Parent), links)
	f.unfinished = s.Attribute(worldspans.RaftUnfinishedKey).AsBool()
	return f
}

// attributes returns a hash of attributes but those with some roles. It is the same in whichever order they stand:
// writers of traces differ in that. Why a link is there is not looked at: Jaeger does not keep it.
func (h *hasher) attributes(all []attribute.KeyValue, but role) (sum uint64) {
	for i := range all {
		if a := &all[i]; h.roles[a.Key]&but == 0 && a.Key != worldspans.RaftkvLinkKey {
			sum += h.attribute(a)
		}
	}
	return sum
}

// attribute returns a hash of an attribute's key, type and value.
func (h *hasher) attribute(a *attribute.KeyValue) uint64 {
	data := append(h.buffer[:0], a.Key...)
	data = append(data, 0, byte(a.Value.Type()))
	switch a.Value.Type() {
	case attribute.STRING:
		data = append(data, a.Value.AsString()...)
	case attribute.INT64:
		data = binary.LittleEndian.AppendUint64(data, uint64(a.Value.AsInt64()))
	case attribute.STRINGSLICE:
		for _, item := range a.Value.AsStringSlice() {
			data = append(binary.AppendUvarint(data, uint64(len(item))), item...)
		}
	case attribute.EMPTY, attribute.BOOL, attribute.FLOAT64, attribute.BOOLSLICE, attribute.INT64SLICE,
		attribute.FLOAT64SLICE, attribute.BYTESLICE, attribute.SLICE, attribute.MAP:
		data = append(data, a.Value.String()...)
	}
	h.buffer = data
	return maphash.Bytes(seed, data)
}

// seed is that of all hashes: they are compared with one another, and never written.
var seed = maphash.MakeSeed()

// text returns a hash of a text.
func text(s string) uint64 { return maphash.String(seed, s) }

// join returns a hash of numbers in their order.
func join(numbers ...uint64) uint64 {
	data := make([]byte, 0, 64)
	for _, n := range numbers {
		data = binary.LittleEndian.AppendUint64(data, n)
	}
	return maphash.Bytes(seed, data)
}
