package raftkv_test

import (
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/raftkv/raftkv"

// TestImports proves which way imports run, from what the go command says of every package.
func TestImports(t *testing.T) {
	h := house(list(t))
	if !slices.Equal(h.protocols(), []string{"multipaxos", "raft"}) {
		t.Fatalf("the protocols are %q, want multipaxos and raft: then the rules hold for nothing", h.protocols())
	}
	for _, wrong := range h.broken() {
		t.Error(wrong)
	}
}

// house is all packages of the module, without their tests. A room is a package by its path from the root.
type house []listed

// protocols are the names of the protocols: the folders of raftkv that have a folder `protocol`.
func (h house) protocols() (names []string) {
	for _, p := range h {
		if name, is := strings.CutSuffix(p.room, "/protocol"); is && path.Dir(name) == "raftkv" {
			names = append(names, path.Base(name))
		}
	}
	return names
}

// part is the protocol that a room is of, and its place in the folder of that; empty for the rooms of none.
func (h house) part(room string) (protocol, place string) {
	for _, name := range h.protocols() {
		if rest, is := strings.CutPrefix(room+"/", "raftkv/"+name+"/"); is {
			return name, strings.TrimSuffix(rest, "/")
		}
	}
	return "", ""
}

// forTests are the rooms that only tests import, or one another. They may import anything.
var forTests = []string{
	"raftkv/world/race", "raftkv/raft/rafttest", "traces/tracetest", "cmd/internal/recorded", "cmd/internal/echo",
}

// The levels of the house: a room imports those of its own level and of lower ones.
const (
	shared   = iota // raftkv: what processes and runs of any protocol are made of
	trace           // traces: what a trace is, and how it is written, read and found in
	tool            // a folder of traces for each
	store           // what the store adds to the tools, whatever protocol it is replicated by
	whole           // what a whole protocol is, and what tools say of one that adds nothing to them
	protocol        // what a protocol adds to the tools, and its run
	command         // cmd
)

// level is the level of a room; false for one that has none: the root, and gen, which stands alone.
func (h house) level(room string) (level int, has bool) {
	top, rest, _ := strings.Cut(room, "/")
	name, place := h.part(room)
	isTool := func(folder string) bool {
		return slices.ContainsFunc(h, func(p listed) bool { return p.room == "traces/"+folder }) && folder != ""
	}
	first, _, _ := strings.Cut(place, "/")
	switch {
	case top == "cmd":
		return command, true
	case name != "" && runs[first] != nil && first != "run":
		return shared, true
	case name != "":
		return protocol, true
	case top == "raftkv" && path.Dir(room) != "raftkv" && isTool(path.Base(room)):
		return store, true
	case room == "raftkv/whole":
		return whole, true
	case top == "raftkv":
		return shared, true
	case top == "traces" && slices.Contains([]string{"", "words", "record", "read", "index"}, rest):
		return trace, true
	case top == "traces":
		return tool, true
	}
	return 0, false
}

// runs are the places of a protocol's folder that a run of it consists of, each with those that it may import. All
// others tell of traces, and import neither these, but for the first two, nor what a process is: the trace is enough.
var runs = map[string][]string{
	"protocol":   {},
	"spans":      {"protocol"},
	"":           {"protocol"}, // the algorithm
	"node":       {"protocol", "spans", ""},
	"invariants": {"protocol"},
	"run":        {"protocol", "spans", "", "node", "invariants"},
}

// The rules of imports.
const (
	alien   = "who is outside of a protocol's folder does not know it, but for the table cmd/internal/protocols"
	upwards = "imports run one way: cmd, protocols, whole, tools, traces, raftkv"
	within  = "within a protocol, node → the algorithm → protocol, and who tells of traces sees no process"
	alone   = "gen imports nothing of the project"
	simOnly = "sim imports only world, which imports nothing, and only cmd makes worlds and clients"
	tests   = "it is for tests only"
	foreign = "what is of another module belongs into cmd, and the SDK into traces/record"
	pure    = "an algorithm and the store are pure: no clock, randomness, I/O, goroutine or telemetry"
)

// rule is the rule that an import within the module breaks; empty if none.
func (h house) rule(from, to string) string {
	of, place := h.part(from)
	other, imported := h.part(to)
	level, has := h.level(from)
	reached, _ := h.level(to)
	isCommand := level == command && has
	switch {
	case slices.Contains(forTests, from):
		return ""
	case slices.Contains(forTests, to):
		return tests
	case strings.HasPrefix(from, "gen") || strings.HasPrefix(to, "gen"):
		return unless(strings.HasPrefix(from, "gen") && strings.HasPrefix(to, "gen"), alone)
	case other != "" && other != of:
		return unless(from == "cmd/internal/protocols", alien)
	case from == "raftkv/world", from == "raftkv/sim" && to != "raftkv/world",
		(to == "raftkv/sim" || to == "raftkv/client") && !isCommand:
		return simOnly
	case !has || reached > level:
		return upwards
	case of == "" || other == "":
		return ""
	}
	if may, is := runs[place]; is {
		return unless(slices.Contains(may, imported), within)
	}
	return unless(runs[imported] == nil || imported == "protocol" || imported == "spans", within)
}

func unless(kept bool, rule string) string {
	if kept {
		return ""
	}
	return rule
}

// outside is what rooms import of other modules, as beginnings of paths; of several, the longest room counts.
var outside = map[string][]string{
	"raftkv": {
		"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/trace",
	},
	"raftkv/history": {"github.com/anishathalye/porcupine"},
	"traces": {
		"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/trace",
	},
	"traces/record": {"go.opentelemetry.io/otel"}, // with the SDK, as nobody else but cmd
	"gen":           {"go.yaml.in/yaml/v4"},
	"cmd":           {""},
}

// stranger says of an import of another module that it does not belong into a room.
func stranger(room, imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") || own(imported) != "" || slices.Contains(forTests, room) {
		return false
	}
	for room != "." && outside[room] == nil {
		room = path.Dir(room)
	}
	return !slices.ContainsFunc(outside[room], func(may string) bool { return strings.HasPrefix(imported, may) })
}

// impure says of an import of an algorithm or of the store that it may have a clock, randomness, I/O, a goroutine or
// telemetry in it.
func (h house) impure(room, imported string) bool {
	name, place := h.part(room)
	if room != "raftkv/kv" && (name == "" || place != "") {
		return false
	}
	allowed := []string{"cmp", "encoding/binary", "errors", "fmt", "maps", "slices", "sort", "strconv", "strings"}
	return own(imported) == "" && !slices.Contains(allowed, imported)
}

// broken are the imports that break a rule, each in a sentence.
func (h house) broken() (all []string) {
	add := func(p listed, imported, rule string) {
		all = append(all, fmt.Sprintf("%s imports %s: %s", p.room, imported, rule))
	}
	for _, p := range h {
		for _, imported := range p.imports {
			if to := own(imported); to != "" {
				if rule := h.rule(p.room, to); rule != "" {
					add(p, to, rule)
				}
			}
			if stranger(p.room, imported) {
				add(p, imported, foreign)
			}
			if h.impure(p.room, imported) {
				add(p, imported, pure)
			}
		}
	}
	for _, name := range h.protocols() {
		if !slices.ContainsFunc(h, func(p listed) bool {
			return p.room == "cmd/internal/protocols" && slices.Contains(p.imports, module+"/raftkv/"+name+"/run")
		}) {
			all = append(all, "the table cmd/internal/protocols does not have raftkv/"+name)
		}
	}
	return all
}

// TestTheFirstBuildIsShort proves that what tells and records a run is built without gRPC and protobuf, which made up a
// third of it: spans are pushed as the JSON that is written anyway.
func TestTheFirstBuildIsShort(t *testing.T) {
	for _, p := range list(t) {
		for _, dep := range p.deps {
			if strings.HasPrefix(dep, "google.golang.org/") {
				t.Errorf("%s depends on %s, which takes long to build", p.path, dep)
			}
		}
	}
}

// own is a package of the module by its path from the root; empty for others.
func own(imported string) string {
	room, _ := strings.CutPrefix(imported, module+"/")
	if room == imported {
		return ""
	}
	return room
}

// listed is a package as the go command sees it, tests left out.
type listed struct {
	path, room           string
	imports, deps, files []string
}

// listedOnce keeps what list returns without flags, for all tests that ask. They run one after the other.
var listedOnce []listed

// list are the packages of the module, given flags of go list.
func list(t *testing.T, flags ...string) []listed {
	t.Helper()
	if len(flags) == 0 && listedOnce != nil {
		return listedOnce
	}
	format := `{{.ImportPath}}|{{join .Imports " "}}|{{join .Deps " "}}|{{.Dir}}|{{join .GoFiles " "}}`
	arguments := slices.Concat([]string{"list", "-f", format}, flags, []string{"./..."})
	out, err := exec.CommandContext(t.Context(), "go", arguments...).Output()
	if err != nil {
		t.Fatalf("go list ./...: %v", err)
	}
	var packages []listed
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		p := listed{
			path: fields[0], room: own(fields[0]), imports: strings.Fields(fields[1]), deps: strings.Fields(fields[2]),
		}
		for _, name := range strings.Fields(fields[4]) {
			p.files = append(p.files, filepath.Join(fields[3], name))
		}
		packages = append(packages, p)
	}
	if len(flags) == 0 {
		listedOnce = packages
	}
	return packages
}
