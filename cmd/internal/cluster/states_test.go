package cluster_test

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	paxos "github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	raft "github.com/raftkv/raftkv/raftkv/raft/protocol"
	of "github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/view/states"
)

// cursors is how many moments of each run are looked at.
const cursors = 50

// TestStates compares the state of every process at some moments of each scenario, and of runs in which everything goes
// wrong and disks lie, with what its trace tells: as it was written, and as a Jaeger gives it back.
func TestStates(t *testing.T) {
	for _, scenario := range library.BuiltIn() {
		statesOf(t, scenario.Name, recorded.Config(t, scenario.Name, "").Config, cluster.Options{})
	}
	for name, faults := range map[string]string{
		"healed":       "skip_sync = PROCESS; at = 10ms | heal = PROCESS; at = 90ms | crash = PROCESS; at = 150ms",
		"healed early": "skip_sync = PROCESS; at = 60ms | heal = PROCESS; at = 65ms | crash = PROCESS; at = 70ms",
		"torn":         "skip_sync = PROCESS; at = 10ms | lose_unsynced = PROCESS; torn = true; at = 90ms",
		"not torn":     "skip_sync = PROCESS; at = 10ms | lose_unsynced = PROCESS; at = 90ms",
		"rolled back": "rollback = PROCESS; by = 40ms; at = 100ms | rollback = PROCESS; by = 40ms; at = 150ms | " +
			"crash = PROCESS; at = 190ms",
	} {
		for _, process := range []string{"node-2", "acceptor-1", "leader-2", "replica-1"} {
			statesOf(t, name+" "+process, hurt(t, process, faults), cluster.Options{Unchecked: true})
		}
	}
	for _, protocol := range protocols.Names() {
		for _, faults := range []string{"mixed", "disks"} {
			for seed := range 5 {
				set := []string{"protocol=" + protocol, fmt.Sprintf("seed=%d", seed+1)}
				c := recorded.Config(t, "", faults, set...).Config
				statesOf(t, strings.Join(append(set, faults), " "), c, cluster.Options{Unchecked: faults == "disks"})
			}
		}
	}
	// A disk stalls, so that a step begins to write before it is healed, and writes afterwards.
	c := recorded.Config(t, "", "disks", "seed=10").Config
	statesOf(t, "healed while it writes", c, cluster.Options{Unchecked: true})
}

// TestStatesOfBugs looks at runs with each bug. What is applied without a span, in another order or twice, a trace does
// not tell: the store is not shown then.
func TestStatesOfBugs(t *testing.T) {
	for _, p := range protocols.All {
		for _, bug := range p.Run.Bugs {
			if bug.Name == multipaxos.BugApplyOutOfOrder.String() || bug.Name == multipaxos.BugSkipHole.String() {
				continue
			}
			c := recorded.Config(t, "", "mixed", "protocol="+p.Run.Name, "bug="+bug.Name, "seed=2").Config
			events, options := 0, cluster.Options{Unchecked: true}
			options.Observer = func(*cluster.Observed) { events++ }
			trace, _ := recorded.Trace(t, c, options)
			all := moments(t, bug.Name, c, options, events)
			all.ofPart = bug.Name == multipaxos.BugNoDedup.String()
			t.Run(p.Run.Name+" "+bug.Name, func(t *testing.T) { all.compare(t, indexed(t, trace), c) })
		}
	}
}

// hurt is the config of a run in which faults happen to a process, that starts again in the end.
func hurt(t *testing.T, process, faults string) *config.Config {
	t.Helper()
	protocol := "multipaxos"
	if strings.HasPrefix(process, "node") {
		protocol = "raft"
	}
	text := fmt.Sprintf("protocol = %q\nmax_duration = \"2s\"\nrequests_per_client = 30\n", protocol)
	for fault := range strings.SplitSeq(faults+" | restart = PROCESS; at = 200ms", " | ") {
		text += "[[fault]]\n"
		for set := range strings.SplitSeq(strings.ReplaceAll(fault, "PROCESS", process), "; ") {
			key, value, _ := strings.Cut(set, " = ")
			if value != "true" {
				value = strconv.Quote(value)
			}
			text += key + " = " + value + "\n"
		}
	}
	file := filepath.Join(t.TempDir(), "hurt.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return recorded.Config(t, file, "").Config
}

// statesOf compares the states of a run. One whose disks lie goes on when nobody checks it.
func statesOf(t *testing.T, name string, c *config.Config, options cluster.Options) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		trace, result := recorded.Trace(t, c, options)
		if len(result.Missed) > 0 && strings.HasSuffix(c.Scenario, "hurt") {
			t.Fatalf("a fault did not happen: %v", result.Missed)
		}
		events := 0
		options.Observer = func(*cluster.Observed) { events++ }
		if observed, _ := recorded.Trace(t, c, options); !bytes.Equal(observed, trace) {
			t.Error("a run that is observed has another trace")
		}
		all := moments(t, name, c, options, events)
		lines := indexed(t, trace)
		all.compare(t, lines, c)
		var jaeger bytes.Buffer
		if err := export.WriteJaeger(&jaeger, lines); err != nil {
			t.Fatal(err)
		}
		t.Run("Jaeger", func(t *testing.T) { all.compare(t, indexed(t, jaeger.Bytes()), c) })
	})
}

func indexed(t *testing.T, trace []byte) *index.Trace {
	t.Helper()
	x, err := index.Read(t.Context(), index.Input("trace", bytes.NewReader(trace)), index.Options{
		Lists: protocols.Lists(), Replies: protocols.Replies(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// moment is what the world was at one.
type moment struct {
	faults int
	steps  map[string]uint64 // of each process
	state  map[string]string // by process, field and key
}

// looked is what the world was at some moments.
type looked struct {
	moments []*moment
	ofPart  bool              // what tells of it is a part of a trace: it may say less
	before  int               // how many faults it lacks that came before
	until   map[string]uint64 // the steps from which on that is so much less that nothing is compared
}

// moments has a run happen, and looks at the world at some of its events.
func moments(t *testing.T, name string, c *config.Config, options cluster.Options, events int) (all looked) {
	t.Helper()
	seed := fnv.New64a()
	seed.Write([]byte(name))
	random := rand.New(rand.NewPCG(seed.Sum64(), 0))
	at := map[int]bool{}
	for range cursors {
		at[random.IntN(events)] = true
	}
	steps, event := map[string]uint64{}, 0
	options.Observer = func(o *cluster.Observed) {
		if o.Process != 0 {
			steps[o.Process.String()] = o.Step
		}
		if at[event] {
			m := &moment{o.Faults, maps.Clone(steps), map[string]string{}}
			for _, s := range o.Servers() {
				m.look(o, s.ID(), func() { m.server(s, keys(c)) })
			}
			for _, one := range o.Clients() {
				m.look(o, one.ID(), func() { m.client(one) })
			}
			all.moments = append(all.moments, m)
		}
		event++
	}
	recorded.Trace(t, c, options)
	return all
}

// keys are those that clients ask for.
func keys(c *config.Config) []string {
	all := slices.Clone(c.Keys)
	for i := range c.Operations {
		o := &c.Operations[i]
		all = append(all, o.Put+o.Get+o.Delete)
	}
	return all
}

// look notes the state of a process: of one that is down, that it is.
func (m *moment) look(o *cluster.Observed, p world.ProcessID, up func()) {
	if m.steps[p.String()] == 0 {
		return
	}
	switch status := p.String() + " status"; {
	case o.IsDown(p):
		m.state[status] = states.Down
		return
	case o.IsPaused(p):
		m.state[status] = states.Paused
	default:
		m.state[status] = states.Up
	}
	up()
}

func (m *moment) client(c *client.Client) {
	if op, is := c.Open(); is {
		kind := []string{client.Put: "put", client.Get: "get", client.Delete: "delete"}[op.Kind]
		m.set(c.ID(), fmt.Sprintf("operations %s/%d", c.ID(), op.Number), kind, op.Key, op.Value)
	}
}

func (m *moment) server(s of.Server, keys []string) {
	switch s := s.(type) {
	case interface {
		State() *raft.State
		Store() *kv.Store
	}:
		m.raft(s.State(), func(what string, values ...any) { m.set(m.id(s), what, values...) })
		m.store(m.id(s), s.Store(), keys)
	case interface {
		State() *paxos.State
		Store() *kv.Store
	}:
		m.paxos(m.id(s), s.State(), func(what string, values ...any) { m.set(m.id(s), what, values...) })
		m.store(m.id(s), s.Store(), keys)
	}
}

func (m *moment) id(s any) world.ProcessID { return s.(of.Server).ID() }

func (m *moment) set(p world.ProcessID, what string, values ...any) {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	m.state[p.String()+" "+what] = strings.Join(texts, "|")
}

func requestText(r kv.RequestID) string {
	if r.Client == 0 {
		return ""
	}
	return r.String()
}

func (m *moment) raft(s *raft.State, set func(what string, values ...any)) {
	set("role", s.Role)
	set("term", s.CurrentTerm)
	set("vote", s.VotedFor)
	set("commit", s.CommitIndex)
	set("applied", s.LastApplied)
	for i, e := range s.Log.All() {
		set("log "+strconv.Itoa(i+1), e.Term, requestText(e.Request), e.Command)
	}
}

func (m *moment) paxos(p world.ProcessID, s *paxos.State, set func(what string, values ...any)) {
	switch group := p.String()[0]; group {
	case 'a':
		set("promised", s.Promised)
		for slot, a := range s.Accepted {
			if a.Slot != 0 {
				set("accepted "+strconv.Itoa(slot), a.Ballot, requestText(a.Value.Request), a.Value.Command)
			}
		}
		return
	case 'l':
		set("role", s.Role)
		set("ballot", s.Ballot)
		set("round", s.Round)
	}
	set("applied", s.Applied)
	for slot, v := range s.Chosen {
		if v.Command != nil {
			set("chosen "+strconv.Itoa(slot), requestText(v.Request), v.Command)
		}
	}
}

func (m *moment) store(p world.ProcessID, s *kv.Store, keys []string) {
	for _, key := range keys {
		if s == nil { // of an acceptor
			return
		}
		if found, is := s.Apply(kv.RequestID{}, kv.Get{Key: key}).(kv.Found); is {
			m.set(p, "store "+key, found.Value)
		}
	}
}

// compare compares what a trace tells with what was.
func (all looked) compare(t *testing.T, x *index.Trace, c *config.Config) {
	t.Helper()
	p := c.Row()
	fields, changes, err := states.Of(x, &states.Protocol{Specs: p.Specs, Landmarks: p.Landmarks, Shown: p.Shown})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(x.Services()))
	faults := map[int32]int{} // which fault a span is, from 1
	replies := x.Replies()
	for m := range x.Moments(func(m index.Moment) index.Moment { return x.SentBefore(m, replies) }) {
		shape := x.Shape(m.Span)
		names[shape.Process] = shape.Service
		if !m.Ends && strings.HasPrefix(shape.Name, "raftkv.fault") {
			faults[m.Span] = all.before + len(faults) + 1
		}
	}
	kept := map[string]bool{}
	for _, f := range p.Shown {
		kept[f.Name] = f.Kept
	}
	for i, m := range all.moments {
		got := map[string]string{}
		for _, change := range changes {
			e, name := x.Entry(change.At.Span), names[change.Process]
			step := uint64(e.Step)
			if change.At.Ends {
				step = uint64(e.EndStep)
			}
			if fault, is := faults[change.At.Span]; is && fault > m.faults || !is && step > m.steps[name] {
				continue
			}
			key := strings.TrimSpace(name + " " + fields[change.Field].Name + " " + change.Key)
			if change.Values == nil {
				delete(got, key)
			} else {
				got[key] = strings.Join(change.Values, "|")
			}
		}
		m.differs(t, i, got, kept, &all)
	}
}

// differs compares two states. Of a process that is down, only what its disk keeps is told, and a client is told of
// once it begins.
func (m *moment) differs(t *testing.T, i int, got map[string]string, kept map[string]bool, all *looked) {
	t.Helper()
	wrong := 0
	for _, key := range slices.Sorted(maps.Keys(got)) {
		name, rest, _ := strings.Cut(key, " ")
		field, _, _ := strings.Cut(rest, " ")
		if first, is := all.until[name]; is && m.steps[name] >= first {
			continue
		}
		if m.state[name+" status"] == states.Down && kept[field] {
			continue
		}
		less := all.ofPart && strings.Contains(got[key], states.NotTold)
		if want, is := m.state[key]; !is || want != got[key] && !less {
			t.Errorf("moment %d, after step %d: %s is %q, want %q", i, m.steps[name], key, got[key], want)
			wrong++
		}
		if wrong > 5 {
			return
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m.state)) {
		if all.ofPart {
			return
		}
		isLater := strings.HasPrefix(key, "client") && strings.HasSuffix(key, " status")
		if _, is := got[key]; !is && !isLater && wrong < 5 {
			name, _, _ := strings.Cut(key, " ")
			t.Errorf("moment %d, after step %d: %s is missing, want %q", i, m.steps[name], key, m.state[key])
			wrong++
		}
	}
}
