package conform_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/tracetest"
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
	for seed := uint64(1); seed <= 10; seed++ {
		clean(t, fmt.Sprintf("duelling, seed %d", seed), run(t, duelling(seed)))
	}
}

// Nor is anything found in what Jaeger keeps of it, nor in each of its traces by itself.
func TestCleanElsewhere(t *testing.T) {
	lists := span.Lists(spans.AllSpecs())
	for seed := uint64(1); seed <= 10; seed++ {
		trace := run(t, stormy(seed))
		parts := map[world.CausalID][]span.Span{}
		for i := range trace {
			parts[trace[i].Root] = append(parts[trace[i].Root], trace[i])
			trace[i] = tracetest.AsJaegerHas(trace[i], lists)
		}
		clean(t, fmt.Sprintf("from Jaeger, seed %d", seed), trace)
		if seed > 1 {
			continue
		}
		for root, part := range parts {
			clean(t, fmt.Sprintf("the trace %s, seed %d", root, seed), part)
		}
	}
}

// Whatever spans say, what is found is told, and in time.
func TestHostile(t *testing.T) {
	trace := run(t, stormy(16))
	values := []attribute.Value{
		attribute.Int64Value(1 << 62), attribute.Int64Value(-5), attribute.Int64Value(0), attribute.StringValue("x"),
		attribute.StringSliceValue([]string{"1@1.1 noop", "2 z"}),
	}
	for i := range uint64(60) {
		all := slices.Clone(trace)
		draw := func(purpose world.Name, of int) int {
			return int(world.Draw(i, purpose, world.CausalID(len(all))) % uint64(of))
		}
		for k := range world.Name(20) {
			s, from := &all[draw(10*k, len(all))], &all[draw(10*k+1, len(all))]
			switch draw(10*k+2, 6) {
			case 0:
				all = slices.Delete(all, 1, 2)
			case 1:
				s.Parent = from.ID
			case 2:
				s.Name, s.Kind = from.Name, from.Kind
			case 3:
				s.Service, s.Events, s.Links = from.Service, from.Events, from.Links
			case 4:
				s.Attributes = from.Attributes
			default:
				s.Attributes = slices.Clone(s.Attributes)
				s.Attributes[draw(10*k+3, len(s.Attributes))].Value = values[draw(10*k+4, len(values))]
			}
		}
		if r := checked(all); len(r.Findings) == 0 {
			t.Errorf("nothing is found in trace %d", i)
		}
	}
}
