package diff

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/traces/diff"
)

// FuzzCompare compares a run with what nobody would call one: whatever it is, it is compared or refused, and told.
func FuzzCompare(f *testing.F) {
	good, _ := traced(f, smallest(f))
	other, _ := traced(f, dropping(smallest(f), messages(spansOf(f, good), 3)[1]))
	f.Add(good)
	f.Add(other)
	f.Add(renamed(good))
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000010000000000000002","spanId":"0000000000000002","parentSpanId":"0000000000000003","name":"kv.put"},` +
		`{"traceId":"00000000000000010000000000000002","spanId":"0000000000000003","parentSpanId":"0000000000000002","name":"raft.apply","kind":3}]}]}]}`))
	run := indexed(f, "good", good)
	f.Fuzz(func(t *testing.T, file []byte) {
		x, err := diff.ReadInput(t.Context(), "x", bytes.NewReader(file), protocols.Raft.Diff, diff.ReadOptions{})
		if err != nil {
			return
		}
		for _, o := range []diff.Options{{Max: 3}, {Only: diff.OnlyElections}, {Only: diff.OnlyKV, Tolerance: 1}} {
			d, err := diff.Compare(t.Context(), run, x, o)
			if err != nil {
				t.Fatal(err)
			}
			isForATerminal(t, "", d)
			if _, err := json.Marshal(d); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// isForATerminal says of a text what is in it that is no text.
func isForATerminal(t *testing.T, what string, d *diff.Difference) {
	t.Helper()
	for line := range strings.Lines((&report{d: d, width: 80, options: &options{runs: [2]string{"a", "b"}}}).String()) {
		for _, r := range strings.TrimSuffix(line, "\n") {
			if !strconv.IsPrint(r) {
				t.Errorf("%s: %q reaches the terminal in %q", what, r, line)
				break
			}
		}
	}
}

// TestHostileRun compares a run with itself and with another in which one text after the other begins or ends with a
// control character, wherever it is or in one span of some.
func TestHostileRun(t *testing.T) {
	good, _ := traced(t, smallest(t))
	different := smallest(t)
	different.Seed = 2
	other, _ := traced(t, different)
	// and nobody asked for that
	changed := bytes.Replace(good, []byte(`"raft.term","value":{"intValue":"1"}`),
		[]byte(`"raft.term","value":{"intValue":"2"}`), 1)
	if bytes.Equal(changed, good) {
		t.Fatal("nothing is changed")
	}
	texts := []*regexp.Regexp{ // names, texts in lists, and what the config says
		regexp.MustCompile(`("name":")([^"]+)(")`), regexp.MustCompile(`([[,]\{"stringValue":")([^"]+)(")`),
		regexp.MustCompile(`(\\n)(seed = [12])(\\n)`),
	}
	for _, m := range regexp.MustCompile(`"key":"([^"]+)","value":\{"stringValue":"`).FindAllSubmatch(good, -1) {
		text := regexp.MustCompile(`("key":"` + regexp.QuoteMeta(string(m[1])) +
			`","value":\{"stringValue":")((?:[^"\\]|\\.)*)(")`)
		if !slices.ContainsFunc(texts, func(other *regexp.Regexp) bool { return other.String() == text.String() }) {
			texts = append(texts, text)
		}
	}
	if len(texts) < 13 {
		t.Fatalf("there are no more texts than %v", texts)
	}
	a := indexed(t, "good", good)
	for _, text := range texts {
		for _, by := range []string{"$1\x7f$2$3", "$1$2\x7f$3"} {
			for _, every := range []int{1, 7} {
				compareHostile(t, text.String(), a, spoil(good, text, by, every))
				compareHostile(t, text.String(), a, spoil(other, text, by, every))
				compareHostile(t, text.String(), a, spoil(changed, text, by, every))
			}
		}
	}
}

// spoil replaces every so manieth match.
func spoil(file []byte, text *regexp.Regexp, by string, every int) []byte {
	n := 0
	return text.ReplaceAllFunc(file, func(match []byte) []byte {
		if n++; n%every != 0 {
			return match
		}
		return text.ReplaceAll(match, []byte(by))
	})
}

func compareHostile(t *testing.T, what string, a *diff.Trace, hostile []byte) {
	t.Helper()
	b := indexed(t, "hostile", hostile)
	for _, both := range [][2]*diff.Trace{{a, b}, {b, a}} {
		d, err := diff.Compare(t.Context(), both[0], both[1], diff.Options{Max: 100})
		if err != nil {
			t.Fatal(err)
		}
		isForATerminal(t, what, d)
	}
}
