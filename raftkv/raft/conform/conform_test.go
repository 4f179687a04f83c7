package conform_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/traces/read"
)

// checked is what is found in a file.
func checked(ctx context.Context, file []byte) (clients.Report, error) {
	c := conform.New()
	err := c.Read(ctx, read.NewReader("trace", bytes.NewReader(file)))
	return c.Report(), err
}

// FuzzCheck checks files that are no traces, or nearly are: what is found does not depend on whether a file is read
// ahead on several processors, or its spans are added one by one.
func FuzzCheck(f *testing.F) {
	for _, file := range oddFiles() {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := checked(t.Context(), file)
		c, r := conform.New(), read.NewReader("trace", bytes.NewReader(file))
		var failed error
		for s, err := range r.All() {
			if failed = err; err == nil {
				c.Add(&s, r.Line())
			}
		}
		if want := c.Report(); fmt.Sprint(failed) != fmt.Sprint(err) || !reflect.DeepEqual(told(got), told(want)) {
			t.Errorf("read, it is\n%s, %v\nand one by one\n%s, %v", told(got), err, told(want), failed)
		}
	})
}

// told is a report as text.
func told(r clients.Report) string {
	for i := range r.History {
		r.History[i].Span.Line = 0
	}
	return fmt.Sprintf("%+v, %d operations, ask %v", r.Report, len(r.History), r.Ask)
}

func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := checked(ctx, []byte(oddFiles()[0])); err == nil || err.Error() != "trace: interrupted" {
		t.Errorf("error %v", err)
	}
}

// A wrong index in a small file, of which nothing is told, makes nobody ask for the memory of a log that long.
func TestMemoryOfWrongIndex(t *testing.T) {
	const wrong, bound = 50_000_000, 64 << 20
	number := func(key string, n int) string { return fmt.Sprintf(`{"key":%q,"value":{"intValue":"%d"}}`, key, n) }
	entry := fmt.Sprintf(`{"key":"raft.entries","value":{"arrayValue":{"values":[{"stringValue":"%d@1 noop"}]}}}`, wrong)
	appended := number("raft.index", wrong) + "," + number("raft.term", 1) +
		`,{"key":"raft.command","value":{"stringValue":"noop"}}`
	for name, span := range map[string]string{
		"applied": oddSpan(1, `"name":"raft.apply","kind":1`, `"attributes":[`+applied+","+number("raft.index", wrong)+"]"),
		"taken": oddSpan(1, `"name":"raftkv.KV/Put","kind":2`,
			`"events":[{"name":"append","timeUnixNano":"1000","attributes":[`+appended+`]}]`),
		"sent": oddSpan(1, `"name":"raft.Raft/AppendEntries","kind":3`,
			`"attributes":[`+number("raft.prev_log.index", wrong-1)+","+entry+"]"),
		"received": oddSpan(1, `"name":"raft.Raft/AppendEntries","kind":2`,
			`"attributes":[`+number("raft.prev_log.index",
				wrong-1)+","+entry+`,{"key":"raft.reply","value":{"stringValue":"AppendEntriesOk"}}]`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := checked(t.Context(), []byte(oddLine(span))); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if asked := after.TotalAlloc - before.TotalAlloc; asked > bound {
			t.Errorf("an entry that is %s at index %d: %d MiB were asked for", name, wrong, asked>>20)
		}
	}
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
		oddLine(apply(1, one), oddSpan(2, `"kind":1`, `"attributes":[`+applied+`,`+two+`],"name":"raft.apply","status":{}`),
			apply(3, two)),
		oddLine(apply(1, one),
			oddSpan(2, `"name":"raft.apply","kind":1`,
				`"attributes":[`+one+`],"attributes":[`+applied+`,`+two+`],"status":{"code":2},"status":{}`), apply(3, two)),
		oddLine(apply(1, one), oddSpan(2, `"name":"raft.apply","kind":1`,
			`"attributes":[`+applied+`,`+two+`],"name":"x","attributes":[`+two+`],"name":"raft.apply","attributes":[]`),
			apply(3, one)),
		oddLine(apply(1, one), oddSpan(2, `"name":"raft.apply","kind":1`, `"startTimeUnixNano":"18446744073709551615","endTimeUnixNano":"9223372036854775808","attributes":[`+applied+`,`+two+`]`)),
		strings.Replace(oddLine(apply(1, one), apply(2, two)), `"name"`, `"flags":01,"name"`, 1),
		// a message that is handled as another, and answered as it wants to be
		oddLine(answered(1, `"name":"raftkv.KV/Put","kind":2`), answered(2, `"name":"raft.Raft/AppendEntries","kind":3`),
			answered(3, `"parentSpanId":"0000000000000002","name":"raftkv.KV/Put","kind":2`)),
		// a key that reads like two attributes
		oddLine(apply(1, `{"key":"a","value":{},"key":"a","value":{},"key":"a\",\"value\":{},\"key\":\"a"}`),
			apply(2, `{"key":"a","value":{},"key":"a","value":{"intValue":"1"}}`)),
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
	return `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"` + service +
		`"}}]},"scopeSpans":[{"spans":[` + strings.Join(spans, ",") + "]}]}]}\n"
}
