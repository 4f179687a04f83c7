package nearest

import (
	"strings"
	"testing"
)

// TestNear names nothing where nothing is near.
func TestNear(t *testing.T) {
	for name, want := range map[string]string{
		"figure-9": "figure-7", "leader": "leader-crash", "elections": "",
		"1-100": "",
	} {
		if got := Near(name, []string{"default", "everything", "figure-7", "leader-crash", "storm"}); got != want {
			t.Errorf("near %q is %q, want %q", name, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	if got := Name("x", nil); got != "" {
		t.Errorf("the nearest of nothing is %q", got)
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"ab", "ba", 1}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {
		"é", "e",
		1,
	}, {strings.Repeat("x", 1<<20), "", 64}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("the distance of %.10q and %q is %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
