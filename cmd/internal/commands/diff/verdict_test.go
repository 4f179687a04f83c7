package diff

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/outcome"
	"github.com/raftkv/raftkv/traces/words"
)

// without is a trace without some of its spans, which are known by their names and their services.
func without(t *testing.T, file []byte, leaveOut func(name, service string) bool) []byte {
	t.Helper()
	var left bytes.Buffer
	for line := range bytes.Lines(file) {
		var parsed struct {
			ResourceSpans []struct {
				Resource struct {
					Attributes rawAttributes `json:"attributes"`
				} `json:"resource"`
				ScopeSpans []struct {
					Spans []json.RawMessage `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		}
		if err := json.Unmarshal(line, &parsed); err != nil {
			t.Fatal(err)
		}
		for _, r := range parsed.ResourceSpans {
			service := ""
			for _, a := range r.Resource.Attributes {
				if a.Key == "service.name" {
					service = a.Value.StringValue
				}
			}
			for _, scope := range r.ScopeSpans {
				for _, span := range scope.Spans {
					var s struct{ Name string }
					if err := json.Unmarshal(span, &s); err != nil {
						t.Fatal(err)
					}
					if !leaveOut(s.Name, service) {
						left.WriteString(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"` +
							service +
							`"}}]},"scopeSpans":[{"spans":[` + string(span) + "]}]}]}\n")
					}
				}
			}
		}
	}
	return left.Bytes()
}

// foreign is a span that the spec does not declare, of a program that took part in a run.
func foreign(id, name, end string) []byte {
	const resource = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[`
	return []byte(resource + `{"traceId":"000000000000000100000000000000` + id + `","spanId":"00000000000000` + id +
		`","name":"` + name + `",` +
		`"kind":2,"startTimeUnixNano":"946684800010000000","endTimeUnixNano":"9466848000` + end + `000000"}]}]}]}` + "\n")
}

// told is a difference as a person reads it.
func told(d *diff.Difference, o diff.Options) string {
	r := report{d: d, style: terminal.Style{}, width: 100, options: &options{runs: [2]string{"a", "b"}, diff: o}}
	return strings.Join(strings.Fields(r.String()), " ")
}

// TestVerdicts compares traces that do not have what a verdict would rest on: then it says so.
func TestVerdicts(t *testing.T) {
	base := scenario(t, "default")
	file, _ := traced(t, base)
	crashed, _ := traced(t,
		with(base, config.Fault{Kind: config.Crash, At: after(60 * time.Millisecond), Process: node(2)}))
	clients := func(_, service string) bool { return strings.HasPrefix(service, kvspans.ServiceClient) }
	noStore := func(name, service string) bool { return clients(name, service) || name == spans.ApplyName }
	quiet := func(name, service string) bool { return clients(name, service) || name == spans.HeartbeatName }
	runAlone := func(name, _ string) bool { return name != worldspans.RunName }
	noRun := func(name, _ string) bool { return name == worldspans.RunName }
	noClientTwo := func(_, service string) bool { return service == "client-2" }
	noClientTwoNorRun := func(name, service string) bool { return noClientTwo(name, service) || noRun(name, service) }
	shop, later := foreign("02", "GET /cart", "11"), foreign("02", "GET /cart", "12")
	for name, c := range map[string]struct {
		a, b    []byte
		only    string
		verdict diff.Verdict
		says    []string
		not     []string
	}{
		"no operations and no entries": {
			a: without(t, file, noStore), b: without(t, crashed, noStore), verdict: diff.UnknownOutcome,
			says: []string{
				"neither trace has an operation of a client", "how the store ends is not known",
				"The same in both runs: the leaders. The rest of it is not in the traces.",
			},
			not: []string{"same answer", "ends the same", "every operation", "the store at the end"},
		},
		"no operations": {
			a: without(t, file, clients), b: without(t, file, quiet), verdict: diff.SameOutcome,
			says: []string{"the store ends the same; but neither trace has an operation of a client"}, not: []string{"same answer"},
		},
		"no operations, and another log": {
			a: without(t, file, clients), b: without(t, crashed, clients), verdict: diff.DifferentOutcome,
			says: []string{
				"operations took effect in another order",
				"operations: none in either trace",
			}, not: []string{"same answer", "all the same"},
		},
		"no such client's": {
			a: without(t, file, clients), b: append(without(t, crashed, clients), foreign("03", "x", "11")...), only: "node-1",
			verdict: diff.SameOutcome, says: []string{"what clients got of it is not part of node-1"},
		},
		"a run's span alone": {
			a: without(t, file, runAlone), b: file, verdict: diff.UnknownOutcome, says: []string{"in one run only", "one trace may be a part of a run: it has no span of a process", "something that cannot be told"}, not: []string{"the code:"},
		},
		"a part": {
			a: without(t, file, noClientTwoNorRun), b: file, verdict: diff.UnknownOutcome, says: []string{"operations in one run only", "one trace may be a part of a run: it has no raftkv.run"},
		},
		"a part with missing parents": {
			a: file, b: without(t, file, noClientTwo), verdict: diff.UnknownOutcome,
			says: []string{"5 operations in one run only", "one trace may be a part of a run: of ", "the parent is missing"},
		},
		"foreign spans only": {
			a: shop, b: later, verdict: diff.SameButTime, says: []string{
				"something that cannot be told", "That is not known",
				"next go run ./cmd/explain a 0000000000000002",
			},
			not: []string{"the code:", "same answer", "-only"},
		},
		"a foreign span more": {
			a: file, b: append(bytes.Clone(file), shop...), verdict: diff.SameOutcome,
			says: []string{"made by something that cannot be told: the spec declares no span GET /cart of the kind server, so that another program may have made it", "every operation has the same answer, and the store ends the same", "next go run ./cmd/explain b 0000000000000002"},
			not:  []string{"the code:", "-only"},
		},
	} {
		o := diff.Options{Only: c.only}
		d := compared(t, c.a, c.b, o)
		text := told(d, o)
		if d.Verdict != c.verdict {
			t.Errorf("%s: the verdict is %q, want %q: %s", name, d.Verdict, c.verdict, d.Why)
		}
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: it does not say %q:\n%s", name, want, text)
			}
		}
		for _, not := range c.not {
			if strings.Contains(text, not) {
				t.Errorf("%s: it says %q:\n%s", name, not, text)
			}
		}
	}
}

// TestSameCountsAllSpans compares a run with itself: as many spans are the same as it has.
func TestSameCountsAllSpans(t *testing.T) {
	file, _ := traced(t, scenario(t, "default"))
	d := compared(t, file, file, diff.Options{})
	if text := told(d, diff.Options{}); d.Independent.Before+d.Independent.After != d.A.Spans ||
		!strings.Contains(text, words.Counted(d.A.Spans, "span")+", all as in the other run") {
		t.Errorf("%d and %d of %d spans are the same:\n%s", d.Independent.Before, d.Independent.After, d.A.Spans, text)
	}
}

// TestVerbsAgree compares traces that have one span alike.
func TestVerbsAgree(t *testing.T) {
	file, _ := traced(t, scenario(t, "default"))
	shop := foreign("02", "GET /cart", "11")
	for want, b := range map[string][]byte{
		"1 span is the same in both runs, ids": shop, "1 span before it and 0 after it is the same": append(bytes.Clone(shop),
			foreign("03", "x", "12")...),
	} {
		if text := told(compared(t, shop, b, diff.Options{}), diff.Options{}); !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	alike := compared(t, file, file, diff.Options{})
	if text := told(alike, diff.Options{}); !strings.Contains(text, "463 spans are the same in both runs") {
		t.Errorf("it does not say that they are:\n%s", text)
	}
}

// TestNumbersAgree tells how far times are apart that are cut to microseconds: as far as what is told of them is.
func TestNumbersAgree(t *testing.T) {
	a, b := 12529400*time.Nanosecond, 12471900*time.Nanosecond
	c := outcome.OperationChange{
		Request: "client-1/1", CommandA: "GET", CommandB: "GET", ResultA: "OK", ResultB: "OK",
		LatencyA: &a, LatencyB: &b, TriesA: 1, TriesB: 1,
	}
	if got, want := operation(&c), "GET: 12.529ms -> 12.471ms (-0.058ms)"; got != want {
		t.Errorf("it is told as %s, want %s", got, want)
	}
	// ends at 12.530 ms and 12.472 ms: moments of a step are that far off
	line := diff.Consequence{Event: diff.Event{At: a}, Begins: b - a, Until: a + 600, Ends: b - a + 100}
	if got, want := changesOf(&line), "moved by -0.058ms"; got != want {
		t.Errorf("it is told as %s, want %s", got, want)
	}
}
