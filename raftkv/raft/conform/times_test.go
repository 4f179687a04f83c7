package conform_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/span"
	toolconform "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/record"
)

// Where times are cut, what is a microsecond apart may have been at the same time; two are too many, and one is where
// they are not cut.
func TestJudgeOfCutTimes(t *testing.T) {
	own, err := os.ReadFile(filepath.Join("..", "..", "..", "traces", "testdata", "servers", record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		move func(all []span.Span, by time.Duration) // something is too late by so much
		says string
	}{
		"event": {func(all []span.Span, by time.Duration) {
			s := &all[find(all, "raftkv.KV/Get", "node-1")]
			s.Events = slices.Clone(s.Events)
			s.Events[0].At = s.End.Add(by)
		}, "its event append is"},
		"link": {func(all []span.Span, by time.Duration) {
			from := &all[find(all, "raft.commit", "node-1")]
			from.Links = []span.Link{{Run: from.Run, Root: from.Root, ID: all[find(all, "raftkv.KV/Get", "node-1")].ID}}
			all[find(all, "raftkv.KV/Get", "node-1")].Start = from.End.Add(by)
		}, "it links to what starts after its end"},
		"reply": {func(all []span.Span, by time.Duration) {
			all[find(all, "raft.Raft/RequestVote", "node-2")].End = all[find(all, "raft.Raft/RequestVote", "node-1")].End.Add(by)
		}, "the reply is handled at"},
	} {
		for _, resolution := range []time.Duration{0, time.Microsecond} {
			for _, by := range []time.Duration{0, time.Microsecond, 2 * time.Microsecond} {
				all := rafttest.Read(t, own)
				for i := range all {
					all[i].Start, all[i].End = all[i].Start.Truncate(resolution), all[i].End.Truncate(resolution)
				}
				c.move(all, by)
				j := conform.New()
				for i := range all {
					j.Add(&all[i], i+1)
				}
				found := slices.ContainsFunc(j.Report().Findings,
					func(f toolconform.Finding) bool { return f.ID == "wrong_time" && strings.Contains(f.Got, c.says) })
				if want := by > resolution; found != want {
					t.Errorf("%s, %s late in a trace with a resolution of %s: told is %v, want %v", name, by, resolution, found, want)
				}
			}
		}
	}
}

// find is the first span of a name and a process.
func find(all []span.Span, name, service string) int {
	return slices.IndexFunc(all, func(s span.Span) bool { return s.Name == name && s.Service == service })
}

// A client's operations end as late as they may have, where times are cut, and not after it asked again.
func TestHistoryOfCutTimes(t *testing.T) {
	spans := rafttest.Spans(t, rafttest.Reference())
	ends := map[string]time.Time{}
	for i := range spans {
		if strings.HasPrefix(spans[i].Name, "kv.") {
			ends[spans[i].ID.String()] = spans[i].End
		}
	}
	var jaeger bytes.Buffer
	if err := export.WriteJaeger(&jaeger, index.Of(spans)); err != nil {
		t.Fatal(err)
	}
	j := conform.New()
	for _, s := range rafttest.Read(t, jaeger.Bytes()) {
		j.Add(&s, 1)
	}
	last := map[string]*kvconform.Operation{}
	for _, op := range j.Report().History {
		if end := ends[op.Span.ID.String()]; op.Return.Before(end.Truncate(time.Microsecond)) ||
			op.Return.Sub(end) > 2*time.Microsecond {
			t.Errorf("%s ends at %s, and is taken to at %s", op.Request, end, op.Return)
		}
		if before := last[op.Client]; before != nil && before.Return.After(op.Call) {
			t.Errorf("%s is asked at %s, before %s is answered at %s", op.Request, op.Call, before.Request, before.Return)
		}
		last[op.Client] = &op
	}
}
