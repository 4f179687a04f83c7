package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/positions"
)

// TestDiagnostics reads files that are wrong in all the ways there are.
func TestDiagnostics(t *testing.T) {
	files, err := filepath.Glob("testdata/wrong/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/wrong holds %d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse(filepath.Base(file), text)
		golden.Compare(t, strings.TrimSuffix(file, ".toml")+".golden", fmt.Sprintln(err))
	}
}

// TestSyntaxErrors reads texts that are no TOML.
func TestSyntaxErrors(t *testing.T) {
	var got strings.Builder
	for _, text := range []string{
		"num_nodes = 1\nseed = \n",
		"values = \"pool\nseed = 1\n",
		"values = 'pool\n",
		"title = \"\"\"\nno end",
		"raft.rpc_timeout = 100ms # too quick\r\n",
		"\r\n  values = unique\r\n",
		"keys = [\"a\",\n",
		"keys = [a, b]\n",
		"num_nodes = 1\nnum_nodes = 2\n",
		"[raft]\n[network]\n[raft]\n",
		"raft = 1\n[raft]\n",
		"seed = 9223372036854775808\n",
		"seed = 01\n",
		"seed = 1 seed = 2\n",
		"title = \"é\xff\"\n",
		"\xef\xbb\xbftitle = \"\\q\"\n",
		"n\x00u\x00m\x00",
		"\xff\xfen\x00u\x00",
		"\xfe\xff\x00n\x00u",
		"network.latency = \"1ms\"\n[network]\nloss = 0.1\n",
		"network = {loss = 0.1}\nnetwork.latency = \"1ms\"\n",
		"network = {loss = 0.1}\r\n[network.deep]\r\n",
		"[[a.b]]\n[a]\nb.c = 1\n",
		"[fruit]\napple.color = 1\n[fruit.apple]\n",
		"a.b = 1\n[[a]]\n",
		"keys = []\nkeys = []\n",
		"title = \"a\x1b[31m\"\n",
		"start_time = 2000-13-01T00:00:00Z\n",
		"[raft\n",
		"[[fault]\n",
		"= 1\n",
		"abc",
		"title = \"äöü\" x\n",
		"#" + strings.Repeat(" ", positions.Largest),
		"a = " + strings.Repeat("[", 100) + "\n",
		strings.Repeat("a.", 100) + "a = 1\n",
		"title = \"" + strings.Repeat("long ", 100) + "\" x\n",
	} {
		_, err := Parse("my.toml", []byte(text))
		fmt.Fprintf(&got, "%v\n", err)
	}
	golden.Compare(t, "testdata/syntax.golden", got.String())
}

// TestOverrideDiagnostics asks for changes that are wrong, all at once.
func TestOverrideDiagnostics(t *testing.T) {
	const message = "00f067aa0ba902b7"
	_, err := Resolve(Request{
		Scenario: Scenario{File: "my.toml", Text: []byte("raft.first_leader = 3\nseed = false\nnum_nodes = 0\n")},
		Overrides: []Override{
			Set("-set", "raft.max_entires=1"),
			Set("-set", "max_entries = 1"),
			Set("-set", "raft.rpc_timeout=100"),
			Set("-set", "raft.rpc_timeout=100sec"),
			Set("-set", " network.latency = 5ms..1ms"),
			Set("-set", "keys=a"),
			Set("-set", "keys=[\"a\", 5]"),
			Set("-set", "keys=[\"a\", \""+strings.Repeat("k", 257)+"\"]"),
			Set("-set", "raft={max_inflight = 0}"),
			Set("-set", "raft=3"),
			Set("-set", "fault=[{at=\"1ms\", crash=\"node-7\"}, {crash=\"node-1\"}]"),
			Set("-set", "foo"),
			Set("-set", ""),
			Set("-set", "[raft]\nmax_entries=1"),
			Set("-set", "seed=1\nkeys=[]"),
			Set("-set", "client.timeout="),
			SetKey("-requests", "requests_per_client", "five"),
			SetKey("-clients", "num_clients", "-1"),
			SetKey("-clients", "num_clients", ""),
			SetKey("-seed", "seed", "18446744073709551615"),
			SetString("-bug", "bug", "commit-old-terms"),
			AddFault("-drop", Drop, "xyz"),
			AddFault("-drop", Drop, message+"=4ms"),
			AddFault("-drop", Drop, message),
			AddFault("-drop", Drop, message),
			AddFault("-delay", Delay, message),
			AddFault("-delay", Delay, message+"=4"),
			AddFault("-delay", Delay, message+"=-4ms"),
			AddFault("-delay", Delay, message+"=0s"),
			AddFault("-delay", Delay, message+"=4ms"),
			AddFault("-duplicate", Duplicate, ""),
			SetKey("-nodes", "num_nodes", "2"),
		},
	})
	golden.Compare(t, "testdata/overrides.golden", fmt.Sprintln(err))
}
