package traces_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces"
)

// TestHostileSpans reads spans in which every text holds a control character: none of it reaches whoever reads what is told, drawn, judged or explained of them.
func TestHostileSpans(t *testing.T) {
	const line = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"%s"}}]},"scopeSpans":[{"spans":[{"traceId":"00000000000000ab0000000000000001",` +
		`"spanId":"0000000000000001","name":"%s","kind":%d,"startTimeUnixNano":"1","endTimeUnixNano":"2","status":{"code":2,"message":"m\u007f"},"events":[{"name":"e\u007f","timeUnixNano":"1"}],` +
		`"attributes":[{"key":"%s","value":{"stringValue":"v\u007f"}}]}]}]}]}`
	names := []string{"kv.put", "raft.commit", "raft.apply", "raftkv.run", "raft.election", "raft.role_change", "raftkv.fault", "raft.Raft/AppendEntries", `x\u007fy`}
	keys := []string{
		"raft.command", "raft.role", "kv.result", "kv.request.id", "kv.key", "raft.peer.id", "raft.node.id", "raft.reply", "error.type", "raftkv.fault", "raftkv.fault.target", `a\u007f`,
	}
	for _, name := range names {
		for _, service := range []string{"node-1", `no\u007fde`} {
			for _, kind := range []int{1, 3} {
				for _, key := range keys {
					text := fmt.Sprintf(line, service, name, kind, key)
					var all []traces.Span
					for s, err := range traces.NewReader("trace", strings.NewReader(text)).All() {
						if err != nil {
							t.Fatal(err)
						}
						all = append(all, s)
					}
					if told := everythingToldOf(t, all); strings.Contains(told, "\x7f") {
						t.Errorf("%s of %s with %s: a control character reaches the terminal: %q", name, service, key, told)
					}
				}
			}
		}
	}
}

// everythingToldOf is what a person reads of spans, whoever tells it.
func everythingToldOf(t *testing.T, all []traces.Span) string {
	t.Helper()
	story, judge := traces.NewStory(), traces.NewJudge()
	for i := range all {
		story.Add(&all[i])
		judge.Add(&all[i], i+1)
	}
	var tree bytes.Buffer
	if err := traces.WriteTree(&tree, all); err != nil {
		t.Fatal(err)
	}
	told := tell(t, story, traces.Plain) + tree.String() + explainAll(t, all)
	for _, f := range judge.Report().Findings {
		told += f.Span.String() + f.Got + f.Want
	}
	return told
}
