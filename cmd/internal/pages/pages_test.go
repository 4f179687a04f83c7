package pages

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces/record"
)

// twoRuns returns a file with the traces of two runs.
func twoRuns(t *testing.T, a, b string) string {
	t.Helper()
	var both []byte
	for _, folder := range []string{a, b} {
		both = append(both, trace(t, folder)...)
	}
	return written(t, both)
}

func trace(t *testing.T, folder string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func written(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace.jsonl")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A trace that is cut off anywhere shows the spans that are whole, and nothing that is not in the whole trace.
func TestCutOff(t *testing.T) {
	all := trace(t, recorded.Run(t, "lost-reply"))
	last, cuts := 0, 0
	for at := len(all) / 20; at < len(all)-2; at += len(all) / 20 {
		r, err := Read(t.Context(), io.Discard, []string{written(t, all[:at])}, Part{})
		if err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		spans := r.Spans()
		if want := bytes.Count(all[:at], []byte(`"startTimeUnixNano"`)); spans != want && spans != want-1 {
			t.Errorf("cut at %d: %d spans, and %d begin before that", at, spans, want)
		}
		if spans < last {
			t.Errorf("cut at %d: %d spans, and %d with less of the file", at, spans, last)
		}
		if r.Wrong() != nil {
			cuts++
		}
		notes := strings.Join(r.list[0].notes(Part{}), "\n")
		if (r.Wrong() != nil) != strings.Contains(notes, "cut off") {
			t.Errorf("cut at %d: %v is wrong, and the notes are\n%s", at, r.Wrong(), notes)
		}
		last = spans
		r.Close()
	}
	if cuts < 10 {
		t.Errorf("only %d of the files are said to be cut off", cuts)
	}
}

// What is wrong in the middle of a file is no cut: nothing is shown of it.
func TestBrokenInTheMiddle(t *testing.T) {
	all := trace(t, recorded.Run(t, "lost-reply"))
	broken := bytes.Replace(all, []byte(`"spanId":"`), []byte(`"spanId":x`), 1)
	for name, content := range map[string][]byte{"broken": broken, "empty": {}, "no span": []byte(`{"resourceSpans":[{`)} {
		if r, err := Read(t.Context(), io.Discard, []string{written(t, content)}, Part{}); err == nil {
			t.Errorf("%s: %d spans are shown", name, r.Spans())
			r.Close()
		}
	}
}

// Of a run that is too large for a browser it is said what to do.
func TestTooMany(t *testing.T) {
	want := "long has about 2.5 million spans, and a page shows at most 2 million, as much as a browser takes: " +
		"go run ./cmd/view -from 1s -to 2s long shows a part of it"
	if got := tooMany("long", 2_500_000).Error(); got != want {
		t.Errorf("it says\n%s\nwant\n%s", got, want)
	}
}

// A part of a run has the spans that are open within it.
func TestPart(t *testing.T) {
	folder := recorded.Run(t, "default")
	part := Part{From: 60 * time.Millisecond, To: 100 * time.Millisecond}
	r, err := Read(t.Context(), io.Discard, []string{folder}, part)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	x := r.list[0].trace
	for i := range int32(x.Len()) {
		s := x.Span(i)
		if from, to := s.Start.Sub(x.Epoch), s.End.Sub(x.Epoch); s.Name != runSpan && (to < part.From || from > part.To) {
			t.Errorf("%s is from %s to %s", s.ID, from, to)
		}
	}
	whole, err := Read(t.Context(), io.Discard, []string{folder}, Part{})
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	if x.Len() < 50 || x.Len() >= whole.Spans() {
		t.Errorf("the part has %d of %d spans", x.Len(), whole.Spans())
	}
	if _, err := Read(t.Context(), io.Discard, []string{folder}, Part{From: time.Hour}); err == nil ||
		!strings.Contains(err.Error(), "has no span from 1h0m0s on") {
		t.Errorf("after the end of the run: %v", err)
	}
}

// Spans that no spec declares are shown, and a note says that they are not understood.
func TestOfAnotherProgram(t *testing.T) {
	all := trace(t, recorded.Run(t, "lost-reply"))
	r, err := Read(t.Context(), io.Discard,
		[]string{written(t, bytes.ReplaceAll(all, []byte(`"name":"raft.apply"`), []byte(`"name":"shop.sale"`)))}, Part{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if notes := strings.Join(r.list[0].notes(Part{}), "\n"); !strings.Contains(notes, "declares no span shop.sale") {
		t.Errorf("the notes are\n%s", notes)
	}
	page, err := r.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := page.Write(io.Discard); err != nil {
		t.Error(err)
	}
}
