package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Rows are kept in an order of their own where the given one tells nothing, and are written as they are read.
func TestRowsAreReadAndWritten(t *testing.T) {
	node := func(n uint32) world.ProcessID { return world.NewProcessID(world.NodeGroup, n) }
	client := func(n uint32) world.ProcessID { return world.NewProcessID(world.ClientGroup, n) }
	c, err := Parse("x.toml", []byte(`
		[[link]]
		from = "node-2"
		to = "node-1"
		loss = 0.25
		[[link]]
		from = "node-1"
		to = "node-3"
		latency = "10ms..90ms"
		duplicate = 1
		late = 0.5
		late_by = "1s"
		[[operation]]
		client = "client-2"
		get = "a"
		[[operation]]
		client = "client-1"
		put = "a"
		value = "x"
		at = "150ms"
		server = "node-3"
		[[operation]]
		client = "client-1"
		number = 4
		delete = "a"
		[[operation]]
		client = "client-1"
		get = "a"
		[[fault]]
		at = "client-1 sends 5"
		elect = "node-3"
		[[fault]]
		at = "1ms"
		skew = "node-1"
		rate = 1.5
		[[fault]]
		at = "1ms"
		lose_unsynced = "node-1"
		torn = true
		[[expect]]
		sometimes = "conflict repaired"
		[[expect]]
		never = "outcome unknown"
		[[expect]]
		answered = 4
		[[expect]]
		faults = 2
		[[expect]]
		violated = "QuorumLog"
		[[expect]]
		operation = "client-1/5"
		result = "error: key not found: a"
		[[expect]]
		log = "node-3"
		terms = [1, 1, 4]
		[[expect]]
		at = "400ms"
		log = "node-3"
		terms = [1]
		[[expect]]
		log = "node-2"
		terms = []
	`))
	if err != nil {
		t.Fatal(err)
	}
	for _, diff := range []string{
		cmp.Diff([]Link{
			{
				From: node(1), To: node(3), Latency: world.Range{Min: 10 * time.Millisecond, Max: 90 * time.Millisecond},
				Duplicate: 1, Late: 0.5, LateBy: world.Range{Min: time.Second, Max: time.Second},
			},
			{From: node(2), To: node(1), Loss: 0.25},
		}, c.Links),
		cmp.Diff([]Operation{
			{Client: client(1), Number: 1, Put: "a", Value: "x", At: 150 * time.Millisecond, Server: node(3)},
			{Client: client(1), Number: 4, Delete: "a"},
			{Client: client(1), Number: 5, Get: "a"},
			{Client: client(2), Number: 1, Get: "a"},
		}, c.Operations),
		cmp.Diff([]Fault{
			{Kind: LoseUnsynced, At: When{Kind: AtTime, Time: time.Millisecond}, Process: node(1), Torn: true},
			{Kind: Skew, At: When{Kind: AtTime, Time: time.Millisecond}, Process: node(1), Rate: 1500},
			{Kind: Elect, At: When{Kind: AtSend, Process: client(1), Number: 5}, Process: node(3)},
		}, c.Faults),
		cmp.Diff([]Expect{
			{Sometimes: "conflict repaired"},
			{Never: "outcome unknown"},
			{Answered: 4},
			{Faults: 2},
			{Violated: "QuorumLog"},
			{Operation: "client-1/5", Result: "error: key not found: a"},
			{Log: node(3), Terms: []int{1, 1, 4}},
			{Log: node(3), Terms: []int{1}, At: 400 * time.Millisecond},
			{Log: node(2), Terms: []int{}},
		}, c.Expects),
	} {
		if diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	roundTrip(t, c)
	golden.Compare(t, "testdata/rows.golden", string(c.TOML()))
}
