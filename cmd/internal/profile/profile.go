// Package profile draws what goes wrong in a run: a profile says which faults there are and how often, and the seed of
// the run decides which of them happen and when. What comes out is an ordinary config whose faults are written out, so
// that it can be run again, read, changed and cut down like any other.
//
// Every draw is a hash of the seed and of what it is for: there is no shared stream of random numbers, and one more
// draw shifts no other.
package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/whole"
)

// Profile is a way of going wrong.
type Profile struct {
	Name     string
	Sentence string // what it does
	// disks lose what they said that they keep: a protocol promises nothing then, and what is violated is no mistake of it
	Lies bool

	cluster func(d dice, c *config.Config) // draws the cluster and what its clients do, where no scenario says it
	network func(d dice, c *config.Config) // draws the rates at which the network fails
	links   func(d dice, c *config.Config) []config.Link
	faults  func(s *script) // draws what happens, and when
}

// The names of profiles that commands choose by themselves.
const (
	None  = "none"
	Mixed = "mixed"
)

// All are the profiles there are.
func All() []Profile {
	return []Profile{
		{Name: None, Sentence: "Nothing goes wrong."},
		{
			Name: Mixed, Sentence: "Everything goes wrong, in clusters of 3 to 5 nodes of all kinds: every fault there is but " +
				"for disks that lie, on networks from good to bad, some of which have messages come very late.",
			cluster: anyCluster, network: anyNetwork, links: anyLinks, faults: besides(anyFaults, 20, stall, whoever, restarts),
		},
		{
			Name:     "crashes",
			Sentence: "Nodes crash and restart, leaders above all, and writes that were not synced yet are lost or torn.",
			cluster:  busyCluster, faults: besides(playing(crash, electing(crashOnRole), crashOnSend, crashOnCommit, loseWrite,
				powerFailure), 30, whoever),
		},
		{
			Name:     "partitions",
			Sentence: "Nodes are cut off from each other, in one direction or both, and come together again.",
			cluster:  busyCluster, faults: playing(isolate, split, oneWay, bridge, electing(staleLeader)),
		},
		{
			Name:     "lossy",
			Sentence: "Messages are lost, arrive twice, late and out of order, and some links are worse than others.",
			cluster:  busyCluster, network: badNetwork, links: badLinks,
		},
		{
			Name: "clocks", Sentence: "Clocks jump and run too fast or too slow, nodes are slow or pause, and disks stall.",
			cluster: busyCluster, faults: besides(playing(jump, drift, pause, slow), 30, stall),
		},
		{
			Name: "disks", Lies: true, Sentence: "Disks lie: what was said to be safe is gone after a crash, or all is as it " +
				"was a while ago. The protocols rely on that none does, so that invariants " +
				"are violated in many of these runs, and no algorithm is to blame. In the others what the disks lost was lost by " +
				"few, or was not needed any more.",
			cluster: busyCluster, faults: playing(lie, lie, rollback, stall, loseWrite),
		},
	}
}

// Find is the profile of a name.
func Find(name string) (Profile, error) {
	all := All()
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		names := make([]string, len(all))
		for i, p := range all {
			names[i] = p.Name
		}
		return Profile{}, fmt.Errorf("unknown profile %q; the nearest is %q, and -list shows all", name,
			nearest.Name(name, names))
	}
	return all[i], nil
}

// ScenarioName is what the runs are called that a profile draws: after the profile, and after the protocol where a
// config that names none has another.
func ScenarioName(profile string, p *whole.Protocol) string {
	if p == protocols.Unnamed() {
		return profile
	}
	return p.Run.Name + "-" + profile
}

// Draw is the run that a seed stands for of a profile, or of one with a protocol, as ScenarioName calls them: a whole
// config by itself, which says only what differs from the default.
func Draw(name string, seed uint64) (config.Scenario, error) {
	protocol, named := protocols.Unnamed(), name
	for _, p := range protocols.All {
		if of, is := strings.CutPrefix(name, p.Run.Name+"-"); is && p != protocols.Unnamed() {
			protocol, named = p, of
		}
	}
	p, err := Find(named)
	if err != nil {
		return config.Scenario{}, err
	}
	c := config.DefaultOf(protocol)
	p.before(seed, c, true)
	c.Links, c.Faults = p.after(c)
	return scenario(name, c, config.DefaultOf(protocol)), nil
}

// scenario is what one config says and another does not, as a file of the profile.
func scenario(name string, c, but *config.Config) config.Scenario {
	return config.Scenario{Name: name, File: "profile " + name, Text: c.Differences(but)}
}

// before draws what the command line can still change.
func (p *Profile) before(seed uint64, c *config.Config, alone bool) {
	d := dice{seed: seed, scope: p.Name}
	c.Seed = seed
	if alone {
		c.Scenario = ScenarioName(p.Name, c.Row())
		if p.cluster != nil {
			p.cluster(d.in("cluster"), c)
		}
	}
	if p.network != nil {
		p.network(d.in("network"), c)
	}
}

// after draws what depends on the cluster.
func (p *Profile) after(c *config.Config) (links []config.Link, faults []config.Fault) {
	d := dice{seed: c.Seed, scope: p.Name}
	if p.links != nil && c.Counts.Total() > 1 {
		links = p.links(d.in("links"), c)
	}
	if p.faults != nil {
		s := newScript(d.in("faults"), c)
		p.faults(s)
		faults = s.finish()
	}
	return links, faults
}

// Chance is what a run of a command is drawn by: a profile by itself, one on top of a scenario, or none.
type Chance struct {
	profile  Profile
	protocol *whole.Protocol
	alone    bool
}

var _ config.Chance = Chance{}

// For is the scenario that a command runs of a protocol, and what else of it is drawn. Without a name of a scenario the
// profile draws everything; with one, only what goes wrong.
func For(p Profile, of *whole.Protocol, given config.Scenario, alone bool) (config.Scenario, Chance) {
	if alone && p.Name != None {
		name := ScenarioName(p.Name, of)
		drawn := config.Scenario{Name: name, File: "profile " + p.Name, Text: config.Naming(of)}
		return drawn, Chance{profile: p, protocol: of, alone: true}
	}
	return given, Chance{profile: p, protocol: of}
}

// Before implements config.Chance.
func (ch Chance) Before(seed uint64) config.Scenario {
	c, nothing := config.DefaultOf(ch.protocol), config.DefaultOf(ch.protocol)
	ch.profile.before(seed, c, ch.alone)
	nothing.Seed, nothing.Scenario = c.Seed, c.Scenario // which the request says
	return scenario(ch.profile.Name, c, nothing)
}

// After implements config.Chance.
func (ch Chance) After(c *config.Config) config.Scenario {
	drawn := config.DefaultOf(c.Row())
	links, faults := ch.profile.after(c)
	for _, l := range links {
		if !slices.ContainsFunc(c.Links, func(is config.Link) bool { return is.From == l.From && is.To == l.To }) {
			drawn.Links = append(drawn.Links, l)
		}
	}
	for _, f := range faults {
		if !slices.ContainsFunc(c.Faults, f.Same) {
			drawn.Faults = append(drawn.Faults, f)
		}
	}
	return scenario(ch.profile.Name, drawn, config.DefaultOf(c.Row()))
}

// Own implements config.Chance.
func (Chance) Own(name string, seed uint64) (config.Scenario, bool) {
	if name == None {
		return config.Scenario{}, false
	}
	s, err := Draw(name, seed)
	return s, err == nil
}
