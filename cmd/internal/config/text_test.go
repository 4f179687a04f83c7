package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parsed(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse("x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestWithDefault gives keys their usual values, one after the other: nothing else changes, and in the end nothing is
// left of them.
func TestWithDefault(t *testing.T) {
	c := parsed(t, everything)
	keys := c.Changes()
	if len(keys) < 20 {
		t.Fatalf("only %q differ from the default", keys)
	}
	for i, key := range keys {
		before := c.Clone()
		c = c.WithDefault(key)
		if !slices.Equal(keys[i+1:], c.Changes()) {
			t.Fatalf("after %s was restored, %q differ from the default, and should %q", key, c.Changes(), keys[i+1:])
		}
		if diff := cmp.Diff(before.Faults, c.Faults) + cmp.Diff(before.Expects, c.Expects); diff != "" {
			t.Errorf("restoring %s changes the rows:\n%s", key, diff)
		}
		if !slices.Contains(before.Changes(), key) {
			t.Errorf("restoring %s changes the config that it is restored in", key)
		}
	}
}

// TestMinimal says what differs from the default, and what a reader asks first.
func TestMinimal(t *testing.T) {
	c := parsed(t, `
		raft.max_entries = 1
		[[fault]]
		at = "1ms"
		crash = "node-1"
		[[fault]]
		at = "2ms"
		restart = "node-1"
	`)
	got := string(c.Minimal(Notes{
		Head:  []string{"one", "two"},
		Fault: func(f Fault) string { return strings.TrimSuffix("why crash", " "+string(f.Kind)) },
	}))
	want := `# one
# two
scenario = "x"
num_nodes = 5
num_clients = 3
seed = 1
max_duration = "60s"

[raft]
max_entries = 1

# why
[[fault]]
at = "1ms"
crash = "node-1"

# why crash
[[fault]]
at = "2ms"
restart = "node-1"
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the minimal text (-want +got):\n%s", diff)
	}
}

// TestCanonical sorts the rows, and refuses what makes no sense.
func TestCanonical(t *testing.T) {
	c := parsed(t, everything)
	mixed := c.Clone()
	slices.Reverse(mixed.Faults)
	again, err := mixed.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Errorf("the order of faults is not restored (-want +got):\n%s", diff)
	}
	mixed.Counts[0].Number = 0
	if _, err := mixed.Canonical(); err == nil {
		t.Error("a config without nodes makes sense")
	}
}
