package rules

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	check "github.com/raftkv/raftkv/traces/conform"
)

// roleChanged compares a change of role with the edges of the spec, and with the role before.
func roleChanged(c *cluster, p *process, of *Span, f *kept.RoleChange) {
	name := check.Name(p.name)
	isLegal := func(t protocol.RoleTransition) bool {
		return t.From.String() == f.From && t.To.String() == of.Role && t.Event.String() == f.Event
	}
	start, starts := (*kept.Start)(nil), false
	if of.Parent != nil {
		start, starts = of.Parent.Facts.(*kept.Start)
	}
	switch {
	case !slices.ContainsFunc(protocol.RoleTransitions(), isLegal):
		c.Add(kept.RuleIllegalTransition, of).
			Got("from %s to %s by %s", f.From, of.Role, f.Event).
			Want("one of the spec's edges: %s", transitionsFrom(f.From))
	case starts && start.Before != "" && f.From != start.Before:
		c.Add(kept.RuleIllegalTransition, of, of.Parent).
			Got("it was %s before, as it says", f.From).Want("%s, as its paxos.start says", start.Before)
	case p.role != "" && f.From != p.role:
		c.Add(kept.RuleIllegalTransition, of, p.roleBy).
			Got("it was %s before, as it says", f.From).Want("%s, which it was", p.role)
	case f.Event == kept.Preempted && !kept.Below(p.ballot, p.highest):
		c.Add(kept.RuleIllegalTransition, of, p.highestBy).
			Got("%s is preempted in ballot %s", name, p.ballot).
			Want("a higher ballot of which it heard, which no span tells")
	}
}

func transitionsFrom(role string) string {
	var edges []string
	for _, t := range protocol.RoleTransitions() {
		if t.From.String() == role {
			edges = append(edges, "to "+t.To.String()+" by "+t.Event.String())
		}
	}
	return strings.Join(edges, ", ")
}

// standsByWhenDue finds a leader that heard of a higher ballot, and goes on in its own.
func standsByWhenDue(c *cluster, p *process) {
	if p.phase != nil && p.role != kept.Standby && kept.Below(p.ballot, p.highest) {
		c.Add(kept.RuleIllegalTransition, p.highestBy, p.roleBy).
			Got("%s hears of ballot %s, and goes on in ballot %s", check.Name(p.name), p.highest, p.ballot).
			Want("a paxos.role_change to %s in the same step", kept.Standby)
	}
}

// saidWhatItIs finds a leader that started again and does not say as what.
func saidWhatItIs(c *cluster, p *process) {
	if kind, is := kept.KindOf(p.name); p.restart != nil && is && kind == protocol.KindLeader {
		c.Add(check.RuleMissingSpan, p.restart).
			Got("%s started again, and no paxos.role_change by restart says as what", check.Name(p.name)).
			Want("one, below its paxos.start")
	}
}

// roleTold compares the role that a span tells with the one that the leader has.
func roleTold(c *cluster, p *process, of *Span) {
	if of.Role != "" && p.role != "" && of.Role != p.role {
		c.broken(protocol.InvariantTraceIntegrity, of, p.roleBy).
			Got("%s is %s here", check.Name(p.name), of.Role).Want("%s, which it is since then", p.role)
	}
}
