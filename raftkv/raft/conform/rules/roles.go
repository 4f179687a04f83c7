package rules

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
)

// started looks at a server that starts: it is a follower, and if it starts again, with what its disk kept.
func started(c *cluster, s *server, of *Span, f *kept.Start) {
	if c.Tells && of.Role != "" && of.Role != kept.Follower {
		c.Add(kept.RuleIllegalTransition, of).
			Got("%s starts as a %s", check.Name(of.Process), of.Role).
			Want("a follower, as each server that starts (Figure 4)")
	}
	if s.starts > 0 {
		allApplied(c, s)
		restartFromDisk(c, s, of, f)
	}
}

// saidWhatItIs finds a server that started again and does not say what it was.
func saidWhatItIs(c *cluster, s *server, of *Span) {
	if s.restarted && !restarts(of) {
		c.Add(check.RuleMissingSpan, of).
			Got("%s started again, and no raft.role_change by restart says as what", check.Name(s.process)).
			Want("one, below its raft.start")
	}
}

// roleChanged compares a change of role with Figure 4, and with the role before.
func roleChanged(c *cluster, s *server, of *Span, f *kept.RoleChange) {
	roleBefore(c, s, of, f)
	if f.Event == kept.Restart {
		if start, is := startAbove(of); is && start.Before != "" && start.Before != f.From {
			c.Add(kept.RuleIllegalTransition, of, of.Parent).
				Got("it was %s before, as it says", f.From).Want("%s, as its raft.start says", start.Before)
		}
		restartedWith(c, s, of)
	}
	if f.From == kept.Candidate {
		electionEnded(c, s, of)
	}
	switch of.Role {
	case kept.Candidate:
		stood(c, s, of)
	case kept.Leader:
		won(c, s, of)
	}
}

// startAbove returns what the start says that is the parent of a span.
func startAbove(of *Span) (s *kept.Start, is bool) {
	if of.Parent == nil {
		return nil, false
	}
	s, is = of.Parent.Facts.(*kept.Start)
	return s, is
}

// roleBefore compares the role from which a server changes with the one that it had. A server may die in a step that
// was to change its role: nobody was told then, and the change was in its memory only.
func roleBefore(c *cluster, s *server, of *Span, f *kept.RoleChange) {
	died := f.Event == kept.Restart && s.diedWriting
	switch {
	case !isLegal(f.From, of.Role, f.Event):
		c.Add(kept.RuleIllegalTransition, of).
			Got("from %s to %s by %s", f.From, of.Role, f.Event).
			Want("one of the steps of Figure 4: %s", transitionsFrom(f.From))
	case died && s.forgot != "" && f.From != s.forgot:
		c.Add(kept.RuleIllegalTransition, of, s.forgotBy).
			Got("it was %s before, as it says", f.From).Want("%s, which it was when it crashed", s.forgot)
	case died && (s.role == "" || f.From == s.role || follows(s.role, f.From)):
	case s.role != "" && f.From != s.role:
		c.Add(kept.RuleIllegalTransition, of, s.roleBy).
			Got("it was %s before, as it says", f.From).Want("%s, which it was", s.role)
	}
}

// isLegal says whether Figure 4 has such a change of role.
func isLegal(from, to, event string) bool {
	return slices.ContainsFunc(protocol.RoleTransitions(), func(t protocol.RoleTransition) bool {
		return t.From.String() == from && t.To.String() == to && t.Event.String() == event
	})
}

// follows says whether a role may come after another one.
func follows(from, to string) bool {
	return slices.ContainsFunc(protocol.RoleTransitions(), func(t protocol.RoleTransition) bool {
		return t.From.String() == from && t.To.String() == to && t.Event != protocol.RoleEventRestart
	})
}

func transitionsFrom(role string) string {
	var steps []string
	for _, t := range protocol.RoleTransitions() {
		if t.From.String() == role {
			steps = append(steps, "to "+t.To.String()+" by "+t.Event.String())
		}
	}
	return strings.Join(steps, ", ")
}

// roleTold compares the role that a span tells with the one that the server has.
func roleTold(c *cluster, s *server, of *Span) {
	if of.Role != "" && s.role != "" && of.Role != s.role {
		if c.diesChanging(s, of) {
			return
		}
		c.broken(protocol.InvariantTraceIntegrity, of, s.roleBy).
			Got("%s is %s here", check.Name(s.process), of.Role).Want("%s, which it is since then", s.role)
	}
	if of.Role == kept.Leader {
		electionSafety(c, of, c.firstLeader(of))
	}
}

// diesChanging says whether a server crashes in a write at the end of this step, and has another role in its memory by
// then, of which it was to tell after the write.
func (c *cluster) diesChanging(s *server, of *Span) bool {
	return follows(s.role, of.Role) && slices.ContainsFunc(c.lostWrites[s.process], func(at int64) bool {
		return !check.Later(at, s.at) && !check.Later(s.at, at)
	})
}

// roleAtEnd compares the role that a call says its caller has at its end with that which it has after the step.
func roleAtEnd(c *cluster, s *server) {
	call := s.ends
	if call == nil {
		return
	}
	role := endsOf(call).Role
	if role == "" {
		role = call.Role
	}
	if s.role != "" && role != "" && role != s.role {
		c.broken(protocol.InvariantTraceIntegrity, call, s.roleBy).
			Got("%s is %s when its call ends, as it says", check.Name(s.process), role).Want("%s, which it is", s.role)
	}
}

// restartedWith compares the term that a disk kept with those that the server told before it crashed.
func restartedWith(c *cluster, s *server, of *Span) {
	if s.restarted && of.Term < s.term && !s.disk.known {
		c.broken(protocol.InvariantPersistBeforeSend, of, s.termBy).
			Got("%s starts again in term %d", check.Name(s.process), of.Term).
			Want("term %d, in which it sent or answered something before it crashed", s.term)
	}
}
