package check

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/check"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/race"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// drawnSeeds is how many seeds of mixed are checked; fewer of the others.
var drawnSeeds = race.Fewer(30, 10)

// traced runs a config, and returns the trace as a file has it, with the violation that stopped the run, if one did.
func traced(t testing.TB, c *config.Resolved) ([]byte, *check.Violation) {
	t.Helper()
	file, result := recorded.Trace(t, c.Config, cluster.Options{})
	return file, result.Checks.Violation
}

// checked checks a trace.
func checked(t testing.TB, file []byte) kvconform.Report {
	t.Helper()
	j, r := protocols.OfBeginning(file).Conform(), read.NewReader("trace", bytes.NewReader(file))
	if err := j.Read(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return j.Report()
}

func isClean(t *testing.T, file []byte, how string) {
	t.Helper()
	report := checked(t, file)
	for i, f := range report.Findings {
		if i == 5 {
			t.Errorf("%s: and %d more", how, len(report.Findings)-i)
			break
		}
		t.Errorf("%s: %s: %s\n\t%s\n\twant %s\n\t%v", how, f.ID, f.Span, f.Got, f.Want, f.Clashes)
	}
}

// TestScenariosAreClean checks each scenario that is built in.
func TestScenariosAreClean(t *testing.T) {
	for _, s := range library.BuiltIn() {
		t.Run(s.Name, func(t *testing.T) {
			c := recorded.Config(t, s.Name, "")
			file, violation := traced(t, c)
			if violation != nil &&
				!slices.ContainsFunc(c.Expects, func(e config.Expect) bool { return e.Violated == violation.Invariant.Name }) {
				t.Fatal(violation)
			}
			isClean(t, file, s.Name)
		})
	}
}

// TestLyingDisksAreTold checks runs whose disks lie: all that is wrong with them is that invariants are violated, and
// it is told that a disk lied, and that what it lost is known.
func TestLyingDisksAreTold(t *testing.T) {
	var rules []string
	for _, invariant := range protocol.AllInvariants() {
		rules = append(rules, string(invariant.Name))
	}
	lied, lost := 0, 0
	for seed := range drawnSeeds / 5 {
		c := recorded.Config(t, "", "disks", "seed="+strconv.Itoa(seed))
		file, _ := traced(t, c)
		report := checked(t, file)
		for _, f := range report.Findings {
			if !slices.Contains(rules, f.ID) {
				t.Errorf("seed %d: %s: %s: %s, want %s", seed, f.ID, f.Span, f.Got, f.Want)
			}
		}
		lies := bytes.Contains(file, []byte(`"stringValue":"skip_sync"`)) ||
			bytes.Contains(file, []byte(`"stringValue":"rollback"`))
		tells := func(id string) bool {
			return slices.ContainsFunc(report.Unknown, func(u conform.Unknown) bool { return u.ID == id })
		}
		told := tells("lying_disk")
		if tells("known_loss") {
			lost++
		}
		if lies != told || len(report.Findings) > 0 && !told {
			t.Errorf("seed %d: a disk lies: %t, and it is told: %t", seed, lies, told)
		}
		if lies {
			lied++
		}
	}
	if lied < drawnSeeds/10 || lied >= 20 && lost == 0 { // of a few, none may have lost anything
		t.Errorf("in %d of %d runs a disk lies, and in %d a server starts again with less, want some", lied, drawnSeeds/5,
			lost)
	}
}

// TestDiskBeforeALateCrash checks runs in which a disk is read back as it was after a step whose span ended only when
// the server crashed, steps later: what came after it is a known loss, and no finding.
func TestDiskBeforeALateCrash(t *testing.T) {
	for _, seed := range []string{"13051", "14857"} {
		file, _ := traced(t, recorded.Config(t, "", "disks", "seed="+seed))
		report := checked(t, file)
		for _, f := range report.Findings {
			if f.ID == string(protocol.InvariantRestartFromDisk) {
				t.Errorf("seed %s: %s: %s, want %s", seed, f.Span, f.Got, f.Want)
			}
		}
		if !slices.ContainsFunc(report.Unknown, func(u conform.Unknown) bool { return u.ID == "known_loss" }) {
			t.Errorf("seed %s: nothing says that a disk lost something; see: go run ./cmd/run -quiet -faults disks -seed %s",
				seed, seed)
		}
	}
}

// TestDrawnRunsAreClean checks runs in which everything goes wrong that may, and runs of each kind of it, some of them
// cut short with much in flight.
func TestDrawnRunsAreClean(t *testing.T) {
	for _, c := range []struct {
		profile string
		seeds   int
		changes []string
	}{
		{"mixed", drawnSeeds, nil},
		{"mixed", drawnSeeds / 5, []string{"max_duration=700ms"}},
		{"mixed", drawnSeeds / 5, []string{"network.late=0.1", "network.late_by=200ms..3s", "network.duplicate=0.3"}},
		{
			"mixed", drawnSeeds / 10,
			[]string{"network.late=0.3", "network.late_by=10ms..900ms", "network.duplicate=0.9", "max_duration=1s"},
		},
		{"crashes", drawnSeeds / 10, nil},
		{"partitions", drawnSeeds / 10, nil},
		{"lossy", drawnSeeds / 10, nil},
		{"clocks", drawnSeeds / 10, nil},
		{"clocks", drawnSeeds / 10, []string{"max_duration=1500ms", "network.latency=1ms..80ms"}},
	} {
		t.Run(strings.Join(append([]string{c.profile}, c.changes...), ","), func(t *testing.T) {
			t.Parallel()
			for seed := range c.seeds {
				file, _ := traced(t, recorded.Config(t, "", c.profile,
					append([]string{"seed=" + strconv.Itoa(seed+1)}, c.changes...)...))
				isClean(t, file, "seed "+strconv.Itoa(seed+1))
				if t.Failed() {
					return
				}
			}
		})
	}
}

// TestCutTimesAreClean checks runs as Jaeger answers with them: of each span it keeps when it started and how long it
// took, both without what is less than a microsecond. Its own JSON says so, and OTLP does not.
func TestCutTimesAreClean(t *testing.T) {
	for seed := range drawnSeeds / 10 {
		file, _ := traced(t, recorded.Config(t, "", "mixed", "seed="+strconv.Itoa(seed+1)))
		isCleanCut(t, "seed "+strconv.Itoa(seed+1), file)
	}
}

// TestShortStepsAreClean checks runs whose steps are about as long as Jaeger's times tell, or shorter, and whose times
// are round: as they are, and cut.
func TestShortStepsAreClean(t *testing.T) {
	for _, changes := range [][]string{
		{"process.step_time=2001ns"},
		{"process.step_time=1us"},
		{"process.step_time=1us", "network.latency=1us"},
		{"process.step_time=1us", "network.latency=5us..9us"},
		{"process.step_time=1ns..900ns"},
		{"process.step_time=100ns..3us", "network.latency=1us..4us"},
		{"process.step_time=1ns", "network.latency=0s"},
		{"process.step_time=1us", "network.latency=0s"},
		{"process.step_time=2us", "network.latency=1ms"},
	} {
		how := strings.Join(changes, " ")
		file, _ := traced(t, recorded.Config(t, library.Default, "", changes...))
		isClean(t, file, how)
		isCleanCut(t, how, file)
		for seed := range drawnSeeds / 25 {
			how := how + " seed=" + strconv.Itoa(seed+1)
			file, _ := traced(t, recorded.Config(t, "", "mixed",
				append([]string{"seed=" + strconv.Itoa(seed+1)}, changes...)...))
			isClean(t, file, how)
			isCleanCut(t, how, file)
		}
	}
}

// TestStepsWithoutNumbersAreClean checks runs whose times are round and whose steps have no numbers, as they had none
// before: as they are, and cut. A mistake in one is found all the same.
func TestStepsWithoutNumbersAreClean(t *testing.T) {
	for _, changes := range [][]string{
		{"process.step_time=3us", "network.latency=1ms"},
		{"process.step_time=3us", "network.latency=1ms", "num_nodes=3"},
		{"process.step_time=2001ns"},
		{"process.step_time=2us", "network.latency=1ms"},
	} {
		how := strings.Join(changes, " ") + " without numbers"
		file, _ := traced(t, recorded.Config(t, library.Default, "", changes...))
		list := asEarlier(all(t, file))
		for i := range list {
			withoutSteps(&list[i])
		}
		var cut bytes.Buffer
		if err := export.WriteJaeger(&cut, index.Of(list)); err != nil {
			t.Fatal(err)
		}
		isClean(t, cut.Bytes(), how+", cut")
		if findings := judgedSpans(list); len(findings) > 0 {
			t.Errorf("%s: %v", how, findings[0])
		}
		applied := slices.IndexFunc(list, func(s traces.Span) bool { return s.Name == spans.ApplyName })
		set(&list[applied], spans.RaftIndexKey.Int(9))
		if len(judgedSpans(list)) == 0 {
			t.Errorf("%s: it is not found that the entry at index 9 is applied first", how)
		}
	}
}

// withoutSteps takes the numbers of its steps from a span.
func withoutSteps(s *traces.Span) {
	unset(s, worldspans.RaftkvStepKey)
	unset(s, worldspans.RaftkvEndStepKey)
	s.Events = slices.Clone(s.Events)
	for i := range s.Events {
		s.Events[i].Attributes = slices.DeleteFunc(slices.Clone(s.Events[i].Attributes), func(kv attribute.KeyValue) bool {
			return kv.Key == worldspans.RaftkvStepKey
		})
	}
}

// isCleanCut checks a trace with its times cut, in Jaeger's own JSON and in OTLP.
func isCleanCut(t *testing.T, how string, file []byte) {
	t.Helper()
	var cut bytes.Buffer
	if err := export.WriteJaeger(&cut, index.Of(all(t, file))); err != nil {
		t.Fatal(err)
	}
	isClean(t, cut.Bytes(), how+", cut in Jaeger's JSON")
	j := raftconform.New()
	for i, s := range all(t, cut.Bytes()) {
		s.Resolution = 0
		j.Add(&s, i+1)
	}
	report := j.Report()
	for _, f := range report.Findings[:min(len(report.Findings), 5)] {
		t.Errorf("%s, cut: %s: %s\n\t%s\n\twant %s\n\t%v", how, f.ID, f.Span, f.Got, f.Want, f.Clashes)
	}
	if report.Resolution != 0 {
		t.Errorf("%s: a trace that does not say so is said to be cut", how)
	}
	if history, err := linearizable(t.Context(), report.History, report.Epoch, t.TempDir()); err != nil || !history.Holds {
		t.Errorf("%s, cut: %s, %v", how, history.Problem, err)
	}
}

// TestCutHistory reads a key while it is written, by two clients whose times were cut so that one seems to follow the
// other.
func TestCutHistory(t *testing.T) {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	op := func(id uint64, name, service string, start, took time.Duration, result string) *traces.Span {
		return &traces.Span{
			Run: 1, Root: world.CausalID(id), ID: world.CausalID(id), Name: name, Kind: internal, Service: service,
			Start: epoch.Add(start), End: epoch.Add(start + took),
			Attributes: []attribute.KeyValue{
				kvspans.KVRequestIDKey.String(service + "/1"), kvspans.KVKeyKey.String("k"),
				kvspans.KVValueKey.String("x"), kvspans.KVResultKey.String(result),
			},
		}
	}
	j := raftconform.New()
	// was from 50.9us to 100.8us
	j.Add(op(1, kvspans.KVPutName, "client-1", 50*time.Microsecond, 49*time.Microsecond, "ok"), 1)
	j.Add(op(2, kvspans.KVGetName, "client-2", 100*time.Microsecond, 60*time.Microsecond, "error: key not found: k"), 2)
	report := j.Report()
	if history, err := linearizable(t.Context(), report.History, report.Epoch, t.TempDir()); err != nil || !history.Holds {
		t.Errorf("%s, %v", history.Problem, err)
	}
}

// TestDelayedMessageIsClean checks a run that ends before a message arrives that was made late.
func TestDelayedMessageIsClean(t *testing.T) {
	file, _ := traced(t, recorded.Config(t, "default", ""))
	var sent *traces.Span
	for _, s := range all(t, file) {
		if isA(spans.AppendEntriesClientName, client)(&s) {
			sent = &s
			break
		}
	}
	c := recorded.ConfigWith(t, "default", "", config.Set("-set", "max_duration=2s"),
		config.Set("-set", "requests_per_client=1000"), config.AddFault("-delay", config.Delay, sent.ID.String()+"=1h"))
	file, _ = traced(t, c)
	isClean(t, file, "delayed by an hour")
}

// all are the spans of a file.
func all(t testing.TB, file []byte) []traces.Span {
	t.Helper()
	return rafttest.Read(t, file)
}
