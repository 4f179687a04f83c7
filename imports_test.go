package raftkv_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/raftkv/raftkv"

// rooms is the import table: what of the project each room may depend on, directly or not, in code that is not a test. A room that is not named is a command's.
// All may depend on raftkv/list, which the protocol's state is made of.
var rooms = map[string][]string{
	"":                          {},
	"raftkv":                    {},
	"raftkv/world":              {},
	"raftkv/span":               {"raftkv/world"},
	"raftkv/world/spans":        {"raftkv/world", "raftkv/span"},
	"raftkv/kv":                 {},
	"raftkv/kv/spans":           {"raftkv/world", "raftkv/span", "raftkv/world/spans", "raftkv/kv"},
	"raftkv/list":               {},
	"raftkv/raft/protocol":      {"raftkv/kv"},
	"raftkv/raft/spans":         {"raftkv/world", "raftkv/span", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol"},
	"raftkv/raft":               {"raftkv/kv", "raftkv/raft/protocol"},
	"raftkv/sim":                {"raftkv/world"},
	"raftkv/raft/node":          {"raftkv/span", "raftkv/world", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "raftkv/raft"},
	"raftkv/client":             {"raftkv/span", "raftkv/world", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans"},
	"raftkv/raft/invariants":    {"raftkv/world", "raftkv/kv", "raftkv/raft/protocol"},
	"traces/words":              {"raftkv/world", "raftkv/span", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol", "raftkv/raft/spans"},
	"raftkv/raft/story":         {"raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "raftkv/span", "raftkv/world", "traces", "traces/words", "traces/story"},
	"traces/conform":            {"raftkv/span", "traces/record", "raftkv/world", "raftkv/world/spans", "raftkv/kv", "raftkv/kv/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words", "traces/read2"},
	"raftkv/kv/conform":         {"raftkv/span", "traces/record", "raftkv/world", "raftkv/world/spans", "raftkv/kv", "raftkv/kv/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words", "traces/read2", "traces/conform"},
	"raftkv/raft/conform/kept":  {"raftkv/span", "traces/record", "raftkv/world", "raftkv/world/spans", "raftkv/kv", "raftkv/kv/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words", "traces/read2", "traces/conform", "raftkv/kv/conform"},
	"raftkv/raft/conform/rules": {"raftkv/span", "traces/record", "raftkv/world", "raftkv/world/spans", "raftkv/kv", "raftkv/kv/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words", "traces/read2", "traces/conform", "raftkv/kv/conform", "raftkv/raft/conform/kept", "traces/index2"},
	"raftkv/raft/conform":       {"raftkv/span", "traces/record", "raftkv/world", "raftkv/world/spans", "raftkv/kv", "raftkv/kv/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words", "traces/read2", "traces/conform", "raftkv/kv/conform", "raftkv/raft/conform/kept", "raftkv/raft/conform/rules", "traces/index2"},
	"traces/story":              {"raftkv/span", "raftkv/world", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words"},
	"traces/explain":            {"raftkv/span", "raftkv/world", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words", "traces/story"},
	"traces/export":             {"raftkv/span", "raftkv/world", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words", "traces/story"},
	"traces/read2":              {"raftkv/span", "raftkv/world", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words"},
	"traces/index2":             {"raftkv/span", "raftkv/world", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol", "raftkv/raft/spans", "traces", "traces/words", "traces/read2"},
	"traces/servers":            {},
	"traces":                    {"raftkv/span", "traces/words", "raftkv/world", "raftkv/kv", "raftkv/kv/spans", "raftkv/world/spans", "raftkv/raft/protocol", "raftkv/raft/spans"},
}

// forTests are the rooms that only tests import, or one another. They may import anything.
var forTests = []string{"raftkv/world/race", "raftkv/raft/rafttest", "traces/tracetest", "cmd/internal/recorded"}

// pure are the rooms that import nothing but these besides the protocol: no clock, no randomness, no I/O, no goroutine, no telemetry can be in them.
var (
	pure        = []string{"raftkv/raft", "raftkv/kv"}
	pureImports = []string{
		"cmp", "encoding/binary", "errors", "fmt", "maps", "slices", "sort", "strconv", "strings", module + "/raftkv/kv", module + "/raftkv/raft/protocol",
	}
)

// outside is what each room may import of other modules, generated rooms included; a prefix of the path. Only commands and what they are made of may have others.
var outside = map[string][]string{
	"gen":                      {"go.yaml.in/yaml/v4"},
	"raftkv/world/spans":       {"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/trace"},
	"raftkv/kv/spans":          {"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/trace"},
	"raftkv/raft/spans":        {"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/trace"},
	"raftkv/raft/invariants":   {"github.com/anishathalye/porcupine"},
	"traces":                   {"go.opentelemetry.io/"},
	"raftkv/span":              {"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/trace"},
	"traces/words":             {"go.opentelemetry.io/"},
	"traces/read2":             {"go.opentelemetry.io/"},
	"traces/index2":            {"go.opentelemetry.io/"},
	"traces/conform":           {"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/trace"},
	"raftkv/raft/conform":      {"go.opentelemetry.io/otel/attribute"},
	"raftkv/raft/conform/kept": {"go.opentelemetry.io/otel/attribute"},
	"traces/story":             {"go.opentelemetry.io/"},
	"raftkv/raft/story":        {"go.opentelemetry.io/"},
	"traces/explain":           {"go.opentelemetry.io/"},
	"traces/export":            {"go.opentelemetry.io/"},
}

// TestImportTable proves which way imports run, from what the go command says of every package.
func TestImportTable(t *testing.T) {
	packages := list(t)
	if len(packages) < len(rooms) {
		t.Fatalf("go list ./... names %d packages: too few to be the project", len(packages))
	}
	for _, p := range packages {
		room := strings.TrimPrefix(strings.TrimPrefix(p.path, module), "/")
		if slices.Contains(forTests, room) {
			continue
		}
		for _, imported := range p.imports {
			if own := strings.TrimPrefix(imported, module+"/"); slices.Contains(forTests, own) {
				t.Errorf("%s imports %s, which is for tests only", p.path, own)
			}
		}
		if room == "cmd" || strings.HasPrefix(room, "cmd/") {
			continue
		}
		allowed, known := rooms[room]
		if !known && !strings.HasPrefix(room, "gen") {
			t.Errorf("%s is no room of the import table: add it in %s with what it may depend on", p.path, "imports_test.go")
			continue
		}
		for _, dep := range p.deps {
			if own, is := strings.CutPrefix(dep, module+"/"); is && own != "raftkv/list" && !slices.Contains(allowed, own) && (!strings.HasPrefix(room, "gen") || !strings.HasPrefix(own, "gen")) {
				t.Errorf("%s depends on %s, which the import table does not allow", p.path, dep)
			}
		}
		for _, imported := range p.imports {
			if fromOutside(imported) && !mayImport(room, imported) {
				t.Errorf("%s imports %s: that belongs into cmd or traces", p.path, imported)
			}
			if slices.Contains(pure, room) && !slices.Contains(pureImports, imported) {
				t.Errorf("%s imports %s, and so is not pure", p.path, imported)
			}
		}
	}
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

// TestChecksCannotSeeBugs proves that who judges a run does not know what was built into it on purpose: no package that names a bug is among those that the checks and the
// traces are made of.
func TestChecksCannotSeeBugs(t *testing.T) {
	naming := map[string]string{} // package to the first of its lines that names a bug
	for _, p := range list(t) {
		for _, file := range p.files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if found := aBug.FindString(string(text)); found != "" && naming[p.path] == "" {
				naming[p.path] = filepath.Base(file) + " says " + found
			}
		}
	}
	for _, room := range []string{"raftkv/raft", "raftkv/raft/node", "cmd/internal/config"} {
		if naming[module+"/"+room] == "" {
			t.Errorf("%s does not name a bug: then this test looks for the wrong words", room)
		}
	}
	for _, p := range list(t) {
		if p.path != module+"/raftkv/raft/invariants" && p.path != module+"/traces" {
			continue
		}
		for _, dep := range append(p.deps, p.path) {
			if why := naming[dep]; why != "" {
				t.Errorf("%s is made of %s, whose %s", p.path, dep, why)
			}
		}
	}
}

// aBug is how a program names a bug.
var aBug = regexp.MustCompile(`\bBug\w*|\bbug\w*\b`)

// TestEachBugIsAtOnePlace proves that the constant of a bug leads to the one function that has it built in, besides the
// list of bugs, and that such a function is in a file bugs.go: no other text names a bug.
func TestEachBugIsAtOnePlace(t *testing.T) {
	places := map[string][]string{}
	for _, p := range list(t) {
		for _, file := range p.files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, declaration := range parsed.Decls {
				for _, name := range bugsIn(declaration) {
					if filepath.Base(file) != "bugs.go" {
						t.Errorf("%s names %s: that belongs into bugs.go", file, name)
					}
					var at []string // none in the list of bugs, so that one without a place is seen
					if function, is := declaration.(*ast.FuncDecl); is {
						at = []string{p.path + "." + function.Name.Name}
					}
					places[name] = append(places[name], at...)
				}
			}
		}
	}
	for name, at := range places {
		if len(at) != 1 {
			t.Errorf("%s is at %d places, and not at one: %s", name, len(at), strings.Join(at, ", "))
		}
	}
	if len(places) != 13 {
		t.Errorf("%d bugs were found, and not 13", len(places))
	}
}

// bugsIn are the constants of bugs that a declaration names, each as often as it does.
func bugsIn(declaration ast.Decl) (names []string) {
	ast.Inspect(declaration, func(n ast.Node) bool {
		name, is := n.(*ast.Ident)
		if is && aBugConstant.MatchString(name.Name) && name.Name != "BugNone" && name.Name != "BugNamed" && name.Name != "BugDescription" {
			names = append(names, name.Name)
		}
		return true
	})
	return names
}

var aBugConstant = regexp.MustCompile(`^Bug[A-Z]`)

func fromOutside(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".") && !strings.HasPrefix(path, module)
}

func mayImport(room, path string) bool {
	if strings.HasPrefix(room, "gen") {
		room = "gen"
	}
	return slices.ContainsFunc(outside[room], func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// listed is a package as the go command sees it, tests left out.
type listed struct {
	path                 string
	imports, deps, files []string
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps=false", "-f", `{{.ImportPath}}|{{join .Imports " "}}|{{join .Deps " "}}|{{.Dir}}|{{join .GoFiles " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list ./...: %v", err)
	}
	var packages []listed
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		p := listed{path: fields[0], imports: strings.Fields(fields[1]), deps: strings.Fields(fields[2])}
		for _, name := range strings.Fields(fields[4]) {
			p.files = append(p.files, filepath.Join(fields[3], name))
		}
		packages = append(packages, p)
	}
	return packages
}
