package conform

import (
	"fmt"
	"slices"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// causes are the spans below which a leader sends and commits entries that were not in its log before.
var causes = append([]string{spans.ElectionID}, requests...)

// indexes returns those of the entries that a span sends or commits.
func indexes(s *Span) (first, last uint64) {
	if c, is := s.Facts.(*commit); is {
		return c.from + 1, c.to
	}
	e := s.Facts.(*replication)
	return e.prevIndex + 1, e.prevIndex + uint64(len(e.entries))
}

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
		first, last := indexes(s)
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
			if a := above.Facts.(*request).appended; a.index != first || a.term != s.Term {
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
	case to.Is(requests...):
		index := to.Facts.(*request).appended.index
		if first, last := indexes(s); index < first || index > last {
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
	case *vote:
		attempt, before = a.attempt, to.Facts.(*vote).attempt
		same = same && s.Peer == to.Peer && sameCause
	case *replication:
		b := to.Facts.(*replication)
		attempt, before = a.attempt, b.attempt
		same = same && s.Peer == to.Peer && s.Term == to.Term && a.prevIndex == b.prevIndex
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
	index, c := s.Facts.(*request).appended.index, l.Target.Facts.(*commit)
	switch {
	case f.LinksSay() && l.Index != index:
		return fmt.Sprintf("%s %d, where its entry was taken into the log", spans.RaftIndexKey, index)
	case s.Process != l.Target.Process || index <= c.from || index > c.to:
		return fmt.Sprintf("a link to the commit of %s that covers index %d", check.Name(s.Process), index)
	}
	return ""
}

// Links finds links that are not there and have to be, beside those that the tables ask for.
func (Protocol) Links(f *check.Facts, s *Span, found *check.Findings) {
	switch facts := s.Facts.(type) {
	case *vote:
		if s.Kind.Sends && facts.attempt > 1 {
			f.NeedLink(s, found, s.Kind.ID)
		}
	case *replication:
		if !s.Kind.Sends {
			return
		}
		if facts.attempt > 1 {
			f.NeedLink(s, found, s.Kind.ID)
		}
		linksToAll(s, facts.entries, found)
	case *clients.Request:
		if s.Kind.Sends && facts.Try > 1 {
			f.NeedLink(s, found, s.Kind.ID)
		}
	case round:
		f.NeedLink(s, found, spans.ElectionID)
	case *request:
		if s.Role == leader {
			f.NeedLink(s, found, spans.ElectionID)
		}
		if s.Reply == answered && facts.appended.index > 0 {
			f.NeedLink(s, found, spans.CommitID)
		}
	}
}

// linksToAll finds that a span does not link to each of the requests whose entries it sends or commits, its parent
// aside.
func linksToAll(s *Span, entries []entry, found *check.Findings) {
	want, got := 0, 0
	for _, e := range entries {
		if e.term == s.Term && e.command != noop {
			want++
		}
	}
	if want > 0 && s.Parent.Is(requests...) {
		want--
	}
	for i := range s.Links {
		if s.Links[i].Target.Is(requests...) {
			got++
		}
	}
	if got < want && s.Parent != nil {
		found.Add(check.RuleMissingLink, s).
			Got("it links to %s", words.Counted(got, "request")).
			Want("to %d: one for each entry that a client asked for in term %d, but for its parent's", want, s.Term)
	}
}

// Sent compares what sender and receiver say of a message.
func (Protocol) Sent(f *check.Facts, sender, receiver *Span, found *check.Findings) {
	differ := func(what any, got, sent any) {
		found.Add(check.RuleMessageMismatch, receiver, sender).
			Got("%s is %v, and was sent as %v", what, got, sent).Want("what was sent")
	}
	switch got := receiver.Facts.(type) {
	case *vote:
		sent := sender.Facts.(*vote)
		switch {
		case !f.Tells:
		case got.messageTerm != sender.Term:
			differ(spans.RaftMessageTermKey, got.messageTerm, sender.Term)
		case sent.lastIndex != got.lastIndex:
			differ(spans.RaftLastLogIndexKey, got.lastIndex, sent.lastIndex)
		case sent.lastTerm != got.lastTerm:
			differ(spans.RaftLastLogTermKey, got.lastTerm, sent.lastTerm)
		}
	case *replication:
		sent := sender.Facts.(*replication)
		switch {
		case f.Tells && got.messageTerm != sender.Term:
			differ(spans.RaftMessageTermKey, got.messageTerm, sender.Term)
		case sent.prevIndex != got.prevIndex:
			differ(spans.RaftPrevLogIndexKey, got.prevIndex, sent.prevIndex)
		case sent.prevTerm != got.prevTerm:
			differ(spans.RaftPrevLogTermKey, got.prevTerm, sent.prevTerm)
		case sent.commit != got.commit:
			differ(spans.RaftLeaderCommitKey, got.commit, sent.commit)
		case !slices.Equal(sent.entries, got.entries):
			differ(spans.RaftEntriesKey, got.firstEntries(), sent.firstEntries())
		}
	case *notice:
		if sent := sender.Facts.(*notice); sent.index != got.index {
			differ(spans.RaftLeaderCommitKey, got.index, sent.index)
		} else if f.Tells && got.messageTerm != sender.Term {
			differ(spans.RaftMessageTermKey, got.messageTerm, sender.Term)
		}
	case *request:
		if sent := sender.Facts.(*clients.Request); sent.Request != got.Request.Request {
			differ(kvspans.KVRequestIDKey, got.Request.Request, sent.Request)
		}
	}
}

// firstEntries are the first few entries as spans tell them.
func (r *replication) firstEntries() []string {
	var texts []string
	for i, e := range r.entries {
		if i == 3 {
			return append(texts, "…")
		}
		texts = append(texts, e.at(r.prevIndex+uint64(i)+1))
	}
	return texts
}

// Replied compares what both ends say of a reply.
func (Protocol) Replied(f *check.Facts, call, answer *Span, found *check.Findings) {
	differ := func(what any, got, sent any) {
		found.Add(check.RuleMessageMismatch, call, answer).
			Got("of the reply, %s is %v, and was given as %v", what, got, sent).Want("what was given")
	}
	switch got := call.Facts.(type) {
	case *vote:
		if f.Tells && got.ends.replyTerm != answer.Term {
			differ(spans.RaftReplyTermKey, got.ends.replyTerm, answer.Term)
		}
	case *replication:
		sent := answer.Facts.(*replication)
		switch {
		case f.Tells && got.ends.replyTerm != answer.Term:
			differ(spans.RaftReplyTermKey, got.ends.replyTerm, answer.Term)
		case sent.match != got.match:
			differ(spans.RaftMatchIndexKey, got.match, sent.match)
		case sent.conflictIndex != got.conflictIndex:
			differ(spans.RaftConflictIndexKey, got.conflictIndex, sent.conflictIndex)
		case sent.conflictTerm != got.conflictTerm:
			differ(spans.RaftConflictTermKey, got.conflictTerm, sent.conflictTerm)
		}
	case *clients.Request:
		sent := answer.Facts.(*request)
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
	if says := uint64(late.Facts.(lateTerm)); f.Tells && says != late.Parent.Term {
		found.Add(check.RuleMessageMismatch, late, late.Parent).
			Got("%s is %d, and the reply was given in term %d", spans.RaftReplyTermKey, says, late.Parent.Term).
			Want("the term of who gave it")
	}
}

// Outcome compares the status of an operation with what became of it.
func (Protocol) Outcome(_ *check.Facts, s *Span, found *check.Findings) { clients.Outcome(s, found) }
