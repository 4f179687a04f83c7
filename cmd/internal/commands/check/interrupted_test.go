package check

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/read"
)

// impatient is the context of somebody who interrupts when it has been asked so often whether he did.
type impatient struct {
	context.Context
	left atomic.Int64
}

func patientFor(t *testing.T, questions int64) *impatient {
	t.Helper()
	i := &impatient{Context: t.Context()}
	i.left.Store(questions)
	return i
}

func (i *impatient) Err() error {
	if i.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// ownSpan is the line of a run's own span: without it a file is taken for a part of a run.
const ownSpan = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"world"}}]},"scopeSpans":[{"spans":[{"traceId":"000000000000000100000000000fffff","spanId":"00000000000fffff","name":"raftkv.run","kind":1,` +
	`"startTimeUnixNano":"946684800010000000","endTimeUnixNano":"946684800010000000","attributes":[{"key":"raftkv.config","value":{"stringValue":"c"}},{"key":"raftkv.build","value":{"stringValue":"b"}},` +
	`{"key":"raftkv.scenario","value":{"stringValue":"s"}},{"key":"raftkv.seed","value":{"intValue":"1"}}],"status":{}}]}]}]}` + "\n"

// crowded is a run, as a file, in which so many clients put into one key at once, as many delete it, and one reads: an
// order of that is looked for among more than anybody waits for.
func crowded(writers int) []byte {
	var b bytes.Buffer
	b.WriteString(ownSpan)
	id := 0
	operation := func(kind, value, result string) {
		id++
		attributes := fmt.Sprintf(`{"key":%q,"value":{"stringValue":"client-%d/1"}},{"key":%q,"value":{"stringValue":"crowded"}},{"key":%q,"value":{"stringValue":%q}}`, kvspans.KVRequestIDKey, id, kvspans.KVKeyKey, kvspans.KVResultKey, result)
		if value != "" {
			attributes += fmt.Sprintf(`,{"key":%q,"value":{"stringValue":%q}}`, kvspans.KVValueKey, value)
		}
		fmt.Fprintf(&b, `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"client-%d"}}]},"scopeSpans":[{"spans":[{"traceId":"0000000000000001%016x","spanId":"%016x",`+
			`"name":%q,"kind":1,"startTimeUnixNano":"9466848000100%05d","endTimeUnixNano":"9466848000200%05d","attributes":[%s]}]}]}]}`+"\n", id, id, id, kind, id, id, attributes)
	}
	for i := range writers {
		operation(kvspans.KVPutName, fmt.Sprintf("val_%d", i), "ok")
		operation(kvspans.KVDeleteName, "", "ok")
	}
	operation(kvspans.KVGetName, "", "val_never")
	return b.Bytes()
}

// TestInterruptedSearch interrupts while an order of a history is looked for: the checker's findings are told, and of
// the history that nobody knows.
func TestInterruptedSearch(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "crowded.jsonl", crowded(24))
	for _, args := range [][]string{{"crowded.jsonl"}, {"-json", "crowded.jsonl"}} {
		var stdout, stderr bytes.Buffer
		const enough = 100_000 // for all but the search
		status := Main(patientFor(t, enough), args, &stdout, &stderr)
		if want := "error: crowded.jsonl: interrupted: whether the history is linearizable was not decided\n"; status != command.Trouble || stderr.String() != want {
			t.Errorf("check %q: exit status %d, want %d\n%s", args, status, command.Trouble, &stderr)
		}
		plain := strings.Join(strings.Fields(stdout.String()), " ")
		if want := "history not decided: interrupted before it was known whether some order of the 49 operations explains all answers"; len(args) == 1 && !strings.Contains(plain, want) {
			t.Errorf("check %q says\n%s and not\n%s", args, &stdout, want)
		}
		var verdicts []struct {
			Linearizable struct{ Holds, Undecided bool }
		}
		if err := json.Unmarshal(stdout.Bytes(), &verdicts); len(args) == 2 &&
			(err != nil || len(verdicts) != 1 || !verdicts[0].Linearizable.Undecided || verdicts[0].Linearizable.Holds) {
			t.Errorf("check %q: %v\n%s", args, err, &stdout)
		}
	}
}

// TestInterruptedAnywhere interrupts at each moment while a history is looked at that is wrong: it is found wrong, or
// undecided, and a picture is whole or is not there.
func TestInterruptedAnywhere(t *testing.T) {
	file := crowded(3)
	report := checkedFile(t, file)
	outcomes := map[string]int{}
	for questions := int64(0); ; questions++ {
		folder := t.TempDir()
		ctx := patientFor(t, questions)
		h, err := linearizable(ctx, report.History, report.Epoch, folder)
		pages, _ := os.ReadDir(folder)
		said := ""
		if err != nil {
			said = err.Error()
		}
		outcome := fmt.Sprintf("holds %t, undecided %t, problem %t, page %t, %d files: %s", h.Holds, h.Undecided,
			h.Problem != "", h.Page != "", len(pages), said)
		outcomes[outcome]++
		if err == nil {
			break
		}
	}
	want := []string{
		"holds false, undecided false, problem true, page false, 0 files: interrupted: there is no picture of the history",
		"holds false, undecided false, problem true, page true, 1 files: ",
		"holds false, undecided true, problem false, page false, 0 files: interrupted: whether the history is linearizable was not decided",
	}
	var got []string
	for outcome := range outcomes {
		got = append(got, outcome)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("interrupted at each moment, it comes to\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// checkedFile is what the checker says of a trace.
func checkedFile(t *testing.T, file []byte) kvconform.Report {
	t.Helper()
	checker := raftconform.New()
	if err := checker.Read(t.Context(), read.NewReader("trace", bytes.NewReader(file))); err != nil {
		t.Fatal(err)
	}
	return checker.Report()
}

// TestUndecidedPage tells runs of which one is not known to be fine nor to be wrong.
func TestUndecidedPage(t *testing.T) {
	sure := verdict{protocol: protocols.Usual(), Run: "sure", Linearizable: history{Holds: true}}
	unsure := verdict{protocol: protocols.Usual(), Run: "unsure", Linearizable: history{Undecided: true}}
	wrong := verdict{
		protocol: protocols.Usual(),
		Run:      "unsure",
		Report: kvconform.Report{Report: conform.Report{Findings: []conform.Finding{{
			ID:   "x",
			Span: conform.SpanRef{At: time.Second},
		}}}}, Linearizable: history{Undecided: true},
	}
	for _, c := range []struct {
		verdicts []verdict
		want     []string
	}{
		{[]verdict{sure, unsure}, []string{"sure  fine: ", "unsure  not decided: ", "\n1 of 2 runs is fine\n"}},
		{
			[]verdict{sure, wrong},
			[]string{"sure  fine: ", "unsure  NOT fine: ", "not decided: interrupted", "\n1 of 2 runs is NOT fine\n"},
		},
		{[]verdict{sure, sure}, []string{"\nall 2 runs are fine\n"}},
	} {
		said := (&page{width: 80}).tell(c.verdicts)
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("it is told so:\n%s and not\n%s", said, want)
			}
		}
	}
}
