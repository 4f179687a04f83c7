package read_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// otlpSpan is a span in OTLP/JSON: %s takes what is to be tried.
const otlpSpan = `{"traceId":"00000000000000010000000000000002","spanId":"0000000000000002"%s}`

// jaegerSpan is one in Jaeger's own JSON.
const jaegerSpan = `{"traceID":"00000000000000010000000000000002","spanID":"0000000000000002"%s}`

// wrappers are the layouts that have spans in them.
var wrappers = map[string]string{
	"a line":             `{"resourceSpans":[{"scopeSpans":[{"spans":[` + otlpSpan + `]}]}]}` + "\n",
	"an array":           `[{"resourceSpans":[{"scopeSpans":[{"spans":[` + otlpSpan + `]}]}]}]`,
	"over lines":         "{\n\"resourceSpans\":[{\n\"scopeSpans\":[{\n\"spans\":[" + otlpSpan + "\n]}]}]}",
	"an old scope":       `{"resourceSpans":[{"instrumentationLibrarySpans":[{"spans":[` + otlpSpan + `]}]}]}`,
	"Jaeger's v3":        `{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[` + otlpSpan + `]}]}]}}`,
	"Tempo":              `{"batches":[{"scopeSpans":[{"spans":[` + otlpSpan + `]}]}]}`,
	"Tempo's v2":         `{"trace":{"resourceSpans":[{"scopeSpans":[{"spans":[` + otlpSpan + `]}]}]}}`,
	"Tempo, an old one":  `{"batches":[{"instrumentationLibrarySpans":[{"spans":[` + otlpSpan + `]}]}]}`,
	"Jaeger's own":       `{"data":[{"spans":[` + jaegerSpan + `],"processes":null}]}`,
	"Jaeger's own, bare": `{"spans":[` + jaegerSpan + `]}`,
}

// TestEveryFieldInEveryLayout leaves out each field of a span, sets it to null, and gives it a value of a wrong type,
// in each layout: null is as if it was left out, and a wrong type is an error that has its place.
func TestEveryFieldInEveryLayout(t *testing.T) {
	wrong := map[string][]string{ // of OTLP and of Jaeger's own, each field with wrong values
		"parentSpanId": {"7", `"xyz"`, "{}", "[]", "true"}, "name": {"7", "{}", "[]"}, "kind": {
			`"x"`, "{}", "9", "-1",
			"true",
		},
		"startTimeUnixNano": {`"x"`, "{}", "true", "-1"}, "endTimeUnixNano": {`"x"`, "{}", "-1"},
		"attributes": {
			"7", "{}", `"x"`, "[7]", `[{"key":7}]`, `[{"key":"a","value":7}]`,
			`[{"key":"a","value":{"intValue":"x"}}]`, `[{"key":"a","value":{"bytesValue":7}}]`,
		},
		"events": {"7", "{}", "[7]", `[{"name":7}]`, `[{"timeUnixNano":"x"}]`}, "links": {
			"7", "{}", "[7]",
			"[{}]",
		}, "status": {"7", "[]", `{"code":"x"}`, `{"code":7}`, `{"message":7}`},
		"references": {"7", "{}", "[7]", `[{"spanID":7}]`}, "parentSpanID": {"7", `"xyz"`, "{}"}, "operationName": {
			"7",
			"{}",
		}, "startTime": {`"x"`, "{}", "-1"}, "duration": {`"x"`, "-1"},
		"tags": {"7", "{}", "[7]", `[{"key":7}]`, `[{"key":"a","type":7}]`}, "logs": {
			"7", "[7]",
			`[{"timestamp":"x"}]`,
		}, "processID": {"7", "{}"},
	}
	for layout, wrapper := range wrappers {
		jaeger := strings.Contains(wrapper, "traceID")
		absent, err := tryRead(fmt.Appendf(nil, wrapper, ""))
		if err != nil || len(absent) != 1 {
			t.Fatalf("%s: %d spans, %v", layout, len(absent), err)
		}
		for field, values := range wrong {
			if jaeger != strings.Contains("references parentSpanID operationName startTime duration tags logs processID",
				field) {
				continue
			}
			null, err := tryRead(fmt.Appendf(nil, wrapper, `,"`+field+`":null`))
			if diff := cmp.Diff(absent, null, sameSpans); diff != "" || err != nil {
				t.Errorf("%s: %s is null: %v (-absent +null)\n%s", layout, field, err, diff)
			}
			for _, value := range values {
				if spans, err := tryRead(fmt.Appendf(nil, wrapper, `,"`+field+`":`+value)); err == nil ||
					!strings.HasPrefix(err.Error(), "trace:") {
					t.Errorf("%s: %s is %s: %d spans, %v; want an error with a place", layout, field, value, len(spans), err)
				}
			}
		}
	}
}

// TestNullWithinAField sets each field of what a span's fields consist of to null.
func TestNullWithinAField(t *testing.T) {
	for _, with := range []string{
		`"attributes":[{"key":"a","value":{"%s":null}}]`, `"events":[{"timeUnixNano":null,"name":null,"attributes":null}]`, `"status":{"code":null,"message":null}`,
	} {
		for _, kind := range []string{
			"stringValue", "intValue", "boolValue", "doubleValue", "bytesValue", "arrayValue",
			"kvlistValue",
		} {
			if strings.Contains(with, "%s") {
				with = fmt.Sprintf(with, kind)
			}
			if _, err := tryRead(fmt.Appendf(nil, wrappers["a line"], ","+with)); err != nil {
				t.Errorf("%s: %v", with, err)
			}
		}
	}
	for _, id := range []string{"traceId", "spanId"} {
		text := strings.Replace(fmt.Sprintf(wrappers["a line"], ""), `"`+id+`":"`, `"`+id+`":null,"x":"`, 1)
		if _, err := tryRead([]byte(text)); err == nil ||
			!strings.Contains(err.Error(), "a span without a traceId and a spanId") {
			t.Errorf("%s is null: %v", id, err)
		}
	}
}

// TestTempo reads what Tempo answers: ids in base64, and names for the numbers of enums. In other layouts both are
// wrong.
func TestTempo(t *testing.T) {
	const spans = `{"traceId":"AAAAAAAAAAEAAAAAAAAAAg==","spanId":"AAAAAAAAAAI=","parentSpanId":"AAAAAAAAAAM=","name":"n","kind":"SPAN_KIND_SERVER",` +
		`"links":[{"traceId":"AAAAAAAAAAEAAAAAAAAAAg==","spanId":"AAAAAAAAAAQ="}],"status":{"code":"STATUS_CODE_ERROR"}}`
	const same = `{"traceId":"00000000000000010000000000000002","spanId":"0000000000000002","parentSpanId":"0000000000000003","name":"n","kind":2,` +
		`"links":[{"traceId":"00000000000000010000000000000002","spanId":"0000000000000004"}],"status":{"code":2}}`
	want := readAll(t, []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[`+same+`]}]}]}`))
	for _, text := range []string{
		`{"batches":[{"scopeSpans":[{"spans":[` + spans + `]}]}]}`, `{"trace":{"resourceSpans":[{"scopeSpans":[{"spans":[` +
			spans + `]}]}]}}`, `{"batches":[{"scopeSpans":[{"spans":[` + same + `]}]}]}`,
	} {
		for name, layout := range inOtherLayouts(t, []byte(text)) {
			if diff := cmp.Diff(want, readAll(t, layout), sameSpans); diff != "" {
				t.Errorf("%s: %s (-want +got)\n%s", name, text, diff)
			}
		}
		if !json.Valid([]byte(text)) {
			t.Errorf("no JSON: %s", text)
		}
	}
	if _, err := tryRead([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + spans + `]}]}]}`)); err == nil ||
		!strings.Contains(err.Error(), "base64") {
		t.Errorf("in another layout: %v, want that ids are in hex", err)
	}
}

// TestLinesWithoutSpans goes on behind lines of other signals and empty ones, as within an array.
func TestLinesWithoutSpans(t *testing.T) {
	span := strings.TrimSpace(fmt.Sprintf(wrappers["a line"], ""))
	for _, other := range []string{
		`{}`, `{"resourceProfiles":[{}]}`, `{"resourceLogs":[]}`, `{"resourceMetrics":[]}`,
		`{"resourceSpans":null}`, `{"resourceSpans":[{}]}`, `{"x":1}`,
	} {
		for layout, text := range map[string]string{
			"lines": span + "\n" + other + "\n" + span + "\n", "an array": "[" + span + "," + other + "," + span +
				"]", "first": other + "\n" + span + "\r\n" + span,
			"with a mark": "\xef\xbb\xbf" + other + "\n" + span + "\n" + span, "an array with a mark": "\xef\xbb\xbf[" + other +
				"," + span + "," + span + "]",
		} {
			if spans, err := tryRead([]byte(text)); err != nil || len(spans) != 2 {
				t.Errorf("%s, %s: %d spans, %v, want 2", other, layout, len(spans), err)
			}
		}
	}
}
