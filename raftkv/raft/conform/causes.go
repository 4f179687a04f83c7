package conform

import (
	"fmt"
	"slices"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// Span is what is kept of a span.
type Span = check.Span

// causes are the spans below which a leader sends and commits entries that were not in its log before.
var causes = append([]string{spans.ElectionID}, kept.Requests...)

// Cause compares a span with the parent that caused it, which is of a kind that may.
func (Protocol) Cause(_ *check.Facts, s *Span, found *check.Findings) {
	above := s.Parent
	differ := func(want string, args ...any) {
		found.Add(check.RuleWrongParent, s, above).Got("its parent is %s", above).Want(want, args...)
	}
	switch {
	case s.Is(spans.RequestVoteClientID):
		if s.Term != above.Term {
			differ("an election in term %d, as its own", s.Term)
		}
	case s.Is(spans.AppendEntriesClientID), s.Is(spans.CommitID) && above.Is(causes...):
		first, last := kept.Indexes(s)
		switch {
		case above.Is(spans.HeartbeatID):
			if first <= last || s.Term != above.Term {
				differ("a heartbeat round of its term for what carries no entries, and for entries what caused the " +
					"first of them")
			}
		case above.Is(spans.ElectionID):
			if first > last || s.Term != above.Term {
				differ("the election of its term for the no-op and for inherited entries, and a heartbeat round for " +
					"what carries no entries")
			}
		default:
			if a := above.Facts.(*kept.Request).Appended; a.Index != first || a.Term != s.Term {
				differ("the request whose entry was taken into the log at index %d in term %d", first, s.Term)
			}
		}
	case s.Is(clients.Tries...):
		clients.SameRequest(s, found)
	}
}

// Target says what a span should link to, where it links to a span of a kind that it may.
func (Protocol) Target(f *check.Facts, s *Span, l *check.Link) (want string) {
	to := l.Target
	switch {
	case to.Is(spans.CommitID):
		return commitOf(f, s, l)
	case s.Kind == to.Kind:
		return attemptBefore(s, to)
	case s.Process != to.Process || s.Term != to.Term && to.Is(spans.ElectionID):
		return fmt.Sprintf("a link to what %s did in term %d", check.Name(s.Process), s.Term)
	case to.Is(kept.Requests...):
		index := to.Facts.(*kept.Request).Appended.Index
		if first, last := kept.Indexes(s); index < first || index > last {
			return fmt.Sprintf("a link to a request whose entry is among those from index %d to %d", first, last)
		}
	}
	return ""
}

// attemptBefore says what a link to what was sent before should go to: the same, by the same process, for the same
// cause.
func attemptBefore(s, to *Span) (want string) {
	sameCause := s.ParentID == to.ParentID
	attempt, before, same := uint64(0), uint64(0), s.Process == to.Process
	switch a := s.Facts.(type) {
	case *kept.Vote:
		attempt, before = a.Attempt, to.Facts.(*kept.Vote).Attempt
		same = same && s.Peer == to.Peer && sameCause
	case *kept.Replication:
		b := to.Facts.(*kept.Replication)
		attempt, before = a.Attempt, b.Attempt
		same = same && s.Peer == to.Peer && s.Term == to.Term && a.PrevIndex == b.PrevIndex
	case *clients.Request:
		attempt, before = a.Try, to.Facts.(*clients.Request).Try
		same = same && sameCause && !check.Later(to.End, s.Start)
	}
	if !same || attempt != before+1 {
		return fmt.Sprintf("a link to number %d of the same, which this is number %d of", max(attempt, 1)-1, attempt)
	}
	return ""
}

// commitOf says to which commit a request should link: the one that covers it.
func commitOf(f *check.Facts, s *Span, l *check.Link) (want string) {
	index, c := s.Facts.(*kept.Request).Appended.Index, l.Target.Facts.(*kept.Commit)
	switch {
	case f.LinksSay && l.Index != index:
		return fmt.Sprintf("%s %d, where its entry was taken into the log", spans.RaftIndexKey, index)
	case s.Process != l.Target.Process || index <= c.From || index > c.To:
		return fmt.Sprintf("a link to the commit of %s that covers index %d", check.Name(s.Process), index)
	}
	return ""
}

// Links finds links that are not there and have to be, beside those that the tables ask for.
func (Protocol) Links(f *check.Facts, s *Span, found *check.Findings) {
	switch facts := s.Facts.(type) {
	case *kept.Vote:
		if s.Kind.Sends && facts.Attempt > 1 {
			f.NeedLink(s, found, s.Kind.ID)
		}
	case *kept.Replication:
		if !s.Kind.Sends {
			return
		}
		if facts.Attempt > 1 {
			f.NeedLink(s, found, s.Kind.ID)
		}
		kept.LinksToAll(s, facts.Entries, found)
	case *clients.Request:
		if s.Kind.Sends && facts.Try > 1 {
			f.NeedLink(s, found, s.Kind.ID)
		}
	case kept.Round:
		f.NeedLink(s, found, spans.ElectionID)
	case *kept.Request:
		if s.Role == kept.Leader {
			f.NeedLink(s, found, spans.ElectionID)
		}
		if s.Reply == kept.Answered && facts.Appended.Index > 0 {
			f.NeedLink(s, found, spans.CommitID)
		}
	}
}

// Sent compares what sender and receiver say of a message.
func (Protocol) Sent(f *check.Facts, sender, receiver *Span, found *check.Findings) {
	differ := func(what any, got, sent any) {
		found.Add(check.RuleMessageMismatch, receiver, sender).
			Got("%s is %v, and was sent as %v", what, got, sent).Want("what was sent")
	}
	switch got := receiver.Facts.(type) {
	case *kept.Vote:
		sent := sender.Facts.(*kept.Vote)
		switch {
		case !f.Tells:
		case got.MessageTerm != sender.Term:
			differ(spans.RaftMessageTermKey, got.MessageTerm, sender.Term)
		case sent.LastIndex != got.LastIndex:
			differ(spans.RaftLastLogIndexKey, got.LastIndex, sent.LastIndex)
		case sent.LastTerm != got.LastTerm:
			differ(spans.RaftLastLogTermKey, got.LastTerm, sent.LastTerm)
		}
	case *kept.Replication:
		sent := sender.Facts.(*kept.Replication)
		switch {
		case f.Tells && got.MessageTerm != sender.Term:
			differ(spans.RaftMessageTermKey, got.MessageTerm, sender.Term)
		case sent.PrevIndex != got.PrevIndex:
			differ(spans.RaftPrevLogIndexKey, got.PrevIndex, sent.PrevIndex)
		case sent.PrevTerm != got.PrevTerm:
			differ(spans.RaftPrevLogTermKey, got.PrevTerm, sent.PrevTerm)
		case sent.Commit != got.Commit:
			differ(spans.RaftLeaderCommitKey, got.Commit, sent.Commit)
		case !slices.Equal(sent.Entries, got.Entries):
			differ(spans.RaftEntriesKey, got.FirstEntries(), sent.FirstEntries())
		}
	case *kept.Notice:
		if sent := sender.Facts.(*kept.Notice); sent.Index != got.Index {
			differ(spans.RaftLeaderCommitKey, got.Index, sent.Index)
		} else if f.Tells && got.MessageTerm != sender.Term {
			differ(spans.RaftMessageTermKey, got.MessageTerm, sender.Term)
		}
	case *kept.Request:
		if sent := sender.Facts.(*clients.Request); sent.Request != got.Request.Request {
			differ(kvspans.KVRequestIDKey, got.Request.Request, sent.Request)
		}
	}
}

// Replied compares what both ends say of a reply.
func (Protocol) Replied(f *check.Facts, call, answer *Span, found *check.Findings) {
	differ := func(what any, got, sent any) {
		found.Add(check.RuleMessageMismatch, call, answer).
			Got("of the reply, %s is %v, and was given as %v", what, got, sent).Want("what was given")
	}
	switch got := call.Facts.(type) {
	case *kept.Vote:
		if f.Tells && got.Ends.ReplyTerm != answer.Term {
			differ(spans.RaftReplyTermKey, got.Ends.ReplyTerm, answer.Term)
		}
	case *kept.Replication:
		sent := answer.Facts.(*kept.Replication)
		switch {
		case f.Tells && got.Ends.ReplyTerm != answer.Term:
			differ(spans.RaftReplyTermKey, got.Ends.ReplyTerm, answer.Term)
		case sent.Match != got.Match:
			differ(spans.RaftMatchIndexKey, got.Match, sent.Match)
		case sent.ConflictIndex != got.ConflictIndex:
			differ(spans.RaftConflictIndexKey, got.ConflictIndex, sent.ConflictIndex)
		case sent.ConflictTerm != got.ConflictTerm:
			differ(spans.RaftConflictTermKey, got.ConflictTerm, sent.ConflictTerm)
		}
	case *clients.Request:
		sent := answer.Facts.(*kept.Request)
		switch {
		case sent.Result != got.Result:
			differ(kvspans.KVResultKey, words.Printable(got.Result), words.Printable(sent.Result))
		case sent.Leader != got.Leader:
			differ(kvspans.KVLeaderIDKey, check.Name(got.Leader), check.Name(sent.Leader))
		}
	}
}

// Late compares the term that a late reply says with that of who gave it.
func (Protocol) Late(f *check.Facts, late *Span, found *check.Findings) {
	if says := uint64(late.Facts.(kept.LateTerm)); f.Tells && says != late.Parent.Term {
		found.Add(check.RuleMessageMismatch, late, late.Parent).
			Got("%s is %d, and the reply was given in term %d", spans.RaftReplyTermKey, says, late.Parent.Term).
			Want("the term of who gave it")
	}
}

// Outcome compares the status of an operation with what became of it.
func (Protocol) Outcome(_ *check.Facts, s *Span, found *check.Findings) { clients.Outcome(s, found) }
