package explain

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// TestRules holds that what a rule of the algorithm held back is said to be, and what broke one, and that nothing is
// said that no span shows.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, scenario, faults string
		changes                []string
		question               string
		rule                   explain.Rule
		broken                 bool
		says, not              string
	}{
		{
			"committed alone", "disruptive-server", "",
			[]string{"bug=longest-log-wins"},
			"index 2 node-1",
			explain.Rule{},
			false,
			"node-2, the leader of term 2, committed another entry at index 2: NOOP of term 2.", "with it another",
		},
		{
			"a tail that was kept", "figure-7", "",
			[]string{"bug=keep-conflicting-tail"},
			"index 4 node-4",
			raftexplain.LeaderLog, false,
			"node-4 was to remove it: node-7, the leader of term 3, had another entry before it, and what conflicts with " +
				"the leader's log is removed with all that follows (§5.3). No span shows that it did: the invariant " +
				"LogMatching did not hold after that.", "node-4 removed it",
		},
		{
			"a majority held it", "figure-8", "", nil, "index 1 node-1", raftexplain.OwnTerm, false,
			"From 176.544ms a majority held it. node-1, the leader of term 3, knew that node-1, node-2 and node-3 had it", "",
		},
		{
			"elected without it", "figure-8", "", nil, "index 1 node-1", raftexplain.UpToDate, false,
			"node-2 and node-3 had it, and voted for node-5: its log, which ended with index 1 of term 2", "",
		},
		{
			"too few had it", "minority-partition", "", nil, "client-1 1", raftexplain.Copies, false,
			"knew that node-1 had it: 1 of the 2 that it takes (§5.3)", "",
		},
		{
			"log behind", "disruptive-server", "", nil, "leader term 3", raftexplain.UpToDate, false,
			"was less up to date than its own", "",
		},
		{
			"already voted", "split-vote", "", nil, "leader term 1", raftexplain.OneVote, false,
			"it stood in term 1 itself, and had voted for itself at 10.000ms (§5.2)", "",
		},
		{
			"a higher term", "split-vote", "", nil, "leader term 1", raftexplain.TermOver, false,
			"it heard from node-1 of term 2, which is higher (§5.1)", "",
		},
		{
			"not the leader", "lost-reply", "", nil, "client-1 1", raftexplain.LeaderOnly, false,
			"which was not the leader but a follower, and named node-1 (§8)", "",
		},
		{"a retry", "lost-reply", "", nil, "client-1 1", raftexplain.Once, false, "the first answer again (§8)", ""},
		{
			"a full window", "slow-follower", "", nil, "index 3 node-3", raftexplain.Window, false,
			"an AppendEntries to node-3 was on its way until then", "",
		},
		{
			"no match", "figure-8", "", nil, "index 1 node-3", raftexplain.LogMatch, false,
			"its entry at index 1 was of term 1, and not of term 2 as the leader's (§5.3)", "",
		},

		{
			"a local read", "two-leaders", "",
			[]string{"bug=local-read"},
			"client-1 2", raftexplain.ThroughLog, true,
			"node-1 answered, and had taken no entry of it into its log", "stored of this request",
		},
		{
			"votes counted twice", "storm", "",
			[]string{"bug=count-duplicate-votes"},
			"leader term 1", raftexplain.OneVote,
			true, "node-1 counted 3 votes, and they are those of node-1 and node-2 only: what arrived twice was counted " +
				"twice", "",
		},
		{
			"committed by counting", "figure-8", "",
			[]string{"bug=commit-old-term"},
			"index 1 node-1", raftexplain.OwnTerm,
			true, "The entry at index 1 is of term 1, and node-1 led term 3", "a majority, and committed it",
		},
		{
			"how the run ended", "figure-8", "",
			[]string{"bug=commit-old-term"},
			"index 1 node-1",
			explain.Rule{},
			false,
			"The invariant CommitCurrentTerm did not hold, and the run was stopped", "",
		},
		{
			"committed beyond the match", "two-leaders", "",
			[]string{"bug=commit-beyond-match"},
			"index 3 node-1",
			raftexplain.Matched, true, "and its log was known to equal that of node-2", "",
		},
		{
			"sent the same again", "disruptive-server", "",
			[]string{"bug=next-index-stuck"},
			"index 3 node-1",
			raftexplain.LogMatch, true, "node-3 had been refused by node-1 at index 2, and sent the same again", "",
		},
		{
			"a vote for the longer log", "disruptive-server", "",
			[]string{"bug=longest-log-wins"},
			"leader term 3",
			raftexplain.UpToDate, true, "was less up to date than its own", "",
		},
		{
			"a failure that nobody knew", "", "mixed",
			[]string{"bug=false-failure", "seed=5"},
			"", raftexplain.ThroughLog,
			true, "that it failed nobody could know", "",
		},
		{
			"taken twice", "lost-reply", "",
			[]string{"bug=no-dedup"},
			"client-1 1", raftexplain.Once, true,
			"That is another answer than the first", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spans, _ := spansOf(t, c.scenario, c.faults, c.changes...)
			e := explain.New(index.Of(spans), protocols.Raft.Explain)
			questions := []string{c.question}
			if c.question == "" {
				questions = e.Questions(0)
			}
			var said []string
			for _, question := range questions {
				x, err := e.Explain(question)
				if err != nil {
					t.Fatal(err)
				}
				for _, part := range x.Parts {
					for _, s := range part.Steps {
						said = append(said, s.Text)
						if strings.Contains(s.Text, c.says) && s.Rule == c.rule && s.Broken == c.broken {
							said = []string{c.says}
							break
						}
					}
				}
			}
			if !slices.Contains(said, c.says) || c.not != "" && strings.Contains(strings.Join(said, "\n"), c.not) {
				t.Errorf("%q, of the rule %q, is not said, or %q is:\n%s", c.says, c.rule.Name, c.not, strings.Join(said, "\n"))
			}
		})
	}
}

// TestTwoLeadersOfATerm has nobody stop the run as a leader is elected by too few.
func TestTwoLeadersOfATerm(t *testing.T) {
	run := recorded.Config(t, "storm", "", "bug=count-duplicate-votes")
	spans, _ := spansOfRun(t, run, cluster.Options{Unchecked: true})
	x, err := explain.New(index.Of(spans), protocols.Raft.Explain).Explain("leader term 1")
	if err != nil {
		t.Fatal(err)
	}
	const says = "node-4 became the leader of term 1 as well"
	var said []string
	for _, part := range x.Parts {
		for _, s := range part.Steps {
			if strings.Contains(s.Text, says) && s.Rule == raftexplain.OneVote && s.Broken {
				return
			}
			said = append(said, s.Text)
		}
	}
	t.Errorf("%q, of the rule %q, is not said:\n%s", says, raftexplain.OneVote.Name, strings.Join(said, "\n"))
}

// What the spec does not declare is told by its name and attributes, and so is what lacks something; nothing is
// concluded from it.
func TestForeign(t *testing.T) {
	for file, want := range map[string]string{
		"foreign": "shop has the server span GET /cart from 0.000ms to 0.000ms. It is foreign: the spec of this " +
			"program declares no span of that name and kind, so nothing is concluded from it.",
		"nameless": "A process without a name has the server span GET /cart from 0.000ms to 0.000ms. It is foreign: " +
			"the spec of this program declares no span of that name and kind, so nothing is concluded from it.",
		"call": "shop has the client span GET /cart from 0.000ms to 0.000ms, with an error (no connection). It is " +
			"foreign: the spec of this program declares no span of that name and kind, so nothing is concluded from it.",
		"incomplete": "node-1 has the client span raft.Raft/AppendEntries from 0.000ms to 0.000ms. It cannot be " +
			"understood: it lacks raft.node.id, raft.term, raft.role, raft.peer.id, raft.attempt, raft.prev_log.index, " +
			"raft.prev_log.term, raft.entries.count, raft.leader_commit and raft.reply. So nothing is concluded from it.",
	} {
		path := filepath.Join("testdata", file+".json")
		said, _ := wants(t, command.Fine, path, "0000000000000002")
		if text := strings.Join(strings.Fields(said), " "); !strings.HasPrefix(text, want) ||
			strings.Contains(text, "no reply") || strings.Contains(text, "took in") {
			t.Errorf("%s is explained as\n%s\nwant\n%s", file, text, want)
		}
		if !strings.HasSuffix(said, "\nnext  go run ./cmd/check "+path+"\nshow  go run ./cmd/view "+path+"\n") {
			t.Errorf("%s: there is nothing else to ask, and what is next is not to check it:\n%s", file, said)
		}
	}
	said, _ := wants(t, command.Fine, filepath.Join("testdata", "call.json"), "0000000000000002")
	if !strings.Contains(said, `http.route = /cart`) {
		t.Errorf("the attributes are not told:\n%s", said)
	}
}

// TestJSON holds the shape of the answer for programs.
func TestJSON(t *testing.T) {
	said := answered(t, "figure-8", "-json index 1 node-3")
	golden.Compare(t, filepath.Join("testdata", "figure-8_index-1-node-3.json"), said)
	var x struct {
		Question, Next string
		WhyNot         []struct{ Rule, Section, Event, Span, Text string } `json:"why_not"`
	}
	if err := json.Unmarshal([]byte(said), &x); err != nil {
		t.Fatal(err)
	}
	if x.Question != "index 1 node-3" || x.Next == "" || x.Next == x.Question {
		t.Errorf("the question is %q, and the next one %q", x.Question, x.Next)
	}
	for _, want := range []string{"§5.4.2", "§5.4.1", "§5.3"} {
		found := false
		for _, why := range x.WhyNot {
			found = found || why.Section == want && why.Rule != "" && strings.Contains(why.Text, want)
		}
		if !found {
			t.Errorf("why_not does not name %s", want)
		}
	}
}

// An answer on a terminal is the same text with colours: what broke a rule stands out, and times and ids stand back.
func TestColours(t *testing.T) {
	spans, err := read.ReadAll(recorded.Run(t, "figure-8", "bug=commit-old-term"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := explain.New(index.Of(spans), protocols.Raft.Explain).Explain("index 1 node-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, columns := range []int{40, 80, widest} {
		var plain, coloured bytes.Buffer
		if err := x.Write(&plain, words.Plain, columns); err != nil {
			t.Fatal(err)
		}
		if err := x.Write(&coloured, words.ANSI, columns); err != nil {
			t.Fatal(err)
		}
		if got := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured.String(), ""); got != plain.String() {
			t.Errorf("without its colours it is\n%s\nwant\n%s", got, &plain)
		}
		longest := 0
		for line := range strings.Lines(plain.String()) {
			longest = max(longest, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
		}
		if longest > columns || longest < columns-20 {
			t.Errorf("the longest line has %d columns, want at most %d, and not many fewer", longest, columns)
		}
		for _, want := range []string{
			"\x1b[1mHow it was committed\x1b[0m", "\x1b[2m178.595ms\x1b[0m",
			"\x1b[36mnode-1\x1b[0m", "\x1b[31mThe entry at index 1 is of", "\x1b[2m[3ecfde70b6a302bc]\x1b[0m",
		} {
			if !strings.Contains(coloured.String(), want) {
				t.Errorf("%q is not in\n%q", want, coloured.String())
			}
		}
	}
}
