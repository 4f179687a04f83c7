package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/world/race"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// timed are faults of every kind, for a run of about a second.
var timed = []string{
	`crash = "node-1"`, `crash = "client-1"`, `isolate = "node-2"`,
	`partition = [["node-1", "node-2"], ["node-3", "node-4", "node-5"]]`,
	"partition = [[\"node-1\"], [\"node-3\"]]\none_way = true", `pause = "node-3"`,
	"slow = \"node-1\"\nby = \"2ms\"", "skew = \"node-2\"\nby = \"100ms\"",
	"skew = \"node-2\"\nby = \"-100ms\"", "skew = \"node-1\"\nrate = 0.5", `lose_unsynced = "node-4"`,
	"lose_unsynced = \"node-1\"\ntorn = true", `elect = "node-5"`,
	`heal = "all"`, `restart = "node-2"`, "stall = \"node-1\"\nby = \"8ms\"", `skip_sync = "node-2"`,
	"rollback = \"node-4\"\nby = \"1us\"",
	`crash = "the leader"`, `isolate = "a follower"`, `partition = [["the leader"], ["a follower", "node-2"]]`,
}

// healing ends whatever a fault began, so that runs finish.
const healing = `
[[fault]]
at = "700ms"
heal = "all"
[[fault]]
at = "700ms"
restart = "node-1"
[[fault]]
at = "700ms"
restart = "node-4"
`

// TestOneFaultChangesNothingBefore adds one fault to a run: all that ended before it is the same.
func TestOneFaultChangesNothingBefore(t *testing.T) {
	t.Parallel()
	for i, fault := range timed {
		for _, at := range []time.Duration{90 * ms, 333 * ms, 520 * ms} {
			text := healing
			if i%2 == 1 {
				text += "[[fault]]\nat = \"150ms\"\ncrash = \"node-1\"\n[[fault]]\nat = \"250ms\"\nrestart = \"node-1\"\n"
			}
			before := run(t, parse(t, text))
			after := run(t, parse(t, text+fmt.Sprintf("[[fault]]\nat = \"%s\"\n%s\n", at, fault)))
			same := 0
			for j := range before.spans {
				s := &before.spans[j]
				if s.Name == worldspans.RunName || !s.End.Before(epoch.Add(at)) {
					continue
				}
				same++
				if other := after.byID[s.ID]; other == nil || asEnded(s) != asEnded(other) {
					t.Errorf("%s at %s changed what ended before it: %s", fault, at, describe(s))
				}
			}
			for j := range after.spans {
				if s := &after.spans[j]; s.End.Before(epoch.Add(at)) && before.byID[s.ID] == nil {
					t.Errorf("%s at %s added what ended before it: %s", fault, at, describe(s))
				}
			}
			if same < 50 {
				t.Errorf("only %d spans end before %s", same, at)
			}
		}
	}
}

// TestDropDiffersOnlyInItsConeWithFaults drops messages of a run with a fault of every kind: the cones are those of a
// run without.
func TestDropDiffersOnlyInItsConeWithFaults(t *testing.T) {
	t.Parallel()
	text := `
		[[fault]]
		at = "150ms"
		slow = "node-2"
		by = "1ms"
		[[fault]]
		at = "200ms"
		partition = [["node-1", "node-2"], ["node-3", "node-4", "node-5"]]
		[[fault]]
		at = "300ms"
		crash = "node-4"
		[[fault]]
		at = "350ms"
		heal = "all"
		[[fault]]
		at = "400ms"
		restart = "node-4"
		[[fault]]
		at = "450ms"
		pause = "node-1"
		[[fault]]
		at = "500ms"
		skew = "node-3"
		by = "50ms"
		[[fault]]
		at = "550ms"
		skew = "node-5"
		rate = 1.5` + healing
	c := parse(t, text)
	before := run(t, c)
	messages := before.messages()
	if len(messages) < 500 {
		t.Fatalf("the run has %d messages: too few to say anything", len(messages))
	}
	stride := 7 // every so many messages, one is lost
	if race.Enabled {
		stride = 97
	}
	for i := 0; i < len(messages); i += stride {
		after := run(t, dropping(c, messages[i].id))
		checkDrop(t, c.Seed, "", messages[i], before, after)
	}
}
