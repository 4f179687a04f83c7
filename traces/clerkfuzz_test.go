package traces_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/traces"
)

// FuzzClerk reads files that are no traces, or nearly are: what clerks make of a file, on one processor and on three, is what comes of looking at each span as a whole, and what a
// decoder makes of it that looks at what stood there before is what it makes of it where that is of no use. Each file is read as it is, and disturbed in a way that a number says.
func FuzzClerk(f *testing.F) {
	const atOnce = 6 // spans: a file is read five times
	quiet, short := reference(), rough()
	quiet.requests, short.requests, short.clients = 1, 1, 1
	seed := uint64(0)
	for _, s := range []scenario{quiet, short} {
		file := recordFile(f, s)
		f.Add(file, seed)
		for some := range slices.Chunk(spansAlone(f, file), atOnce) {
			for range 4 {
				f.Add(bytes.Join(some, newline), seed)
				seed++
			}
		}
	}
	for _, file := range oddFiles() {
		f.Add([]byte(file), uint64(0))
		f.Add([]byte(file), uint64(1))
	}
	f.Fuzz(func(t *testing.T, file []byte, seed uint64) {
		file = disturbed(file, seed)
		clerksAsWhole(t, "", file)
		plainly(t, file)
	})
}

var newline = []byte("\n")

// clerksAsWhole compares what clerks make of a file with what comes of looking at each span as a whole.
func clerksAsWhole(t *testing.T, name string, file []byte) traces.Report {
	t.Helper()
	want, wantErr := judgedOneByOne(file)
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, processors := range []int{1, 3} {
		runtime.GOMAXPROCS(processors)
		got, err := judgedAhead(file)
		if fmt.Sprint(wantErr) != fmt.Sprint(err) {
			t.Errorf("%s: error %v one by one, and %v with %d processors", name, wantErr, err, processors)
		}
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: -one by one, +with %d processors:\n%s", name, processors, cmp.Diff(want, got, cmp.AllowUnexported(traces.SpanRef{})))
		}
	}
	return want
}

// plainly compares the spans of a file with those of the same file with blanks between all that blanks may stand between: nothing is written as it was before then.
func plainly(t *testing.T, file []byte) {
	t.Helper()
	got, err := tryRead(file)
	want, wantErr := tryRead(apart(file))
	if (err == nil) != (wantErr == nil) {
		t.Errorf("error %v, and with blanks in between %v", err, wantErr)
	}
	if err != nil || reflect.DeepEqual(want, got) {
		return
	}
	if diff := cmp.Diff(want, got, sameSpans); diff != "" {
		t.Errorf("-with blanks in between, +as it is:\n%s", diff)
	}
}

// apart puts blanks around all that is no text, number or word.
func apart(file []byte) []byte {
	var out []byte
	quoted, escaped := false, false
	for _, c := range file {
		mark := !quoted && strings.IndexByte("{}[]:,", c) >= 0
		if mark {
			out = append(out, ' ')
		}
		out = append(out, c)
		if mark {
			out = append(out, ' ')
		}
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		}
	}
	return out
}

// parts are what a file is disturbed in.
var parts = []struct {
	is    *regexp.Regexp
	comma string // between two of them
}{
	{regexp.MustCompile(`\{"key":.*?\}\}+`), ","},
	{regexp.MustCompile(`\{"key":.*?\}\}+`), ","},
	{regexp.MustCompile(`"(?:traceId|spanId|parentSpanId)":"[^"]*"`), ","},
	{regexp.MustCompile(`"(?:name|kind|startTimeUnixNano|endTimeUnixNano|attributes|events|links|status)":(?:"[^"]*"|\w+|\[\]|\{[^}]*\})`), ","},
	{regexp.MustCompile(`"(?:key|stringValue|intValue|boolValue)":(?:"[^"]*"|\w+)`), ","},
	{regexp.MustCompile(`\{"traceId":"[^"]*","spanId":"[^"]*",[^\n]*?"status":\{[^}]*\}\}`), ","},
	{regexp.MustCompile(`\{"traceId":"[^"]*","spanId":"[^"]*",[^\n]*?"status":\{[^}]*\}\}`), ","},
	{regexp.MustCompile(`"attributes":\[\{"key":"[^s].*?\}\}+\]`), ","},
	{regexp.MustCompile(`\{"resource":[^\n]*?"scopeSpans"`), ","},
	{regexp.MustCompile(`[^\n]+\n`), ""},
}

// odd are values that nobody expects.
var odd = []string{
	`"stringValue":""`, `"stringValue":"node-1"`, `"stringValue":"node-2"`, `"stringValue":"client-1/1"`, `"stringValue":"leader"`, `"stringValue":"nobody"`, `"stringValue":null`, `"intValue":"-1"`, `"intValue":"0"`, `"intValue":1`,
	`"intValue":"9223372036854775807"`, `"intValue":"18446744073709551615"`, `"boolValue":true`, `"boolValue":false`, `"doubleValue":1`, `"arrayValue":{}`, `"arrayValue":{"values":[{"intValue":"1"}]}`,
	`"arrayValue":{"values":[{"stringValue":"1@1 noop"},{"stringValue":"node-1"}]}`, `"bytesValue":"bm9kZS0x"`, `"kvlistValue":{}`, `"stringValue":"a","intValue":"3"`, ` "intValue" : "1"`,
	`"name":"raft.apply"`, `"name":""`, `"name":"raft.Raft/AppendEntries"`, `"kind":3`, `"kind":0`, `"startTimeUnixNano":"18446744073709551615"`, `"startTimeUnixNano":"9466848000010000000"`, `"endTimeUnixNano":"18446744073709551615"`,
	`"endTimeUnixNano":"0"`, `"status":{"code":2}`, `"status":{"code":1}`, `"status":{}`, `"attributes":[]`, `"attributes":null`, `"key":"raft.term"`, `"key":"error.type"`, `"key":"raft.unfinished"`, `"key":""`, `"key":"kv.client.id"`,
}

// disturbed is a file in which some parts are not as they were: which ones follows from a number.
func disturbed(file []byte, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	for range seed % 5 {
		part := parts[random.IntN(len(parts))]
		all := part.is.FindAllIndex(file, -1)
		if len(all) == 0 {
			continue
		}
		at, other := all[random.IntN(len(all))], all[random.IntN(len(all))]
		is, was := file[at[0]:at[1]], file[other[0]:other[1]]
		var to []byte
		from := at[0]
		switch random.IntN(6) {
		case 0:
			to = was
		case 1:
			to = slices.Concat(is, []byte(part.comma), is)
		case 2:
			to = slices.Concat(was, []byte(part.comma), is)
		case 3: // nothing, and no comma
			if from > 0 && file[from-1] == ',' {
				from--
			}
		case 4:
			to = bytes.Replace(is, []byte(":"), []byte(": "), 1)
		case 5:
			if to = is; bytes.HasPrefix(is, []byte(`"`)) {
				to = []byte(odd[random.IntN(len(odd))])
			}
		}
		file = slices.Concat(file[:from], to, file[at[1]:])
	}
	return file
}

// oddFiles are files by hand, each with something that nobody writes.
func oddFiles() []string {
	const one, two = `{"key":"raft.index","value":{"intValue":"1"}}`, `{"key":"raft.index","value":{"intValue":"2"}}`
	apply := func(id int, index string) string {
		return oddSpan(id, `"name":"raft.apply","kind":1`, `"attributes":[`+applied+`,`+index+`],"status":{}`)
	}
	answered := func(id int, head string) string {
		return oddSpan(id, head, `"attributes":[{"key":"raft.reply","value":{"stringValue":"Answered"}}]`)
	}
	many := strings.Repeat(one+",", 45) + one
	return []string{
		oddLine(apply(1, one), apply(2, two)),
		oddLine(apply(1, one), apply(2, one+","+two), apply(3, two+","+one), apply(4, two)),
		oddLine(apply(1, one)) + "\n \n" + oddLine(apply(1, two), apply(1, two)) + "hello\n" + oddLine(apply(3, one)),
		oddLine(apply(1, many), apply(2, many), apply(3, two+","+many), apply(4, many)),
		oddLine(apply(1, one), oddSpan(2, `"kind":1`, `"attributes":[`+applied+`,`+two+`],"name":"raft.apply","status":{}`), apply(3, two)),
		oddLine(apply(1, one), oddSpan(2, `"name":"raft.apply","kind":1`, `"attributes":[`+one+`],"attributes":[`+applied+`,`+two+`],"status":{"code":2},"status":{}`), apply(3, two)),
		oddLine(apply(1, one), oddSpan(2, `"name":"raft.apply","kind":1`, `"attributes":[`+applied+`,`+two+`],"name":"x","attributes":[`+two+`],"name":"raft.apply","attributes":[]`), apply(3, one)),
		oddLine(apply(1, one), oddSpan(2, `"name":"raft.apply","kind":1`, `"startTimeUnixNano":"18446744073709551615","endTimeUnixNano":"9223372036854775808","attributes":[`+applied+`,`+two+`]`)),
		strings.Replace(oddLine(apply(1, one), apply(2, two)), `"name"`, `"flags":01,"name"`, 1),
		// a message that is handled as another, and answered as it wants to be
		oddLine(answered(1, `"name":"raftkv.KV/Put","kind":2`), answered(2, `"name":"raft.Raft/AppendEntries","kind":3`), answered(3, `"parentSpanId":"0000000000000002","name":"raftkv.KV/Put","kind":2`)),
		// a key that reads like two attributes
		oddLine(apply(1, `{"key":"a","value":{},"key":"a","value":{},"key":"a\",\"value\":{},\"key\":\"a"}`), apply(2, `{"key":"a","value":{},"key":"a","value":{"intValue":"1"}}`)),
		oddLine(apply(1, `{"key":"a\\b","value":{},"key":"a\\\\b"}`), apply(2, `{"key":"a\\b","value":{"intValue":"1"}}`)),
	}
}

const applied = `{"key":"raft.node.id","value":{"stringValue":"node-1"}},{"key":"raft.term","value":{"intValue":"1"}},{"key":"raft.role","value":{"stringValue":"leader"}},` +
	`{"key":"raft.entry.term","value":{"intValue":"1"}},{"key":"raft.command","value":{"stringValue":"noop"}},{"key":"kv.result","value":{"stringValue":"ok"}}`

func oddSpan(id int, head, tail string) string {
	return fmt.Sprintf(`{"traceId":"%016x%016[1]x","spanId":"%016x",%s,"startTimeUnixNano":"%d","endTimeUnixNano":"%[4]d",%s}`, 1, id, head, 1000*id, tail)
}

func oddLine(spans ...string) string { return oddLineOf("node-1", spans...) }

func oddLineOf(service string, spans ...string) string {
	return `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"` + service + `"}}]},"scopeSpans":[{"spans":[` + strings.Join(spans, ",") + "]}]}]}\n"
}
