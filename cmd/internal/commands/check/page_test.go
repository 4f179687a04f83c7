package check

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/runs"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// hostile are values that would be markup, a script's end, an entity, a command to a terminal, or a turn of the order
// of reading.
var hostile = []string{
	"<img/src=x/onerror=alert(1)>", `"><svg/onload=alert(1)>`, "</script><script>alert(1)</script>", "<!--", "&lt;b&gt;", "'`${alert(1)}`", "a\u202eb", "a\x1b[31mb", "a\u2028b", "a\xffb",
}

// drawnPage is the page of a history that no order explains, in which all texts are one text, and the data in it as its
// script has them.
func drawnPage(t *testing.T, text string) (page string, data struct {
	Partitions []struct {
		History               []struct{ Description, Metadata string }
		PartialLinearizations [][]struct{ StateDescription string }
	}
	Annotations []any
},
) {
	t.Helper()
	start := time.Unix(0, 0)
	operation := func(client, kind, value, result string, call, answer time.Duration) kvconform.Operation {
		return kvconform.Operation{
			Client: client, Request: client + "/1", Kind: kind, Key: text, Value: value,
			Result: result, Call: start.Add(call), Return: start.Add(answer),
		}
	}
	folder := t.TempDir()
	h, err := linearizable(t.Context(), []kvconform.Operation{
		operation("client-1", kvspans.KVPutID, text, "ok", 0, 10), operation("client-2", kvspans.KVDeleteID, "", "ok", 20,
			30), operation("client-3", kvspans.KVGetID, "", text, 40, 50),
	}, start, folder)
	if err != nil || h.Holds {
		t.Fatalf("%q: it holds: %v, %v", text, h.Holds, err)
	}
	content, err := os.ReadFile(filepath.Join(folder, runs.HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	page = string(content)
	_, script, found := strings.Cut(page, "const data = ")
	if err := json.NewDecoder(strings.NewReader(script)).Decode(&data); err != nil || !found {
		t.Fatalf("%q: the page has no data: %v", text, err)
	}
	return page, data
}

// TestPageEscapes draws histories of texts that are markup: none of it is in the page as it is, what the script takes
// for HTML is escaped, and what it takes for a text is not.
func TestPageEscapes(t *testing.T) {
	plain, _ := drawnPage(t, "plain")
	for _, text := range hostile {
		page, data := drawnPage(t, text)
		if strings.Count(page, "<") != strings.Count(plain, "<") || strings.Count(page, "</script") != 1 {
			t.Errorf("%q is in the page as it is", text)
		}
		states := 0
		for _, partition := range data.Partitions {
			for _, o := range partition.History {
				if !strings.Contains(o.Description, words.Printable(text)) &&
					!strings.Contains(o.Description, strings.Trim(words.Printable(text), `"`)) || o.Metadata != "" {
					t.Errorf("%q is described as %+v", text, o)
				}
				if words.Printable(o.Description) != o.Description {
					t.Errorf("%q: the description %q cannot be shown", text, o.Description)
				}
			}
			for _, order := range partition.PartialLinearizations {
				for _, step := range order {
					if step.StateDescription == "nothing" {
						continue
					}
					states++
					shown := html.UnescapeString(step.StateDescription)
					if strings.ContainsAny(step.StateDescription, `<>"'`) || shown != words.Printable(text) {
						t.Errorf("the state %q is %q as HTML", text, step.StateDescription)
					}
				}
			}
		}
		if states == 0 || len(data.Annotations) > 0 {
			t.Errorf("%q: the page has %d states and %d annotations", text, states, len(data.Annotations))
		}
	}
}

// TestPageScript has the page's script, which another module brings, use as HTML only what is escaped for it: the
// descriptions of states. The data have no others: see TestPageEscapes.
func TestPageScript(t *testing.T) {
	page, _ := drawnPage(t, "plain")
	if uses, texts := strings.Count(page, ".Description"), strings.Count(page,
		".textContent = element.Description"); uses == 0 || uses != texts {
		t.Errorf("of %d uses of the description of an operation %d are as a text", uses, texts)
	}
	for _, other := range []string{"outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
		if strings.Contains(page, other) {
			t.Errorf("the page has %s: look at what it is given", other)
		}
	}
	if n := strings.Count(page, "innerHTML"); n != 5 {
		t.Errorf("the page has innerHTML %d times, and not 5: look at what it is given", n)
	}
}
