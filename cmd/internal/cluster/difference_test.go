package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces"
)

// TestDropDiffersOnlyInItsCone drops each message of the default run, and of five other seeds, in turn: nothing changes but what the loss can have caused.
func TestDropDiffersOnlyInItsCone(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 7, 23, 42} {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			c := seeded(seed)
			before := run(t, c)
			messages := before.messages()
			if len(messages) < 150 {
				t.Fatalf("the run has %d messages: too few to be the default run", len(messages))
			}
			for _, m := range messages {
				after := run(t, dropping(c, m.id))
				checkDrop(t, seed, m, before, after)
			}
		})
	}
}

func checkDrop(t *testing.T, seed uint64, lost message, before, after execution) {
	t.Helper()
	sender := after.byID[lost.id]
	if sender == nil || !slices.ContainsFunc(sender.Events, func(e traces.Event) bool { return e.Name == "drop" }) {
		t.Errorf("seed %d: the sender's span of %s has no event drop", seed, lost.id)
	}
	for i := range after.spans {
		s := &after.spans[i]
		if s.Parent == lost.id && !lost.reply && s.Service == lost.to {
			t.Errorf("seed %d: %s was dropped, and %s handled it in span %s", seed, lost.id, lost.to, s.ID)
		}
	}
	if found := strayed(lost, before, after); len(found) > 0 {
		t.Errorf("seed %d: the loss of %s (%s to %s) changed %d spans outside its causal cone; see: go run ./cmd/run -seed %d -drop %s\n%s",
			seed, lost.id, lost.from, lost.to, len(found), seed, lost.id, strings.Join(found[:min(3, len(found))], "\n"))
	}
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

// TestOneMoreRequestChangesNothingBefore gives each client a sixth operation: what ended before the first of them began is the same.
func TestOneMoreRequestChangesNothingBefore(t *testing.T) {
	for seed := range uint64(20) {
		c := seeded(seed + 1)
		six := c.Clone()
		six.RequestsPerClient = 6
		before := run(t, c)
		after := run(t, six)
		first := after.lastOperationEnd()
		for i := range after.spans {
			if s := &after.spans[i]; strings.HasPrefix(s.Name, "kv.") && before.byID[s.ID] == nil && s.Start.Before(first) {
				first = s.Start
			}
		}
		same := 0
		for i := range after.spans {
			s := &after.spans[i]
			if s.Name == "raftkv.run" || !s.End.Before(first) {
				continue
			}
			other := before.byID[s.ID]
			if other == nil || describe(s) != describe(other) {
				t.Errorf("seed %d: %s ended before the first additional request, and differs", seed+1, s.ID)
			}
			same++
		}
		if same < 100 {
			t.Errorf("seed %d: only %d spans ended before the first additional request", seed+1, same)
		}
	}
}

// TestIDsAreUnique looks for two spans of one run that share an id, and for a zero one, over many seeds.
func TestIDsAreUnique(t *testing.T) {
	for seed := range uint64(1000) {
		c := seeded(seed + 1)
		c.NumNodes, c.RequestsPerClient = 3+int(seed%3), 2
		e := run(t, c)
		if len(e.byID) != len(e.spans) {
			t.Errorf("seed %d: %d spans have %d ids between them", seed+1, len(e.spans), len(e.byID))
		}
		if e.byID[0] != nil {
			t.Errorf("seed %d: %s has the id 0", seed+1, describe(e.byID[0]))
		}
	}
}
