package content

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read"
)

// Print is what two spans are compared by, beside their times.
type Print struct {
	Content    uint64 // a hash of all that the span says, but for ids and times
	Begins     uint64 // a hash of the attributes that it has from its beginning
	Identity   uint64 // a hash of the name, kind and process, and of the attributes that say which of these it is
	Relations  uint64 // a hash of the ids of its trace, its parent and its links
	Clock      uint64 // a hash of when its events happen in it; 0 if it has none
	Unfinished bool   // the run ended before the span did
	Faulted    bool   // it links to a fault
}

// Keys are the attributes that say which one a span is, and those that are known late.
type Keys struct {
	Identifies []attribute.Key // say which one a span is, among those of its name, kind and process
	Term       attribute.Key   // does so, too, for the spans named OfTerm
	OfTerm     []string
	AtEnd      []attribute.Key // are known only when the span ends
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
func rolesOf(k Keys, ignore []string) map[attribute.Key]role {
	roles := map[attribute.Key]role{}
	put := func(r role, lists ...[]attribute.Key) {
		for _, key := range slices.Concat(lists...) {
			roles[key] |= r
		}
	}
	put(identifies, k.Identifies, []attribute.Key{
		kvspans.KVRequestIDKey, kvspans.KVTryKey,
		worldspans.RaftkvCopyKey, worldspans.RaftkvFaultKey, worldspans.RaftkvFaultTargetKey, worldspans.RaftkvFaultWhenKey,
	})
	put(isTerm, []attribute.Key{k.Term})
	put(atEnd, k.AtEnd, []attribute.Key{
		kvspans.KVResultKey, kvspans.KVLeaderIDKey,
		worldspans.RaftkvSizeKey, worldspans.ErrorTypeKey, worldspans.RaftUnfinishedKey, worldspans.RaftkvAnsweredCopyKey,
	})
	for _, name := range ignore {
		put(ignored, []attribute.Key{attribute.Key(name)})
	}
	put(ignored, []attribute.Key{worldspans.RaftkvStepKey, worldspans.RaftkvEndStepKey}) // see isIgnored
	return roles
}

// Hasher makes prints. Each processor has one of its own.
type Hasher struct {
	ofTerm []string
	roles  map[attribute.Key]role
	buffer []byte // to put together what is hashed
}

// NewHasher returns a hasher that does not look at the attributes that are ignored.
func NewHasher(k Keys, ignore []string) *Hasher {
	return &Hasher{ofTerm: k.OfTerm, roles: rolesOf(k, ignore)}
}

// Event returns a hash of an event, but for its time.
func (h *Hasher) Event(e *read.Event) uint64 {
	return Join(text(e.Name), h.attributes(e.Attributes, ignored))
}

// Print returns that of a span whose events are in order.
func (h *Hasher) Print(s *read.Span) Print {
	var content, begins, identity uint64
	ofTerm := slices.Contains(h.ofTerm, s.Name)
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
	shape := Join(text(s.Name), uint64(s.Kind), text(s.Service))
	f := Print{Begins: begins, Identity: Join(shape, identity)}
	f.Content = Join(shape, content, uint64(s.Status.Code), text(s.Status.Description))
	for i := range s.Events {
		e := &s.Events[i]
		name := text(e.Name)
		f.Content = Join(f.Content, name, h.attributes(e.Attributes, ignored))
		f.Clock = Join(f.Clock, name, uint64(e.At.Sub(s.Start)))
	}
	var links uint64
	for i := range s.Links {
		link := &s.Links[i]
		f.Faulted = f.Faulted || ToFault(link)
		links += Join(uint64(link.Root), uint64(link.ID), h.attributes(link.Attributes, ignored|identifies))
	}
	f.Relations = Join(uint64(s.Root), uint64(s.Parent), links)
	f.Unfinished = s.Attribute(worldspans.RaftUnfinishedKey).AsBool()
	return f
}

// attributes returns a hash of attributes but those with some roles. It is the same in whichever order they stand:
// writers of traces differ in that. Why a link is there is not looked at: Jaeger does not keep it.
func (h *Hasher) attributes(all []attribute.KeyValue, but role) (sum uint64) {
	for i := range all {
		if a := &all[i]; h.roles[a.Key]&but == 0 && a.Key != worldspans.RaftkvLinkKey {
			sum += h.attribute(a)
		}
	}
	return sum
}

// attribute returns a hash of an attribute's key, type and value.
func (h *Hasher) attribute(a *attribute.KeyValue) uint64 {
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

// Join returns a hash of numbers in their order.
func Join(numbers ...uint64) uint64 {
	data := make([]byte, 0, 64)
	for _, n := range numbers {
		data = binary.LittleEndian.AppendUint64(data, n)
	}
	return maphash.Bytes(seed, data)
}

// ToFault says whether a link leads to a fault.
func ToFault(l *read.Link) bool {
	return traces.Find(l.Attributes, worldspans.RaftkvLinkKey).AsString() == worldspans.LinkFault
}
