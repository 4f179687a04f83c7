package config

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/raftkv/world"
)

func TestFaultsAreReadAndWritten(t *testing.T) {
	node := func(n uint32) world.ProcessID { return world.NewProcessID(world.NodeGroup, n) }
	client := world.NewProcessID(world.ClientGroup, 2)
	named := func(n uint32) Target { return Target{Process: node(n)} }
	c, err := Parse("x.toml", []byte(`
		[[fault]]
		at = "60ms"
		crash = "leader"
		[[fault]]
		at = "61ms"
		restart = "the crashed one"
		[[fault]]
		at = "62ms"
		isolate = "the newest candidate"
		[[fault]]
		at = "63ms"
		partition = [["others"], ["follower", "a follower", "node-2"], ["the leader"]]
		[[fault]]
		at = "64ms"
		rollback = "a follower"
		by = "20ms"
		[[fault]]
		at = "65ms"
		stall = "node-1"
		by = "9ms"
		[[fault]]
		at = "66ms"
		skip_sync = "node-2"
		[[fault]]
		duplicate = "00F067aa0ba902b7"
		[[fault]]
		by = "40ms"
		delay = "00f067aa0ba902b7"
		[[fault]]
		at = "client-2 sends 3"
		heal = "all"
		[[fault]]
		at = "index 4 commits"
		partition = [["node-3", "node-2"], ["node-1", "client-2"]]
		[[fault]]
		at = "index 4 commits"
		partition = [["node-3", "node-2"], ["node-1", "client-2"]]
		one_way = true
		[[fault]]
		at = "node-1 becomes leader"
		skew = "node-1"
		by = "-3ms"
		[[fault]]
		at = "0.04s"
		crash = "node-1"
		[[fault]]
		at = "50ms"
		crash = "node-1"
		[[fault]]
		at = "5ms"
		heal = "node-2"
		[[fault]]
		drop = "00f067aa0ba902b8"
		[[expect]]
		leader = "node-2"
	`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Fault{
		{Kind: Delay, Message: 0x00f067aa0ba902b7, By: 40 * time.Millisecond},
		{Kind: Drop, Message: 0x00f067aa0ba902b8},
		{Kind: Duplicate, Message: 0x00f067aa0ba902b7},
		{Kind: Heal, At: When{Kind: AtTime, Time: 5 * time.Millisecond}, Process: node(2)},
		{Kind: Crash, At: When{Kind: AtTime, Time: 40 * time.Millisecond}, Process: node(1)},
		{Kind: Crash, At: When{Kind: AtTime, Time: 50 * time.Millisecond}, Process: node(1)},
		{Kind: Crash, At: When{Kind: AtTime, Time: 60 * time.Millisecond}, Who: WhoLeader},
		{Kind: Restart, At: When{Kind: AtTime, Time: 61 * time.Millisecond}, Who: WhoCrashed},
		{Kind: Isolate, At: When{Kind: AtTime, Time: 62 * time.Millisecond}, Who: WhoCandidate},
		{Kind: Partition, At: When{Kind: AtTime, Time: 63 * time.Millisecond}, Sides: [][]Target{
			{{Who: WhoFollower}, {Who: WhoFollower}, named(2)}, {{Who: WhoLeader}}, {{Who: WhoOthers}},
		}},
		{
			Kind: Rollback, At: When{Kind: AtTime, Time: 64 * time.Millisecond}, Who: WhoFollower,
			By: 20 * time.Millisecond,
		},
		{Kind: Stall, At: When{Kind: AtTime, Time: 65 * time.Millisecond}, Process: node(1), By: 9 * time.Millisecond},
		{Kind: SkipSync, At: When{Kind: AtTime, Time: 66 * time.Millisecond}, Process: node(2)},
		{
			Kind: Skew, At: When{Kind: AtRole, Process: node(1), Role: "leader"}, Process: node(1),
			By: -3 * time.Millisecond,
		},
		{
			Kind: Partition, At: When{Kind: AtCommit, Number: 4},
			Sides: [][]Target{{named(1), {Process: client}}, {named(2), named(3)}},
		},
		{
			Kind: Partition, At: When{Kind: AtCommit, Number: 4},
			Sides: [][]Target{{named(2), named(3)}, {named(1), {Process: client}}}, OneWay: true,
		},
		{Kind: Heal, At: When{Kind: AtSend, Process: client, Number: 3}},
	}
	if diff := cmp.Diff(want, c.Faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Expect{{Leader: node(2)}}, c.Expects); diff != "" {
		t.Errorf("expects (-want +got):\n%s", diff)
	}
	roundTrip(t, c)
	golden.Compare(t, "testdata/faults.golden", string(c.TOML()))

	drop, delay, duplicate := c.Counterfactuals()
	got := fmt.Sprint(drop, delay, duplicate)
	if want := "[00f067aa0ba902b8] map[00f067aa0ba902b7:40ms] [00f067aa0ba902b7]"; got != want {
		t.Errorf("counterfactuals are %s, want %s", got, want)
	}
}
