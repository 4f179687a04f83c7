package export

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// importers are how Perfetto's importers make nanoseconds of the numbers in a file: the older one cuts off what is
// behind the point, and the newer one rounds.
var importers = map[string]func(microseconds float64) int64{
	"older": func(n float64) int64 { return int64(n * 1000) },
	"newer": func(n float64) int64 { return int64(math.Round(n * 1000)) },
}

// TestPerfettoReadsTheTimes reads the file of every scenario as Perfetto's importers do: each span has its times to the
// nanosecond, what shares a track nests, and no two tracks are called alike.
func TestPerfettoReadsTheTimes(t *testing.T) {
	for _, s := range library.BuiltIn() {
		all, err := read.ReadAll(recorded.Run(t, s.Name))
		if err != nil {
			t.Fatal(err)
		}
		file := perfettoFile(t, all)
		for name, read := range importers {
			checkTimes(t, s.Name+", "+name, all, file, read)
		}
		called := map[string]bool{}
		for _, e := range file {
			if e.Name != "thread_name" {
				continue
			}
			if called[e.Args.Name] {
				t.Errorf("%s: two tracks are called %q", s.Name, e.Args.Name)
			}
			called[e.Args.Name] = true
		}
	}
}

type perfettoEvent struct {
	Ph, Name string
	PID, TID int
	TS, Dur  float64
	Args     struct {
		Name string
		ID   string `json:"span id"`
	}
}

func perfettoFile(t *testing.T, all []traces.Span) []perfettoEvent {
	t.Helper()
	var b bytes.Buffer
	if err := export.WritePerfetto(&b, index.Of(all)); err != nil {
		t.Fatal(err)
	}
	var file struct{ TraceEvents []perfettoEvent }
	if err := json.Unmarshal(b.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	return file.TraceEvents
}

func checkTimes(t *testing.T, how string, all []traces.Span, file []perfettoEvent, read func(float64) int64) {
	t.Helper()
	byID, epoch := map[string]*traces.Span{}, time.Time{}
	for i := range all {
		s := &all[i]
		byID[s.ID.String()] = s
		if s.Name == worldspans.RunName {
			epoch = s.Start
		}
	}
	type track struct{ pid, tid int }
	open, count := map[track][]int64{}, 0 // the ends of the slices that are open on each track, the innermost last
	for _, e := range file {
		if e.Ph != "X" {
			continue
		}
		s, begins, takes := byID[e.Args.ID], read(e.TS), read(e.Dur)
		if begins != int64(s.Start.Sub(epoch)) || takes != int64(s.End.Sub(s.Start)) {
			t.Errorf("%s: %s begins at %d and takes %d ns, want %d and %d", how, e.Args.ID, begins, takes, s.Start.Sub(epoch),
				s.End.Sub(s.Start))
		}
		on := track{e.PID, e.TID}
		list := open[on]
		for len(list) > 0 && list[len(list)-1] <= begins {
			list = list[:len(list)-1]
		}
		if len(list) > 0 && list[len(list)-1] < begins+takes {
			t.Errorf("%s: %s ends at %d, and what it is in at %d", how, e.Args.ID, begins+takes, list[len(list)-1])
		}
		open[on] = append(list, begins+takes)
		count++
	}
	if count != len(all) {
		t.Errorf("%s: %d slices of %d spans", how, count, len(all))
	}
}
