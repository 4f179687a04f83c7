package diff

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/race"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/read"
)

// scenario is the resolved config of a built-in scenario.
func scenario(t testing.TB, name string, overrides ...config.Override) *config.Config {
	t.Helper()
	return recorded.ConfigWith(t, name, "", overrides...).Config
}

// traced carries out a run, and returns its trace file and whether every message that its config names was sent.
func traced(t testing.TB, c *config.Config) (file []byte, met bool) {
	t.Helper()
	file, result := recorded.Trace(t, c, cluster.Options{Unchecked: true})
	return file, len(result.Unmet) == 0
}

func dropping(c *config.Config, id world.CausalID) *config.Config {
	d := c.Clone()
	d.Faults = append(d.Faults, config.Fault{Kind: config.Drop, Message: id})
	return d
}

func indexed(t testing.TB, name string, file []byte) *diff.Trace {
	t.Helper()
	x, err := diff.ReadInput(context.Background(), name, bytes.NewReader(file), protocols.OfBeginning(file).Diff,
		diff.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func spansOf(t testing.TB, file []byte) []traces.Span {
	t.Helper()
	var all []traces.Span
	for s, err := range read.NewReader("trace", bytes.NewReader(file)).All() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// messages are the ids of messages that were sent and not lost, evenly chosen.
func messages(all []traces.Span, most int) []world.CausalID {
	var ids []world.CausalID
	for i := range all {
		s := &all[i]
		sends := s.Kind == trace.SpanKindClient || s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindProducer
		if sends && !slices.ContainsFunc(s.Events, func(e traces.Event) bool { return e.Name == worldspans.EventDrop }) {
			ids = append(ids, s.ID)
		}
	}
	for len(ids) > most {
		step := float64(len(ids)) / float64(most)
		chosen := make([]world.CausalID, 0, most)
		for i := range most {
			chosen = append(chosen, ids[int(float64(i)*step)])
		}
		ids = chosen
	}
	return ids
}

// alsoDropped are messages whose losses had a consequence once of which no cause was found.
var alsoDropped = map[string][]world.CausalID{
	"paxos-everything": {0x3268bbc4382c73c7, 0x5251700d107e08b6}, // the crash that an answer is lost by comes later
	"everything":       {0xadefbffa216cbb5f},                     // a message that waited says something else, too
	"paxos-backoff":    {0x57dc643e1ce75ea8},                     // a heartbeat, while the other run ends
	"paxos-duel":       {0xabaed61637f550ea},                     // a heartbeat waits for a message that is lost
}

// TestDrop loses messages of every scenario, one at a time: the first divergence is that loss, its id stands within the
// first ten lines, what differs comes of it, what is called independent is the same in the files, and with the sides
// swapped all of it is said the same.
func TestDrop(t *testing.T) {
	for _, s := range library.BuiltIn() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			most := race.Fewer(8, 4) // messages of a scenario that are lost, one at a time
			if s.Name == library.Default {
				most = race.Fewer(30, 10)
			}
			c := scenario(t, s.Name)
			if s.Name == "lying-disk" { // it goes on without an end, and says the same of each second
				c.MaxDuration = 3 * time.Second
			}
			file, _ := traced(t, c)
			raw, a, dropped := rawSpans(t, file), indexed(t, "a", file), 0
			for _, id := range append(messages(spansOf(t, file), most), alsoDropped[s.Name]...) {
				other, met := traced(t, dropping(c, id))
				if !met {
					continue // such as the answer of a server that crashed before it sent it
				}
				dropped++
				checkDrop(t, s.Name, id, a, indexed(t, "b", other), raw, rawSpans(t, other))
			}
			if dropped < most/2 {
				t.Errorf("only %d messages were dropped", dropped)
			}
		})
	}
}

func checkDrop(t *testing.T, name string, id world.CausalID, a, b *diff.Trace, before, after map[string]rawSpan) {
	t.Helper()
	again := fmt.Sprintf("go run ./cmd/run -drop %s %s", id, name)
	d, err := diff.Compare(t.Context(), a, b, diff.Options{Max: defaultMax})
	if err != nil {
		t.Fatal(err)
	}
	if d.First == nil || d.First.Span.ID != id.String() || d.First.Reason.Kind != diff.ReasonCounterfactual {
		t.Errorf("%s: the first divergence is %+v, and not the loss", again, d.First)
		return
	}
	text := (&report{d: d, width: 80, options: &options{runs: [2]string{"a", "b"}}}).String()
	if head := strings.Join(strings.SplitN(text, "\n", 11)[:10], "\n"); !strings.Contains(head, id.String()) {
		t.Errorf("%s: the id is not within the first ten lines:\n%s", again, head)
	}
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 && !strings.HasPrefix(line, "next") {
			t.Errorf("%s: a line is %d characters long:\n%s", again, n, line)
		}
	}
	checkSame(t, again, d, before, after)
	checkUnexplained(t, again, d, before, after)
	checkMirrored(t, again, d, a, b, diff.Options{Max: defaultMax})
}
