package invariants

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/list"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// mark stands for an entry of a log and all before it.
type mark struct {
	term protocol.Term
	hash uint64 // chained: equal hashes are equal prefixes
}

// chain is a log, each entry as its mark.
type chain []mark

func (c chain) last() protocol.LogIndex { return protocol.LogIndex(len(c)) }

// at is the mark at an index; the zero mark before the first entry and after the last.
func (c chain) at(index protocol.LogIndex) mark {
	if index == 0 || index > c.last() {
		return mark{}
	}
	return c[index-1]
}

// write puts entries at an index, in place of all from there on. A gap before it, which no journal should have, is
// filled with marks that match nothing.
func (c *chain) write(first protocol.LogIndex, entries []protocol.LogEntry) {
	for c.last() < first-1 {
		*c = append(*c, mark{})
	}
	*c = (*c)[:first-1]
	for i := range entries {
		c.add(&entries[i])
	}
}

// add puts an entry at the end.
func (c *chain) add(e *protocol.LogEntry) {
	*c = append(*c, mark{term: e.Term, hash: chained(c.at(c.last()).hash, e)})
}

// termsFrom is how many terms the entries from an index on are of. Terms never fall along a log.
func (c chain) termsFrom(first protocol.LogIndex) int {
	terms, before := 0, protocol.Term(0)
	for index := first; index <= c.last(); index++ {
		if term := c.at(index).term; terms == 0 || term != before {
			terms, before = terms+1, term
		}
	}
	return terms
}

// difference is the first index from first to last at which a log and its chain differ; 0 if none does.
func (c chain) difference(log list.List[protocol.LogEntry], first, last protocol.LogIndex) protocol.LogIndex {
	last = min(last, c.last(), protocol.LogIndex(log.Len()))
	if first > last {
		return 0
	}
	hash := c.at(first - 1).hash
	for i := first; i <= last; i++ {
		entry := log.At(int(i - 1))
		if hash = chained(hash, &entry); hash != c[i-1].hash {
			return i
		}
	}
	return 0
}

// firstDifference is the first index at which two chains that differ at last differ.
func firstDifference(a, b func(protocol.LogIndex) mark, last protocol.LogIndex) protocol.LogIndex {
	low, high := protocol.LogIndex(1), last // once different, chains stay different
	for low < high {
		middle := low + (high-low)/2
		if a(middle) == b(middle) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// mix is a bijection in which each bit of x moves about half of the result's: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func mixText(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h + uint64(len(s)))
}

// chained is the hash of an entry that follows what has the hash h.
func chained(h uint64, e *protocol.LogEntry) uint64 {
	h = mix(h ^ uint64(e.Term))
	h = mix(h ^ uint64(e.Request.Client)<<32 ^ uint64(e.Request.Sequence))
	switch c := e.Command.(type) {
	case kv.Put:
		return mixText(mixText(h+1, c.Key), c.Value)
	case kv.Get:
		return mixText(h+2, c.Key)
	case kv.Delete:
		return mixText(h+3, c.Key)
	case kv.Noop:
		return mix(h + 4)
	}
	return mix(h)
}

// server is what is remembered of one server.
type server struct {
	id          kv.NodeID
	incarnation int
	down        bool
	watched     bool // an event of it was seen

	// What the latest event left, and what the event before left.
	now, was snapshot

	led           leading           // what the latest event left of what it believes as a leader
	highestCommit protocol.LogIndex // of all incarnations, before this event
	lacks         protocol.LogIndex // up to where it has to catch up after its disk lost some of that; 0 for nothing
	durable       *Durable
	lostIn        protocol.Term // the highest term in which its disk lost what it said that it keeps; 0 for none
	log           chain
	cut           protocol.LogIndex // the lowest index at which this event removed or replaced an entry; 0 if none
	grown         protocol.LogIndex // the lowest index at which this event put an entry; 0 if none

	announced protocol.LogIndex // the last commit index told of in this incarnation
	applied   protocol.LogIndex // the last index applied in this incarnation

	vote     promise
	sentUpTo []protocol.LogIndex // by follower, in the term sentIn: to know a resend
	sentIn   protocol.Term
}

// snapshot is what of a server's state is compared between two events.
type snapshot struct {
	role            protocol.Role
	term            protocol.Term
	votedFor        kv.NodeID
	commit, applied protocol.LogIndex
	match           protocol.LogIndex // with the leader of its term
}

// promise is the latest vote that a server is known to have given.
type promise struct {
	term      protocol.Term
	candidate kv.NodeID
	place     check.Place
}

// readLog brings the chain up to date with the log, and notes what changed. Only where the event can have changed it is
// it read: at its end, where the disk was written, and where a message had entries to store.
func (s *server) readLog(v *View) {
	log := v.State.Log
	before, last := s.log.last(), protocol.LogIndex(log.Len())
	common := min(before, last)
	s.cut, s.grown = 0, 0
	found := func(index protocol.LogIndex) {
		if index != 0 && (s.cut == 0 || index < s.cut) {
			s.cut = index
		}
	}
	if last < before {
		found(last + 1)
	}
	if v.Event == Restarted {
		found(s.log.difference(log, 1, common))
	}
	for i := range v.Wrote {
		if first := v.Wrote[i].FirstIndex; first > 0 {
			found(s.log.difference(log, first, common))
		}
	}
	if m, ok := v.Received.(protocol.AppendEntries); ok {
		found(s.log.difference(log, m.PrevLogIndex+1, m.PrevLogIndex+protocol.LogIndex(len(m.Entries))))
	}
	found(s.log.difference(log, max(common, 1), common))
	switch {
	case s.cut > 0 && s.cut <= last:
		s.grown = s.cut
	case last > before:
		s.grown = before + 1
	}
	if s.cut > 0 {
		// so that what is put there is written elsewhere: a log that led a term is remembered
		s.log = s.log[: s.cut-1 : s.cut-1]
	}
	if s.grown > 0 {
		for index := s.grown; index <= last; index++ {
			entry := v.entryAt(index)
			s.log.add(&entry)
		}
	}
}

// committed is an entry that was committed, and will have been for ever.
type committed struct {
	mark mark

	entry  protocol.LogEntry
	in     protocol.Term // the term of the server that committed it first
	by     kv.NodeID
	at     time.Duration
	result kv.Result // what it should answer
}

// committedLog is the log of all that was ever committed.
type committedLog []committed

func (g committedLog) last() protocol.LogIndex { return protocol.LogIndex(len(g)) }

func (g committedLog) at(index protocol.LogIndex) mark {
	if index == 0 || index > g.last() {
		return mark{}
	}
	return g[index-1].mark
}

// before is how far the log of what was committed before a term goes.
func (g committedLog) before(term protocol.Term) protocol.LogIndex {
	last := g.last()
	for last > 0 && g[last-1].in >= term {
		last--
	}
	return last
}

// seenFirst is an entry of a term at an index, as some server held it.
type seenFirst struct {
	mark

	by    kv.NodeID
	when  time.Duration
	other *seenFirst // of another term, at the same index
}
