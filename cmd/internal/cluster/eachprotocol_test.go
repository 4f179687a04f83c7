package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/world/race"
)

var (
	lossesEach = race.Fewer(100, 10)
	seedsEach  = race.Fewer[uint64](5, 1)
)

// long are 30 operations of each client in a run of any protocol: with one server, too, there are messages enough.
func long(t *testing.T, protocol string, seed uint64, set ...string) *config.Config {
	t.Helper()
	set = append(slices.Clone(set), "protocol="+protocol, fmt.Sprintf("seed=%d", seed), "requests_per_client=30")
	return recorded.Config(t, "", "", set...).Config
}

// TestDropDiffersOnlyInItsConeInEachProtocol drops a hundred messages of a run of each protocol, one at a time, without
// and with messages that arrive late.
func TestDropDiffersOnlyInItsConeInEachProtocol(t *testing.T) {
	for _, name := range protocols.Names() {
		for _, set := range [][]string{nil, {"network.late=0.125", "network.late_by=50ms..900ms"}} {
			t.Run(fmt.Sprintf("%s/late=%t", name, set != nil), func(t *testing.T) {
				t.Parallel()
				c := long(t, name, 1, set...)
				flags := " -protocol " + name + " -requests 30"
				for _, keyValue := range set {
					flags += " -set " + keyValue
				}
				dropEvery(t, max(1, len(run(t, c).messages())/lossesEach), c, flags)
			})
		}
	}
}

// inEach is a test of each protocol, by its name.
func inEach(t *testing.T, test func(t *testing.T, protocol string)) {
	t.Helper()
	for _, name := range protocols.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name)
		})
	}
}

// TestOneMoreRequestInEachProtocol gives each client one more operation.
func TestOneMoreRequestInEachProtocol(t *testing.T) {
	inEach(t, func(t *testing.T, protocol string) {
		for seed := range seedsEach {
			c := long(t, protocol, seed+1)
			more := c.Clone()
			more.RequestsPerClient++
			same, found := changedBefore(run(t, c), run(t, more))
			if len(found) > 0 || same < 100 {
				t.Errorf("seed %d: before the first additional request %d spans are the same, and these differ:\n%s", c.Seed,
					same, strings.Join(found[:min(3, len(found))], "\n"))
			}
		}
	})
}

// TestSharedStreamIsSeenInEachProtocol plants a stream of random numbers that all messages share.
func TestSharedStreamIsSeenInEachProtocol(t *testing.T) {
	inEach(t, func(t *testing.T, protocol string) {
		c := long(t, protocol, 1)
		before := runWith(t, c, stream(1))
		seen := slices.ContainsFunc(before.messages(), func(m message) bool {
			return len(strayed(m, before, runWith(t, dropping(c, m.id), stream(1)))) > 0
		})
		if !seen {
			t.Error("the losses in a world with a shared stream seem to change nothing outside their causal cones")
		}
	})
}

// TestIDsAreUniqueInEachProtocol looks for two spans of one run that share an id.
func TestIDsAreUniqueInEachProtocol(t *testing.T) {
	inEach(t, func(t *testing.T, protocol string) {
		unique(t, 4*seedsEach, func(seed uint64) *config.Config {
			return long(t, protocol, seed, "network.duplicate=0.1")
		})
	})
}
