package raft_test

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// safety is what was seen of a cluster so far, and what that rules out. The names of the properties are those of Figure
// 3 and of the spec's invariants.
type safety struct {
	leaders    map[protocol.Term]kv.NodeID
	entries    map[slot]*entry
	committed  []committedEntry // by index - 1
	applied    []protocol.LogEntry
	violations []string

	elections, conflicts, inherited, notified int // what happened, so that a test can tell that it tested something
}

// entry is a slot of some log with all that precedes it. There is one for each slot, so that logs are compared by
// pointers.
type entry struct {
	protocol.LogEntry
	before *entry
}

type committedEntry struct {
	entry *entry
	in    protocol.Term
}

func newSafety() safety {
	return safety{leaders: make(map[protocol.Term]kv.NodeID), entries: make(map[slot]*entry)}
}

func (f *safety) violated(property string, s *server, format string, args ...any) {
	f.violations = append(f.violations, fmt.Sprintf("%s at %v: %s", property, s.id, fmt.Sprintf(format, args...)))
}

// beforeEffects checks what doc.go promises of them: that Persist comes first, and that a request is answered in the
// step that receives it.
func (f *safety) beforeEffects(c *cluster, s *server, input protocol.Input, effects []protocol.Effect) {
	replies, answers, appends := 0, 0, 0
	for i, effect := range effects {
		if _, ok := effect.(protocol.Persist); ok && i > 0 {
			f.violated("PersistBeforeSend", s, "Persist is effect %d of %v", i, effects)
		}
		if _, ok := effect.(protocol.Reply); ok {
			replies++
		}
		if _, ok := effect.(protocol.Answer); ok {
			answers++
		}
		if _, ok := effect.(protocol.Append); ok {
			appends++
		}
		if change, ok := effect.(protocol.RoleChange); ok {
			if follows := change.To == protocol.RoleLeader &&
				slices.ContainsFunc(effects[i:], isAppend); change.Appends != follows {
				f.violated("RoleChange", s, "it says appends: %t, and an Append follows: %t", change.Appends, follows)
			}
		}
	}
	wantReplies, wantAnswers := 0, 0
	switch in := input.(type) { //nolint:gochecksumtype // no other input has an answer
	case protocol.Request:
		wantAnswers = 1 - appends
	case protocol.Receive:
		f.answersRefusal(s, in, effects)
		if isCall(in.Message) && in.From != s.id && int(in.From) < len(c.servers) {
			wantReplies = 1
		}
	}
	if replies != wantReplies || answers != wantAnswers {
		f.violated("Reply", s, "%d of them, and %d answers for %v", replies, answers, input)
	}
}

// answersRefusal checks that a leader that is refused never answers at once with the same, or with what follows it:
// it goes back, or sends nothing (§5.3), unless it was acknowledged since what it was refused, and goes on from there.
func (f *safety) answersRefusal(s *server, in protocol.Receive, effects []protocol.Effect) {
	refusal, ok := in.Message.(protocol.AppendEntriesRejected)
	if !ok {
		return
	}
	for _, effect := range effects {
		send, ok := effect.(protocol.Send)
		if !ok {
			continue
		}
		match := s.node.State().MatchIndex[in.From]
		if m, ok := send.Message.(protocol.AppendEntries); ok && m.PrevLogIndex >= refusal.PrevLogIndex &&
			(refusal.PrevLogIndex >= match || m.PrevLogIndex != match) {
			f.violated("GoesBack", s, "%v answers %v", m, refusal)
		}
	}
}

// persist checks what goes to disk against what is there: TermAndVote, LeaderAppendOnly, NoCommittedTruncation,
// LogMatching.
func (f *safety) persist(s *server, e protocol.Persist) {
	switch {
	case e.CurrentTerm < s.disk.CurrentTerm:
		f.violated("TermAndVote", s, "term %d after %d", e.CurrentTerm, s.disk.CurrentTerm)
	case e.CurrentTerm == s.disk.CurrentTerm && s.disk.VotedFor != 0 && e.VotedFor != s.disk.VotedFor:
		f.violated("TermAndVote", s, "voted %v after %v in term %d", e.VotedFor, s.disk.VotedFor, e.CurrentTerm)
	}
	if e.FirstIndex == 0 {
		return
	}
	if int(e.FirstIndex) <= len(s.entries) {
		f.conflicts++
		if s.node.State().Role == protocol.RoleLeader {
			f.violated("LeaderAppendOnly", s, "%d is written again", e.FirstIndex)
		}
		if e.FirstIndex <= s.committed {
			f.violated("NoCommittedTruncation", s, "%d is cut off, and %d is committed", e.FirstIndex, s.committed)
		}
	}
	s.entries = s.entries[:e.FirstIndex-1]
	for _, logEntry := range e.Entries {
		f.appendEntry(s, logEntry)
	}
}

func (f *safety) appendEntry(s *server, logEntry protocol.LogEntry) {
	var before *entry
	if len(s.entries) > 0 {
		before = s.entries[len(s.entries)-1]
	}
	of := slot{protocol.LogIndex(len(s.entries) + 1), logEntry.Term}
	known := f.entries[of]
	if known == nil {
		known = &entry{LogEntry: logEntry, before: before}
		f.entries[of] = known
	}
	if known.before != before || known.LogEntry != logEntry {
		f.violated("LogMatching", s, "%d@%d is %v, and %v elsewhere, or what precedes them differs", of.index, of.term,
			logEntry, known.LogEntry)
	}
	s.entries = append(s.entries, known)
}

func isAppend(effect protocol.Effect) bool {
	_, is := effect.(protocol.Append)
	return is
}

// roleChange checks an edge, and each new leader: ElectionSafety, LeaderCompleteness.
func (f *safety) roleChange(c *cluster, s *server, e protocol.RoleChange) {
	if !protocol.LegalRoleTransition(e.From, e.To, e.Event) {
		f.violated("Figure 4", s, "%v", e)
	}
	if e.To != protocol.RoleLeader {
		return
	}
	f.elections++
	term := s.node.State().CurrentTerm
	if other := f.leaders[term]; other != 0 {
		f.violated("ElectionSafety", s, "%v led term %d already", other, term)
	}
	f.leaders[term] = s.id
	f.leaderCompleteness(c)
}

// leaderCompleteness: what was committed in a term is in the log of each leader of a later one (§5.4).
func (f *safety) leaderCompleteness(c *cluster) {
	for _, s := range c.servers[1:] {
		if !s.up || s.node.State().Role != protocol.RoleLeader {
			continue
		}
		for i, committed := range f.committed {
			if committed.in < s.node.State().CurrentTerm && (i >= len(s.entries) || s.entries[i] != committed.entry) {
				f.violated("LeaderCompleteness", s, "the leader of term %d lacks %d@%d, committed in term %d",
					s.node.State().CurrentTerm, i+1, committed.entry.Term, committed.in)
			}
		}
	}
}

// commit checks a Commit: CommitCurrentTerm, CommittedIsDurable, CommittedPrefix, LeaderCompleteness.
func (f *safety) commit(c *cluster, s *server, e protocol.Commit) {
	if e.From != s.committed || e.To <= e.From || int(e.To) > len(s.entries) {
		f.violated("CommittedIsDurable", s, "%v with %d entries on disk", e, len(s.entries))
		return
	}
	state := s.node.State()
	if state.Role == protocol.RoleLeader && s.entries[e.To-1].Term != state.CurrentTerm {
		f.violated("CommitCurrentTerm", s, "%d@%d committed by counting copies in term %d", e.To, s.entries[e.To-1].Term,
			state.CurrentTerm)
	}
	if state.Role == protocol.RoleLeader && s.entries[e.From].Term < state.CurrentTerm {
		f.inherited++
	}
	for i := e.From; i < e.To; i++ {
		if int(i) == len(f.committed) {
			f.committed = append(f.committed, committedEntry{entry: s.entries[i], in: state.CurrentTerm})
		} else if int(i) < len(f.committed) && f.committed[i].entry != s.entries[i] {
			f.violated("CommittedPrefix", s, "%d@%d committed, and %d@%d elsewhere", i+1, s.entries[i].Term, i+1,
				f.committed[i].entry.Term)
		}
	}
	f.leaderCompleteness(c)
}

// apply checks an Apply: StateMachineSafety.
func (f *safety) apply(s *server, e protocol.Apply) {
	switch i := int(e.Index) - 1; {
	case i == len(f.applied):
		f.applied = append(f.applied, e.Entry)
	case i > len(f.applied) || f.applied[i] != e.Entry:
		f.violated("StateMachineSafety", s, "%v applied out of turn, or another was applied there", e)
	}
}

func (f *safety) restart(s *server) {
	s.entries = nil
	for _, logEntry := range s.disk.Log {
		f.appendEntry(s, logEntry)
	}
}

// afterStep checks a server after its effects were carried out: that the disk holds its persistent state, Monotonic,
// and that matchIndex is no guess.
func (f *safety) afterStep(c *cluster, s *server, input protocol.Input, before *protocol.State) {
	state := s.node.State()
	if state.CurrentTerm != s.disk.CurrentTerm || state.VotedFor != s.disk.VotedFor || state.Log.Len() != len(s.disk.Log) {
		f.violated("PersistBeforeSend", s, "the disk holds term %d, vote %v and %d entries; the server %d, %v and %d",
			s.disk.CurrentTerm, s.disk.VotedFor, len(s.disk.Log),
			state.CurrentTerm, state.VotedFor, state.Log.Len())
	}
	if state.LastApplied != state.CommitIndex || int(state.CommitIndex) > state.Log.Len() {
		f.violated("Monotonic", s, "%d applied, %d committed, %d entries", state.LastApplied, state.CommitIndex,
			state.Log.Len())
	}
	if _, restarted := input.(protocol.Restart); !restarted &&
		(state.CommitIndex < before.CommitIndex || state.CurrentTerm < before.CurrentTerm) {
		f.violated("Monotonic", s, "commit index %d after %d, term %d after %d", state.CommitIndex, before.CommitIndex,
			state.CurrentTerm, before.CurrentTerm)
	}
	if in, ok := input.(protocol.Receive); ok {
		if _, told := in.Message.(protocol.CommitNotification); told && state.CommitIndex > before.CommitIndex {
			f.notified++
		}
	}
	if state.Role != protocol.RoleLeader {
		return
	}
	for _, other := range c.servers[1:] {
		match := state.MatchIndex[other.id]
		if match > 0 && other.disk.CurrentTerm == state.CurrentTerm &&
			(int(match) > len(other.entries) || other.entries[match-1] != s.entries[match-1]) {
			f.violated("MatchIndex", s, "%v does not hold %d", other.id, match)
		}
	}
}
