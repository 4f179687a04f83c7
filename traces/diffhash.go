package traces

import (
	"math/bits"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// The multipliers of the hashes: odd numbers with no pattern in them, as of wyhash.
const (
	hashFirst  = 0xa0761d6478bd642f
	hashSecond = 0xe7037ed1a0b428db
)

// join is a hash of two hashes, in this order.
func join(a, b uint64) uint64 {
	high, low := bits.Mul64(a^hashFirst, b^hashSecond)
	return high ^ low
}

// hashText is a hash of a text. Each comparison of two traces makes some hundred million of them, which is why it is not one of the standard library's.
func hashText(s string) uint64 {
	h := uint64(len(s))
	for len(s) >= 8 {
		word := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		h = join(h, word)
		s = s[8:]
	}
	var word uint64
	for i := range len(s) {
		word |= uint64(s[i]) << (8 * i)
	}
	return join(h, word)
}

// hashValue is a hash of an attribute's value and of its type.
func hashValue(v attribute.Value) uint64 {
	h := uint64(v.Type())
	switch v.Type() {
	case attribute.STRING:
		return join(h, hashText(v.AsString()))
	case attribute.INT64:
		return join(h, uint64(v.AsInt64()))
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			h = join(h, hashText(s))
		}
		return h
	case attribute.EMPTY, attribute.BOOL, attribute.FLOAT64, attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.BYTESLICE, attribute.SLICE, attribute.MAP:
	}
	return join(h, hashText(v.String()))
}

// hashAttributes is the same in whichever order they stand: writers of traces differ in that.
func hashAttributes(all []attribute.KeyValue, ignore []string) (sum uint64) {
	for i := range all {
		if !isIgnored(all[i].Key, ignore) {
			sum += join(hashText(string(all[i].Key)), hashValue(all[i].Value))
		}
	}
	return sum
}

// hashes are those of one span that its attributes and events go into.
type hashes struct {
	content    uint64 // of all of it but its ids, its times, and the run's half of trace ids
	asked      uint64 // of what it says from its beginning
	what       uint64 // of what it is of: the client and operation, the term of an election or a round, the index, the peer, the attempt
	unfinished bool   // it says whether the run ended before it did
}

// hashShape is a hash of a span's name, kind and process.
func hashShape(s *shape) uint64 {
	return join(join(hashText(s.Name), uint64(s.Kind)), hashText(s.Service))
}

// hashesOf goes through the notes of the attributes once for all of them: they are most of a span.
func hashesOf(s *Span, notes []note, base uint64, ignore []string) (h hashes) {
	which := identifies
	if s.Name == spans.ElectionName || s.Name == spans.HeartbeatName {
		which |= term
	}
	for i := range notes {
		n := &notes[i]
		if n.role == 0 {
			h.content += n.hash
			h.asked += n.hash
			continue
		}
		if n.role&which != 0 {
			h.what += n.hash
		}
		h.unfinished = h.unfinished || n.role&ends != 0
		if n.role&ignored == 0 {
			h.content += n.hash
			if n.role&answers == 0 {
				h.asked += n.hash
			}
		}
	}
	h.what = join(base, h.what)
	h.content = join(join(join(base, h.content), uint64(s.Status.Code)), hashText(s.Status.Description))
	for i := range s.Events {
		h.content = join(h.content, hashText(s.Events[i].Name)^hashAttributes(s.Events[i].Attributes, ignore))
	}
	return h
}

// onLinks are the attributes that links have in the spec. They are not compared: they follow from what the link leads
// to, and Jaeger keeps none of a link.
var onLinks = []string{string(spans.RaftkvLinkKey), string(spans.RaftIndexKey)}

// hashRelations is a hash of what a span refers to by id: its trace, its parent and its links.
func hashRelations(s *Span, ignore []string) uint64 {
	switch {
	case len(s.Links) == 0:
	case len(ignore) == 0:
		ignore = onLinks
	default:
		ignore = slices.Concat(ignore, onLinks)
	}
	h := join(uint64(s.Root), uint64(s.Parent))
	var links uint64
	for i := range s.Links {
		links += join(join(uint64(s.Links[i].Root), uint64(s.Links[i].ID)), hashAttributes(s.Links[i].Attributes, ignore))
	}
	return join(h, links)
}

// hashClock is a hash of when a span's events happened in it.
func hashClock(s *Span) (h uint64) {
	for i := range s.Events {
		h = join(h, join(hashText(s.Events[i].Name), uint64(s.Events[i].At.Sub(s.Start))))
	}
	return h
}

// attributeRole is what an attribute has to do with which span it is, and when it is known.
type attributeRole uint8

const (
	identifies attributeRole = 1 << iota // says which one the span is among those of its name, kind and process, in every run and whatever its ids are made of
	answers                              // is there only when the span ends
	term                                 // is the term
	ends                                 // says that the run ended before the span did
	ignored                              // is not to be looked at
)

// roles are those of the keys that have any, by the keys' hashes: open addressing.
var roles = func() (table [256]keyRole) {
	put := func(role attributeRole, keys ...attribute.Key) {
		for _, key := range keys {
			h := hashText(string(key))
			i := h % uint64(len(table))
			for table[i].key != 0 && table[i].key != h {
				i = (i + 1) % uint64(len(table))
			}
			table[i].key, table[i].role = h, table[i].role|role
		}
	}
	put(identifies, spans.KVRequestIDKey, spans.KVTryKey, spans.RaftAttemptKey, spans.RaftPeerIDKey, spans.RaftHeartbeatKey, spans.RaftIndexKey, spans.RaftCommitToKey,
		spans.RaftkvCopyKey, spans.RaftkvFaultKey, spans.RaftkvFaultTargetKey, spans.RaftkvFaultWhenKey)
	put(answers, spans.RaftReplyKey, spans.RaftMatchIndexKey, spans.RaftConflictIndexKey, spans.RaftConflictTermKey, spans.RaftReasonKey, spans.KVResultKey, spans.KVLeaderIDKey,
		spans.RaftReplyTermKey, spans.RaftEndTermKey, spans.RaftEndRoleKey, spans.RaftNextIndexKey, spans.ErrorTypeKey, spans.RaftOutcomeKey, spans.RaftVotesKey, spans.RaftUnfinishedKey, spans.RaftkvAnsweredCopyKey)
	put(term, spans.RaftTermKey)
	put(ends, spans.RaftUnfinishedKey)
	put(ignored, spans.RaftkvStepKey, spans.RaftkvEndStepKey)
	return table
}()

type keyRole struct {
	key  uint64 // its hash; 0 where there is none
	role attributeRole
}

func roleOf(key uint64) attributeRole {
	for i := key % uint64(len(roles)); ; i = (i + 1) % uint64(len(roles)) {
		switch roles[i].key {
		case key:
			return roles[i].role
		case 0:
			return 0
		}
	}
}
