package traces_test

import (
	"fmt"
	"strings"
)

const applied = `{"key":"raft.node.id","value":{"stringValue":"node-1"}},{"key":"raft.term","value":{"intValue":"1"}},{"key":"raft.role","value":{"stringValue":"leader"}},` +
	`{"key":"raft.entry.term","value":{"intValue":"1"}},{"key":"raft.command","value":{"stringValue":"noop"}},{"key":"kv.result","value":{"stringValue":"ok"}}`

func oddSpan(id int, head, tail string) string {
	return fmt.Sprintf(`{"traceId":"%016x%016[1]x","spanId":"%016x",%s,"startTimeUnixNano":"%d","endTimeUnixNano":"%[4]d",%s}`, 1, id, head, 1000*id, tail)
}

func oddLine(spans ...string) string { return oddLineOf("node-1", spans...) }

func oddLineOf(service string, spans ...string) string {
	return `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"` + service + `"}}]},"scopeSpans":[{"spans":[` + strings.Join(spans, ",") + "]}]}]}\n"
}
