package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/race"
	"github.com/raftkv/raftkv/traces"
)

var (
	dropSeeds = race.Fewer(6, 1)
	idSeeds   = race.Fewer[uint64](300, 50)
)

// TestDropDiffersOnlyInItsCone drops each message of the default run, and every third of five other seeds, in turn:
// nothing changes but what the loss can have caused.
func TestDropDiffersOnlyInItsCone(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 7, 23, 42}[:dropSeeds] {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			every := 3
			if seed == 1 {
				every = 1
			}
			dropEvery(t, every, seeded(seed), "")
		})
	}
}

// TestDropOfLateMessages is the same where one in eight messages arrives late, most of them after their calls are given
// up.
func TestDropOfLateMessages(t *testing.T) {
	for _, seed := range []uint64{3, 23}[:min(2, dropSeeds)] {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			dropEvery(t, 3, late(seed), " -set network.late=0.125 -set network.late_by=50ms..900ms")
		})
	}
}

// late is the default run with late messages.
func late(seed uint64) *config.Config {
	c := seeded(seed)
	c.Network.Late, c.Network.LateBy = 0.125, world.Range{Min: 50 * time.Millisecond, Max: 900 * time.Millisecond}
	return c
}

// dropEvery drops every so many messages of a run, one at a time.
func dropEvery(t *testing.T, every int, c *config.Config, flags string) {
	t.Helper()
	before := run(t, c)
	messages := before.messages()
	if len(messages) < 150 {
		t.Fatalf("the run has %d messages: too few to be the default run", len(messages))
	}
	wereLate := 0
	for i, m := range messages {
		if hasEvent(before.byID[m.id], "delay") {
			wereLate++
		}
		if i%every > 0 {
			continue
		}
		after := run(t, dropping(c, m.id))
		checkDrop(t, c.Seed, flags, m, before, after)
	}
	if n := int(c.Network.Late * float64(len(messages))); wereLate < n/2 {
		t.Errorf("%d of %d messages were late, want about %d", wereLate, len(messages), n)
	}
}

func checkDrop(t *testing.T, seed uint64, flags string, lost message, before, after execution) {
	t.Helper()
	sender := after.byID[lost.id]
	if sender == nil || !hasEvent(sender, "drop") {
		t.Errorf("seed %d: the sender's span of %s has no event drop", seed, lost.id)
	}
	for i := range after.spans {
		s := &after.spans[i]
		if s.Parent == lost.id && !lost.reply && s.Service == lost.to {
			t.Errorf("seed %d: %s was dropped, and %s handled it in span %s", seed, lost.id, lost.to, s.ID)
		}
	}
	if found := strayed(lost, before, after); len(found) > 0 {
		t.Errorf("seed %d: the loss of %s (%s to %s) changed %d spans outside its causal cone; see: go run ./cmd/run -seed %d%s -drop %s\n%s",
			seed, lost.id, lost.from, lost.to, len(found), seed, flags, lost.id, strings.Join(found[:min(3, len(found))], "\n"))
	}
}

func hasEvent(s *traces.Span, name string) bool {
	return slices.ContainsFunc(s.Events, func(e traces.Event) bool { return e.Name == name })
}

// TestNotificationIsCheapToLose drops each CommitNotification to node 5: hardly anything hangs on it.
func TestNotificationIsCheapToLose(t *testing.T) {
	for _, seed := range []uint64{1, 7, 23} {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			c := seeded(seed)
			before := run(t, c)
			dropped := 0
			for _, m := range before.messages() {
				if s := before.byID[m.id]; s.Name != "raft.commit_notification" || m.to != "node-5" {
					continue
				}
				dropped++
				after := run(t, dropping(c, m.id))
				if n, most := differing(before, after), max(len(before.spans), len(after.spans)); n*20 > most {
					t.Errorf("seed %d: the loss of notification %s to node-5 changed %d of %d spans, more than 5 %%; see: go run ./cmd/run -seed %d -drop %s",
						seed, m.id, n, most, seed, m.id)
				}
			}
			if dropped < 10 {
				t.Errorf("node-5 got %d notifications: too few to say anything", dropped)
			}
		})
	}
}

// TestOneMoreRequestChangesNothingBefore gives each client a sixth operation: what ended before the first of them began
// is the same.
func TestOneMoreRequestChangesNothingBefore(t *testing.T) {
	for _, c := range slices.Concat(each(20, seeded), each(20, late)) {
		six := c.Clone()
		six.RequestsPerClient = 6
		same, found := changedBefore(run(t, c), run(t, six))
		if len(found) > 0 {
			t.Errorf("seed %d: %d spans ended before the first additional request, and differ:\n%s", c.Seed, len(found),
				strings.Join(found[:min(3, len(found))], "\n"))
		}
		if same < 100 {
			t.Errorf("seed %d: only %d spans ended before the first additional request", c.Seed, same)
		}
	}
}

// each are the runs of so many seeds.
func each(seeds uint64, configured func(seed uint64) *config.Config) (all []*config.Config) {
	for seed := range seeds {
		all = append(all, configured(seed+1))
	}
	return all
}

// changedBefore compares a run with one of more requests: the spans that ended before the first additional one began,
// those that are the same and those that are not.
func changedBefore(before, after execution) (same int, found []string) {
	first := after.lastOperationEnd()
	for i := range after.spans {
		if s := &after.spans[i]; strings.HasPrefix(s.Name, "kv.") && before.byID[s.ID] == nil && s.Start.Before(first) {
			first = s.Start
		}
	}
	for i := range after.spans {
		s := &after.spans[i]
		if s.Name == "raftkv.run" || !s.End.Before(first) {
			continue
		}
		if other := before.byID[s.ID]; other == nil || describe(s) != describe(other) {
			found = append(found, "+ "+describe(s))
			continue
		}
		same++
	}
	return same, found
}

// stream is a shared stream of random numbers: SplitMix64 from a seed.
func stream(seed uint64) func() uint64 {
	return func() uint64 {
		seed++
		return world.Draw(seed, 0, 0)
	}
}

// TestSharedStreamIsSeen plants what the world does without, a stream of random numbers that all messages share. Every
// check of local difference must see it.
func TestSharedStreamIsSeen(t *testing.T) {
	t.Parallel()
	c := seeded(1)
	before := runWith(t, c, drawnAhead(stream(1), c))
	outsideCone, dear := 0, 0
	for _, m := range before.messages() {
		after := runWith(t, dropping(c, m.id), drawnAhead(stream(1), c))
		if len(strayed(m, before, after)) > 0 {
			outsideCone++
		}
		if before.byID[m.id].Name == "raft.commit_notification" && m.to == "node-5" &&
			20*differing(before, after) > len(before.spans) {
			dear++
		}
		if outsideCone > 0 && dear > 0 {
			break // it is seen
		}
	}
	if outsideCone == 0 {
		t.Error("the losses in a world with a shared stream seem to change nothing outside their causal cones")
	}
	if dear == 0 {
		t.Error("the loss of a notification in a world with a shared stream seems to change hardly anything")
	}
	six := c.Clone()
	six.RequestsPerClient = 6
	if _, found := changedBefore(before, runWith(t, six, drawnAhead(stream(1), six))); len(found) == 0 {
		t.Error("operations drawn ahead from a shared stream seem to change nothing before the first additional request")
	}
}

// drawnAhead is a stream from which the clients' operations were drawn before the run began.
func drawnAhead(next func() uint64, c *config.Config) func() uint64 {
	for range c.NumClients * c.RequestsPerClient {
		next()
	}
	return next
}

// TestIDsAreUnique looks for two spans of one run that share an id, and for a zero one, over many seeds.
func TestIDsAreUnique(t *testing.T) {
	t.Parallel()
	unique(t, idSeeds, seeded)
}

// TestIDsAreUniqueOutOfOrder is the same where messages overtake each other, and a follower refuses what follows that
// which it acknowledged just now.
func TestIDsAreUniqueOutOfOrder(t *testing.T) {
	t.Parallel()
	unique(t, max(1, idSeeds/15), func(seed uint64) *config.Config {
		c := seeded(seed)
		c.RequestsPerClient *= 5
		c.Network.Latency = world.Range{Min: time.Millisecond, Max: 27 * time.Millisecond}
		c.Settings.(*raftrun.Settings).MaxEntries, c.Settings.(*raftrun.Settings).MaxInflight = 1, 32
		return c
	})
}

func unique(t *testing.T, seeds uint64, configured func(seed uint64) *config.Config) {
	t.Helper()
	for seed := range seeds {
		e := run(t, configured(seed+1))
		if len(e.byID) != len(e.spans) {
			t.Errorf("seed %d: %d spans have %d ids between them", seed+1, len(e.spans), len(e.byID))
		}
		if e.byID[0] != nil {
			t.Errorf("seed %d: %s has the id 0", seed+1, describe(e.byID[0]))
		}
	}
}
