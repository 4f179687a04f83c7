package world

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"
)

// Ids are made of small numbers that differ in one place at a time, as those of a run do. Of so many, two that are the
// same by chance would be one run in several million; these are always the same.
func TestNoTwoCausesHaveOneID(t *testing.T) {
	names := []Name{
		NameOf("raft.Raft/AppendEntries"), NameOf("raft.Raft/RequestVote"), NameOf("raft.commit"),
		NameOf("raft.apply"), NameOf("a"), NameOf("b"), NameOf(""),
	}
	var ids []CausalID
	roots := 0
	for _, group := range []Group{NodeGroup, ClientGroup} {
		for number := range uint32(9) {
			process := NewProcessID(group, number)
			for _, name := range names {
				for n := range uint64(40) {
					for ordinal := range uint64(4) {
						ids = append(ids, RootID(process, name, n, ordinal))
						roots++
					}
				}
			}
		}
	}
	for i := range roots {
		if i%64 != 0 {
			continue
		}
		parent := ids[i]
		for _, name := range names {
			for p := range uint32(5) {
				for peer := range uint32(6) {
					to := NewProcessID(NodeGroup, peer)
					if peer == 0 {
						to = 0
					}
					for ordinal := range uint64(12) {
						ids = append(ids, parent.Child(name, NewProcessID(NodeGroup, p+1), to, ordinal, uint32(ordinal%2)),
							parent.Child(name, NewProcessID(ClientGroup, p+1), to, ordinal, 2))
					}
				}
			}
		}
	}
	// And long chains, each the cause of the next.
	for i := range 60 {
		id := ids[i+1]
		for range 10_000 {
			id = id.Child(names[0], NewProcessID(NodeGroup, 1), NewProcessID(NodeGroup, 2), 0, 0)
			ids = append(ids, id)
		}
	}
	if len(ids) < 2_000_000 {
		t.Fatalf("%d ids, want 2 million", len(ids))
	}
	slices.Sort(ids)
	for i, id := range ids {
		if id == 0 {
			t.Error("an id is 0, which is none")
		}
		if i > 0 && id == ids[i-1] {
			t.Errorf("two causes have the id %s", id)
		}
	}
	evenBits(t, "ids", func(i int) uint64 { return uint64(ids[i]) }, len(ids))
}

// Each part of a cause changes the id, and two parts are not taken for each other.
func TestEachPartOfACauseCounts(t *testing.T) {
	const (
		id, name        = CausalID(3), Name(5)
		process, peer   = ProcessID(7), ProcessID(11)
		ordinal, copied = 13, 17
	)
	all := map[CausalID]string{}
	add := func(what string, id CausalID) {
		if other := all[id]; other != "" {
			t.Errorf("%s and %s have one id", what, other)
		}
		all[id] = what
	}
	add("the child", id.Child(name, process, peer, ordinal, copied))
	add("another parent's", (id+1).Child(name, process, peer, ordinal, copied))
	add("another name's", id.Child(name+1, process, peer, ordinal, copied))
	add("another process's", id.Child(name, process+1, peer, ordinal, copied))
	add("another peer's", id.Child(name, process, peer+1, ordinal, copied))
	add("another ordinal's", id.Child(name, process, peer, ordinal+1, copied))
	add("another copy's", id.Child(name, process, peer, ordinal, copied+1))
	add("parent and name changed about", CausalID(name).Child(Name(id), process, peer, ordinal, copied))
	add("process and peer changed about", id.Child(name, peer, process, ordinal, copied))
	add("ordinal and copy changed about", id.Child(name, process, peer, copied, ordinal))
	add("the root", RootID(7, 5, 11, 13))
	add("another process's root", RootID(8, 5, 11, 13))
	add("another name's root", RootID(7, 6, 11, 13))
	add("another number's root", RootID(7, 5, 12, 13))
	add("another ordinal's root", RootID(7, 5, 11, 14))
	add("root with number and ordinal changed about", RootID(7, 5, 13, 11))
}

// The ids of known causes, as traces in the field have them: no change of code may rename an event.
func TestIDsAreForGood(t *testing.T) {
	root := RootID(NewProcessID(ClientGroup, 2), NameOf("operation"), 3, 0)
	for _, test := range []struct {
		what string
		got  uint64
		want string
	}{
		{"a root", uint64(root), "070e1939272e15f8"},
		{
			"a child", uint64(root.Child(NameOf("kv.put"), NewProcessID(NodeGroup, 1), NewProcessID(ClientGroup, 2), 1, 1)),
			"544f52d47e89b793",
		},
		{"a name", uint64(NameOf("kv.put")), "327533363cfae08b"},
		{"a draw", Draw(1, NameOf("sim.latency"), root), "24d6d16a58767056"},
	} {
		if got := CausalID(test.got).String(); got != test.want {
			t.Errorf("%s is %s, want %s", test.what, got, test.want)
		}
	}
}

func TestIDsAreReadAsTheyAreWritten(t *testing.T) {
	for _, id := range []CausalID{1, 0xabc, 0x0123456789abcdef, math.MaxUint64} {
		s := id.String()
		if len(s) != 16 || strings.ToLower(s) != s {
			t.Errorf("%q is not 16 lowercase digits", s)
		}
		got, err := ParseCausalID(s)
		if err != nil || got != id {
			t.Errorf("ParseCausalID(%q) = %d, %v, want %d", s, got, err, id)
		}
	}
	for _, s := range []string{
		"", "0", "0000000000000000", "123456789abcdef", "0123456789abcdef0", "0x23456789abcdef", "g123456789abcdef",
		" 123456789abcdef", "+123456789abcdef",
		"-123456789abcdef", "0123_456789abcdef", "0123456789abcde\n", "node-1",
	} {
		id, err := ParseCausalID(s)
		if err == nil {
			t.Errorf("ParseCausalID(%q) = %s, want an error", s, id)
		} else if !strings.Contains(err.Error(), "16 hex digits") {
			t.Errorf("ParseCausalID(%q): %q does not say what it wants", s, err)
		}
	}
}

func TestProcessIDs(t *testing.T) {
	for _, test := range []struct {
		id     ProcessID
		group  Group
		number uint32
		text   string
	}{
		{NewProcessID(NodeGroup, 1), NodeGroup, 1, "node-1"},
		{NewProcessID(NodeGroup, math.MaxUint32), NodeGroup, math.MaxUint32, "node-4294967295"},
		{NewProcessID(ClientGroup, 12), ClientGroup, 12, "client-12"},
		{0, 0, 0, "none"},
	} {
		if test.id.Group() != test.group || test.id.Number() != test.number || test.id.String() != test.text {
			t.Errorf("%#x is %d, %d, %q, want %d, %d, %q", uint64(test.id), test.id.Group(), test.id.Number(), test.id.String(),
				test.group, test.number, test.text)
		}
	}
	if NewProcessID(NodeGroup, 1000) > NewProcessID(ClientGroup, 1) {
		t.Error("a client's id comes before a node's: one more node would change the order")
	}
}

// Draws for neighbouring seeds, purposes and keys have nothing to do with each other: each differs from the next in
// half of its bits, and every bit is even.
func TestDrawsAreIndependent(t *testing.T) {
	const draws = 200_000
	purposes := []Name{0, 1, NameOf("latency"), NameOf("loss")}
	for _, test := range []struct {
		what string
		draw func(i int) uint64
	}{
		{"keys in a row", func(i int) uint64 { return Draw(1, purposes[2], CausalID(i)) }},
		{"seeds in a row", func(i int) uint64 { return Draw(uint64(i), purposes[2], 5) }},
		{"purposes in a row", func(i int) uint64 { return Draw(1, Name(i), 5) }},
		{"two purposes", func(i int) uint64 { return Draw(1, purposes[3], CausalID(i)) ^ Draw(1, purposes[2], CausalID(i)) }},
		{
			"two purposes like each other",
			func(i int) uint64 { return Draw(1, purposes[1], CausalID(i)) ^ Draw(1, purposes[0], CausalID(i)) },
		},
		{"two seeds", func(i int) uint64 { return Draw(1, purposes[2], CausalID(i)) ^ Draw(2, purposes[2], CausalID(i)) }},
		{"two keys", func(i int) uint64 { return Draw(1, purposes[2], CausalID(i)) ^ Draw(1, purposes[2], CausalID(i+1)) }},
		{"seed and key changed about", func(i int) uint64 {
			return Draw(uint64(i), purposes[2], 1) ^ Draw(1, purposes[2], CausalID(i))
		}},
	} {
		evenBits(t, test.what, test.draw, draws)
	}
	seen := map[uint64]bool{}
	const few = 50
	for i := range few * few * few {
		seen[Draw(uint64(i%few), Name(i/few%few), CausalID(i/few/few))] = true
	}
	if len(seen) != few*few*few {
		t.Errorf("%d of %d draws for small seeds, purposes and keys are different ones", len(seen), few*few*few)
	}
	for i := range CausalID(100) {
		if got, want := DiceFor(7, purposes[2]).Draw(i), Draw(7, purposes[2], i); got != want {
			t.Fatalf("the dice give %d for key %d, want %d", got, i, want)
		}
	}
}

// evenBits fails the test unless each of 64 bits is set in half of the numbers, and any number has 32 of them set on
// average.
func evenBits(t *testing.T, what string, number func(i int) uint64, n int) {
	t.Helper()
	var set [64]int
	total := 0
	for i := range n {
		x := number(i)
		total += bits.OnesCount64(x)
		for bit := range set {
			set[bit] += int(x >> bit & 1)
		}
	}
	sigma := math.Sqrt(float64(n)) / 2
	for bit, count := range set {
		if math.Abs(float64(count)-float64(n)/2) > 5*sigma {
			t.Errorf("%s: bit %d is set in %d of %d", what, bit, count, n)
		}
	}
	if math.Abs(float64(total)-32*float64(n)) > 5*8*sigma {
		t.Errorf("%s: %d bits are set in %d numbers, want 32 in each", what, total, n)
	}
}
