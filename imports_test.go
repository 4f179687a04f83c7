package raftkv_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/raftkv/raftkv"

// rooms is the import table: what of the project each room may depend on, directly or not, in code that is not a test. A room that is not named is a command's.
var rooms = map[string][]string{
	"":                {},
	"raftkv":          {},
	"raftkv/world":    {},
	"raftkv/protocol": {},
	"raftkv/spans":    {"raftkv/protocol"},
	"raftkv/raft":     {"raftkv/protocol"},
	"raftkv/kv":       {"raftkv/protocol"},
	"raftkv/sim":      {"raftkv/world"},
	"raftkv/node":     {"raftkv/world", "raftkv/protocol", "raftkv/spans", "raftkv/raft", "raftkv/kv"},
	"raftkv/client":   {"raftkv/world", "raftkv/protocol", "raftkv/spans"},
	"raftkv/check":    {"raftkv/world", "raftkv/protocol"},
	"traces":          {"raftkv/world", "raftkv/protocol", "raftkv/spans"},
}

// pure are the rooms that import nothing but these besides the protocol: no clock, no randomness, no I/O, no goroutine, no telemetry can be in them.
var (
	pure        = []string{"raftkv/raft", "raftkv/kv"}
	pureImports = []string{"cmp", "errors", "fmt", "maps", "slices", "strconv", module + "/raftkv/protocol"}
)

// outside is what each room may import of other modules, generated rooms included; a prefix of the path. Only commands and what they are made of may have others.
var outside = map[string][]string{
	"gen":          {"go.yaml.in/yaml/v4"},
	"raftkv/spans": {"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/trace"},
	"raftkv/check": {"github.com/anishathalye/porcupine"},
	"traces":       {"go.opentelemetry.io/"},
}

// TestImportTable proves which way imports run, from what the go command says of every package.
func TestImportTable(t *testing.T) {
	packages := list(t)
	if len(packages) < len(rooms) {
		t.Fatalf("go list ./... names %d packages: too few to be the project", len(packages))
	}
	for _, p := range packages {
		room := strings.TrimPrefix(strings.TrimPrefix(p.path, module), "/")
		if strings.HasPrefix(room, "cmd/") {
			continue
		}
		allowed, known := rooms[room]
		if !known && !strings.HasPrefix(room, "gen") {
			t.Errorf("%s is no room of the import table: add it in %s with what it may depend on", p.path, "imports_test.go")
			continue
		}
		for _, dep := range p.deps {
			if own, is := strings.CutPrefix(dep, module+"/"); is && !slices.Contains(allowed, own) && (!strings.HasPrefix(room, "gen") || !strings.HasPrefix(own, "gen")) {
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
	path          string
	imports, deps []string
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps=false", "-f", `{{.ImportPath}}|{{join .Imports " "}}|{{join .Deps " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list ./...: %v", err)
	}
	var packages []listed
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		packages = append(packages, listed{path: fields[0], imports: strings.Fields(fields[1]), deps: strings.Fields(fields[2])})
	}
	return packages
}
