package cluster

import (
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// faults are what goes wrong on purpose: each is done to the world at its moment, and told by a span of its own.
type faults struct {
	cluster *Cluster
	tracer  worldspans.Tracer
	waiting []int                     // for a condition: their places in the config, in its order
	roles   []string                  // of each server after the event before, while a fault waits for one
	done    map[world.CausalID]uint64 // how many faults had an id already but for the ordinal
	fates   []fate                    // what became of each fault of the config
	count   int                       // faults that happened
	now     span.Ref                  // the one that is being done
	lied    bool                      // one of them has a disk lose what it said that it keeps

	// What lasts until it is healed.
	cuts    map[[2]world.ProcessID]span.Ref // by which fault
	ailing  map[world.ProcessID]bool        // slow, or with a clock that runs wrong, or a disk that stalls
	paused  map[world.ProcessID]bool        // until it crashes at the latest
	crashed map[world.ProcessID]span.Ref    // by which fault
	downs   []world.ProcessID               // those that crashed, in the order in which they did
	losing  map[world.ProcessID]lostWrite   // what waits for the next write of each
}

// lostWrite is a fault that waits for a write, aimed at somebody, and its place in the config.
type lostWrite struct {
	place int
	fault *config.Fault
}

// scheduleFaults has each fault of the config happen at its moment. What happens to one message is the network's own
// affair: see config.Counterfactuals.
func (cl *Cluster) scheduleFaults(tracer worldspans.Tracer) {
	f := &faults{
		cluster: cl, tracer: tracer, roles: make([]string, len(cl.servers)), done: map[world.CausalID]uint64{},
		fates: make([]fate, len(cl.config.Faults)), cuts: map[[2]world.ProcessID]span.Ref{},
		ailing: map[world.ProcessID]bool{}, paused: map[world.ProcessID]bool{},
		crashed: map[world.ProcessID]span.Ref{}, losing: map[world.ProcessID]lostWrite{},
	}
	cl.faults = f
	for i := range cl.config.Faults {
		fault := &cl.config.Faults[i]
		switch fault.At.Kind {
		case config.AtOnce:
		case config.AtTime:
			cl.sim.At(fault.At.Time, turn(fault), func() { f.happen(i) })
		case config.AtRole, config.AtCommit, config.AtSend:
			f.waiting = append(f.waiting, i)
		}
	}
}

// turn is the place of a fault among those of the same time, for the world to order them by: a crash and a restart are
// a reboot, and what is healed may be hurt anew. Those of one kind take turns in the order of the config, which does
// not depend on how it was given.
func turn(f *config.Fault) world.CausalID { return world.CausalID(f.Kind.Turn()) }

// idOf names a fault by its kind, its target and its time, never by its place in a list.
func idOf(f *config.Fault, at time.Duration, ordinal uint64) world.CausalID {
	what := strings.Join([]string{worldspans.FaultName, string(f.Kind), target(f)}, " ")
	return world.RootID(f.Process, world.NameOf(what), uint64(at), ordinal)
}

// target is whom a fault happens to, as its span tells it.
func target(f *config.Fault) string {
	switch {
	case f.Kind == config.Partition:
		return sidesOf(f, " ")
	case f.Process == 0:
		return "all"
	default:
		return f.Process.String()
	}
}

// sidesOf are the sides of a partition, with something between the names of each.
func sidesOf(f *config.Fault, between string) string {
	sides := make([]string, len(f.Sides))
	for i, side := range f.Sides {
		names := make([]string, len(side))
		for j, t := range side {
			names[j] = t.String()
		}
		sides[i] = strings.Join(names, between)
	}
	return strings.Join(sides, " | ")
}

// lookAround has those faults happen whose conditions have come true in the event that was just handled.
func (f *faults) lookAround() {
	if len(f.waiting) == 0 {
		return
	}
	f.waiting = slices.DeleteFunc(f.waiting, func(i int) bool {
		if !f.isTrue(&f.cluster.config.Faults[i].At) {
			return false
		}
		f.happen(i)
		return true
	})
	for i := range f.cluster.servers {
		if s := &f.cluster.servers[i]; s.party.Leads {
			f.roles[i] = s.Role()
		}
	}
}

// isTrue says whether a condition has come true.
func (f *faults) isTrue(when *config.When) bool {
	switch when.Kind {
	case config.AtRole:
		place := f.cluster.placed[when.Process]
		role := f.cluster.servers[place].Role()
		return role != f.roles[place] && role == when.Role
	case config.AtCommit:
		return f.cluster.committed >= when.Number
	case config.AtSend:
		return uint64(f.cluster.clients[when.Process.Number()-1].Asking()) >= when.Number
	case config.AtOnce, config.AtTime:
	}
	return false
}

// happen does a fault of the config to the world, and tells of it, unless the run is about to finish. A write is lost
// when there is one, and told of then.
func (f *faults) happen(i int) {
	given := &f.cluster.config.Faults[i]
	if f.cluster.settled {
		f.miss(
			i, "at %s all was answered and applied already, and the run was coming to its end", told(f.cluster.now()),
		)
		return
	}
	fault, why := f.aim(given)
	if why == "" {
		why = f.inVain(&fault)
	}
	if why != "" {
		f.miss(i, "%s at %s", why, told(f.cluster.now()))
		return
	}
	if fault.Kind == config.LoseUnsynced {
		f.loseWrite(i, &fault)
		return
	}
	f.tell(i, &fault)
	f.do(&fault)
	f.disturb(&fault)
	f.cluster.observe(0, 0)
}

// loseWrite has the next write of a process be lost, instead of another one that was to be.
func (f *faults) loseWrite(i int, fault *config.Fault) {
	if before, waits := f.losing[fault.Process]; waits {
		f.miss(
			before.place, "%s wrote nothing before, at %s, its next write was to be lost anew", fault.Process,
			told(f.cluster.now()),
		)
	}
	f.losing[fault.Process] = lostWrite{i, fault}
	f.cluster.sim.LoseUnsynced(fault.Process, fault.Torn, func() {
		delete(f.losing, fault.Process)
		f.tell(i, fault)
		f.crash(fault.Process)
	})
}

// inVain says why a fault would change nothing: a process that is down can neither crash nor be paused, one that is up
// cannot be started, and the disk of one that does not say when it writes cannot stall.
func (f *faults) inVain(fault *config.Fault) string {
	down := f.isDown(fault.Process)
	switch {
	case down && (fault.Kind == config.Crash || fault.Kind == config.Pause):
		return fault.Process.String() + " was down already"
	case !down && fault.Kind == config.Restart:
		return fault.Process.String() + " was up"
	case fault.Kind == config.Stall && !f.saysWhenItWrites(fault.Process):
		return fault.Process.String() + " does not say when it writes to its disk"
	}
	return ""
}

// saysWhenItWrites says whether the disk of a server can stall: see world.Writer.
func (f *faults) saysWhenItWrites(p world.ProcessID) bool {
	_, says := f.cluster.server(p).Process().(world.Writer)
	return says
}

// isDown says whether a process crashed and was not started again. It is asked after every event, of most runs in which
// nobody ever crashes.
func (f *faults) isDown(p world.ProcessID) bool {
	if len(f.crashed) == 0 {
		return false
	}
	_, down := f.crashed[p]
	return down
}

// crash notes that a process is down, which ends a pause.
func (f *faults) crash(p world.ProcessID) {
	if !f.isDown(p) {
		f.downs = append(f.downs, p)
	}
	f.crashed[p] = f.now
	if f.cluster.recorder != nil {
		f.cluster.recorder.Crashed(p.String(), f.now)
	}
	delete(f.paused, p)
}

func (f *faults) do(fault *config.Fault) {
	s, p := f.cluster.sim, fault.Process
	switch fault.Kind {
	case config.Crash:
		f.crash(p)
		s.Crash(p)
	case config.Restart:
		f.startsAgain(p)
		s.Restart(p)
		f.started(p)
	case config.Rollback:
		f.crash(p)
		f.startsAgain(p)
		s.Rollback(p, max(0, s.Now()-fault.By))
		f.started(p)
	case config.Isolate:
		f.cut([]world.ProcessID{p}, f.others(p), false)
	case config.Partition:
		for i, side := range fault.Sides {
			for _, other := range fault.Sides[i+1:] {
				f.cut(processes(side), processes(other), fault.OneWay)
			}
		}
	case config.Pause:
		f.paused[p] = true
		s.Pause(p)
	case config.Slow:
		f.ailing[p] = true
		s.Slow(p, fault.By)
	case config.Stall:
		f.ailing[p] = true
		s.Stall(p, fault.By)
	case config.Skew:
		f.skew(fault)
	case config.SkipSync:
		s.SkipSync(p)
	case config.Heal:
		f.heal(p)
	case config.Elect:
		s.Tell(s.Now(), p, world.RootID(p, nameStartElection, uint64(s.Now()), 0), f.cluster.protocol.Elect())
	case config.LoseUnsynced, config.Drop, config.Delay, config.Duplicate:
	}
}

// startsAgain notes that a process is about to start again. It may write to its disk while it does: if that fails, it
// is down once more.
func (f *faults) startsAgain(p world.ProcessID) {
	delete(f.crashed, p)
	f.downs = slices.DeleteFunc(f.downs, func(down world.ProcessID) bool { return down == p })
}

// started has a server be told its cluster that started again, and had crashed before the operator could tell it.
func (f *faults) started(p world.ProcessID) {
	if isServer(p) && !f.isDown(p) && !f.cluster.server(p).KnowsCluster() {
		f.cluster.tell(p, f.cluster.sim.Now())
	}
}

// processes are the names of those on a side of a partition.
func processes(side []config.Target) []world.ProcessID {
	ids := make([]world.ProcessID, len(side))
	for i, t := range side {
		ids[i] = t.Process
	}
	return ids
}

// others are the servers that a process is isolated from.
func (f *faults) others(p world.ProcessID) []world.ProcessID {
	var others []world.ProcessID
	for i := range f.cluster.servers {
		if id := f.cluster.servers[i].id; id != p {
			others = append(others, id)
		}
	}
	return others
}

func (f *faults) cut(from, to []world.ProcessID, oneWay bool) {
	f.cluster.sim.Cut(from, to)
	if !oneWay {
		f.cluster.sim.Cut(to, from)
	}
	for _, a := range from {
		for _, b := range to {
			f.cuts[[2]world.ProcessID{a, b}] = f.now
			if !oneWay {
				f.cuts[[2]world.ProcessID{b, a}] = f.now
			}
		}
	}
}

func (f *faults) skew(fault *config.Fault) {
	if fault.Rate == 0 {
		f.cluster.sim.Skew(fault.Process, fault.By)
		return
	}
	f.cluster.sim.Rate(fault.Process, float64(fault.Rate)/trueRate)
	f.ailing[fault.Process] = true
	if fault.Rate == trueRate {
		delete(f.ailing, fault.Process)
	}
}

// trueRate is that of a clock that runs right, in thousandths.
const trueRate = 1000

// heal undoes what was done to a process, or to all: what crashed stays down.
func (f *faults) heal(p world.ProcessID) {
	f.cluster.sim.Heal(p)
	f.keepWrites(p)
	if p == 0 {
		clear(f.cuts)
		clear(f.ailing)
		clear(f.paused)
		return
	}
	delete(f.ailing, p)
	delete(f.paused, p)
	for link := range f.cuts {
		if link[0] == p || link[1] == p {
			delete(f.cuts, link)
		}
	}
}

// keepWrites has no write be lost any more of a process, or of all.
func (f *faults) keepWrites(p world.ProcessID) {
	for who, lost := range f.losing {
		if p == 0 || p == who {
			f.miss(lost.place, "%s was healed at %s, before it wrote anything", who, told(f.cluster.now()))
			delete(f.losing, who)
		}
	}
}

// disturb tells the checks that something was done to the run, and whether it lasts: Progress is promised only a while
// after the last of it. A clock that jumps back stands still, for its timers, until it is where it was.
func (f *faults) disturb(fault *config.Fault) {
	if f.cluster.checker == nil {
		return
	}
	f.cluster.checker.Disturbed(f.cluster.now() + max(0, -fault.By))
	f.cluster.checker.Troubled(f.lasts())
}

// lasts says whether a server is in trouble that somebody has to heal. What troubles a client is nothing that keeps the
// servers from their work.
func (f *faults) lasts() bool {
	for link := range f.cuts {
		if isServer(link[0]) && isServer(link[1]) {
			return true
		}
	}
	for _, inTrouble := range []map[world.ProcessID]bool{f.ailing, f.paused} {
		for p := range inTrouble {
			if isServer(p) {
				return true
			}
		}
	}
	return false
}
