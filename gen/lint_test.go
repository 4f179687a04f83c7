package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gochecksumtype "github.com/alecthomas/go-check-sumtype"
	"golang.org/x/tools/go/packages"

	"github.com/raftkv/raftkv/gen/internal/emit"
)

// A new message fails the lint at every switch over messages, in whichever room. The linter is gochecksumtype, as golangci-lint runs it.
func TestNewMessageFailsTheLintAtEachSwitch(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	module(t, root, "github.com/raftkv/raftkv")
	copySources(t, root, "raft", "kv", "world", "span", "list", "raft/node", "client")
	spec := read(t, realSpec)
	if findings, switches := lint(t, root, spec); len(findings) > 0 || switches < 5 {
		t.Fatalf("as it is, %d switches over messages have these findings:\n%s", switches, strings.Join(findings, "\n"))
	}
	for section, added := range map[string]string{
		"\nmessages:\n":  "  - {name: Ping, doc: A new message., fields: {term: Term}}\n",
		"\nexchanges:\n": "  - {request: Ping, replies: [], from: [leader], to: server, method: raft.ping, doc: A new exchange.}\n",
		"\nspans:\n":     "  - {id: ping_producer, name: raft.ping, kind: producer, service: node, root: true, groups: [Who], doc: A new span.}\n",
	} {
		spec = bytes.Replace(spec, []byte(section), []byte(section+added), 1)
	}
	// What the compiler demands is there, and the lint is what is left.
	write(t, filepath.Join(root, "raftkv", "raft", "ping.go"),
		[]byte("package raft\n\nimport \"github.com/raftkv/raftkv/raftkv/raft/protocol\"\n\nfunc (n *Node) HandlePing(protocol.NodeID, protocol.Ping) {}\n"))
	findings, switches := lint(t, root, spec)
	for _, finding := range findings {
		if !strings.Contains(finding, "missing cases for Ping") {
			t.Errorf("a finding is not about the new message: %s", finding)
		}
	}
	if len(findings) != switches {
		t.Errorf("%d switches over messages have %d findings about a new message:\n%s", switches, len(findings), strings.Join(findings, "\n"))
	}
}

// lint generates what a spec says into a tree, and says what the linter finds there, and how many switches over messages there are.
func lint(t *testing.T, root string, spec []byte) (findings []string, switches int) {
	t.Helper()
	files, err := generate(realSpec, "raftkv.yaml", spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := emit.Write(root, files); err != nil {
		t.Fatal(err)
	}
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedFiles | packages.NeedImports | packages.NeedDeps,
		Dir:  root, Env: append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off"),
	}, "./raftkv/raft/protocol", "./raftkv/raft", "./raftkv/raft/node", "./raftkv/client")
	if err != nil || packages.PrintErrors(loaded) > 0 {
		t.Fatalf("the tree does not compile: %v", err)
	}
	for _, err := range gochecksumtype.Run(loaded, gochecksumtype.Config{}) {
		findings = append(findings, fmt.Sprint(err))
	}
	for _, p := range loaded {
		if strings.HasSuffix(p.PkgPath, "/protocol") {
			continue
		}
		for _, file := range p.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				if s, is := n.(*ast.TypeSwitchStmt); is && overMessages(p.TypesInfo, s) {
					switches++
				}
				return true
			})
		}
	}
	return findings, switches
}

// overMessages says whether a type switch asks which message something is.
func overMessages(info *types.Info, s *ast.TypeSwitchStmt) bool {
	var assertion ast.Expr
	switch assign := s.Assign.(type) {
	case *ast.AssignStmt:
		assertion = assign.Rhs[0]
	case *ast.ExprStmt:
		assertion = assign.X
	}
	named, is := info.TypeOf(assertion.(*ast.TypeAssertExpr).X).(*types.Named)
	return is && named.Obj().Name() == "Message"
}
