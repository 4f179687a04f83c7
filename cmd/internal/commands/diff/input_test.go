package diff

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces/diff"
)

// TestWrong gives the command what it cannot compare: it says what is wrong, all of it, and exits with 2.
func TestWrong(t *testing.T) {
	c := small(t)
	file, _ := traced(t, c)
	t.Chdir(t.TempDir())
	keep(t, "good", file)
	write := func(name string, content []byte) string {
		t.Helper()
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	span := `{"traceId":"00000000000000010000000000000002","spanId":"0000000000000002","name":"x","kind":1}`
	line := func(spans ...string) []byte {
		return []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + strings.Join(spans, ",") + "]}]}]}\n")
	}
	for _, wrong := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"two runs can be compared, and none are given"}},
		{[]string{"good"}, []string{"two runs can be compared, and one is given"}},
		{[]string{"good", "good", "good"}, []string{"two runs can be compared, and 3 are given"}},
		{[]string{"good", "god"}, []string{"there is no run god; the nearest in traces/runs is good"}},
		{[]string{"bad", "god"}, []string{"there is no run bad", "there is no run god"}},
		{
			[]string{"-tolerence", "2ms", "-max", "x", "good", "good"},
			[]string{"unknown flag -tolerence; the nearest is -tolerance", `-max wants a number from 0, not "x"`},
		},
		{
			[]string{"-tolerance", "-2ms", "good", "good"},
			[]string{`-tolerance wants a duration from 0 such as 2ms, not "-2ms"`},
		},
		{[]string{"-only", "electoins", "good", "good"}, []string{"the nearest is elections"}},
		{[]string{"-only", "server-3", "good", "good"}, []string{`not "server-3"`}},
		{[]string{"-only", "node-9", "good", "good"}, []string{"-only node-9: neither run has such a process"}},
		{
			[]string{"-ignore", "tim", "good", "good"},
			[]string{"-ignore tim: neither run has such an attribute; the nearest is time"},
		},
		{
			[]string{"-ignore", "raft.votes", "-ignore", "raft.peer", "-ignore=RAFT.TERM", "-only", "node-9", "good", "good"},
			[]string{
				"-ignore raft.peer: neither run has such an attribute; the nearest is raft.peer", "-ignore RAFT.TERM: ", "-only node-9: ",
			},
		},
		{
			[]string{"good", write("cut.jsonl", file[:len(file)-100])},
			[]string{"cut.jsonl:1:", "the file is cut off within its last line"},
		},
		{[]string{"good", write("empty.jsonl", nil)}, []string{"empty.jsonl: there are no spans in it"}},
		{[]string{"good", write("text.jsonl", []byte("hello\n"))}, []string{"text.jsonl:1:1: want a JSON object"}},
		{
			[]string{"good", write("other.jsonl", []byte("{\"resourceLogs\":[]}\n"))},
			[]string{"other.jsonl:1:1: no resourceSpans: this is OTLP, but no traces"},
		},
		{
			[]string{"good", write("two.jsonl", append(bytes.Clone(file), file...))},
			[]string{"two.jsonl:2: two runs in one file"},
		},
		{
			[]string{"good", write("clash.jsonl", line(span, span))},
			[]string{"clash.jsonl: ids clash: 0000000000000002 is the id of two spans"},
		},
	} {
		got := call(t, wrong.args...)
		if got.status != statusTrouble || got.stdout != "" {
			t.Errorf("diff %q: exit status %d, want %d\n%s", wrong.args, got.status, statusTrouble, got.stdout)
		}
		for _, want := range wrong.want {
			if !strings.Contains(filepath.ToSlash(got.stderr), want) {
				t.Errorf("diff %q says\n%s and not %q", wrong.args, got.stderr, want)
			}
		}
	}
}

// TestBareFile compares trace files that were copied elsewhere: the answer is that of their folders, but for the names.
func TestBareFile(t *testing.T) {
	c := small(t)
	file, _ := traced(t, c)
	other, _ := traced(t, small(t, "seed=2"))
	t.Chdir(t.TempDir())
	keep(t, "a", file)
	keep(t, "b", other)
	for name, content := range map[string][]byte{"x.json": file, "y.json": other} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	names := strings.NewReplacer("A  a ", "A  x.json ", "B  b ", "B  y.json ", " a b\n", " x.json y.json\n")
	if want, got := names.Replace(call(t, "a", "b").stdout), call(t, "x.json", "y.json").stdout; want != got {
		t.Errorf("the bare files differ so:\n%s\nand not so:\n%s", got, want)
	}
}

// TestOtherFormats compares a run with itself in another layout, with its times cut to microseconds, and as Jaeger
// writes it, who is known to cut them.
func TestOtherFormats(t *testing.T) {
	file, _ := traced(t, small(t))
	t.Chdir(t.TempDir())
	keep(t, "a", file)
	// times of its own are whole microseconds
	fine := regexp.MustCompile(`(endTimeUnixNano":"\d+)\d{3}"`).ReplaceAll(file, []byte(`${1}300"`))
	var layout bytes.Buffer
	if err := json.Indent(&layout, file, "", "  "); err != nil {
		t.Fatal(err)
	}
	jaeger := asJaeger(t, spansOf(t, file))
	for name, content := range map[string][]byte{
		"layout.json": layout.Bytes(), "jaeger.json": jaeger,
		"fine.jsonl": fine,
	} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := call(t, "a", "layout.json"); got.status != statusSame {
		t.Errorf("another layout makes a difference: exit status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
	if got := call(t, "a", "fine.jsonl"); got.status != statusDiffer ||
		!strings.Contains(got.stdout, "a format that cuts times") {
		t.Errorf("times that were cut by nobody who is known to: exit status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
	if got := call(t, "-tolerance", "2us", "a", "fine.jsonl"); got.status != statusSame {
		t.Errorf("they make a difference of more than 2µs: exit status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
	for _, names := range [][]string{{"a", "jaeger.json"}, {"jaeger.json", "a"}, {"jaeger.json", "jaeger.json"}} {
		got := call(t, names...)
		if got.status != statusSame || !strings.Contains(got.stdout, "compared to the microsecond") ||
			strings.Contains(got.stdout, " otherwise") {
			t.Errorf("%v: exit status %d\n%s%s", names, got.status, got.stdout, got.stderr)
		}
	}
}

// JSON leaves it open in which order an object's members stand: even where attributes come before the name of what they
// are of, the trace is the same.
func TestOtherOrder(t *testing.T) {
	file, _ := traced(t, smallest(t))
	var sorted []byte
	for line := range bytes.Lines(file) {
		var whole any
		numbers := json.NewDecoder(bytes.NewReader(line))
		numbers.UseNumber()
		if err := numbers.Decode(&whole); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(whole) // which sorts the keys
		if err != nil {
			t.Fatal(err)
		}
		sorted = append(append(sorted, again...), '\n')
	}
	d, err := diff.Compare(t.Context(), indexed(t, "as written", file), indexed(t, "sorted", sorted), diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Verdict != diff.Same {
		t.Errorf("with the keys of all JSON sorted the verdict is %q: %s; want %q", d.Verdict, d.Why, diff.Same)
	}
}

// TestJSON prints the same for a program.
func TestJSON(t *testing.T) {
	file, _ := traced(t, small(t))
	other, _ := traced(t, small(t, "requests_per_client=4"))
	t.Chdir(t.TempDir())
	keep(t, "a", file)
	keep(t, "b", other)
	got := call(t, "-json", "a", "b")
	var d diff.Difference
	if err := json.Unmarshal([]byte(got.stdout), &d); err != nil || got.status != statusDiffer {
		t.Fatalf("exit status %d, %v\n%.200s", got.status, err, got.stdout)
	}
	if d.Verdict != diff.DifferentOutcome || d.First == nil || d.First.Reason.Kind != diff.ReasonConfig ||
		len(d.Users.Operations) < 2 {
		t.Errorf("the JSON says %+v", d)
	}
}

// TestAnyFieldCounts changes one field of one span at a time: the runs differ, and that span is where they do.
func TestAnyFieldCounts(t *testing.T) {
	file, _ := traced(t, small(t))
	a := indexed(t, "a", file)
	for what, change := range map[string][2]string{
		"a link":       {`"links":[{"traceId":"`, `"spanId":"`},
		"a parent":     {`"parentSpanId":"`, ``},
		"a time":       {`"name":"raft.apply","kind":1,"startTimeUnixNano":"94`, ``},
		"a status":     {`"status":{`, ``},
		"an attribute": {`"raft.index","value":{"intValue":"`, ``},
		"an event":     {`"events":[{"timeUnixNano":"94`, `"name":"`},
	} {
		changed := bytes.Clone(file)
		i := bytes.LastIndex(changed, []byte(change[0])) // the first span is the run's, which does not count
		at := i + len(change[0])
		at += bytes.Index(changed[at:], []byte(change[1])) + len(change[1])
		switch {
		case i < 0:
			t.Fatalf("there is no %s", change[0])
		case what == "a status":
			changed = bytes.Join([][]byte{changed[:at], []byte(`"code":2`), changed[at:]}, nil)
		case changed[at] == '9':
			changed[at] = '8'
		default:
			changed[at] = '9'
		}
		span := changed[bytes.LastIndex(changed[:i], []byte(`"flags":`))-60:]
		d, err := diff.Compare(t.Context(), a, indexed(t, "b", changed), diff.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if d.Verdict == diff.Same || d.First == nil {
			t.Errorf("%s changed, and the verdict is %q", what, d.Verdict)
		} else if d.Followed.Spans+d.Elsewhere.Spans > 1 || what != "a parent" &&
			!bytes.Contains(span[:80], []byte(d.First.Span.ID)) {
			t.Errorf("%s changed, and %d spans differ, the first %s: want the one of %s", what,
				d.Followed.Spans+d.Elsewhere.Spans, d.First.Span.ID, span[:80])
		}
	}
}

// TestHelp asks for the usage.
func TestHelp(t *testing.T) {
	if got := call(t, "-h"); got.status != 0 || !strings.Contains(got.stdout, "-tolerance DURATION") {
		t.Errorf("exit status %d:\n%s", got.status, got.stdout)
	}
}

// TestOtherIDs compares a run with the same one whose ids were made otherwise: the events are found by what they are.
func TestOtherIDs(t *testing.T) {
	base := small(t)
	file, _ := traced(t, base)
	lost := messages(spansOf(t, file), 9)[4]
	other, _ := traced(t, dropping(base, lost))
	compare := func(file []byte) *diff.Difference {
		t.Helper()
		d, err := diff.Compare(t.Context(), indexed(t, "a", file), indexed(t, "b", other), diff.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want, got := compare(file), compare(renamed(file))
	if got.AlignedBy == want.AlignedBy {
		t.Fatalf("both are aligned by %s", got.AlignedBy)
	}
	if got.First == nil || got.First.At != want.First.At || got.First.Span.Text != want.First.Span.Text ||
		got.Followed.Tally != want.Followed.Tally || got.Verdict != want.Verdict {
		t.Errorf("with other ids: %s, %+v, %+v\nwant: %s, %+v, %+v", got.Verdict, got.First, got.Followed.Tally, want.Verdict,
			want.First, want.Followed.Tally)
	}
}

// renamed gives every id of a trace another one: its digits the other way around, and one of them another.
func renamed(file []byte) []byte {
	changed := bytes.Clone(file)
	swap := func(digits []byte) {
		for i, j := 0, len(digits)-1; i < j; i, j = i+1, j-1 {
			digits[i], digits[j] = digits[j], digits[i]
		}
	}
	for _, field := range []struct {
		name       string
		skip, size int
	}{{`"traceId":"`, 16, 16}, {`"spanId":"`, 0, 16}, {`"parentSpanId":"`, 0, 16}} {
		for at := 0; ; {
			i := bytes.Index(changed[at:], []byte(field.name))
			if i < 0 {
				break
			}
			at += i + len(field.name)
			swap(changed[at+field.skip : at+field.skip+field.size])
		}
	}
	return changed
}

// TestDocument compares a trace with the same one in a document without lines, as a Collector or a person may have made
// it: all of a span is found again.
func TestDocument(t *testing.T) {
	c := small(t)
	file, _ := traced(t, c)
	other, _ := traced(t, small(t, "seed=2"))
	t.Chdir(t.TempDir())
	keep(t, "a", file)
	document := func(lines []byte) []byte {
		return []byte("[\n" + strings.Join(strings.Split(strings.TrimSpace(string(lines)), "\n"), ",\n") + "\n]\n")
	}
	for name, content := range map[string][]byte{
		"same.json": document(file), "b.jsonl": other,
		"b.json": document(other),
	} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := call(t, "a", "same.json"); got.status != statusSame {
		t.Errorf("exit status %d, want %d\n%s%s", got.status, statusSame, got.stdout, got.stderr)
	}
	want, got := call(t, "a", "b.jsonl"), call(t, "a", "b.json")
	if text := strings.ReplaceAll(want.stdout, "b.jsonl", "b.json"); want.status != statusDiffer ||
		got.status != want.status ||
		strings.Join(strings.Fields(text), " ") != strings.Join(strings.Fields(got.stdout), " ") {
		t.Errorf("exit status %d, want %d\n%s\nand not\n%s", got.status, want.status, got.stdout, text)
	}
}
