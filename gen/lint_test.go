package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gochecksumtype "github.com/alecthomas/go-check-sumtype"
	"golang.org/x/tools/go/packages"

	"github.com/raftkv/raftkv/gen/internal/emit"
)

// A new message fails the lint at every switch over messages, in whichever room. The linter is gochecksumtype, as
// golangci-lint runs it.
func TestNewMessageFailsTheLintAtEachSwitch(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	module(t, root, "github.com/raftkv/raftkv")
	copySources(t, root, "raft", "kv", "world", "span", "list", "raft/node", "client")
	specs, err := filepath.Glob("../spec/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range specs {
		write(t, filepath.Join(root, "spec", filepath.Base(name)), read(t, name))
	}
	findings, switches := lint(t, root)
	if len(findings) > 0 || switches["protocol"] < 3 || switches["kv"] < 4 {
		t.Fatalf("as it is, %v switches over messages have these findings:\n%s", switches, strings.Join(findings, "\n"))
	}
	add(t, filepath.Join(root, "spec", "raftkv.yaml"), map[string]string{
		"\nmessages:\n":  "  - {name: Ping, doc: A new message., fields: {term: Term}}\n",
		"\nexchanges:\n": "  - {request: Ping, replies: [], from: [leader], to: server, method: raft.ping, doc: A new exchange.}\n",
		"\nspans:\n":     "  - {id: ping_producer, name: raft.ping, kind: producer, service: node, root: true, groups: [Who], doc: A new span.}\n",
	})
	add(t, filepath.Join(root, "spec", "kv.yaml"), map[string]string{
		"\nmessages:\n":  "  - {name: Pong, doc: A new message.}\n",
		"\nexchanges:\n": "  - {request: Pong, replies: [], from: [client], to: server, method: kv.pong, doc: A new exchange.}\n",
		"\nspans:\n":     "  - {id: pong_producer, name: kv.pong, kind: producer, service: client, root: true, doc: A new span.}\n",
	})
	// What the compiler demands is there, and the lint is what is left.
	write(t, filepath.Join(root, "raftkv", "raft", "ping.go"), []byte(`package raft

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

func (n *Node) HandlePing(kv.NodeID, protocol.Ping) {}
func (n *Node) HandlePong(kv.ClientID, kv.Pong)     {}
`))
	findings, switches = lint(t, root)
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

// lint generates what a tree's specs say, and returns what the linter finds there, and how many switches over messages
// there are, by the package of the messages.
func lint(t *testing.T, root string) (findings []string, switches map[string]int) {
	t.Helper()
	file := filepath.Join(root, "spec", "raftkv.yaml")
	files, err := generate(file, "raftkv.yaml", read(t, file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := emit.Write(root, files); err != nil {
		t.Fatal(err)
	}
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo |
			packages.NeedFiles | packages.NeedImports | packages.NeedDeps,
		Dir: root, Env: append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off"),
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
