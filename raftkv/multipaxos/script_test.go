package multipaxos_test

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
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// TestScripts runs testdata/*.txt. A script drives a cluster step by step and shows every effect; testdata/README.md
// has the commands. After a change that you understand, `go test ./raftkv/multipaxos -run TestScripts -rewrite` writes
// the scripts anew: read the difference.
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

// TestEveryBugHasAScript looks for the scripts that show what each bug does.
func TestEveryBugHasAScript(t *testing.T) {
	for _, bug := range multipaxos.Bugs() {
		path := "testdata/bug_" + strings.ReplaceAll(bug.Name, "-", "_") + ".txt"
		text, err := os.ReadFile(path)
		if err != nil || !slices.Contains(strings.Fields(string(text)), "bug="+bug.Name) {
			t.Errorf("%s does not show the bug %s: %v", path, bug.Name, err)
			continue
		}
		isCaught := func(name protocol.InvariantName) bool {
			return strings.Contains(string(text), "violated: "+string(name)+" ")
		}
		if !slices.ContainsFunc(bug.CaughtBy, isCaught) && !slices.Contains(bug.CaughtBy, protocol.InvariantProgress) {
			t.Errorf("%s violates none of %v", path, bug.CaughtBy)
		}
	}
}

// script is a cluster that commands drive.
type script struct {
	*cluster
	out      strings.Builder
	terse    bool // shows the less of it
	sequence kv.Sequence
}

// run carries out the commands of one block, a line each, and returns what happened.
func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	s.do(d.Cmd, arguments{t: t, pos: d.Pos, args: d.CmdArgs})
	for line := range strings.Lines(d.Input) {
		name, args, err := datadriven.ParseLine(line)
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		s.do(name, arguments{t: t, pos: d.Pos, args: args})
	}
	for _, violation := range s.safety.violations {
		if s.config.Bug == multipaxos.BugNone {
			t.Errorf("%s: %s", d.Pos, violation)
		}
		fmt.Fprintf(&s.out, "violated: %s\n", violation)
	}
	s.safety.violations = nil
	if s.out.Len() == 0 {
		return "nothing\n"
	}
	return s.out.String()
}

func (s *script) do(name string, a arguments) {
	a.t.Helper()
	s.terse = a.has("terse")
	switch name {
	case "cluster":
		s.newCluster(a)
	case "lead":
		s.step(a.process(0), protocol.Lead{})
	case "suspicion-timeout":
		s.step(a.process(0), protocol.SuspicionTimeout{})
	case "heartbeat-timeout":
		s.step(a.process(0), protocol.HeartbeatTimeout{})
	case "catch-up-timeout":
		s.step(a.process(0), protocol.CatchUpTimeout{})
	case "crash":
		s.crash(a.process(0))
	case "restart":
		s.restart(a.process(0))
	case "put", "get", "delete":
		s.client(name, a)
	case "deliver", "lose", "copy", "give-up":
		s.move(name, a)
	case "deliver-all":
		s.deliverAll(a)
	case "lose-all":
		for len(s.bag) > 0 {
			s.lose(0)
		}
	case "on-the-way":
		for _, e := range s.bag {
			fmt.Fprintf(&s.out, "%v -> %v %v\n", e.from, e.to, e.message)
		}
	case "chosen":
		s.chosen()
	case "accepted":
		for _, m := range s.of(protocol.KindAcceptor) {
			state := m.process.State()
			fmt.Fprintf(&s.out, "%v: promised %v, accepted %v\n", m.id, state.Promised,
				slices.DeleteFunc(slices.Clone(state.Accepted), func(p protocol.Proposal) bool { return p.Slot == 0 }))
		}
	default:
		a.t.Fatalf("%s: there is no command %q", a.pos, name)
	}
}

func (s *script) newCluster(a arguments) {
	bug, known := multipaxos.BugNamed(a.word("bug"))
	if !known {
		a.t.Fatalf("%s: there is no bug %q", a.pos, a.word("bug"))
	}
	s.sequence = 0 // with a bug as in the schedule without it, which precedes
	s.cluster = newCluster(multipaxos.Config{
		Acceptors: a.number("acceptors", 3), Leaders: a.number("leaders", 2), Replicas: a.number("replicas", 1),
		Window: a.number("window", 1), MaxValues: a.number("max-values", 64), Heartbeats: a.has("heartbeats"), Bug: bug,
	})
	fmt.Fprintf(&s.out, "%d acceptors, a majority is %d; %d leaders, %d replicas\n", s.config.Acceptors,
		s.config.Quorum(), s.config.Leaders, s.config.Replicas)
	s.report = s.show
	s.answer = func(at protocol.Process, value protocol.Value, result kv.Result) {
		fmt.Fprintf(&s.out, "%v answers %v: %v\n", at, value, result)
	}
}

// show writes an effect down.
func (s *script) show(at protocol.Process, effect protocol.Effect) {
	switch e := effect.(type) {
	case protocol.Send:
		if !s.terse {
			fmt.Fprintf(&s.out, "%v -> %v %v\n", at, e.To, e.Message)
		}
	case protocol.Reply:
		if !s.terse {
			fmt.Fprintf(&s.out, "%v replies %v\n", at, e.Message)
		}
	case protocol.Answer:
		fmt.Fprintf(&s.out, "%v answers %v\n", at, e.Message)
	case protocol.PersistPromise, protocol.PersistRound, protocol.PersistChosen:
		if !s.terse {
			fmt.Fprintf(&s.out, "%v %v\n", at, effect)
		}
	case protocol.SetTimer:
		if !s.terse && e.Preemptions > 0 {
			fmt.Fprintf(&s.out, "%v starts timer %v, preempted %d times\n", at, e.Timer, e.Preemptions)
		} else if !s.terse {
			fmt.Fprintf(&s.out, "%v starts timer %v\n", at, e.Timer)
		}
	case protocol.StopTimer:
		if !s.terse {
			fmt.Fprintf(&s.out, "%v stops timer %v\n", at, e.Timer)
		}
	case protocol.Propose:
		fmt.Fprintf(&s.out, "%v proposes in slot %d, %v: %v\n", at, e.Slot, e.Source, e.Value)
	case protocol.Choose:
		fmt.Fprintf(&s.out, "%v takes slot %d for chosen, accepted by %v: %v\n", at, e.Slot, e.AcceptedBy, e.Value)
	case protocol.Apply:
		fmt.Fprintf(&s.out, "%v applies slot %d: %v\n", at, e.Slot, e.Value)
	case protocol.RoleChange:
		fmt.Fprintf(&s.out, "%v %v -> %v, %v, ballot %v\n", at, e.From, e.To, e.Event, s.state(at).Ballot)
	}
}

// client has a leader asked for something: the next operation of client 1, or the one that request=CLIENT/SEQUENCE
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
	s.step(a.process(0), protocol.Request{Message: message})
}

// move does something to the oldest message from a process to another that is held, or was lost; with newest, to the
// newest.
func (s *script) move(name string, a arguments) {
	from, to := a.process(0), a.process(1)
	among := s.bag
	if name == "give-up" {
		among = s.lost
	}
	fits := func(e envelope) bool { return e.from == from && e.to == to }
	i := slices.IndexFunc(among, fits)
	for j := range among {
		if a.has("newest") && fits(among[j]) {
			i = j
		}
	}
	if i < 0 {
		a.t.Fatalf("%s: there is nothing from %v to %v to %s", a.pos, from, to, name)
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

// deliverAll delivers what is on the way and what that causes, oldest first. What goes to or comes from a process in
// except= is lost, and what goes to one in hold= is kept on its way.
func (s *script) deliverAll(a arguments) {
	cut, held := a.processes("except"), a.processes("hold")
	for deliveries := 0; ; deliveries++ {
		i := slices.IndexFunc(s.bag, func(e envelope) bool { return !slices.Contains(held, e.to) })
		if i < 0 {
			return
		}
		if deliveries > 10_000 {
			a.t.Fatalf("%s: messages without end", a.pos)
		}
		if slices.Contains(cut, s.bag[i].from) || slices.Contains(cut, s.bag[i].to) {
			s.lose(i)
		} else {
			s.deliver(i)
		}
	}
}

// chosen shows what each learner knows.
func (s *script) chosen() {
	for _, m := range s.members {
		if m.id.Kind == protocol.KindAcceptor {
			continue
		}
		state := m.process.State()
		fmt.Fprintf(&s.out, "%v: applied %d, knows", m.id, state.Applied)
		for slot, value := range state.Chosen {
			if value.Command != nil {
				fmt.Fprintf(&s.out, " %d", slot)
			}
		}
		s.out.WriteString("\n")
	}
}

// arguments are those of one command.
type arguments struct {
	t    *testing.T
	pos  string
	args []datadriven.CmdArg
}

func (a arguments) list(key string) ([]string, bool) {
	for _, arg := range a.args {
		if arg.Key == key {
			return arg.Vals, true
		}
	}
	return nil, false
}

func (a arguments) has(key string) bool {
	_, ok := a.list(key)
	return ok
}

func (a arguments) word(key string) string {
	words, _ := a.list(key)
	return strings.Join(words, " ")
}

// number is the value of a key, or the usual one when it is not there.
func (a arguments) number(key string, usual int) int {
	a.t.Helper()
	if !a.has(key) {
		return usual
	}
	n, err := strconv.Atoi(a.word(key))
	if err != nil {
		a.t.Fatalf("%s: %v", a.pos, err)
	}
	return n
}

// process is the process that an argument names: a1, l2 or r1.
func (a arguments) process(i int) protocol.Process {
	a.t.Helper()
	if i >= len(a.args) {
		a.t.Fatalf("%s: a process is missing", a.pos)
	}
	return a.named(a.args[i].Key)
}

func (a arguments) processes(key string) []protocol.Process {
	a.t.Helper()
	var all []protocol.Process
	words, _ := a.list(key)
	for _, word := range words {
		all = append(all, a.named(word))
	}
	return all
}

func (a arguments) named(word string) protocol.Process {
	a.t.Helper()
	kinds := map[byte]func(int) protocol.Process{'a': acceptor, 'l': leader, 'r': replica}
	n, err := strconv.Atoi(word[1:])
	if of := kinds[word[0]]; of != nil && err == nil {
		return of(n)
	}
	a.t.Fatalf("%s: %q is no process: want a1, l1 or r1", a.pos, word)
	return protocol.Process{}
}
