package traces

import (
	"math/bits"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/spans"
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
func hashAttributes(all []attribute.KeyValue, ignored []string) (sum uint64) {
	for i := range all {
		if len(ignored) == 0 || !slices.Contains(ignored, string(all[i].Key)) {
			sum += join(hashText(string(all[i].Key)), hashValue(all[i].Value))
		}
	}
	return sum
}

// hashContent is a hash of all of a span but its own id, its times, and the run's half of trace ids.
func hashContent(s *Span, ignored []string) uint64 {
	h := join(hashText(s.Name), uint64(s.Kind))
	h = join(h, hashText(s.Service))
	h = join(h, hashAttributes(s.Attributes, ignored))
	h = join(h, uint64(s.Status.Code))
	h = join(h, hashText(s.Status.Description))
	for i := range s.Events {
		h = join(h, hashText(s.Events[i].Name)^hashAttributes(s.Events[i].Attributes, ignored))
	}
	return join(h, uint64(len(s.Events)))
}

// answered are the attributes that a span gets when it ends; all others it has from the beginning.
var answered = []string{
	string(spans.RaftReplyKey), string(spans.RaftMatchIndexKey), string(spans.RaftConflictIndexKey), string(spans.RaftConflictTermKey), string(spans.RaftReasonKey),
	string(spans.KVResultKey), string(spans.KVLeaderIDKey), string(spans.ErrorTypeKey), string(spans.RaftOutcomeKey), string(spans.RaftVotesKey), string(spans.RaftUnfinishedKey),
}

// hashAsked is a hash of what a span says from its beginning.
func hashAsked(s *Span, ignored []string) (sum uint64) {
	for i := range s.Attributes {
		if key := string(s.Attributes[i].Key); !slices.Contains(answered, key) && !slices.Contains(ignored, key) {
			sum += join(hashText(key), hashValue(s.Attributes[i].Value))
		}
	}
	return sum
}

// hashRelations is a hash of what a span refers to by id: its trace, its parent and its links.
func hashRelations(s *Span, ignored []string) uint64 {
	h := join(uint64(s.Root), uint64(s.Parent))
	var links uint64
	for i := range s.Links {
		links += join(join(uint64(s.Links[i].Root), uint64(s.Links[i].ID)), hashAttributes(s.Links[i].Attributes, ignored))
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

// identifying are the attributes that say which one a span is among those of its name, kind and process, in every run and whatever its ids are made of.
var identifying = map[attribute.Key]bool{
	spans.KVRequestIDKey: true, spans.KVTryKey: true, spans.RaftAttemptKey: true, spans.RaftPeerIDKey: true, spans.RaftHeartbeatKey: true, spans.RaftIndexKey: true,
	spans.RaftCommitToKey: true, spans.RaftkvCopyKey: true, spans.RaftkvFaultKey: true, spans.RaftkvFaultTargetKey: true, spans.RaftkvFaultWhenKey: true,
}

// hashWhat is a hash of what a span is of, by its attributes: the client and operation, the term of an election or a round, the index, the peer, the attempt.
func hashWhat(s *Span) uint64 {
	h := join(hashText(s.Name), uint64(s.Kind))
	h = join(h, hashText(s.Service))
	own := s.Name == spans.ElectionName || s.Name == spans.HeartbeatName
	var sum uint64
	for i := range s.Attributes {
		a := &s.Attributes[i]
		if identifying[a.Key] || own && a.Key == spans.RaftTermKey {
			sum += join(hashText(string(a.Key)), hashValue(a.Value))
		}
	}
	return join(h, sum)
}
