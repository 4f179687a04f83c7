package cluster_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/race"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/view"
)

// delivery is that a process was given a message.
type delivery struct {
	message world.CausalID
	to      string
}

// drawn are the arrows of a page.
type drawn struct {
	arrived map[delivery]int       // how often an arrow goes from who sent it to who took it in
	untold  map[world.CausalID]int // how many copies of a message no span tells of
	lost    map[world.CausalID]int
	sent    map[world.CausalID]bool
}

func arrowsIn(x *index.Trace) drawn {
	d := drawn{map[delivery]int{}, map[world.CausalID]int{}, map[world.CausalID]int{}, map[world.CausalID]bool{}}
	for _, a := range view.Arrows(x) {
		from := x.Entry(a.From.Span).ID
		d.sent[from] = true
		switch {
		case a.To.Span != index.None:
			d.arrived[delivery{from, x.Shape(a.To.Span).Service}]++
		case a.Fate&view.FateUntold != 0:
			d.untold[from]++
		default:
			d.lost[from]++
		}
	}
	return d
}

// TestArrowsAreDeliveries compares, for every scenario, the arrows of the page with the messages that processes were
// given, and who sent something with who has an arrow. A trace that Jaeger has cut to microseconds has the same.
func TestArrowsAreDeliveries(t *testing.T) {
	seeds := race.Fewer[uint64](6, 1)
	var all []*config.Resolved
	for _, s := range library.BuiltIn() {
		all = append(all, recorded.Config(t, s.Name, ""))
	}
	for _, p := range protocols.Names() {
		for seed := range seeds {
			all = append(all, recorded.Config(t, "", "mixed", "protocol="+p, fmt.Sprintf("seed=%d", seed+1)))
		}
	}
	for _, c := range all {
		t.Run(c.Name(), func(t *testing.T) {
			t.Parallel()
			w, spans := witnessed(t, c)
			compareArrows(t, w, index.Of(spans, protocols.Replies()...))
			var jaeger bytes.Buffer
			if err := export.WriteJaeger(&jaeger, index.Of(spans, protocols.Replies()...)); err != nil {
				t.Fatal(err)
			}
			again, err := index.Read(t.Context(), index.Input("jaeger", bytes.NewReader(jaeger.Bytes())),
				index.Options{Lists: protocols.Lists(), Replies: protocols.Replies(), Resolution: read.JaegerResolution})
			if err != nil {
				t.Fatal(err)
			}
			compareArrows(t, w, again)
		})
	}
}

// compareArrows holds arrows against deliveries. A reply that comes when its call is over may be told by no span: a
// client does not, nor does a server that has crashed meanwhile. Then the message has an arrow that says so.
func compareArrows(t *testing.T, w *witness, x *index.Trace) {
	t.Helper()
	d := arrowsIn(x)
	given, untold := map[delivery]int{}, map[world.CausalID]int{}
	for _, s := range w.steps {
		for id := range s.sent {
			if !d.sent[id] {
				t.Errorf("message %s of %s has no arrow", id, s.process)
			}
		}
		if s.took == nil || s.took.From == 0 {
			continue
		}
		of := delivery{s.took.ID, s.process}
		if s.undone && d.lost[of.message] > 0 {
			continue // its receiver crashed as it handled it
		}
		if given[of]++; given[of] <= d.arrived[of] {
			continue
		}
		untold[of.message]++
		if s.took.InReplyTo == 0 || len(s.began) > 0 || slices.Contains(s.ended, s.took.InReplyTo) {
			t.Errorf("message %s was given to %s %d times, and has %d arrows", of.message, of.to, given[of], d.arrived[of])
		}
	}
	for of, n := range d.arrived {
		if given[of] < n {
			t.Errorf("message %s has %d arrows to %s, which was given it %d times", of.message, n, of.to, given[of])
		}
	}
	for id, n := range untold {
		if d.untold[id] < n {
			t.Errorf("message %s was given %d times when its call was over, and %d arrows say so", id, n, d.untold[id])
		}
	}
}
