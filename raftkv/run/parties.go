package run

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Party is a kind of servers of a protocol: processes that are no clients.
type Party struct {
	Group world.Group // what they are called

	Key   string // of a config that says how many there are, such as num_nodes
	Doc   string // what config.toml says of that key
	Usual int    // how many there are if nobody says it
	// Least and Most are of how many a drawn cluster has. One that is cut down has no fewer: a run with less says little
	// of the protocol.
	Least, Most int

	Answers bool // clients ask them; only one party does
	Leads   bool // one of them can lead, and be told to stand for election: they have a role and a term
	Applies bool // each applies what is committed
	Logs    bool // each has a log of entries that have terms
}

// Count is how many servers there are of a party.
type Count struct {
	Group  world.Group
	Number int
}

// Counts are how many servers there are of each party, in the order of the parties.
type Counts []Count

// Of returns how many there are of a group; 0 for one that is no party's.
func (c Counts) Of(g world.Group) int {
	if at := c.at(g); at >= 0 {
		return c[at].Number
	}
	return 0
}

// Set changes how many there are of a party.
func (c Counts) Set(g world.Group, number int) { c[c.at(g)].Number = number }

func (c Counts) at(g world.Group) int {
	return slices.IndexFunc(c, func(one Count) bool { return one.Group == g })
}

// All returns all servers, party by party.
func (c Counts) All() []world.ProcessID {
	var all []world.ProcessID
	for _, one := range c {
		for n := range one.Number {
			all = append(all, world.NewProcessID(one.Group, uint32(n+1)))
		}
	}
	return all
}

// Total returns how many servers there are.
func (c Counts) Total() int {
	total := 0
	for _, one := range c {
		total += one.Number
	}
	return total
}

// UsualCounts returns how many servers there are if nobody says it.
func (p *Protocol) UsualCounts() Counts {
	var all Counts
	for _, party := range p.Parties {
		all = append(all, Count{party.Group, party.Usual})
	}
	return all
}

// Party returns the party of a group; nil if none is.
func (p *Protocol) Party(g world.Group) *Party {
	return p.party(func(party *Party) bool { return party.Group == g })
}

// Answering returns the party that clients ask.
func (p *Protocol) Answering() *Party {
	return p.party(func(party *Party) bool { return party.Answers })
}

// Leads says whether any of its servers can lead.
func (p *Protocol) Leads() bool {
	return p.party(func(party *Party) bool { return party.Leads }) != nil
}

// party returns the first party that is so; nil if none is.
func (p *Protocol) party(is func(*Party) bool) *Party {
	for i := range p.Parties {
		if is(&p.Parties[i]) {
			return &p.Parties[i]
		}
	}
	return nil
}
