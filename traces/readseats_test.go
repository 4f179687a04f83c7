package traces_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
)

// A reader compares an attribute with what stood in its place in the span of the same name before. Whatever that was, it reads what is there: as a reader does that saw nothing before.
func TestReadAfterAnotherAttribute(t *testing.T) {
	attributes := []string{
		`{"key":"a","value":{"stringValue":"1"}}`,
		`{"key":"a","value":{"stringValue":"12"}}`,
		`{"key":"a","value":{"stringValue":"\u00311"}}`,
		`{"key":"a","value":{"stringValue":"1\"}}"}}`,
		`{"key":"a","value":{"stringValue":"1" }}`,
		`{"key":"a","value":{"stringValue":"1","intValue":"2"}}`,
		`{"key":"a","value":{"stringValue":"1"},"more":0}`,
		`{"key":"a","value":{"stringValue":"` + strings.Repeat("long ", 1000) + `"}}`,
		`{"key":"a","value":{"intValue":"1"}}`,
		`{"key":"a","value":{"intValue":"2"}}`,
		`{"key":"a","value":{"intValue":"2" }}`,
		`{"key":"a","value":{"intValue":"2","stringValue":"1"}}`,
		`{"key":"a","value":{"intValue":"-9223372036854775808"}}`,
		`{"key":"a","value":{"intValue":12345678}}`,
		`{"key":"a","value":{"boolValue":true}}`,
		`{"key":"a","value":{"doubleValue":1}}`,
		`{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"1"}]}}}`,
		`{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"1"},{"stringValue":"2"}]}}}`,
		`{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"1"}, {"stringValue":"3"}]}}}`,
		`{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"1"},{"intValue":"2"}]}}}`,
		`{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"1","intValue":"2"}]}}}`,
		`{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"2"}],"more":0}}}`,
		`{"key":"a","value":{"arrayValue":{"values":[]}}}`,
		`{"key":"a","value":{"kvlistValue":{"values":[{"key":"b","value":{"stringValue":"1"}},{"key":"a","value":{}}]}}}`,
		`{"key":"a","value":{}}`,
		`{"key":"a"}`,
		`{"key":"ab","value":{"stringValue":"1"}}`,
		`{"key":"\u0061","value":{"stringValue":"1"}}`,
		`{"key":"","value":{"stringValue":"1"}}`,
		`{"value":{"stringValue":"1"},"key":"a"}`,
		`{"value":{"stringValue":"1"}}`,
		` { "key" : "a" , "value" : { "stringValue" : "1" } } `,
		`{}`,
	}
	span := func(id int, attributes ...string) string {
		return fmt.Sprintf(`{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{"traceId":"0000000000000001000000000000000c","spanId":"%016x","name":"n","kind":1,`+
			`"startTimeUnixNano":"946684800010000000","endTimeUnixNano":"946684800010000001","attributes":[%s],"status":{}}]}]}]}`+"\n", id, strings.Join(attributes, ","))
	}
	for _, before := range attributes {
		many := slices.Repeat([]string{before}, 50) // more than are remembered
		if diff := afterOthers(t, span(1, many...), span(2, many...), span(3, append(many, attributes[0])...)); diff != "" {
			t.Errorf("after 50 times %s, it is read otherwise:\n-by a reader of its own, +after the others:\n%s", before, diff)
		}
		for _, now := range attributes {
			lines := []string{span(1, before), span(2, now), span(3, now, before), span(4, before), span(5), span(6, before, before, now)}
			if diff := afterOthers(t, lines...); diff != "" {
				t.Errorf("after %s, %s is read otherwise:\n-by a reader of its own, +after the other:\n%s", before, now, diff)
			}
		}
	}
}

// afterOthers compares what each of some lines is to a reader that saw nothing before with what it is behind the others.
func afterOthers(t *testing.T, lines ...string) string {
	t.Helper()
	var want []traces.Span
	for _, line := range lines {
		want = append(want, read(t, []byte(line))...)
	}
	return cmp.Diff(want, read(t, []byte(strings.Join(lines, ""))), sameSpans)
}

// What is no value is none behind one that is.
func TestFaultAfterAValue(t *testing.T) {
	const number, texts = `{"intValue":"%s"}`, `{"arrayValue":{"values":[{"stringValue":"%s"}]}}`
	for _, c := range []struct{ value, good, bad, want string }{
		{number, "1", "9223372036854775808", `"9223372036854775808" is no number of 64 bits`},
		{number, "1", "-", `"-" is no number of 64 bits`},
		{number, "1", "1x", `"1x" is no number of 64 bits`},
		{number, "1", "", `"" is no number of 64 bits`},
		{texts, "1", `2"]}}}`, `want a comma or '}', not ']'`},
		{texts, "1", `2",{"stringValue":"3`, `want a key, not '{'`},
		{texts, "1", `2"}{"stringValue":"3`, `want a comma or ']', not '{'`},
	} {
		span := func(id int, value string) string {
			return oddLine(oddSpan(id, `"name":"n","kind":1`, `"attributes":[{"key":"a","value":`+fmt.Sprintf(c.value, value)+`}]`))
		}
		if _, err := tryRead([]byte(span(1, c.good) + span(2, c.bad))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want in it %s", err, c.want)
		}
	}
}

// What stands behind the ids of a span may end wherever it likes: there is no more of the line to be read then.
func TestShortSpans(t *testing.T) {
	for more := range 80 {
		line := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000010000000000000001","spanId":"0000000000000001","more":"` + strings.Repeat("x", more) + `"}]}]}]}`
		if got := read(t, []byte(line)); len(got) != 1 || got[0].ID != 1 {
			t.Errorf("%d bytes more: %v", more, got)
		}
	}
}

// Each span of a run is the same to a reader that saw the others before as to one that saw nothing before.
func TestReadAfterOtherSpans(t *testing.T) {
	for name, s := range map[string]rafttest.Scenario{"reference": rafttest.Reference(), "rough": rafttest.Rough()} {
		var file bytes.Buffer
		rafttest.Record(t, s, record.NewOTLPFile(&file))
		var want []traces.Span
		for _, line := range spansAlone(t, file.Bytes()) {
			want = append(want, read(t, line)...)
		}
		if diff := cmp.Diff(want, read(t, file.Bytes()), sameSpans); diff != "" {
			t.Errorf("%s:\n-each by a reader of its own, +all by one:\n%s", name, diff)
		}
	}
}

// spansAlone are the spans of a file, each in a line of its own.
func spansAlone(t testing.TB, written []byte) (lines [][]byte) {
	t.Helper()
	type scope struct {
		Spans []json.RawMessage `json:"spans"`
	}
	type process struct {
		Resource   json.RawMessage `json:"resource"`
		ScopeSpans []scope         `json:"scopeSpans"`
	}
	type file struct {
		ResourceSpans []process `json:"resourceSpans"`
	}
	for line := range bytes.Lines(written) {
		var whole file
		if err := json.Unmarshal(line, &whole); err != nil {
			t.Fatal(err)
		}
		for _, p := range whole.ResourceSpans {
			for _, s := range p.ScopeSpans {
				for _, span := range s.Spans {
					one, err := json.Marshal(file{[]process{{p.Resource, []scope{{[]json.RawMessage{span}}}}}})
					if err != nil {
						t.Fatal(err)
					}
					lines = append(lines, one)
				}
			}
		}
	}
	return lines
}

// A reader compares what stands before the spans of a process with what stood there before. Whatever that was, it reads what is there.
func TestReadAfterAnotherProcess(t *testing.T) {
	span := func(id int) string {
		return fmt.Sprintf(`{"traceId":"0000000000000001000000000000000c","spanId":"%016x","name":"n","startTimeUnixNano":"1","endTimeUnixNano":"2"}`, id)
	}
	resource := func(name string) string {
		return `"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"` + name + `"}}]}`
	}
	scope := `"scope":{"name":"s"},`
	processes := []string{ // with %s where a span is
		`{` + resource("a") + `,"scopeSpans":[{` + scope + `"spans":[%s]}]}`,
		`{` + resource("b") + `,"scopeSpans":[{` + scope + `"spans":[%s]}]}`,
		`{` + resource("a") + `,"scopeSpans":[{` + scope + `"spans":[%s,%s]}]}`,
		`{` + resource("a") + `,"scopeSpans":[{` + scope + `"spans":[%s],"schemaUrl":"u"}],"schemaUrl":"u"}`,
		`{` + resource("a") + `,"scopeSpans":[{` + scope + `"spans":[%s]},{"spans":[%s]},{` + scope + `"spans":[%s]}]}`,
		`{` + resource("a") + `,"scopeSpans":[{` + scope + `"spans":[%s],"spans":[%s]}],"scopeSpans":[{"spans":[%s]}]}`,
		`{` + resource("a") + `,"scopeSpans":[{` + scope + `"spans":[ ]},{` + scope + `"spans":[%s]}]}`,
		`{` + resource("a") + `,"scopeSpans":[{"spans":[]},{` + scope + `"spans":[%s]}]}`,
		`{` + resource("a") + `,"scopeSpans":[{"spans":null},{` + scope + `"spans":[ %s ] } ] }`,
		`{"scopeSpans":[{"spans":[%s]}],` + resource("a") + `,"scopeSpans":[{` + scope + `"spans":[%s]}]}`,
		`{"scopeSpans":[{"spans":[%s]}],` + resource("a") + `}`,
		`{"scopeSpans":[{"spans":[%s]}]}`,
		`{"resource":null,"scopeSpans":[{"spans":[%s]}]}`,
		`{` + resource("a") + `,` + resource("b") + `,"scopeSpans":[{` + scope + `"spans":[%s]}],` + resource("c") + `,"scopeSpans":[{"spans":[%s]}]}`,
	}
	line := func(id int, processes ...string) string {
		text := `{"resourceSpans":[` + strings.Join(processes, ",") + "]}\n"
		for strings.Contains(text, "%s") {
			text, id = strings.Replace(text, "%s", span(id), 1), id+1
		}
		return text
	}
	for _, before := range processes {
		for _, now := range processes {
			lines := []string{line(1, before), line(11, now), line(11, now, before, now)} // with the same ids, since what stands before may have spans in it
			if got := len(read(t, []byte(strings.Join(lines, "")))); got != 2*strings.Count(before, "%s")+3*strings.Count(now, "%s") {
				t.Errorf("after %s, %s: %d spans are read", before, now, got)
			}
			if diff := afterOthers(t, lines...); diff != "" {
				t.Errorf("after %s, %s is read otherwise:\n-by a reader of its own, +after the other:\n%s", before, now, diff)
			}
		}
	}
}
