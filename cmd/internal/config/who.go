package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Who is a role that stands for the name of a server: whoever has it when the fault strikes. It is empty where a
// process is named.
type Who string

// The roles there are.
const (
	WhoLeader    Who = "the leader"           // of the highest term, if several lead
	WhoFollower  Who = "a follower"           // one is drawn
	WhoCandidate Who = "the newest candidate" // of the highest term; if there are several, one is drawn
	WhoCrashed   Who = "the crashed one"      // that crashed last of those that are down
	WhoOthers    Who = "the others"           // in a partition: all servers that no side names
)

// WhoOf is one of a party whose servers have no roles, such as a replica: one that runs is drawn.
func WhoOf(p *run.Party) Who { return Who(a(p.Group.String())) }

// one stands for all of WhoOf, where roles are listed.
const one Who = "one of a party"

// whoName is what a file can call a role, besides the name that is written.
type whoName struct {
	who   Who
	alias []string
}

// whoNames are the roles of any protocol.
var whoNames = []whoName{
	{WhoLeader, []string{"leader"}},
	{WhoFollower, []string{"follower"}},
	{WhoCandidate, []string{"newest candidate", "candidate"}},
	{WhoCrashed, []string{"crashed"}},
	{WhoOthers, []string{"others"}},
}

// The roles of servers that run, of those that do not, and of either.
var (
	whoRuns   = []Who{WhoLeader, WhoFollower, WhoCandidate}
	anyRuns   = append(slices.Clone(whoRuns), one)
	whoIsDown = []Who{WhoCrashed}
	anybody   = slices.Concat(anyRuns, whoIsDown)
)

// Target is whom a fault happens to: a process by its name, or a server by its role.
type Target struct {
	Process world.ProcessID // zero where Who says it
	Who     Who
}

// String is the target as a config says it.
func (t Target) String() string {
	if t.Who != "" {
		return string(t.Who)
	}
	return t.Process.String()
}

func compareTargets(a, b Target) int {
	return cmp.Or(cmp.Compare(a.Process, b.Process), cmp.Compare(a.Who, b.Who))
}

// process is the name of a process.
func (t *schema) process() keys.Kind[world.ProcessID] {
	return t.named(func(world.ProcessID) bool { return true }, "")
}

// client is the name of a client.
func (t *schema) client() keys.Kind[world.ProcessID] {
	return t.named(func(id world.ProcessID) bool { return id.Group() == world.ClientGroup }, "a client")
}

// server is the name of a server of a party that is so.
func (t *schema) server(of func(*run.Party) bool) keys.Kind[world.ProcessID] {
	return t.named(func(id world.ProcessID) bool { return t.is(id, of) }, t.anyOf(of))
}

// named is the name of a process that is so; what is what those are.
func (t *schema) named(is func(world.ProcessID) bool, what string) keys.Kind[world.ProcessID] {
	read := func(s string) (world.ProcessID, string) {
		id, problem := t.parseProcess(s)
		switch {
		case problem != "":
			return 0, problem
		case !is(id):
			return 0, fmt.Sprintf("must name %s, not %q", what, s)
		}
		return id, ""
	}
	return keys.Naming(keys.Text("a string", read, world.ProcessID.String),
		func(id world.ProcessID) world.ProcessID { return id })
}

// is says whether a process is a server of a party that is so.
func (t *schema) is(id world.ProcessID, of func(*run.Party) bool) bool {
	p := t.Party(id.Group())
	return p != nil && of(p)
}

// parseProcess reads the name of a process.
func (t *schema) parseProcess(s string) (id world.ProcessID, problem string) {
	id, err := world.ParseProcessID(s)
	switch {
	case err != nil:
		return 0, fmt.Sprintf(`must name a process, such as "%s-1" or "client-2", not %s`, t.Parties[0].Group,
			keys.Quoted(s))
	case id.Group() != world.ClientGroup && t.Party(id.Group()) == nil:
		group, groups := id.Group().String(), t.groups()
		several := keys.Mapped(groups, func(g string) string { return g + "s" })
		return 0, fmt.Sprintf(`is %q, and %s has no %ss: it has %s; the nearest is "%s-%d"`, s, t.Name, group,
			listed(several, "and"), nearest.Name(group, groups), id.Number())
	}
	return id, ""
}

// groups are the kinds of processes there are.
func (t *schema) groups() []string {
	names := keys.Mapped(t.Parties, func(p run.Party) string { return p.Group.String() })
	return append(names, world.ClientGroup.String())
}

// parseOrdinal reads a number from 1, written in the one usual way.
func parseOrdinal(s string, most uint64) (n uint64, problem string) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || n > most || s[0] == '0' {
		return 0, fmt.Sprintf("must have a number from 1 where %q is", positions.Short(s))
	}
	return n, ""
}

// parseTarget reads the name of a process, or one of some roles.
func (t *schema) parseTarget(s string, allowed []Who) (hit Target, problem string) {
	var names []string
	for _, w := range t.whoNames() {
		if !slices.Contains(allowed, w.who) && (!t.isOne(w.who) || !slices.Contains(allowed, one)) || !t.has(w.who) {
			continue
		}
		if s == string(w.who) || slices.Contains(w.alias, s) {
			return Target{Who: w.who}, ""
		}
		names = append(names, string(w.who))
	}
	id, problem := t.parseProcess(s)
	if problem != "" {
		problem += t.roleHint(s, names)
	}
	return Target{Process: id}, problem
}

// whoNames are the roles of the protocol.
func (t *schema) whoNames() []whoName {
	all := slices.Clone(whoNames)
	for i := range t.Parties {
		if p := &t.Parties[i]; !p.Leads {
			all = append(all, whoName{WhoOf(p), []string{p.Group.String()}})
		}
	}
	return all
}

// isOne says whether a role is that of WhoOf some party.
func (t *schema) isOne(who Who) bool {
	return slices.ContainsFunc(t.Parties, func(p run.Party) bool { return !p.Leads && WhoOf(&p) == who })
}

// leading is the party whose servers can lead; the first, if none can.
func (t *schema) leading() *run.Party {
	i := slices.IndexFunc(t.Parties, func(p run.Party) bool { return p.Leads })
	return &t.Parties[max(i, 0)]
}

// has says whether a server of the protocol can have a role.
func (t *schema) has(who Who) bool {
	switch who {
	case WhoLeader:
		return t.Roles.Leader != ""
	case WhoFollower:
		return t.Roles.Follower != ""
	case WhoCandidate:
		return t.Roles.Candidate != ""
	case WhoCrashed, WhoOthers, one:
	}
	return true
}

// roleHint goes on with a complaint about a name: it says which role is meant, or why that cannot be.
func (t *schema) roleHint(s string, names []string) string {
	for _, w := range t.whoNames() {
		if s == string(w.who) || slices.Contains(w.alias, s) {
			return "; of the roles, " + quotedList(names)
		}
	}
	if near := nearest.Near(s, names); near != "" {
		return "; the nearest is " + positions.Quote(near)
	}
	return ""
}

// quotedList is words in quotes, as a sentence lists what can be.
func quotedList(words []string) string {
	if len(words) == 0 {
		return "none can be here"
	}
	return listed(keys.Mapped(words, positions.Quote), "and") + " can be here"
}

// cloneSides is a copy of the sides of a partition.
func cloneSides(sides [][]Target) [][]Target {
	clone := slices.Clone(sides)
	for i := range clone {
		clone[i] = slices.Clone(sides[i])
	}
	return clone
}

// SortSides puts the sides of a partition into an order that does not depend on the one that they were given in.
func SortSides(sides [][]Target) {
	slices.SortFunc(sides, func(a, b []Target) int { return slices.CompareFunc(a, b, compareTargets) })
}
