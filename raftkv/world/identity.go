package world

import (
	"fmt"
	"strconv"
)

// CausalID names an event by what it is, never by how many events came before it: a hash of its cause's id, its name,
// the process, the peer where it has one, and its ordinal among those that are the same in all of these. It is a span's
// id in a trace, a message's name in a counterfactual, the key of every random draw about it, and what two runs are
// aligned on. It does not depend on the seed. Zero is no id.
type CausalID uint64

// String is the id as traces write it: 16 lowercase hex digits.
func (id CausalID) String() string { return fmt.Sprintf("%016x", uint64(id)) }

// ParseCausalID reads what String writes.
func ParseCausalID(s string) (CausalID, error) {
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil || len(s) != 16 || n == 0 {
		return 0, fmt.Errorf("%q is no span id: want 16 hex digits, not all of them 0", s)
	}
	return CausalID(n), nil
}

// Name is the hash of a name, made once so that a causal id costs no hashing of text.
type Name uint64

// NameOf hashes a name: FNV-1a, 64 bits.
func NameOf(s string) Name {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return Name(h)
}

// RootID names an event that no other event of the run caused, as "client-2 operation 3" or "node-1 election in term
// 4": who, what, and two numbers that say which one, the second an ordinal among those that are otherwise equal.
func RootID(process ProcessID, what Name, number, ordinal uint64) CausalID {
	return causalID(uint64(what), uint64(process), number, ordinal, 0x526f6f74)
}

// Child names an event that parent caused. Ordinal counts those of the same parent, name, process and peer, as the
// process that opens the span counts them; copyNumber is that of the message that is handled, 0 when none is.
func (id CausalID) Child(name Name, process, peer ProcessID, ordinal uint64, copyNumber uint32) CausalID {
	return causalID(uint64(id), uint64(name), uint64(process), uint64(peer), ordinal<<32^uint64(copyNumber))
}

func causalID(a, b, c, d, e uint64) CausalID {
	h := mix(a + 0x9e3779b97f4a7c15)
	h = mix(h ^ b)
	h = mix(h + c)
	h = mix(h ^ d)
	h = mix(h + e)
	if h == 0 {
		return 1
	}
	return CausalID(h)
}

// Draw is the number that Random of a world with this seed returns.
func Draw(seed uint64, purpose Name, key CausalID) uint64 {
	return DiceFor(seed, purpose).Draw(key)
}

// Dice are the draws of one run for one purpose, for whoever makes many.
type Dice uint64

// DiceFor are the dice for a purpose in a run with this seed.
func DiceFor(seed uint64, purpose Name) Dice {
	return Dice(mix(mix(seed+0x9e3779b97f4a7c15) ^ uint64(purpose)))
}

// Draw is the number for a key: the same as that of the function Draw.
func (d Dice) Draw(key CausalID) uint64 { return mix(uint64(d) + uint64(key)) }

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014): a bijection in which each bit of x moves about half
// of the result's.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
