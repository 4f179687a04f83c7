package raft_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// TestScripts runs testdata/*.txt. A script drives a cluster step by step and shows every effect; testdata/README.md
// has the commands. After a change that you understand, `go test ./raftkv/raft -run TestScripts -rewrite` writes the
// scripts anew: read the difference.
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			var s script
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			run := func(t *testing.T, d *datadriven.TestData) string { return s.run(t, d) }
			if lines := strings.ReplaceAll(string(text), "\r\n", "\n"); lines != string(text) {
				datadriven.RunTestFromString(t, lines, run)
			} else {
				datadriven.RunTest(t, path, run) // which can write the file anew
			}
		})
	}
}

// TestEveryBugHasAScript looks for the scripts that show what each bug does. What a leader answers that does not know
// the outcome is the node's, and not the algorithm's.
func TestEveryBugHasAScript(t *testing.T) {
	for _, bug := range raft.Bugs() {
		if bug.Bug == raft.BugFalseFailure {
			continue
		}
		path := "testdata/bug_" + strings.ReplaceAll(bug.Name, "-", "_") + ".txt"
		if text, err := os.ReadFile(path); err != nil || !slices.Contains(strings.Fields(string(text)), "bug="+bug.Name) {
			t.Errorf("%s does not show the bug %s: %v", path, bug.Name, err)
		}
	}
}

// script is a cluster that commands drive.
type script struct {
	*cluster
	out      strings.Builder
	terse    bool // shows the less of it
	quiet    bool // shows nothing
	broken   bool // what does not hold is part of what happens
	sequence kv.Sequence
}

// run carries out the commands of one block, a line each, and returns what happened.
func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	s.command(t, d.Pos, d.Cmd, d.CmdArgs)
	for line := range strings.Lines(d.Input) {
		name, args, err := datadriven.ParseLine(line)
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		s.command(t, d.Pos, name, args)
	}
	for _, violation := range s.safety.violations {
		if s.broken {
			fmt.Fprintf(&s.out, "violated: %s\n", violation)
			continue
		}
		t.Errorf("%s: %s", d.Pos, violation)
	}
	s.safety.violations = nil
	if s.out.Len() == 0 {
		return "nothing\n"
	}
	return s.out.String()
}

func (s *script) command(t *testing.T, pos, name string, args []datadriven.CmdArg) {
	t.Helper()
	a := arguments{t: t, pos: pos, args: args}
	if !a.has("state") {
		s.do(name, a)
		return
	}
	before := s.states()
	s.do(name, a)
	s.out.WriteString(changesOf(before, s.states()))
}

func (s *script) do(name string, a arguments) {
	a.t.Helper()
	s.terse, s.quiet = a.has("terse"), false
	switch name {
	case "cluster":
		s.newCluster(a)
	case "disk":
		s.quiet = true
		s.restartWith(a.server(), protocol.Restart{
			CurrentTerm: protocol.Term(a.number("term")), VotedFor: kv.NodeID(a.number("vote")), Log: logOfTerms(a.list("log")),
		})
	case "start":
		s.step(a.server(), protocol.StartElection{})
	case "election-timeout":
		s.step(a.server(), protocol.ElectionTimeout{})
	case "heartbeat-timeout":
		s.step(a.server(), protocol.HeartbeatTimeout{})
	case "crash":
		s.crash(a.server())
	case "restart":
		s.restart(a.server())
	case "put", "get", "delete":
		s.client(name, a)
	case "receive":
		s.receive(a)
	case "deliver", "lose", "copy", "give-up":
		s.move(name, a)
	case "deliver-all":
		s.deliverAll(a)
	case "lose-all":
		for len(s.bag) > 0 {
			s.lose(0)
		}
	case "logs":
		s.out.WriteString(describeLogs(s.cluster))
	case "leader-state":
		s.leaderState(a.server())
	case "on-the-way":
		for _, e := range s.bag {
			fmt.Fprintf(&s.out, "%d->%d %s\n", e.from, e.to, describeMessage(e.message))
		}
	default:
		a.t.Fatalf("%s: there is no command %q", a.pos, name)
	}
}

func (s *script) newCluster(a arguments) {
	bug, known := raft.BugNamed(a.word("bug"))
	if !known {
		a.t.Fatalf("%s: there is no bug %q", a.pos, a.word("bug"))
	}
	if bug != raft.BugNone {
		s.sequence = 0 // as in the schedule without it, which precedes
	}
	s.broken = bug != raft.BugNone || a.has("lying-disks")
	s.cluster = newCluster(int(a.number("")), raft.Config{
		Bug:        bug,
		MaxEntries: int(a.number("max-entries")), MaxInFlight: int(a.number("in-flight")),
		NoopOnElection: a.has("noop"), Heartbeats: a.has("heartbeats"),
	})
	fmt.Fprintf(&s.out, "%d servers, a majority is %d\n", len(s.servers)-1, s.servers[1].node.Quorum())
	s.report = s.show
	s.answer = func(at kv.NodeID, request kv.RequestID, command kv.Command, result kv.Result) {
		if request.Client != 0 {
			fmt.Fprintf(&s.out, "%d answers %v, %v: %v\n", at, request, command, result)
		}
	}
}

// show writes an effect down. Entries that are applied one after the other share a line.
func (s *script) show(at kv.NodeID, effect protocol.Effect) {
	if s.quiet {
		return
	}
	switch e := effect.(type) {
	case protocol.Persist, protocol.Send, protocol.Reply, protocol.Answer, protocol.Append, protocol.SetTimer,
		protocol.StopTimer:
		if s.terse {
			return
		}
	case protocol.Apply:
		lines := s.out.String()
		if last := strings.LastIndex(strings.TrimSuffix(lines, "\n"), "\n") +
			1; strings.HasPrefix(lines[last:], fmt.Sprintf("%d applies ", at)) {
			s.out.Reset()
			s.out.WriteString(strings.TrimSuffix(lines, "]\n") + ", " +
				strings.TrimPrefix(describeEntries(e.Index-1, []protocol.LogEntry{e.Entry}), "[") + "\n")
			return
		}
	case protocol.Commit, protocol.RoleChange:
	}
	s.out.WriteString(describeEffect(at, effect) + "\n")
}

// client has a server asked for something: the next operation of client 1, or the one that request=CLIENT/SEQUENCE
// says.
func (s *script) client(name string, a arguments) {
	s.sequence++
	request := kv.RequestID{Client: 1, Sequence: s.sequence}
	if a.has("request") {
		if _, err := fmt.Sscanf(a.word("request"), "%d/%d", &request.Client, &request.Sequence); err != nil {
			a.t.Fatalf("%s: request: %v", a.pos, err)
		}
	}
	var message kv.Message
	switch name {
	case "put":
		message = kv.ClientPut{Request: request, Key: a.args[1].Key, Value: a.args[2].Key}
	case "get":
		message = kv.ClientGet{Request: request, Key: a.args[1].Key}
	case "delete":
		message = kv.ClientDelete{Request: request, Key: a.args[1].Key}
	}
	s.step(a.server(), protocol.Request{Message: message})
}

// receive has a server receive a message that no server of the cluster sent just now.
func (s *script) receive(a arguments) {
	from, to := a.fromTo()
	term := protocol.Term(a.number("term"))
	index := func(key string) protocol.LogIndex { return protocol.LogIndex(a.number(key)) }
	var message protocol.Message
	switch a.args[1].Key {
	case "RequestVote":
		message = protocol.RequestVote{
			Term: term, CandidateID: from, LastLogIndex: index("last"),
			LastLogTerm: protocol.Term(a.number("last-term")),
		}
	case "VoteGranted":
		message = protocol.VoteGranted{Term: term}
	case "VoteDenied":
		message = protocol.VoteDenied{Term: term}
	case "AppendEntries":
		entries := logOfTerms(append(make([]string, index("prev")), a.list("entries")...))[index("prev"):]
		message = protocol.AppendEntries{
			Term: term, LeaderID: from, PrevLogIndex: index("prev"), PrevLogTerm: protocol.Term(a.number("prev-term")),
			Entries: entries, LeaderCommit: index("commit"),
		}
	case "AppendEntriesOk":
		message = protocol.AppendEntriesOk{Term: term, MatchIndex: index("match")}
	case "AppendEntriesRejected":
		message = protocol.AppendEntriesRejected{
			Term: term, PrevLogIndex: index("prev"), ConflictIndex: index("conflict"),
			ConflictTerm: protocol.Term(a.number("conflict-term")), Round: protocol.Round(a.number("round")),
		}
	case "CommitNotification":
		message = protocol.CommitNotification{Term: term, LeaderID: from, LeaderCommit: index("commit")}
	default:
		a.t.Fatalf("%s: there is no message %q", a.pos, a.args[1].Key)
	}
	s.step(to, protocol.Receive{From: from, Message: message})
}

// move does something to a message that is held, or was lost: the oldest from a server to another, or the newest.
func (s *script) move(name string, a arguments) {
	from, to := a.fromTo()
	among := s.bag
	if name == "give-up" {
		among = s.lost
	}
	i := oldest(among, from, to)
	if a.has("newest") {
		i = newest(among, from, to)
	}
	if i < 0 {
		a.t.Fatalf("%s: there is nothing from %d to %d to %s", a.pos, from, to, name)
	}
	switch name {
	case "deliver":
		s.deliver(i)
	case "lose":
		s.lose(i)
	case "copy":
		s.bag = append(s.bag, s.bag[i])
	case "give-up":
		s.giveUp(i)
	}
}

// deliverAll delivers what is on the way and what that causes, oldest first. What goes to or comes from a server in
// except= is lost.
func (s *script) deliverAll(a arguments) {
	cut := make(map[kv.NodeID]bool)
	for _, word := range a.list("except") {
		cut[kv.NodeID(a.parse(word))] = true
	}
	for deliveries := 0; len(s.bag) > 0; deliveries++ {
		if deliveries > 10_000 {
			a.t.Fatalf("%s: messages without end", a.pos)
		}
		if cut[s.bag[0].from] || cut[s.bag[0].to] {
			s.lose(0)
		} else {
			s.deliver(0)
		}
	}
}

func (s *script) leaderState(id kv.NodeID) {
	state := s.state(id)
	for _, other := range s.servers[1:] {
		if other.id != id {
			fmt.Fprintf(&s.out, "%d: next %d, match %d, in flight %d\n", other.id, state.NextIndex[other.id],
				state.MatchIndex[other.id], len(state.InFlight[other.id]))
		}
	}
}

// logOfTerms makes a log of entries of these terms. The command of an entry tells its index and term, so that two logs
// with the same slot hold the same there.
func logOfTerms(terms []string) []protocol.LogEntry {
	log := make([]protocol.LogEntry, len(terms))
	for i, word := range terms {
		term, _ := strconv.ParseUint(word, 10, 64)
		log[i] = protocol.LogEntry{
			Term:    protocol.Term(term),
			Command: kv.Put{Key: fmt.Sprintf("k%d", i+1), Value: "t" + word},
		}
	}
	return log
}

// arguments are those of one command.
type arguments struct {
	t    *testing.T
	pos  string
	args []datadriven.CmdArg
}

func (a arguments) find(key string) ([]string, bool) {
	for _, arg := range a.args {
		if arg.Key == key {
			return arg.Vals, true
		}
	}
	return nil, false
}

func (a arguments) has(key string) bool {
	_, ok := a.find(key)
	return ok
}

func (a arguments) list(key string) []string {
	words, _ := a.find(key)
	return words
}

func (a arguments) word(key string) string { return strings.Join(a.list(key), " ") }

// number is the value of a key, 0 when it is not there; of the empty key, the first argument.
func (a arguments) number(key string) uint64 {
	if key == "" {
		return a.parse(a.args[0].Key)
	}
	if !a.has(key) {
		return 0
	}
	return a.parse(a.word(key))
}

func (a arguments) parse(word string) uint64 {
	a.t.Helper()
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		a.t.Fatalf("%s: %v", a.pos, err)
	}
	return n
}

func (a arguments) server() kv.NodeID { return kv.NodeID(a.number("")) }

func (a arguments) fromTo() (from, to kv.NodeID) {
	a.t.Helper()
	if _, err := fmt.Sscanf(a.args[0].Key, "%d->%d", &from, &to); err != nil {
		a.t.Fatalf("%s: %q is not FROM->TO: %v", a.pos, a.args[0].Key, err)
	}
	return from, to
}
