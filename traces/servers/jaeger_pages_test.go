//go:build jaeger

package servers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/record"
)

// pushed is a run that Jaeger was given, among others, and the links that the run command printed then.
type pushed struct {
	name  string
	links []struct{ Shows, Link string }
	spans []span.Span
	file  []byte
}

// Jaeger's pages show a run as it is: no span has a warning, all are in one order, a search finds all traces of the run
// and none of another, and each printed link leads to what it names. What a page is made of is asked for: the addresses
// are those that the pages ask, with the parameters of the links.
func TestJaegerServerPages(t *testing.T) {
	tools := buildCommands(t)
	page, endpoint := startJaeger(t)
	out := t.TempDir()
	lost := lostMessage(t, tools, out)
	var all []pushed
	for _, flags := range [][]string{
		{"default", "-drop", lost}, // beside the run without the loss, which comes now
		{"default"},
		{"leader-crash"},
		{"figure-8"},
		{"-faults", "mixed", "-seed", "7"},
	} {
		all = append(all, tools.pushAmongOthers(t, endpoint, out, flags...))
	}
	comparisons := 0
	for _, run := range all {
		t.Run(run.name, func(t *testing.T) {
			of := byTrace(run.spans)
			look(t, "Jaeger", of, func(id string, _ int) jaegerTrace { return traceOf(t, page, id) })
			oneStepAtATime(t, run.spans)
			compareSearches(t, page, run, of)
			for _, l := range run.links {
				comparisons += follow(t, page, l.Shows, l.Link, all)
			}
			compareUpload(t, page, run, of)
		})
	}
	if comparisons != 2 {
		t.Errorf("there are %d links to comparisons, want those of a run and its counterfactual", comparisons)
	}
}

// lostMessage is a message of the default run that is worth losing: the summary says one.
func lostMessage(t *testing.T, tools commands, out string) string {
	t.Helper()
	said, status := tools.said(t, "run", "-json", "-out", out, "default")
	var report struct{ Next string }
	if err := json.Unmarshal([]byte(said), &report); err != nil || status != 0 {
		t.Fatalf("exit status %d, %v:\n%s", status, err, said)
	}
	words := strings.Fields(report.Next)
	if i := slices.Index(words, "-drop"); i >= 0 {
		return words[i+1]
	}
	t.Fatalf("the next command loses no message: %s", report.Next)
	return ""
}

// pushAmongOthers has the run command push a run, and write it beside others.
func (c commands) pushAmongOthers(t *testing.T, endpoint, out string, flags ...string) pushed {
	t.Helper()
	command := exec.Command(filepath.Join(string(c), "run"),
		append([]string{"-json", "-otlp", endpoint, "-out", out}, flags...)...)
	said, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, said)
	}
	var report struct {
		Run    string
		Jaeger []struct{ Shows, Link string }
	}
	if err := json.Unmarshal(said, &report); err != nil || len(report.Jaeger) == 0 {
		t.Fatalf("%v: %v, and %d links:\n%s", command, err, len(report.Jaeger), said)
	}
	file, err := os.ReadFile(filepath.Join(out, report.Run, record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return pushed{report.Run, report.Jaeger, rafttest.Read(t, file), file}
}

// byTrace are the spans of each trace.
func byTrace(all []span.Span) map[string][]span.Span {
	of := map[string][]span.Span{}
	for _, s := range all {
		of[s.TraceID().String()] = append(of[s.TraceID().String()], s)
	}
	return of
}

func traceOf(t *testing.T, page, id string) jaegerTrace {
	t.Helper()
	var got struct{ Data []jaegerTrace }
	ask(t, page+"/api/traces/"+id, &got)
	if len(got.Data) != 1 {
		t.Fatalf("Jaeger has %d traces %s", len(got.Data), id)
	}
	return got.Data[0]
}

// wrongs are what is wrong of a kind, told by the first of it and by how often it is.
type wrongs struct {
	kind  string
	first string
	count int
}

func (w *wrongs) add(format string, args ...any) {
	if w.count++; w.count == 1 {
		w.first = fmt.Sprintf(format, args...)
	}
}

func (w *wrongs) told(t *testing.T) {
	t.Helper()
	if w.count > 0 {
		t.Errorf("%s: %d, the first: %s", w.kind, w.count, w.first)
	}
}

// look reads all traces of a run three times: each has the spans that it should have and no warnings, and they come in
// the same order by their times.
func look(t *testing.T, from string, of map[string][]span.Span, read func(id string, i int) jaegerTrace) {
	t.Helper()
	missing, warnings, orders := wrongs{kind: from + ": traces with too few spans"},
		wrongs{kind: from + ": spans with warnings"}, wrongs{kind: from + ": traces in another order when read again"}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		var first []string
		for i := range 3 {
			trace := read(id, i)
			if len(trace.Spans) != len(of[id]) {
				missing.add("%s has %d and %d in the file", id, len(trace.Spans), len(of[id]))
			}
			slices.SortStableFunc(trace.Spans, func(a, b spanOfJaeger) int { return int(a.StartTime - b.StartTime) })
			var order []string
			for _, s := range trace.Spans {
				order = append(order, fmt.Sprintf("%d %s %s of %s", s.StartTime, s.SpanID, s.OperationName,
					trace.Processes[s.ProcessID].ServiceName))
				if i == 0 && len(s.Warnings) > 0 {
					warnings.add("%s in trace %s has %q", order[len(order)-1], id, s.Warnings)
				}
			}
			if i == 0 {
				first = order
			} else if diff := cmp.Diff(first, order); diff != "" {
				orders.add("%s: -first, +then:\n%s", id, diff)
				break
			}
		}
	}
	for _, w := range []*wrongs{&missing, &warnings, &orders} {
		w.told(t)
	}
}

// oneStepAtATime wants that no two spans of a process start in one microsecond, and that none has no width.
func oneStepAtATime(t *testing.T, all []span.Span) {
	t.Helper()
	type moment struct {
		process string
		start   int64
	}
	at := map[moment]span.Span{}
	together, flat := wrongs{kind: "spans that start in one microsecond with another of their process"},
		wrongs{kind: "spans without width"}
	for _, s := range all {
		m := moment{s.Service, s.Start.UnixMicro()}
		if other, taken := at[m]; taken {
			together.add("%s %s and %s %s of %s, at %v", other.Name, other.ID, s.Name, s.ID, s.Service, s.Start)
		}
		at[m] = s
		if s.End.UnixMicro() <= s.Start.UnixMicro() {
			flat.add("%s %s of %s, from %v to %v", s.Name, s.ID, s.Service, s.Start, s.End)
		}
	}
	together.told(t)
	flat.told(t)
}

// compareSearches wants the printed searches to find all traces of the run between them and none of another's, as they
// are and once Jaeger's form has cut their times to minutes.
func compareSearches(t *testing.T, page string, run pushed, of map[string][]span.Span) {
	t.Helper()
	for _, cut := range []bool{false, true} {
		found := map[string]bool{}
		for _, l := range run.links {
			link, err := url.Parse(l.Link)
			if err != nil {
				t.Fatal(err)
			}
			if link.Path != "/search" {
				continue
			}
			query := link.Query()
			if cut {
				query.Set("start", cutToMinutes(t, query.Get("start")))
				query.Set("end", cutToMinutes(t, query.Get("end")))
			}
			var got struct{ Data []jaegerTrace }
			ask(t, page+"/api/traces?"+query.Encode(), &got)
			if count, _, _ := strings.Cut(l.Shows, " "); count != strconv.Itoa(len(got.Data)) {
				t.Errorf("%q finds %d traces: %s", l.Shows, len(got.Data), link)
			}
			for _, trace := range got.Data {
				found[trace.TraceID] = true
			}
		}
		want := map[string]bool{}
		for id := range of {
			want[id] = true
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("with times cut to minutes: %v: -of the run, +found by its searches:\n%s", cut, diff)
		}
	}
}

// cutToMinutes is what Jaeger's form makes of a time: it shows YYYY-MM-DD and HH:mm, and searches for what it shows.
func cutToMinutes(t *testing.T, micros string) string {
	t.Helper()
	const shown = "2006-01-02 15:04"
	n, err := strconv.ParseInt(micros, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation(shown, time.UnixMicro(n).Local().Format(shown), time.Local)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(at.UnixMicro(), 10)
}

// follow opens a link and wants there what it names. It counts comparisons.
func follow(t *testing.T, page, shows, address string, all []pushed) (comparisons int) {
	t.Helper()
	link, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if address == "" || link.Path == "/search" {
		return 0
	}
	if answer, err := http.Get(page + link.RequestURI()); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("%s: there is no page %s: %v", shows, address, err)
	} else {
		_ = answer.Body.Close()
	}
	ids, ok := strings.CutPrefix(link.Path, "/trace/")
	if !ok {
		t.Errorf("%s: %s is no page of Jaeger's", shows, address)
		return 0
	}
	if a, b, two := strings.Cut(ids, "..."); two {
		if one, other := traceOf(t, page, a), traceOf(t, page, b); one.TraceID[16:] != other.TraceID[16:] ||
			one.TraceID == other.TraceID {
			t.Errorf("%s compares %s with %s", shows, one.TraceID, other.TraceID)
		}
		return 1
	}
	trace := traceOf(t, page, ids)
	id := ids[16:] // the root
	if found := link.Query().Get("uiFind"); found != "" {
		id = found
	}
	i := slices.IndexFunc(trace.Spans, func(s spanOfJaeger) bool { return s.SpanID == id })
	if i < 0 {
		t.Errorf("%s: there is no span %s: %s", shows, id, address)
		return 0
	}
	for _, run := range all {
		for _, s := range run.spans {
			if s.ID.String() == id && s.TraceID().String() == ids {
				named(t, shows, &s, run.spans)
				return 0
			}
		}
	}
	t.Errorf("%s: no run has the span %s: %s", shows, id, address)
	return 0
}

// named wants a span to be what a link says.
func named(t *testing.T, shows string, s *span.Span, of []span.Span) {
	t.Helper()
	text := func(key attribute.Key) string { return s.Attribute(key).AsString() }
	right := false
	switch {
	case strings.HasPrefix(shows, "the first operation, "):
		right = shows == "the first operation, "+text(kvspans.KVRequestIDKey)
	case strings.HasPrefix(shows, "the first error, in "):
		i := slices.IndexFunc(of, func(root span.Span) bool { return root.ID == s.Root })
		right = s.Status.Code == codes.Error && i >= 0 &&
			shows == "the first error, in "+of[i].Attribute(kvspans.KVRequestIDKey).AsString()
	case strings.HasPrefix(shows, "election of term "):
		begins := fmt.Sprintf("election of term %d: %s ", s.Attribute(spans.RaftTermKey).AsInt64(), s.Service)
		right = s.Name == spans.ElectionName && strings.HasPrefix(shows, begins) &&
			(text(spans.RaftOutcomeKey) == spans.OutcomeWon) == strings.HasSuffix(shows, " won")
	case shows == "what to watch":
		right = true // that the story's line is told by it has a test of its own
	}
	if !right {
		t.Errorf("%q leads to %s %s of %s, status %v, %v", shows, s.Name, s.ID, s.Service, s.Status, s.Attributes)
	}
}

// compareUpload has Jaeger read the file as its page does with one that is uploaded: the page joins the lines, has them
// transformed, and shows what comes back. What it does then is its own.
func compareUpload(t *testing.T, page string, run pushed, of map[string][]span.Span) {
	t.Helper()
	transformed := func() map[string]jaegerTrace {
		type spansOfAll struct {
			ResourceSpans []json.RawMessage `json:"resourceSpans"`
		}
		var joined spansOfAll
		for line := range bytes.Lines(run.file) {
			var one spansOfAll
			if err := json.Unmarshal(line, &one); err != nil {
				t.Fatal(err)
			}
			joined.ResourceSpans = append(joined.ResourceSpans, one.ResourceSpans...)
		}
		return upload(t, page, joined)
	}
	reads := [3]map[string]jaegerTrace{transformed(), transformed(), transformed()}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(of)), slices.Sorted(maps.Keys(reads[0]))); diff != "" {
		t.Errorf("-traces in the file, +those that an upload shows:\n%s", diff)
	}
	look(t, "an upload", of, func(id string, i int) jaegerTrace { return reads[i][id] })
}

// upload posts what the page posts, and returns the traces that it is given, by their ids.
func upload(t *testing.T, page string, joined any) map[string]jaegerTrace {
	t.Helper()
	posted, err := json.Marshal(joined)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(page+"/api/transform", "application/json", bytes.NewReader(posted))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var got struct{ Data []jaegerTrace }
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("Jaeger does not transform the file: %s, %v", answer.Status, err)
	}
	all := map[string]jaegerTrace{}
	for _, trace := range got.Data {
		all[trace.TraceID] = trace
	}
	return all
}
