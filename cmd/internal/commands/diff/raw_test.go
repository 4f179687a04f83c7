package diff

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff"
)

// rawSpan is a span as its file has it, read with nothing of what the diff is made of.
type rawSpan struct {
	text string // all that the file says of it and of its process, less the run's half of trace ids, and numbers of steps
	peer string // whom it sends to, or answers; empty for none
	lost bool   // that was lost
	end  int64  // ns from the beginning of the run
}

// comparedText is what of a span's text is compared: all but the run's half of trace ids, which are its first 16
// characters, and the attributes that number the steps of a process: one more shifts all that follow.
func comparedText(text []byte) string {
	const traceID, attribute = `"traceId":"`, `{"key":"raftkv.`
	kept := make([]byte, 0, len(text))
	for i, part := range bytes.SplitAfter(text, []byte(traceID)) {
		if i > 0 {
			part = part[16:]
		}
		kept = append(kept, part...)
	}
	var b bytes.Buffer
	for i, part := range bytes.Split(kept, []byte(attribute)) {
		switch {
		case bytes.HasPrefix(part, []byte(`step"`)), bytes.HasPrefix(part, []byte(`end_step"`)):
			if bytes.HasSuffix(b.Bytes(), []byte(",")) {
				b.Truncate(b.Len() - 1)
			}
			_, part, _ = bytes.Cut(part, []byte("}}"))
		case i > 0:
			b.WriteString(attribute)
		}
		b.Write(part)
	}
	return b.String()
}

// rawSpans are the spans of a trace by their ids, but for the one that says what made the run.
func rawSpans(t *testing.T, file []byte) map[string]rawSpan {
	t.Helper()
	all := map[string]rawSpan{}
	begin := int64(0)
	for line := range bytes.Lines(file) {
		var parsed struct {
			ResourceSpans []struct {
				Resource   json.RawMessage `json:"resource"`
				ScopeSpans []struct {
					Spans []json.RawMessage `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		}
		if err := json.Unmarshal(line, &parsed); err != nil {
			t.Fatal(err)
		}
		for _, r := range parsed.ResourceSpans {
			for _, s := range r.ScopeSpans {
				for _, text := range s.Spans {
					id, name, start, span := rawSpanOf(t, r.Resource, text)
					if name == worldspans.RunName {
						begin = start
						continue
					}
					all[id] = span
				}
			}
		}
	}
	for id, s := range all {
		s.end -= begin
		all[id] = s
	}
	return all
}

type rawAttributes []struct {
	Key   string `json:"key"`
	Value struct {
		StringValue string `json:"stringValue"`
	} `json:"value"`
}

// peer is the other process of a message, as the protocols name the attribute.
func (all rawAttributes) peer() string {
	for _, a := range all {
		if strings.HasSuffix(a.Key, ".peer.id") {
			return a.Value.StringValue
		}
	}
	return ""
}

func rawSpanOf(t *testing.T, resource, text json.RawMessage) (id, name string, start int64, span rawSpan) {
	t.Helper()
	var s struct {
		SpanID     string        `json:"spanId"`
		Name       string        `json:"name"`
		Start      int64         `json:"startTimeUnixNano,string"`
		End        int64         `json:"endTimeUnixNano,string"`
		Attributes rawAttributes `json:"attributes"`
		Events     []struct {
			Name string `json:"name"`
		} `json:"events"`
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	span = rawSpan{
		text: string(resource) + comparedText(text),
		peer: s.Attributes.peer(), end: s.End,
	}
	for _, e := range s.Events {
		span.lost = span.lost || e.Name == worldspans.EventDrop
	}
	return s.SpanID, s.Name, s.Start, span
}

// checkSame holds what a diff says is the same against the files: it is, and nothing else is.
func checkSame(t *testing.T, again string, d *diff.Difference, before, after map[string]rawSpan) {
	t.Helper()
	same, early, others := 0, 0, 0
	for id, s := range before {
		if other, both := after[id]; !both || other.text != s.text {
			others++
			continue
		}
		same++
		if d.First != nil && s.end < int64(d.First.At) {
			early++
		}
	}
	for id := range after {
		if _, both := before[id]; !both {
			others++
		}
	}
	if in := &d.Independent; in.Before != early || in.Before+in.After != same || len(in.Spans) != in.After {
		t.Errorf("%s: %d spans before the divergence and %d after it are called independent, and %d and %d are the same in the files", again, in.Before, in.After, early, same-early)
	}
	if n := d.Followed.Spans + d.Elsewhere.Spans; n != others {
		t.Errorf("%s: %d spans are said to differ, and %d do in the files", again, n, others)
	}
	for _, id := range d.Independent.Spans {
		if x, y := before[id.String()].text, after[id.String()].text; x != y || x == "" {
			t.Errorf("%s: what is called independent differs:\n- %s\n+ %s", again, x, y)
		}
	}
}

// checkUnexplained holds what a diff finds no cause of against the files: it only moved, and its process was sent
// something that was lost, at another time or not in both runs. A lost message takes its receiver's time, and leaves no
// span there, so that the trace cannot show it.
func checkUnexplained(t *testing.T, again string, d *diff.Difference, before, after map[string]rawSpan) {
	t.Helper()
	for i := range d.Elsewhere.Tree {
		line := &d.Elsewhere.Tree[i]
		seen := false
		for id, s := range before {
			seen = seen || s.lost && s.peer == line.Event.Process && after[id].text != s.text
		}
		for id, s := range after {
			seen = seen || s.lost && s.peer == line.Event.Process && before[id].text != s.text
		}
		if !seen || line.Change != diff.Moved {
			t.Errorf("%s: no cause is found of %+v", again, line)
		}
	}
}
