package shrink

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/record"
)

// oneAfterTheOther is when a client's operations begin that each take a millisecond.
func oneAfterTheOther(c *config.Config) map[string]time.Duration {
	begins, now := map[string]time.Duration{}, time.Duration(0)
	for _, o := range c.Operations {
		now = max(now+time.Millisecond, o.At)
		begins[fmt.Sprintf("%v/%d", o.Client, o.Number)] = now
	}
	return begins
}

// TestTimesAreWritten has a violation that needs one of many operations to begin when it does, and a later one to begin
// at any time: those before them can go nevertheless, and the later one has no time of its own then.
func TestTimesAreWritten(t *testing.T) {
	t.Parallel()
	const operations, timed = 38, 20
	const at = timed * time.Millisecond
	c := config.Default()
	c.NumClients, c.RequestsPerClient = 1, operations
	f := &fake{begins: oneAfterTheOther, violates: func(c *config.Config) string {
		begins := oneAfterTheOther(c)
		return when(begins[fmt.Sprintf("client-1/%d", timed)] == at && begins[fmt.Sprintf("client-1/%d", operations)] > 0)
	}}
	r, err := Shrink(t.Context(), c, Options{World: f.world()})
	if err != nil {
		t.Fatal(err)
	}
	times := map[int]time.Duration{}
	for _, o := range r.Config.Operations {
		times[o.Number] = o.At
	}
	if diff := cmp.Diff(map[int]time.Duration{timed: at, operations: 0}, times); diff != "" || !r.Minimal {
		t.Errorf("minimal: %t (-want +got):\n%s", r.Minimal, diff)
	}
}

// TestLongWaysAreGivenUp has the ways that write out times lead to one operation. On the others all operations are
// needed, and of each two faults another one by each way.
func TestLongWaysAreGivenUp(t *testing.T) {
	t.Parallel()
	const operations, pairs, few = 10, 14, 100 // runs that the ways take that lead to one operation
	c := config.Default()
	c.NumClients, c.RequestsPerClient = 1, operations
	for i := range 2 * pairs {
		c.Faults = append(c.Faults, config.Fault{
			At: config.When{Kind: config.AtTime, Time: time.Duration(i+1) * time.Millisecond}, Kind: config.Elect,
			Process: node(1 + i/2%5),
		})
	}
	f := &fake{begins: oneAfterTheOther, violates: func(c *config.Config) string {
		left := map[time.Duration]bool{}
		for _, fault := range c.Faults {
			left[(fault.At.Time/time.Millisecond-1)/2] = true
		}
		last := oneAfterTheOther(c)[fmt.Sprintf("client-1/%d", operations)] == operations*time.Millisecond
		return when(last && (c.Operations[len(c.Operations)-1].At > 0 || len(left) == pairs))
	}}
	r, err := Shrink(t.Context(), c, Options{World: f.world()})
	if err != nil {
		t.Fatal(err)
	}
	if most := few + plainWays*longestWay; !r.Minimal || r.After.Operations != 1 || r.After.Faults > 0 || r.Runs > most {
		t.Errorf("minimal: %t, %s are left in %d runs, want one operation in at most %d", r.Minimal, r.After, r.Runs, most)
	}
}

// TestWrittenTimesChangeNothing compares a run with the one that has the times of its operations written out.
func TestWrittenTimesChangeNothing(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Client.ThinkTime = world.Range{Max: 40 * time.Millisecond}
	c.Network.Loss = 0.1
	c.Faults = []config.Fault{
		{At: config.When{Kind: config.AtTime, Time: 80 * time.Millisecond}, Kind: config.Crash, Process: node(1)},
		{At: config.When{Kind: config.AtTime, Time: 200 * time.Millisecond}, Kind: config.Restart, Process: node(1)},
	}
	c = written(c)
	before := spansOf(t, c)
	s := newShrinker(t.Context(), Options{World: World{
		Run: (&fake{violates: func(*config.Config) string { return wanted }}).world().Run,
	}})
	if !s.begin(c) {
		t.Fatal(s.err)
	}
	s.writeTimes()
	if i := slices.IndexFunc(s.config.Operations, func(o config.Operation) bool { return o.At < c.Client.Start }); i >= 0 {
		t.Errorf("%+v has no time", s.config.Operations[i])
	}
	if diff := cmp.Diff(before, spansOf(t, s.config)); diff != "" {
		t.Errorf("with the times written out the run is another one (-before +after):\n%.2000s", diff)
	}
}

// moments are the ends of a run's spans: what each is, and from when to when.
type moments []string

// spansOf carries out a run for its spans, but for the first, which tells the config.
func spansOf(t *testing.T, c *config.Config) moments {
	t.Helper()
	var all moments
	recorder := record.NewRecorder(record.RecorderOptions{}, &all)
	if _, err := cluster.New(c, cluster.Options{Recorder: recorder}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := recorder.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return all[1:]
}

// Export implements record.Exporter.
func (m *moments) Export(_ context.Context, s *span.Span) error {
	*m = append(*m, fmt.Sprintf("%s %s of %s, from %s to %s", s.ID, s.Name, s.Service, s.Start, s.End))
	return nil
}

// Shutdown implements record.Exporter.
func (*moments) Shutdown(context.Context) error { return nil }
