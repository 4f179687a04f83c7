package raftkv_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestChecksCannotSeeBugs proves that who checks a run does not know what was built into it on purpose: no package that
// names a bug is among those that the checks are made of.
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
	for _, room := range []string{
		"raftkv/raft", "raftkv/raft/node", "raftkv/multipaxos", "raftkv/multipaxos/node", "cmd/internal/config",
	} {
		if naming[module+"/"+room] == "" {
			t.Errorf("%s does not name a bug: then this test looks for the wrong words", room)
		}
	}
	for _, p := range list(t) {
		if !slices.Contains([]string{
			"raftkv/raft/invariants", "raftkv/raft/conform", "raftkv/multipaxos/invariants", "raftkv/history", "traces",
		}, p.room) {
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
	h := house(list(t))
	for _, p := range h {
		protocol, _ := h.part(p.room)
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
					places[protocol+" "+name] = append(places[protocol+" "+name], at...)
				}
			}
		}
	}
	for name, at := range places {
		if len(at) != 1 {
			t.Errorf("%s is at %d places, and not at one: %s", name, len(at), strings.Join(at, ", "))
		}
	}
	if all := 13 + 14; len(places) != all {
		t.Errorf("%d bugs were found, and not %d", len(places), all)
	}
}

// bugsIn are the constants of bugs that a declaration names, each as often as it does.
func bugsIn(declaration ast.Decl) (names []string) {
	ast.Inspect(declaration, func(n ast.Node) bool {
		name, is := n.(*ast.Ident)
		if is && aBugConstant.MatchString(name.Name) && name.Name != "BugNone" && name.Name != "BugNamed" &&
			name.Name != "BugDescription" {
			names = append(names, name.Name)
		}
		return true
	})
	return names
}

var aBugConstant = regexp.MustCompile(`^Bug[A-Z]`)
