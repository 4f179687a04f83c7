package raft_test

import (
	"fmt"
	"strings"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// The words that scripts are written in: an entry is index@term and its command, servers are numbers, and what is none
// is left out.

func describeEffect(at kv.NodeID, effect protocol.Effect) string {
	switch e := effect.(type) {
	case protocol.Persist:
		text := fmt.Sprintf("%d persists term %d, %s", at, e.CurrentTerm, describeVote(e.VotedFor))
		if e.FirstIndex > 0 {
			text += ", log from " + describeEntries(e.FirstIndex-1, e.Entries)
		}
		return text
	case protocol.Send:
		return fmt.Sprintf("%d->%d %s", at, e.To, describeMessage(e.Message))
	case protocol.Reply:
		text := fmt.Sprintf("%d replies %s", at, describeMessage(e.Message))
		if e.Reason != protocol.ReasonNone {
			text += ": " + e.Reason.String()
		}
		return text
	case protocol.Answer:
		return fmt.Sprintf("%d replies %s", at, describeAnswer(e.Message))
	case protocol.Append:
		return fmt.Sprintf("%d appends %d@%d", at, e.Index, e.Entry.Term)
	case protocol.Commit:
		text := fmt.Sprintf("%d commits (%d, %d]", at, e.From, e.To)
		if len(e.AcknowledgedBy) > 0 {
			text += ", held by " + describeServers(e.AcknowledgedBy)
		}
		return text
	case protocol.Apply:
		return fmt.Sprintf("%d applies %s", at, describeEntries(e.Index-1, []protocol.LogEntry{e.Entry}))
	case protocol.SetTimer:
		return fmt.Sprintf("%d sets the %v timer", at, e.Timer)
	case protocol.StopTimer:
		return fmt.Sprintf("%d stops the %v timer", at, e.Timer)
	case protocol.RoleChange:
		return fmt.Sprintf("%d: %v -> %v (%v)", at, e.From, e.To, e.Event)
	}
	return fmt.Sprintf("%d: %v", at, effect)
}

func describeMessage(message protocol.Message) string {
	switch m := message.(type) {
	case protocol.RequestVote:
		return fmt.Sprintf("RequestVote term=%d candidate=%d last=%d@%d", m.Term, m.CandidateID, m.LastLogIndex,
			m.LastLogTerm)
	case protocol.VoteGranted:
		return fmt.Sprintf("VoteGranted term=%d", m.Term)
	case protocol.VoteDenied:
		return fmt.Sprintf("VoteDenied term=%d", m.Term)
	case protocol.AppendEntries:
		return fmt.Sprintf("AppendEntries term=%d prev=%d@%d commit=%d %s", m.Term, m.PrevLogIndex, m.PrevLogTerm,
			m.LeaderCommit, describeEntries(m.PrevLogIndex, m.Entries))
	case protocol.AppendEntriesOk:
		return fmt.Sprintf("AppendEntriesOk term=%d match=%d", m.Term, m.MatchIndex)
	case protocol.AppendEntriesRejected:
		return fmt.Sprintf("AppendEntriesRejected term=%d prev=%d conflict=%d@%d", m.Term, m.PrevLogIndex, m.ConflictIndex,
			m.ConflictTerm)
	case protocol.CommitNotification:
		return fmt.Sprintf("CommitNotification term=%d commit=%d", m.Term, m.LeaderCommit)
	}
	return message.String()
}

func describeAnswer(message kv.Message) string {
	if m, is := message.(kv.NotLeader); is {
		return fmt.Sprintf("NotLeader, leader=%d", m.LeaderID)
	}
	return message.String()
}

func describeEntries(prev protocol.LogIndex, entries []protocol.LogEntry) string {
	words := make([]string, len(entries))
	for i, e := range entries {
		words[i] = fmt.Sprintf("%d@%d %v", prev+1+protocol.LogIndex(i), e.Term, e.Command)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func describeVote(votedFor kv.NodeID) string {
	if votedFor == 0 {
		return "no vote"
	}
	return fmt.Sprintf("vote %d", votedFor)
}

func describeServers(ids []kv.NodeID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = fmt.Sprint(uint32(id))
	}
	return strings.Join(words, " ")
}

// describeLogs draws the servers as the paper's figures do: a row of terms for each.
func describeLogs(c *cluster) string {
	var b strings.Builder
	for _, s := range c.servers[1:] {
		state := c.state(s.id)
		role := state.Role.String()
		if !s.up {
			role = "down"
		}
		terms := make([]string, len(s.disk.Log))
		for i, e := range s.disk.Log {
			terms[i] = fmt.Sprint(uint64(e.Term))
		}
		fmt.Fprintf(&b, "%d %-9s term %d  log [%s]  committed %d\n", s.id, role, s.disk.CurrentTerm, strings.Join(terms, " "),
			state.CommitIndex)
	}
	return b.String()
}
