package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// A fault that is aimed at a role finds out who has it when it strikes. Where several have, one is drawn, by the seed
// and by what the fault is: so neither another fault nor another server that has the role changes more than it has
// to.

// aim is a fault with the processes that it happens to in place of roles; or why there are none.
func (f *faults) aim(given *config.Fault) (aimed config.Fault, why string) {
	aimed = *given
	if given.Kind == config.Partition {
		aimed.Sides, why = f.aimSides(given)
		return aimed, why
	}
	if given.Who != "" {
		aimed.Process, why = f.whoIs(given.Who, given, 0, nil)
		aimed.Who = ""
	}
	return aimed, why
}

// aimedAt is whom a fault names, if that is a role.
func aimedAt(given *config.Fault) string {
	isRole := func(t config.Target) bool { return t.Who != "" }
	if slices.ContainsFunc(slices.Concat(given.Sides...), isRole) {
		return sidesOf(given, ", ")
	}
	return string(given.Who)
}

// inOrder are the roles in the order in which the sides of a partition find out who has them: a follower, or one of a
// party, is one that nobody else stands for, and the others come last.
func (f *faults) inOrder() []config.Who {
	all := []config.Who{"", config.WhoLeader, config.WhoCandidate, config.WhoCrashed, config.WhoFollower}
	for i := range f.cluster.protocol.Parties {
		all = append(all, config.WhoOf(&f.cluster.protocol.Parties[i]))
	}
	return append(all, config.WhoOthers)
}

// aimSides are the sides of a partition with the names of all.
func (f *faults) aimSides(given *config.Fault) (sides [][]config.Target, why string) {
	sides = make([][]config.Target, len(given.Sides))
	on := make(map[world.ProcessID]int) // the side of each
	ordinal := uint64(0)
	for _, who := range f.inOrder() {
		for i, side := range given.Sides {
			for _, t := range side {
				if t.Who != who {
					continue
				}
				all, why := f.standsFor(t, given, ordinal, on)
				if why != "" {
					return nil, why
				}
				ordinal++
				for _, p := range all {
					if at, named := on[p]; named && at != i {
						return nil, fmt.Sprintf("%s, %s, would have been on two sides", p, t)
					} else if !named {
						on[p] = i
						sides[i] = append(sides[i], config.Target{Process: p})
					}
				}
			}
		}
	}
	for _, side := range sides {
		slices.SortFunc(side, func(a, b config.Target) int { return cmp.Compare(a.Process, b.Process) })
	}
	if !given.OneWay {
		config.SortSides(sides)
	}
	return sides, ""
}

// standsFor are the processes that a name or a role on a side of a partition stands for.
func (f *faults) standsFor(
	t config.Target, given *config.Fault, ordinal uint64, taken map[world.ProcessID]int,
) (all []world.ProcessID, why string) {
	isTaken := func(p world.ProcessID) bool { _, is := taken[p]; return is }
	switch t.Who {
	case "":
		return []world.ProcessID{t.Process}, ""
	case config.WhoOthers:
		if all = slices.DeleteFunc(f.others(0), isTaken); len(all) == 0 {
			return nil, "no server was left to be one of the others"
		}
		return all, ""
	case config.WhoLeader, config.WhoFollower, config.WhoCandidate, config.WhoCrashed:
	}
	p, why := f.whoIs(t.Who, given, ordinal, isTaken)
	return []world.ProcessID{p}, why
}

// whoIs is the server that has a role now, as a fault asks for it; or that there is none. Ordinal tells apart the
// roles of one fault.
func (f *faults) whoIs(
	who config.Who, given *config.Fault, ordinal uint64, taken func(world.ProcessID) bool,
) (p world.ProcessID, why string) {
	var among []world.ProcessID
	switch who {
	case config.WhoLeader:
		if leader := f.cluster.leader(); leader != 0 {
			return leader, ""
		}
	case config.WhoCandidate:
		among = f.newestCandidates()
	case config.WhoCrashed:
		for _, down := range f.downs {
			if isServer(down) {
				among = []world.ProcessID{down}
			}
		}
	case config.WhoFollower:
		among = free(f.running(f.cluster.protocol.Roles.Follower), taken)
	case config.WhoOthers:
	}
	for i := range f.cluster.protocol.Parties {
		if party := &f.cluster.protocol.Parties[i]; config.WhoOf(party) == who {
			among = free(f.up(party), taken)
		}
	}
	if len(among) == 0 {
		return 0, cmp.Or(none[who], string(who)+" was not up")
	}
	return f.drawn(among, given, ordinal), ""
}

// none says that nobody has a role.
var none = map[config.Who]string{
	config.WhoLeader: "there was no leader", config.WhoCandidate: "there was no candidate",
	config.WhoFollower: "there was no follower", config.WhoCrashed: "no server was down",
}

// running are the servers that are up and have a role.
func (f *faults) running(role string) []world.ProcessID {
	var all []world.ProcessID
	for i := range f.cluster.servers {
		if s := &f.cluster.servers[i]; s.party.Leads && s.Role() == role && !f.isDown(s.id) {
			all = append(all, s.id)
		}
	}
	return all
}

// free are those that nobody else stands for.
func free(all []world.ProcessID, taken func(world.ProcessID) bool) []world.ProcessID {
	if taken == nil {
		return all
	}
	return slices.DeleteFunc(all, taken)
}

// up are the servers of a party that are.
func (f *faults) up(party *run.Party) []world.ProcessID {
	var all []world.ProcessID
	for i := range f.cluster.servers {
		if s := &f.cluster.servers[i]; s.party == party && !f.isDown(s.id) {
			all = append(all, s.id)
		}
	}
	return all
}

// newestCandidates are the candidates of the highest term.
func (f *faults) newestCandidates() []world.ProcessID {
	term := func(p world.ProcessID) uint64 { return f.cluster.server(p).Term() }
	all := f.running(f.cluster.protocol.Roles.Candidate)
	highest := uint64(0)
	for _, p := range all {
		highest = max(highest, term(p))
	}
	return slices.DeleteFunc(all, func(p world.ProcessID) bool { return term(p) < highest })
}

// nameAim is what the draw of one of several servers is for.
var nameAim = world.NameOf("whom a fault strikes")

// drawn is one of some servers: the one whose own number, of those that are drawn for each by itself, is the highest.
func (f *faults) drawn(among []world.ProcessID, given *config.Fault, ordinal uint64) world.ProcessID {
	words := []string{string(given.Kind), string(given.Who), sidesOf(given, ", "), given.At.String()}
	what := world.NameOf(strings.Join(words, " "))
	number := func(p world.ProcessID) uint64 {
		return world.Draw(f.cluster.config.Seed, nameAim, world.RootID(p, what, ordinal, 0))
	}
	highest := among[0]
	for _, p := range among[1:] {
		if number(p) > number(highest) {
			highest = p
		}
	}
	return highest
}
