package read_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
)

// A span comes back from a file as the SDK handed it over, whatever types its attributes have.
func TestReadGivesBackWhatWasWritten(t *testing.T) {
	var stubs []span.Span
	var want []read.Span
	for n := range 600 {
		s := plainStub(n)
		if n%7 == 0 {
			s = stub(n)
		}
		stubs = append(stubs, s)
		want = append(want, s)
	}
	if diff := cmp.Diff(want, readAll(t, write(t, stubs...)), sameSpans); diff != "" {
		t.Errorf("-written, +read:\n%s", diff)
	}
}

func TestReadAll(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, record.FileName)
	if err := os.WriteFile(file, write(t, stub(1), stub(2)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, file} {
		spans, err := read.ReadAll(path)
		if err != nil || len(spans) != 2 {
			t.Errorf("ReadAll(%s): %d spans, error %v; want 2", path, len(spans), err)
		}
	}
	if _, err := read.ReadAll(t.TempDir()); err == nil ||
		!strings.Contains(err.Error(), "there is no trace.otlp.jsonl in this folder") {
		t.Errorf("a folder without a trace: error %v", err)
	}
	if _, err := read.ReadAll(filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: error %v", err)
	}
}

// Writers may order fields as they like, leave out what is empty, add what we do not know, and put white space and
// blank lines anywhere.
func TestReadWhatOthersWrite(t *testing.T) {
	const file = "\n \t\r\n" + `{ "future": [{"a": [1.5e3, -0, true, null, "\"}]"]}], "resourceSpans" : [ {
		"scopeSpans": [{"spans": [{
			"endTimeUnixNano": 2, "startTimeUnixNano": "1", "status": null, "kind": 5, "name": "a\u00e4\ud83c\udf88\/", "links": [], "parentSpanId": "", "events": null,
			"spanId": "00000000000000AB", "droppedEventsCount": 0, "traceId": "0000000000000001000000000000000C",
			"attributes": [{"value": {"intValue": -3}, "key": "i"}, {"key": "d", "value": {"doubleValue": "2.5"}}, {"key": "mixed", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "x"}]}}}]
		}], "scope": {}}], "schemaUrl": "", "resource": {"droppedAttributesCount": 0, "attributes": [{"key": "service.name", "value": {"stringValue": "late"}}]}
	}]}`
	got := readAll(t, []byte(strings.ReplaceAll(file, "\t\t",
		"")[:5]+strings.ReplaceAll(strings.ReplaceAll(file[5:], "\n", " "), "\t", " ")))
	want := []read.Span{{
		Run: 1, Root: 12, ID: 0xab, Name: "aä🎈/", Kind: 5, Service: "late", Start: time.Unix(0, 1).UTC(), End: time.Unix(0,
			2).UTC(),
		Attributes: []attribute.KeyValue{
			attribute.Int("i", -3), attribute.Float64("d", 2.5), attribute.Slice("mixed", attribute.Int64Value(1),
				attribute.StringValue("x")),
		},
		Resource: []attribute.KeyValue{attribute.String("service.name", "late")},
	}}
	if diff := cmp.Diff(want, got, sameSpans); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

func TestReadFaults(t *testing.T) {
	good := string(write(t, plainStub(1)))
	replace := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("there is no %s in %s", old, good)
		}
		return strings.Replace(good, old, by, 1)
	}
	for name, c := range map[string]struct{ file, want string }{
		"empty":    {"", "trace: there are no spans in it"},
		"blank":    {"\n\n", "trace: there are no spans in it"},
		"no spans": {`{"resourceSpans":[]}` + "\n", "trace: there are no spans in it"},
		"not JSON": {
			good + "hello\n",
			`trace:2:1: want a JSON object, as each line of a trace in the OTLP file format is one, not 'h' (near "hello\n")`,
		},
		"an empty array":    {"[\n]", "trace: there are no spans in it"},
		"cut off":           {good + good[:len(good)/2], fmt.Sprintf("trace:2:%d: the line ends", len(good)/2+1)},
		"says cut off":      {good + good[:len(good)/2], "the file is cut off within its last line"},
		"cut by a line end": {good[:len(good)/2] + "\n" + good, "trace:1:"},
		"pretty, empty":     {"{\n\"resourceSpans\":[]}", "trace: there are no spans in it"},
		"two values":        {strings.TrimSpace(good) + good, "more than one JSON value on the line"},
		"NUL":               {strings.TrimSpace(good) + "\x00\n", "more than one JSON value on the line"},
		"base64 trace id":   {replace("00000000000000ab0000000000000001", "AAAAAAAAAKsAAAAAAAAAAQ=="), "trace:1:"},
		"says base64":       {replace("00000000000000ab0000000000000001", "AAAAAAAAAKsAAAAAAAAAAQ=="), `traceId "AAAAAAAAAKsAAAAAAAAAAQ==": want 32 hex digits. This one is base64, as protojson writes ids; OTLP/JSON wants them in hex`},
		"base64 span id": {
			replace(`"spanId":"0001000000000002"`, `"spanId":"AAEAAAAAAAI="`),
			`spanId "AAEAAAAAAAI=": want 16 hex digits. This one is base64`,
		},
		"no hex": {
			replace("0001000000000002", "000100000000000g"),
			`spanId "000100000000000g": want 16 hex digits (near`,
		},
		"no id": {replace(`"spanId":"0001000000000002"`, `"spanId":""`), "a span without a traceId and a spanId"},
		"link to nothing": {
			replace(`"status":{}`, `"links":[{"spanId":"0001000000000002"}]`),
			"a link without a traceId and a spanId",
		},
		"link to zero": {replace(`"status":{}`, `"links":[{"traceId":"00000000000000ab0000000000000001","spanId":"0000000000000000","flags":769}]`), "a link without a traceId and a spanId"},
		"zero id":      {replace("0001000000000002", "0000000000000000"), "a span without a traceId and a spanId"},
		"kind by name": {
			replace(`"kind":3`, `"kind":"SPAN_KIND_CLIENT"`),
			"kind: OTLP/JSON has a number here, and no name",
		},
		"kind too large": {replace(`"kind":3`, `"kind":6`), "kind 6: want a number from 0 to 5"},
		"no such status": {replace(`"status":{}`, `"status":{"code":3}`), "status code 3: want 0, 1 or 2"},
		"time":           {replace(`"endTimeUnixNano":"`, `"endTimeUnixNano":"x`), "is no unsigned number of 64 bits"},
		"negative time":  {replace(`"endTimeUnixNano":"`, `"endTimeUnixNano":"-`), "is no unsigned number of 64 bits"},
		"large time": {
			replace(`"endTimeUnixNano":"`, `"endTimeUnixNano":"99999999999`),
			"is no unsigned number of 64 bits",
		},
		"trailing comma": {replace(`"kind":3,`, `"kind":3,,`), "want a key, not ','"},
		"missing colon":  {replace(`"kind":3`, `"kind" 3`), "want a colon, not '3'"},
		"missing comma":  {replace(`"kind":3,`, `"kind":3 `), `want a comma or '}', not '"'`},
		"leading zero":   {replace(`"kind":3`, `"kind":03`), "no number of JSON"},
		"wrong type":     {replace(`"attributes":[`, `"attributes":7,"x":[`), "want an array, not '7'"},
		"raw control":    {replace("house.House", "house\x01House"), "a control character within a string"},
		"wrong escape":   {replace("house.House", `house\xRaft`), `no escape of JSON: "\\x"`},
		"short escape":   {replace("house.House", `house\u00fRaft`), `want four hex digits after \u`},
		"too deep": {
			`{"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}\n",
			"nested more than 100 deep",
		},
		"too deep a value": {
			replace(`{"stringValue":"plain"}`,
				strings.Repeat(`{"arrayValue":{"values":[`, 200)+strings.Repeat("]}}", 200)), "nested more than 100 deep",
		},
		"stdouttrace": {`{"Name":"a","SpanContext":{}}`, "trace:1:1: no resourceSpans: this is the stdouttrace exporter's own format; trace.otlp.jsonl beside it has the same spans"},
		"Jaeger":      {`{"data":[]}`, "trace: there are no spans in it"},
		"logs":        {`{"resourceLogs":[]}`, "no resourceSpans: this is OTLP, but no traces"},
		"something": {
			`{"a":1}`,
			"trace:1:1: no resourceSpans: this is no trace in the OTLP file format, and no layout that is known; it has \"a\"",
		},
		"profiles": {
			"{}\n" + `{"resourceProfiles":[]}`,
			"trace:2:1: no resourceSpans: this is OTLP, but no traces",
		},
		"Zipkin": {
			`[{"traceId":"02","id":"02","name":"n","localEndpoint":{}}]`,
			"trace:1:1: no resourceSpans: this is Zipkin's own JSON",
		},
		"Zipkin, over lines": {
			"[\n{\n\"traceId\":\"02\",\n\"localEndpoint\":{}}]",
			"trace:4:1: no resourceSpans: this is Zipkin's own JSON",
		},
		"unknown, over lines": {
			"{\n\"a\":1\n}",
			"trace:2:1: no resourceSpans: this is no trace in the OTLP file format, and no layout that is known; it has \"a\"",
		},
		"stdouttrace, over lines": {
			"{\n\"Name\":\"a\",\n\"Resource\":[]\n}",
			"trace:2:1: no resourceSpans: this is the stdouttrace exporter's own format",
		},
		"a search of Tempo": {"{\n\"traces\":[]\n}", "trace:2:1: no resourceSpans: this is a list of traces"},
		"an empty answer":   {`{"data":[],"total":0,"errors":null}`, "trace: there are no spans in it"},
		"an error of Jaeger": {
			`{"data":null,"total":0,"errors":[{"code":404,"msg":"trace not found"}]}`,
			"trace:1:1: no resourceSpans: this is an answer that tells of an error",
		},
		"an error of its API v3": {
			`{"error":{"httpCode":404,"message":"no traces"}}`,
			"trace:1:1: no resourceSpans: this is an answer that tells of an error",
		},
		"no error on a line":   {`{"errors":null}`, "trace: there are no spans in it"},
		"data that is no list": {`[{"time":1,"data":{}}]`, "trace:1:1: no resourceSpans: this is no trace in the OTLP file format, and no layout that is known; it has \"time\""},
		"a number in an array": {"[4,\n" + good + "]", "trace:1:2: want a JSON object, not '4'"},
		"a number over lines":  {"{\n}\n4", "trace:3:1: want a JSON object"},
		"no ASCII": {
			"── 0.000ms",
			"trace:1:1: want a JSON object, as each line of a trace in the OTLP file format is one, not '─'",
		},
		"no ASCII, over lines":  {"{\n─", "trace:2:1: want a key, not '─'"},
		"no null":               {"{\n}\nnothing", "trace:3:1: "},
		"UTF-32":                {"\xff\xfe\x00\x00{\x00\x00\x00", "trace:1:1: the text is UTF-32"},
		"UTF-16":                {"\xff\xfe{\x00}\x00", "trace:1:1: the text is UTF-16"},
		"UTF-16, big end first": {"\xfe\xff\x00{\x00}", "trace:1:1: the text is UTF-16"},
		"UTF-16 without a mark": {"{\x00}\x00", "trace:1:1: the text is UTF-16"},
	} {
		t.Run(name, func(t *testing.T) {
			r := read.NewReader("trace", strings.NewReader(c.file))
			var err error
			for err == nil {
				_, err = r.Next()
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error\n\t%v\nwant in it\n\t%s", err, c.want)
			}
			if _, again := r.Next(); !errors.Is(again, err) {
				t.Errorf("asked again, the error is %v", again)
			}
		})
	}
}

// What is before a fault is read.
func TestReadUpToAFault(t *testing.T) {
	r := read.NewReader("trace", strings.NewReader(string(write(t, plainStub(1), plainStub(2)))+"{"))
	for range 2 {
		if _, err := r.Next(); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.Next(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the cut-off line is no error: %v", err)
	}
}

// A line may be longer than what is read at once.
func TestReadLongLines(t *testing.T) {
	s := plainStub(1)
	s.Attributes = []attribute.KeyValue{attribute.String("long", strings.Repeat("ä\"", 2<<20))}
	got := readAll(t, write(t, s, plainStub(2)))
	if len(got) != 2 || got[0].Attribute("long") != s.Attributes[0].Value || got[1].Name != s.Name {
		t.Errorf("a long attribute is not read back")
	}
}

func TestReadFailsWithItsInput(t *testing.T) {
	broken := errors.New("broken disk")
	r := read.NewReader("trace", io.MultiReader(bytes.NewReader(write(t, stub(1))), &brokenReader{broken}))
	_, err := r.Next()
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "trace:2: ") {
		t.Errorf("error %v, want the disk's, in line 2", err)
	}
}

type brokenReader struct{ err error }

func (r *brokenReader) Read([]byte) (int, error) { return 0, r.err }
