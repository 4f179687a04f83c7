package shrink

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/world"
)

// lossy is a world in which rates lose and double messages by chance, and requests those that they name. It violates
// the invariant when these were, all of them.
func lossy(lost, doubled []world.CausalID) *fake {
	const sent = 60
	messages := func(c *config.Config) []Message {
		var all []Message
		for id := world.CausalID(1); id <= sent; id++ {
			m := Message{ID: id, What: fmt.Sprintf("message %d", id)}
			m.Lost = c.Network.Loss > 0 && id%2 == 0 || hasFault(c, config.Fault{Kind: config.Drop, Message: id}) ||
				id%5 == 0 && slices.ContainsFunc(c.Links, func(l config.Link) bool { return l.Loss > 0 })
			m.Doubled = c.Network.Duplicate > 0 && id%3 == 0 || hasFault(c, config.Fault{Kind: config.Duplicate, Message: id})
			if m.Lost || m.Doubled {
				all = append(all, m)
			}
		}
		return all
	}
	return &fake{messages: messages, violates: func(c *config.Config) string {
		for _, id := range lost {
			if !slices.ContainsFunc(messages(c), func(m Message) bool { return m.ID == id && m.Lost }) {
				return ""
			}
		}
		for _, id := range doubled {
			if !slices.ContainsFunc(messages(c), func(m Message) bool { return m.ID == id && m.Doubled }) {
				return ""
			}
		}
		return wanted
	}}
}

// TestRatesBecomeFaults has messages be lost and doubled by rates: the result names those that matter, and has no
// rates.
func TestRatesBecomeFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lost, doubled []world.CausalID }{
		{}, // all go; of the next, each kind has messages that go and some that stay
		{lost: []world.CausalID{2, 12, 40, 55}, doubled: []world.CausalID{12, 33}},
	} {
		whole := generated(t, 7)
		whole.Network.Loss, whole.Network.Duplicate = 0.5, 0.3
		f := lossy(c.lost, c.doubled)
		r, err := Shrink(t.Context(), whole, Options{World: f.world()})
		if err != nil {
			t.Fatal(err)
		}
		minimal(t, r.Config, f.violates)
		var want []config.Fault
		for _, id := range c.lost {
			want = append(want, config.Fault{Kind: config.Drop, Message: id})
		}
		for _, id := range c.doubled {
			want = append(want, config.Fault{Kind: config.Duplicate, Message: id})
		}
		if diff := cmp.Diff(want, r.Config.Faults); diff != "" || r.After.Faults != len(want) {
			t.Errorf("the faults are (-want +got)\n%s\nof size %+v", diff, r.After)
		}
		for _, id := range slices.Concat(c.lost, c.doubled) {
			if note := fmt.Sprintf("# message %d\n[[fault]]\n", id); !strings.Contains(string(r.File()), note) {
				t.Errorf("the file does not say of which message it speaks: %q is not in\n%s", note, r.File())
			}
		}
	}
}

// TestRatesAreKept where the requests for their messages do not do the same.
func TestRatesAreKept(t *testing.T) {
	t.Parallel()
	c := generated(t, 7)
	c.Network.Loss, c.Network.Duplicate, c.Network.Late = 0.5, 0.5, 0.5
	f := &fake{violates: func(c *config.Config) string { return when(c.Network.Loss > 0) }}
	r, err := Shrink(t.Context(), c, Options{World: f.world()})
	if err != nil {
		t.Fatal(err)
	}
	if !(r.Config.Network.Loss > 0) || r.After != (Size{Faults: 1, Servers: 3, Kind: "node"}) {
		t.Errorf("what is left is %+v", r.After)
	}
}
