package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, wrong bytes.Buffer
	status = Main(t.Context(), args, &out, &wrong)
	return status, out.String(), wrong.String()
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestCommand checks traces that are right, wrong and not to be read: each has its exit status, and one that cannot be
// read keeps no other from being checked.
func TestCommand(t *testing.T) {
	good, _ := traced(t, recorded.Config(t, "lost-reply", ""))
	stale, _ := traced(t, recorded.Config(t, "two-leaders", "", "bug=local-read"))
	t.Chdir(t.TempDir())
	write(t, "good.jsonl", good)
	write(t, "stale.jsonl", stale)
	for _, c := range []struct {
		args   string
		status int
		want   []string // on standard output
		wrong  []string // on standard error
	}{
		{
			"good.jsonl", command.Fine,
			[]string{
				"good.jsonl  fine: ", "33 rules of the spec are kept", "they hold, as far as spans tell", "linearizable: ",
				"\nnext  go run ./cmd/explain good.jsonl leader term 1\n",
			},
			nil,
		},
		{
			"stale.jsonl", command.Violation,
			[]string{
				"stale.jsonl  NOT fine: ", "NOT linearizable: ", "\nanswer_without_entry\n",
				"\nnext  go run ./cmd/explain stale.jsonl ",
			},
			nil,
		},
		{
			"good.jsonl stale.jsonl", command.Violation,
			[]string{"good.jsonl  fine", "stale.jsonl  NOT fine", "\n1 of 2 runs is NOT fine\n"},
			nil,
		},
		{"good.jsonl good.jsonl", command.Fine, []string{"\nall 2 runs are fine\n"}, nil},
		{"nowhere good.jsonl", command.Trouble, []string{"good.jsonl  fine"}, []string{"there is no run nowhere"}},
		{
			write(t, "cut.jsonl", good[:len(good)-100]), command.Trouble, nil,
			[]string{"cut.jsonl:1:", "cut off within its last line"},
		},
		{write(t, "empty.jsonl", nil), command.Trouble, nil, []string{"empty.jsonl: there are no spans in it"}},
		{write(t, "text.jsonl", []byte("hello\n")), command.Trouble, nil, []string{"text.jsonl:1:1: want a JSON object"}},
		{write(t, "two.jsonl", append(bytes.Clone(good), stale...)), command.Violation, []string{"\nmixed_runs\n"}, nil},
		{"", command.Trouble, nil, []string{"a run is needed"}},
		{
			"-max x -jsn good.jsonl", command.Trouble, nil,
			[]string{`-max wants a number from 0, not "x"`, "unknown flag -jsn; the nearest is -json"},
		},
		{"-h", command.Fine, []string{"usage: go run ./cmd/check", "unhandled_delivery", "Exit status"}, nil},
	} {
		status, stdout, stderr := call(t, strings.Fields(c.args)...)
		if status != c.status || len(c.wrong) == 0 != (stderr == "") {
			t.Errorf("check %s: exit status %d, want %d\n%s%s", c.args, status, c.status, stdout, stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(stdout, want) {
				t.Errorf("check %s says\n%s and not\n%s", c.args, stdout, want)
			}
		}
		for _, want := range c.wrong {
			if !strings.Contains(stderr, want) {
				t.Errorf("check %s complains\n%s and not\n%s", c.args, stderr, want)
			}
		}
	}
	if err := errors.Join(os.Remove(runs.HistoryFile), os.Mkdir(runs.HistoryFile, 0o755)); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := call(t, "stale.jsonl", "good.jsonl")
	if status != command.Trouble || !strings.Contains(stderr, "cannot write the picture") ||
		!strings.Contains(stdout, "NOT linearizable") || !strings.Contains(stdout, "good.jsonl  fine") ||
		strings.Contains(stdout, "picture") {
		t.Errorf("without room for the picture: exit status %d\n%s%s", status, stdout, stderr)
	}
	if err := os.Remove(runs.HistoryFile); err != nil {
		t.Fatal(err)
	}
	_, _, _ = call(t, "stale.jsonl")
	if page, err := os.ReadFile(runs.HistoryFile); err != nil || !bytes.Contains(page, []byte("stale")) {
		t.Errorf("the picture of the stale read is not there: %v", err)
	}
}

// TestJSON reads what is for programs.
func TestJSON(t *testing.T) {
	stale, _ := traced(t, recorded.Config(t, "two-leaders", "", "bug=local-read"))
	_, stdout, _ := call(t, "-json", write(t, filepath.Join(t.TempDir(), "stale.jsonl"), stale))
	var verdicts []struct {
		Fine     bool
		Findings []struct {
			ID   string
			Span struct{ ID, Process string }
		}
		Linearizable struct{ Holds bool }
	}
	if err := json.Unmarshal([]byte(stdout), &verdicts); err != nil || len(verdicts) != 1 || verdicts[0].Fine ||
		verdicts[0].Linearizable.Holds || len(verdicts[0].Findings) == 0 ||
		len(verdicts[0].Findings[0].Span.ID) != 16 {
		t.Errorf("%v: %+v of\n%s", err, verdicts, stdout)
	}
}

// TestAnyOrder checks the spans of runs from the last to the first, as another program may have stored them: nothing
// else is found. Where something is, it is the same.
func TestAnyOrder(t *testing.T) {
	for _, scenario := range []string{"everything", "figure-7", "lost-write"} {
		file, _ := traced(t, recorded.Config(t, scenario, ""))
		for name, mutate := range map[string]func(m *mutated){
			"as it is": func(*mutated) {},
			"with much that is wrong": func(m *mutated) {
				m.every(isA(spans.AppendEntriesServerName, server), func(s *traces.Span) { unset(s, kvspans.RaftReplyKey) })
				s := m.find(spans.CommitName, internal)
				s.Events = []traces.Event{{Name: "lost", At: s.End.Add(time.Second)}}
			},
			"with a second copy that nobody sent": func(m *mutated) {
				s := *m.find(spans.AppendEntriesServerName, server, "raft.reply", "AppendEntriesOk")
				s.ID++
				set(&s, worldspans.RaftkvCopyKey.Int(1))
				set(&s, spans.RaftMatchIndexKey.Int(1<<20))
				m.add(s)
			},
		} {
			m := &mutated{t: t, all: all(t, file)}
			mutate(m)
			forwards := judgedSpans(m.all)
			slices.Reverse(m.all)
			backwards := judgedSpans(m.all)
			if len(forwards) != len(backwards) || name == "as it is" && len(forwards) > 0 {
				t.Errorf("%s, %s: %d findings forwards, and %d backwards: %v", scenario, name, len(forwards), len(backwards),
					backwards)
				continue
			}
			for i := range forwards {
				if forwards[i] != backwards[i] {
					t.Errorf("%s, %s: forwards\n%s\nbackwards\n%s", scenario, name, forwards[i], backwards[i])
				}
			}
		}
	}
}

// judgedSpans are the findings of spans as texts without lines, in their order.
func judgedSpans(all []traces.Span) (texts []string) {
	j := raftconform.New()
	for i := range all {
		j.Add(&all[i], 1)
	}
	for _, f := range j.Report().Findings {
		texts = append(texts, fmt.Sprintf("%s %s %s, %s, %v", f.ID, f.Span, f.Got, f.Want, f.Clashes))
	}
	slices.Sort(texts)
	return texts
}

// TestHistories looks at histories of two clients: which an order explains, and which none does.
func TestHistories(t *testing.T) {
	start := time.Unix(0, 0)
	op := func(client, request, kind, value, result string, call, answer int) kvconform.Operation {
		return kvconform.Operation{
			Client: client, Request: client + "/" + request, Kind: kind, Key: "k", Value: value, Result: result,
			Call: start.Add(time.Duration(call)), Return: start.Add(time.Duration(answer)),
		}
	}
	put := op("client-1", "1", kvspans.KVPutID, "x", "ok", 0, 10)
	for name, c := range map[string]struct {
		operations []kvconform.Operation
		holds      bool
	}{
		"a read after a write": {
			[]kvconform.Operation{put, op("client-2", "1", kvspans.KVGetID, "", "x", 20, 30)},
			true,
		},
		"a stale read": {[]kvconform.Operation{
			put,
			op("client-2", "1", kvspans.KVGetID, "", "error: key not found: k", 20, 30),
		}, false},
		"a read at once with the write": {[]kvconform.Operation{
			put,
			op("client-2", "1", kvspans.KVGetID, "", "error: key not found: k", 5, 30),
		}, true},
		"a read that begins as it ends": {[]kvconform.Operation{
			put,
			op("client-2", "1", kvspans.KVGetID, "", "error: key not found: k", 10, 30),
		}, true},
		"a lost write": {[]kvconform.Operation{
			put,
			op("client-2", "1", kvspans.KVPutID, "y", "ok", 20, 30),
		}, false},
		"a double effect": {[]kvconform.Operation{
			put,
			op("client-1", "2", kvspans.KVDeleteID, "", "ok", 20, 30), op("client-2", "1", kvspans.KVPutID, "y",
				"error: key already exists: k", 40, 50),
		}, false},
		"an outcome that is not known": {[]kvconform.Operation{
			op("client-1", "1", kvspans.KVPutID, "x", "", 0, 10),
			op("client-2", "1", kvspans.KVGetID, "", "x", 20, 30),
		}, true},
		"a failure that took effect": {[]kvconform.Operation{op("client-1", "1", kvspans.KVPutID, "x",
			"error: replication failed", 0, 10), op("client-2", "1", kvspans.KVGetID, "", "x", 20, 30)}, false},
		"an answer that no store gives": {
			[]kvconform.Operation{op("client-1", "1", kvspans.KVPutID, "x", "maybe", 0, 10)},
			false,
		},
		"a client's next, asked at once": {
			[]kvconform.Operation{put, op("client-1", "2", kvspans.KVGetID, "", "x", 10, 20)},
			true,
		},
		"its next, asked at once, is old": {[]kvconform.Operation{
			put,
			op("client-1", "2", kvspans.KVGetID, "", "error: key not found: k", 10, 20),
		}, false},
	} {
		folder := t.TempDir()
		h, err := linearizable(t.Context(), c.operations, start, folder)
		if err != nil || h.Holds != c.holds {
			t.Errorf("%s: holds is %v, want %v: %s, %v", name, h.Holds, c.holds, h.Problem, err)
		}
		if _, err := os.Stat(filepath.Join(folder, runs.HistoryFile)); (err == nil) == c.holds {
			t.Errorf("%s: the picture: %v", name, err)
		}
	}
}
