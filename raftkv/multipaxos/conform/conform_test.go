package conform_test

import (
	"fmt"
	"testing"
	"time"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// checked is what is found in a trace.
func checked(trace []span.Span) clients.Report {
	c := conform.New()
	for i := range trace {
		c.Add(&trace[i], i+1)
	}
	return c.Report()
}

// stormy draws what goes wrong: crashes and restarts of processes of every kind, writes that are lost, cuts, pauses
// and slow disks; all is mended in the end.
func stormy(seed uint64) plan {
	p := usual(seed).lossy()
	p.node.Leaders, p.node.Window = 2+int(seed%2), 1+int(seed%4)
	ids := []world.ProcessID{leaderID(1), leaderID(2), acceptorID(1), replicaID(1), acceptorID(3)}
	add := func(at time.Duration, kind string, who world.ProcessID, by time.Duration) {
		p.faults = append(p.faults, fault{at, kind, who, by})
	}
	for i := range 12 {
		draw := world.Draw(seed, 1, world.CausalID(i))
		at, who := time.Duration(60+draw%900)*ms, ids[draw/7%uint64(len(ids))]
		add(at, worldspans.FaultCrash, who, 0)
		add(at+time.Duration(20+draw/1000%150)*ms, worldspans.FaultRestart, who, 0)
	}
	add(70*ms, worldspans.FaultLoseUnsynced, ids[seed%5], time.Duration(seed%2))
	add(200*ms, worldspans.FaultPause, ids[seed/2%5], 0)
	add(400*ms, worldspans.FaultHeal, ids[0], 0)
	add(500*ms, worldspans.FaultStall, ids[seed%4], 20*ms)
	add(600*ms, worldspans.FaultSlow, ids[seed/3%5], 2*ms)
	add(700*ms, worldspans.FaultIsolate, ids[seed%3], 0)
	add(1100*ms, worldspans.FaultHeal, ids[0], 0)
	for _, id := range ids { // who crashed while it was down already
		add(1200*ms, worldspans.FaultRestart, id, 0)
	}
	return p
}

// clean wants nothing found in a trace.
func clean(t *testing.T, name string, trace []span.Span) {
	t.Helper()
	r := checked(trace)
	for i, f := range r.Findings {
		if i == 5 {
			break
		}
		t.Errorf("%s: %s at %s: got %s, want %s; clashes %v", name, f.ID, f.Span, f.Got, f.Want, f.Clashes)
	}
	if len(r.Findings) > 0 {
		t.Fatalf("%s: found %v in %d spans", name, r.Counts, r.Spans)
	}
}

// In the trace of a run that is right nothing is found, whatever went wrong in it.
func TestClean(t *testing.T) {
	clean(t, "without failures", run(t, usual(1)))
	for seed := uint64(1); seed <= 5; seed++ {
		clean(t, fmt.Sprintf("lossy, seed %d", seed), run(t, usual(seed).lossy()))
	}
	for seed := uint64(1); seed <= 40; seed++ {
		clean(t, fmt.Sprintf("stormy, seed %d", seed), run(t, stormy(seed)))
	}
}
