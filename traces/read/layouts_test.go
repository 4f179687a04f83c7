package read_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/traces/read"
)

// inOtherLayouts lays a JSON value out in the other ways that the reader takes.
func inOtherLayouts(t *testing.T, value []byte) map[string][]byte {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, value, "", "\t"); err != nil {
		t.Fatal(err)
	}
	if c := value[0]; c != '{' && c != '[' {
		return nil // nothing that a trace could be
	}
	return map[string][]byte{"pretty": pretty.Bytes(), "in an array": bytes.Join([][]byte{{'['}, value, {']'}}, nil)}
}

// A Collector and Jaeger write the same spans in many layouts, and each is read as the lines are.
func TestReadLayouts(t *testing.T) {
	file := write(t, plainStub(1), stub(2), plainStub(3), stub(4))
	want := readAll(t, file)
	var values [][]byte
	for line := range bytes.Lines(write(t, plainStub(1), stub(2))) {
		values = append(values, bytes.TrimSpace(line))
	}
	for line := range bytes.Lines(write(t, plainStub(3), stub(4))) {
		values = append(values, bytes.TrimSpace(line))
	}
	var parts [][]byte // all entries of all resourceSpans
	for _, v := range values {
		var one struct{ ResourceSpans []json.RawMessage }
		if err := json.Unmarshal(v, &one); err != nil {
			t.Fatal(err)
		}
		for _, part := range one.ResourceSpans {
			parts = append(parts, part)
		}
	}
	all := string(bytes.Join(parts, []byte(",")))
	array := "[" + string(bytes.Join(values, []byte(","))) + "]"
	for name, text := range map[string]string{
		"one object": `{"resourceSpans":[` + all + `]}`,
		"an array":   array,
		"an array over lines": strings.ReplaceAll(strings.ReplaceAll(array, `,{"resourceSpans"`,
			",\n"+`{"resourceSpans"`), "[{", "[\n{"),
		"Jaeger's v3":                 `{"result":{"resourceSpans":[` + all + `]}}`,
		"Jaeger's v3 in parts":        `{"result":` + string(values[0]) + "}\n" + `{"result":` + string(values[1]) + "}\n",
		"the same without a line end": `{"result":` + string(values[0]) + "}" + `{"result":` + string(values[1]) + "}",
		"data":                        `{"data":` + array + `,"total":0,"errors":null}`,
		"first lines, then pretty":    string(values[0]) + "\n{\n" + string(values[1][1:]),
		"what else comes first":       `{"x":[{"a":"\"]}"},1.5,null],"result":{"y":{},"resourceSpans":[` + all + `]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, readAll(t, []byte(text)), sameSpans); diff != "" {
				t.Errorf("-in lines, +%s:\n%s", name, diff)
			}
			if !json.Valid([]byte(text)) {
				return
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, []byte(text), "\r", "  "); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, readAll(t, pretty.Bytes()), sameSpans); diff != "" {
				t.Errorf("-in lines, +%s, pretty:\n%s", name, diff)
			}
		})
	}
}

// Where spans are not in lines, Line says all the same in which line each begins.
func TestReadTellsTheLinesOfADocument(t *testing.T) {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, write(t, plainStub(1), plainStub(2)), "", " "); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(pretty.String(), "\n")
	r := read.NewReader("trace", bytes.NewReader(pretty.Bytes()))
	for n := range 2 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if at := r.Line(); strings.TrimSpace(lines[at-1]) != "{" || !strings.Contains(lines[at], "traceId") {
			t.Errorf("span %d is said to begin in line %d, which is %q, before %q", n+1, at, lines[at-1], lines[at])
		}
	}
}

func TestReadFaultsOfDocuments(t *testing.T) {
	const span = `{"traceID":"c","spanID":"ab","operationName":"a","startTime":1,"duration":2,"processID":"p1"}`
	for name, c := range map[string]struct{ file, want string }{
		"cut off": {
			"{\n\"resourceSpans\":[{}",
			"trace:2:20: the file ends where a value is due: the file is cut off within a value",
		},
		"cut off in a span": {
			"{\n\"resourceSpans\":[{\n\"x\":1",
			"trace:3:6: the line ends where a comma or '}' is due: the file is cut off within a value",
		},
		"cut off in a string": {"[{\"resourceSpans\n", "trace:1:"},
		"no array":            {"[{\"resourceSpans\":7}]", "trace:1:19: want an array, not '7'"},
		"an object":           {"[{\"resourceSpans\":{}}]", "trace:1:19: want an array, not '{'"},
		"a scalar behind":     {"[]\n7", "trace:2:1: want a JSON object or array, not '7'"},
		"no comma":            {"[{} {}]", "trace:1:5: want a comma or ']', not '{'"},
		"no colon":            {"[{\"a\" 1}]", "trace:1:7: want a colon, not '1'"},
		"no key":              {"[{1:1}]", "trace:1:3: want a key, not '1'"},
		"the wrong bracket":   {"[{]", "want a key, not ']'"},
		"protobuf":            {"\x00\x00\x01\x02\n\xff", "trace:1:1: this is no text: of what a Collector's file exporter writes, only `format: json` without compression is read"},
		"compressed":          {"\x28\xb5\x2f\xfd\x04", "trace:1:1: this is no text"},
		"too deep":            {strings.Repeat("[", 200), "nested more than 100 deep"},
		"too deep within": {
			`[{"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}]",
			"nested more than 100 deep",
		},
		"a span in the 3rd row": {
			"[{\"resourceSpans\":[{\n\"scopeSpans\":[{\"spans\":[\n{\"traceId\":\"xyz\"}]}]}]}]",
			`trace:3:12: traceId "xyz": want 32 hex digits (near`,
		},
		"Jaeger: no id": {
			`{"data":[{"spans":[{"operationName":"a"}]}]}`,
			"trace:1:20: a span without a traceID and a spanID",
		},
		"Jaeger: long id": {`{"data":[{"spans":[` +
			strings.Replace(span, `"c"`, `"0123456789012345678901234567890123"`, 1) + `]}]}`, "want up to 32 hex digits"},
		"Jaeger: time": {
			`{"data":[{"spans":[` + strings.Replace(span, `:1,`, `:18446744073709551,`, 1) + `]}]}`,
			"18446744073709551 microseconds are more than a time can be",
		},
		"Jaeger: negative": {
			`{"data":[{"spans":[` + strings.Replace(span, `:2,`, `:-2,`, 1) + `]}]}`,
			"is no unsigned number of 64 bits",
		},
		"Jaeger: processes": {
			`{"data":[{"spans":[` + span + `],` + "\n" + `"processes":[]}]}`,
			"trace:2:13: want an object, not '['",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := read.NewReader("trace", strings.NewReader(c.file))
			var err error
			for err == nil {
				_, err = r.Next()
			}
			if errors.Is(err, io.EOF) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error\n\t%v\nwant in it\n\t%s", err, c.want)
			}
			if _, again := r.Next(); !errors.Is(again, err) {
				t.Errorf("asked again, the error is %v", again)
			}
		})
	}
}

// repeated reads a text over and over.
type repeated struct {
	text  string
	times int
	rest  string
}

func (r *repeated) Read(b []byte) (int, error) {
	if r.rest == "" {
		if r.times == 0 {
			return 0, io.EOF
		}
		r.rest = r.text
		r.times--
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// An input may fail within a document as within lines.
func TestReadFailsWithTheInputOfADocument(t *testing.T) {
	broken := errors.New("broken disk")
	for _, text := range []string{
		"[", "[{", `[{"a"`, `[{"a":`, `[{"a":{"b`, `[{"resourceSpans":`,
		`[{"resourceSpans":[{"a":`,
	} {
		r := read.NewReader("trace", io.MultiReader(strings.NewReader(text), &brokenReader{broken}))
		_, err := r.Next()
		if !errors.Is(err, broken) {
			t.Errorf("%s: error %v, want the disk's", text, err)
		}
	}
}
