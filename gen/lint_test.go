package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gochecksumtype "github.com/alecthomas/go-check-sumtype"
	"golang.org/x/tools/go/packages"
)

// A message that is added to the spec does not compile until it is handled. Then it fails the lint at every switch over
// messages, in whichever room. The linter is gochecksumtype, as golangci-lint runs it.
func TestNewMessageMustBeHandled(t *testing.T) {
	t.Parallel()
	findings, switches := lint(t, nil)
	if len(findings) > 0 || switches["protocol"] < 3 || switches["kv"] < 4 {
		t.Fatalf("as it is, %v switches over messages have these findings:\n%s", switches, strings.Join(findings, "\n"))
	}
	files := withNewMessages(t)
	output, err := exec.CommandContext(t.Context(), "go", "build", overlay(t, files), "../raftkv/raft").CombinedOutput()
	if err == nil || !strings.Contains(string(output), "missing method HandlePing") {
		t.Errorf("a new exchange should fail with a missing method HandlePing, and this is what the build says: %v\n%s",
			err, output)
	}
	// What the compiler demands is there, and the lint is what is left.
	handlers := inProject(t, "raftkv/raft/commitment.go") // a file that imports what they need
	files[handlers] = append(read(t, handlers), []byte(`
func (n *Node) HandlePing(kv.NodeID, protocol.Ping) {}
func (n *Node) HandlePong(kv.ClientID, kv.Pong)     {}
`)...)
	findings, switches = lint(t, files)
	found := map[string]int{}
	for _, finding := range findings {
		switch {
		case strings.Contains(finding, "missing cases for Ping"):
			found["protocol"]++
		case strings.Contains(finding, "missing cases for Pong"):
			found["kv"]++
		default:
			t.Errorf("a finding is not about a new message: %s", finding)
		}
	}
	if !maps.Equal(found, switches) {
		t.Errorf("%v switches over messages have %v findings about a new message:\n%s", switches, found,
			strings.Join(findings, "\n"))
	}
}

// withNewMessages are the generated files of the project, as they are with a new message in raftkv.yaml and one in
// kv.yaml.
func withNewMessages(t *testing.T) map[string][]byte {
	t.Helper()
	root := t.TempDir()
	spec := specsIn(t, root, asTheyAre)
	add(t, spec, map[string]string{
		"\nmessages:\n":  "  - {name: Ping, doc: A new message., fields: {term: Term}}\n",
		"\nexchanges:\n": "  - {request: Ping, replies: [], from: [leader], to: server, method: raft.ping, doc: A new exchange.}\n",
		"\nspans:\n":     "  - {id: ping_producer, name: raft.ping, kind: producer, service: node, root: true, groups: [Who], doc: A new span.}\n",
	})
	add(t, filepath.Join(root, "spec", "kv.yaml"), map[string]string{
		"\nmessages:\n":  "  - {name: Pong, doc: A new message.}\n",
		"\nexchanges:\n": "  - {request: Pong, replies: [], from: [client], to: server, method: kv.pong, doc: A new exchange.}\n",
		"\nspans:\n":     "  - {id: pong_producer, name: kv.pong, kind: producer, service: client, root: true, doc: A new span.}\n",
	})
	files := map[string][]byte{}
	for _, f := range generated(t, spec, "raftkv.yaml") {
		files[inProject(t, f.Path)] = f.Content
	}
	return files
}

// inProject is where a file of the project is.
func inProject(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// overlay has files be others than they are, as a flag of the go command.
func overlay(t *testing.T, files map[string][]byte) string {
	t.Helper()
	folder, replaced := t.TempDir(), map[string]string{}
	for name, content := range files {
		at := filepath.Join(folder, fmt.Sprint(len(replaced))+filepath.Ext(name))
		write(t, at, content)
		replaced[name] = at
	}
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(folder, "overlay.json")
	write(t, at, list)
	return "-overlay=" + at
}

// add adds lines to sections of a spec.
func add(t *testing.T, file string, lines map[string]string) {
	t.Helper()
	spec := read(t, file)
	for section, added := range lines {
		if !bytes.Contains(spec, []byte(section)) {
			t.Fatalf("%s has no line %q", file, strings.TrimSpace(section))
		}
		spec = bytes.Replace(spec, []byte(section), []byte(section+added), 1)
	}
	write(t, file, spec)
}

// lint returns what the linter finds in the project, with some files as they are given, and how many switches over
// messages there are, by the package of the messages.
func lint(t *testing.T, files map[string][]byte) (findings []string, switches map[string]int) {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{
		// Without NeedDeps, and without packages' own Overlay, what these packages import need not be read as source.
		Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo |
			packages.NeedFiles | packages.NeedImports,
		Dir: "..", BuildFlags: []string{overlay(t, files)},
		ParseFile: func(set *token.FileSet, name string, content []byte) (*ast.File, error) {
			if other, is := files[name]; is {
				content = other
			}
			return parser.ParseFile(set, name, content, parser.AllErrors|parser.ParseComments)
		},
	}, "./raftkv/kv", "./raftkv/raft/protocol", "./raftkv/raft", "./raftkv/raft/node", "./raftkv/client")
	if err != nil || packages.PrintErrors(loaded) > 0 {
		t.Fatalf("the tree does not compile: %v", err)
	}
	for _, err := range gochecksumtype.Run(loaded, gochecksumtype.Config{}) {
		findings = append(findings, fmt.Sprint(err))
	}
	switches = map[string]int{}
	for _, p := range loaded {
		if strings.HasSuffix(p.PkgPath, "/protocol") || strings.HasSuffix(p.PkgPath, "/kv") {
			continue
		}
		for _, file := range p.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				if s, is := n.(*ast.TypeSwitchStmt); is {
					if of := messagesOf(p.TypesInfo, s); of != "" {
						switches[of]++
					}
				}
				return true
			})
		}
	}
	return findings, switches
}

// messagesOf is the package of the messages that a type switch asks about; empty if it is about no messages.
func messagesOf(info *types.Info, s *ast.TypeSwitchStmt) string {
	var assertion ast.Expr
	switch assign := s.Assign.(type) {
	case *ast.AssignStmt:
		assertion = assign.Rhs[0]
	case *ast.ExprStmt:
		assertion = assign.X
	}
	if named, is := info.TypeOf(assertion.(*ast.TypeAssertExpr).X).(*types.Named); is && named.Obj().Name() == "Message" {
		return named.Obj().Pkg().Name()
	}
	return ""
}
