package diff

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/content"
)

func compared(t *testing.T, a, b []byte, o diff.Options) *diff.Difference {
	t.Helper()
	d, err := diff.Compare(t.Context(), indexed(t, "a", a), indexed(t, "b", b), o)
	if err != nil {
		t.Fatal(err)
	}
	checkMirrored(t, "", d, indexed(t, "a", a), indexed(t, "b", b), o)
	return d
}

// TestPart compares a part of two runs: what made it differ is what made the whole differ, though that is not of the
// part, and nothing in the part is said to come of what it does not come of in the whole.
func TestPart(t *testing.T) {
	base := scenario(t, "default")
	file, _ := traced(t, base)
	other, _ := traced(t, with(base, config.Fault{Kind: config.Crash, At: after(60 * time.Millisecond), Process: node(2)}))
	whole := compared(t, file, other, diff.Options{})
	cause := map[string]string{}
	for i := range whole.Followed.Tree {
		line := &whole.Followed.Tree[i]
		cause[line.Event.ID] = line.Of
	}
	for _, o := range []diff.Options{
		{Only: "client-2"}, {Only: "node-3"}, {Only: diff.OnlyKV}, {Tolerance: 2 * time.Millisecond}, {Ignore: []string{diff.IgnoreTime}}, {Only: "node-1", Tolerance: time.Millisecond},
	} {
		d := compared(t, file, other, o)
		if d.First == nil {
			t.Fatalf("%+v: nothing differs", o)
		}
		if d.First.Origin == nil && d.First.Span.ID != whole.First.Span.ID || d.First.Origin != nil &&
			*d.First.Origin != whole.First.Span || d.First.Reason.Kind != diff.ReasonFault {
			t.Errorf("%+v: the first divergence is %+v", o, d.First)
		}
		if d.Elsewhere.Spans > 0 {
			t.Errorf("%+v: %d spans come of nothing, such as %+v", o, d.Elsewhere.Spans, d.Elsewhere.Tree[0])
		}
		checkTree(t, &d.Followed)
		for i := range d.Followed.Tree {
			line := &d.Followed.Tree[i]
			above := line.Event.ID
			for line.Of != "" && above != "" && above != line.Of {
				above = cause[above]
			}
			if line.Of != "" && above == "" && cause[line.Event.ID] != "" && cause[line.Of] != "" {
				t.Errorf("%+v: %s is said to come of %s, and does not in the whole", o, line.Event.ID, line.Of)
			}
		}
	}
}

// TestSharedIsShared holds what is said to come before a part's first divergence, the same in both, against the files:
// it is the same until then.
func TestSharedIsShared(t *testing.T) {
	base := scenario(t, "default")
	file, _ := traced(t, base)
	other, _ := traced(t,
		with(base, config.Fault{
			Kind: config.Crash, At: config.When{Kind: config.AtRole, Process: node(1), Role: "leader"},
			Process: node(1),
		}))
	d := compared(t, file, other, diff.Options{Only: diff.OnlyKV})
	before, then := rawSpans(t, file), rawSpans(t, other)
	for _, e := range d.First.Before {
		x, y := before[e.ID], then[e.ID]
		if x.text != y.text && min(x.end, y.end) <= int64(d.First.At) {
			t.Errorf("%s %q is said to be the same in both, and differs before %v:\n- %s\n+ %s", e.ID, e.Text, d.First.At,
				x.text, y.text)
		}
	}
}

// TestUnexplained changes a span that nothing else leads to, besides a message that is lost: it is told by itself, and
// not as if it came of that.
func TestUnexplained(t *testing.T) {
	base := small(t)
	file, _ := traced(t, base)
	all := spansOf(t, file)
	told := nth(t, all, spans.CommitNotificationProducerName, trace.SpanKindProducer, 5) // to node-2
	other, _ := traced(t, dropping(base, told))
	elsewhere := ""
	for i := range all {
		if s := &all[i]; s.Service == "node-3" && s.Name == spans.ApplyName {
			elsewhere = s.ID.String() // the last
		}
	}
	at := bytes.Index(other, []byte(`"spanId":"`+elsewhere))
	at += bytes.Index(other[at:], []byte(`"endTimeUnixNano":"`)) + len(`"endTimeUnixNano":"9466848001`) + 5
	other[at] = '0' + (other[at]-'0'+1)%10 // by some microseconds
	d := compared(t, file, other, diff.Options{})
	if d.First.Span.ID != told.String() || d.Elsewhere.Spans != 1 || d.Elsewhere.Tree[0].Event.ID != elsewhere {
		t.Errorf("what differs without a cause is %+v, want %s", d.Elsewhere, elsewhere)
	}
	text := (&report{d: d, width: 80, options: &options{runs: [2]string{"a", "b"}}}).String()
	if plain := strings.Join(strings.Fields(text), " "); !strings.Contains(plain,
		"The traces show nothing that it comes of.") {
		t.Errorf("it is not said that the cause of %s is not seen:\n%s", elsewhere, text)
	}
}

// TestTolerance looks away from times that differ by little: then an election that was won a little later is no
// difference either.
func TestTolerance(t *testing.T) {
	base := scenario(t, "default")
	file, _ := traced(t, base)
	other, _ := traced(t, dropping(base, nth(t, spansOf(t, file), spans.RequestVoteServerName, trace.SpanKindServer, 1)))
	for tolerance, want := range map[time.Duration]int{0: 1, 100 * time.Microsecond: 1, 2 * time.Millisecond: 0} {
		if d := compared(t, file, other, diff.Options{Tolerance: tolerance}); len(d.Users.Leaders) != want {
			t.Errorf("within %v the leaders differ so: %+v", tolerance, d.Users.Leaders)
		}
	}
}

// TestViolation compares a run that a check stops with one that it does not: that is said of the outcome.
func TestViolation(t *testing.T) {
	file, _ := traced(t, small(t))
	span := `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"world"}}]},"scopeSpans":[{"spans":[{"traceId":"00000000000000010000000000000077",` +
		`"spanId":"0000000000000077","name":"raftkv.violation","kind":1,"startTimeUnixNano":"946684800090000000","endTimeUnixNano":"946684800090000000",` +
		`"attributes":[{"key":"raftkv.invariant","value":{"stringValue":"ElectionSafety"}}]}]}]}]}` + "\n"
	d := compared(t, file, append(bytes.Clone(file), span...), diff.Options{})
	if len(d.Users.Violations) != 1 ||
		d.Users.Violations[0] != (content.ValueChange{Name: "ElectionSafety", B: "violated at 90.000ms"}) ||
		d.Verdict != diff.DifferentOutcome {
		t.Errorf("%s, %s: %+v", d.Verdict, d.Why, d.Users.Violations)
	}
}

// TestJSONTellsAll holds the JSON against the text: every span that the text names is in it, and all that it says of
// the outcome.
func TestJSONTellsAll(t *testing.T) {
	file, _ := traced(t, small(t))
	other, _ := traced(t, small(t, "seed=2", "requests_per_client=4"))
	t.Chdir(t.TempDir())
	keep(t, "a", file)
	keep(t, "b", other)
	for _, args := range [][]string{
		nil,
		{"-only", "node-3"},
		{"-ignore", "time"},
		{"-tolerance", "1ms", "-ignore", "raft.term"},
	} {
		args = append(args, "-max", "0", "a", "b")
		text, said := call(t, args...).stdout, call(t, append([]string{"-json"}, args...)...).stdout
		var d diff.Difference
		decoder := json.NewDecoder(strings.NewReader(said))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&d); err != nil {
			t.Fatal(err)
		}
		plain := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{string(d.Verdict), d.Why, d.First.Reason.Text, d.Only} {
			if !strings.Contains(plain, want) {
				t.Errorf("%q: the text does not say %q", args, want)
			}
		}
		words := regexp.MustCompile(`\b(?:[0-9a-f]{16}|client-[0-9]+/[0-9]+|index [0-9]+|term [0-9]+)\b`).FindAllString(text,
			-1)
		if len(words) < 10 {
			t.Fatalf("%q: the text names %q", args, words)
		}
		for _, word := range words {
			if !strings.Contains(said, word) {
				t.Errorf("%q: the JSON does not have %s", args, word)
			}
		}
	}
}

// TestIgnoredAttributes looks away from attributes that one run alone has, on a span, an event or a link, and from one
// that the spec has and neither run does: nothing is wrong with that.
func TestIgnoredAttributes(t *testing.T) {
	file, _ := traced(t, smallest(t))
	if bytes.Contains(file, []byte(worldspans.ErrorTypeKey)) {
		t.Fatalf("the run has %s", worldspans.ErrorTypeKey)
	}
	t.Chdir(t.TempDir())
	keep(t, "a", file)
	const ids, own = `"traceId":"00000000000000010000000000000002","spanId":"0000000000000002"`, `"attributes":[{"key":"own.key","value":{"intValue":"1"}}]`
	for _, c := range [][2]string{
		{"own.key", own},
		{"own.key", `"events":[{"timeUnixNano":"946684800000000000","name":"x",` + own + `}]`},
		{"own.key", `"links":[{` + ids + `,` + own + `}]`},
		{string(worldspans.ErrorTypeKey), `"kind":1`},
	} {
		span := `{` + ids + `,"name":"x","startTimeUnixNano":"946684800000000000","endTimeUnixNano":"946684800000000000",` +
			c[1] + `}`
		keep(t, "b", append(bytes.Clone(file), `{"resourceSpans":[{"scopeSpans":[{"spans":[`+span+"]}]}]}\n"...))
		for _, names := range [][]string{{"a", "b"}, {"b", "a"}} {
			if got := call(t, "-ignore", c[0], names[0], names[1]); got.status != statusDiffer || got.stderr != "" {
				t.Errorf("diff -ignore %s %q, where b has the span %s: exit status %d, want %d\n%s", c[0], names, span, got.status,
					statusDiffer, got.stderr)
			}
		}
	}
}
