package traces_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/record"
)

// server is what a server made of a small run, or the run's own file: see servers_test.go.
func server(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "servers", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// A Jaeger that was searched for each service gives a trace as often as services take part in it. It is read once; anything else that comes twice is told.
func TestReadAnswersThatOverlap(t *testing.T) {
	for _, name := range []string{"jaeger-v2.json", "jaeger-v3.json"} {
		file := server(t, name)
		want := read(t, file)
		if got := read(t, slices.Concat(file, file, file)); len(got) != len(want) {
			t.Errorf("%s three times has %d spans, and once %d", name, len(got), len(want))
		}
	}
	file := server(t, record.FileName)
	if once, twice := read(t, file), read(t, slices.Concat(file, file)); len(twice) != 2*len(once) {
		t.Errorf("lines twice have %d spans, and once %d", len(twice), len(once))
	}
	const one, two = `{"data":[{"spans":[{"traceID":"c","spanID":"a"}]}]}`, `{"data":[{"spans":[{"traceID":"c","spanID":"a"},{"traceID":"c","spanID":"b"}]}]}`
	if got := read(t, []byte(one+two)); len(got) != 3 {
		t.Errorf("of a trace that has grown there are %d spans, want 3: it is for others to find that an id is there twice", len(got))
	}
}

// Where times are cut, what is a microsecond apart may have been at the same time; two are too many, and one is where they are not cut.
func TestJudgeOfCutTimes(t *testing.T) {
	for name, c := range map[string]struct {
		move func(all []traces.Span, by time.Duration) // something is too late by so much
		says string
	}{
		"event": {func(all []traces.Span, by time.Duration) {
			s := &all[find(all, "raftkv.KV/Get", "node-1")]
			s.Events = slices.Clone(s.Events)
			s.Events[0].At = s.End.Add(by)
		}, "its event append is"},
		"link": {func(all []traces.Span, by time.Duration) {
			from := &all[find(all, "raft.commit", "node-1")]
			from.Links = []traces.Link{{Run: from.Run, Root: from.Root, ID: all[find(all, "raftkv.KV/Get", "node-1")].ID}}
			all[find(all, "raftkv.KV/Get", "node-1")].Start = from.End.Add(by)
		}, "it links to what starts after its end"},
		"reply": {func(all []traces.Span, by time.Duration) {
			all[find(all, "raft.Raft/RequestVote", "node-2")].End = all[find(all, "raft.Raft/RequestVote", "node-1")].End.Add(by)
		}, "the reply is handled at"},
	} {
		for _, resolution := range []time.Duration{0, time.Microsecond} {
			for _, by := range []time.Duration{0, time.Microsecond, 2 * time.Microsecond} {
				all := read(t, server(t, record.FileName))
				for i := range all {
					all[i].Start, all[i].End = all[i].Start.Truncate(resolution), all[i].End.Truncate(resolution)
				}
				c.move(all, by)
				j := raftconform.New()
				for i := range all {
					j.Add(&all[i], i+1)
				}
				found := slices.ContainsFunc(j.Report().Findings, func(f conform.Finding) bool { return f.ID == "wrong_time" && strings.Contains(f.Got, c.says) })
				if want := by > resolution; found != want {
					t.Errorf("%s, %s late in a trace with a resolution of %s: told is %v, want %v", name, by, resolution, found, want)
				}
			}
		}
	}
}

// find is the first span of a name and a process.
func find(all []traces.Span, name, service string) int {
	return slices.IndexFunc(all, func(s traces.Span) bool { return s.Name == name && s.Service == service })
}

// A client's operations end as late as they may have, where times are cut, and not after it asked again.
func TestHistoryOfCutTimes(t *testing.T) {
	spans := read(t, recordFile(t, reference()))
	ends := map[string]time.Time{}
	for i := range spans {
		if strings.HasPrefix(spans[i].Name, "kv.") {
			ends[spans[i].ID.String()] = spans[i].End
		}
	}
	j := raftconform.New()
	for _, s := range read(t, converted(t, export.WriteJaeger, spans)) {
		j.Add(&s, 1)
	}
	last := map[string]*kvconform.Operation{}
	for _, op := range j.Report().History {
		if end := ends[op.Span.ID.String()]; op.Return.Before(end.Truncate(time.Microsecond)) || op.Return.Sub(end) > 2*time.Microsecond {
			t.Errorf("%s ends at %s, and is taken to at %s", op.Request, end, op.Return)
		}
		if before := last[op.Client]; before != nil && before.Return.After(op.Call) {
			t.Errorf("%s is asked at %s, before %s is answered at %s", op.Request, op.Call, before.Request, before.Return)
		}
		last[op.Client] = &op
	}
}
