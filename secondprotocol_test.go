package raftkv_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// overlay has files be part of the module that are not there, as a flag of the go command. They are named by their
// paths from the root.
func overlay(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	replaced := map[string]string{}
	for name, text := range files {
		at := filepath.Join(folder, strings.ReplaceAll(name, "/", "+"))
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replaced[filepath.Join(root, filepath.FromSlash(name))] = at
	}
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(at, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return "-overlay=" + at
}

// paxos is the folder of a second protocol: what the generator makes of a spec, and rooms with nothing in them; and its
// row of the table.
func paxos(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	spec, err := os.ReadFile("gen/testdata/paxos/paxos.yaml")
	if err != nil {
		t.Fatal(err)
	}
	output := fmt.Sprintf("output: {import: %s/raftkv/paxos, folder: raftkv/paxos, document: spec/PAXOS.md}", module)
	text := regexp.MustCompile(`(?m)^output: .*$`).ReplaceAllString(string(spec), output)
	if err := os.WriteFile(filepath.Join(folder, "paxos.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	generate := exec.CommandContext(
		t.Context(), "go", "run", "./gen", "-spec", filepath.Join(folder, "paxos.yaml"), "-out", folder,
	)
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files := map[string]string{}
	err = fs.WalkDir(os.DirFS(folder), "raftkv", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			text, err = readAll(folder, name)
			files[name] = text
		}
		return err
	})
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files are generated: %v", len(files), err)
	}
	imports := fmt.Sprintf("\t%q\n\t%q\n", module+"/raftkv/paxos/spans", module+"/raftkv/whole")
	row := `Name: "Paxos", Specs: spans.Specs(),`
	for room, tool := range map[string]string{
		"run": "raftkv/run", "story": "traces/story", "diff": "traces/diff", "explain": "traces/explain",
		"export": "traces/export",
	} {
		files["raftkv/paxos/"+room+"/protocol.go"] = fmt.Sprintf(
			"package %s\n\nimport tool %q\n\nfunc Protocol() tool.Protocol { return tool.Protocol{} }\n",
			room, module+"/"+tool,
		)
		imports += fmt.Sprintf("\tpaxos%s %q\n", room, module+"/raftkv/paxos/"+room)
		row += fmt.Sprintf(" %s%s: paxos%s.Protocol(),", strings.ToUpper(room[:1]), room[1:], room)
	}
	files["cmd/internal/protocols/paxos.go"] = fmt.Sprintf(
		"package protocols\n\nimport (\n%s)\n\nvar Paxos = whole.Protocol{%s}\n", imports, row,
	)
	return files
}

func readAll(folder, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
	return string(text), err
}

// TestSecondProtocol puts the folder of a second protocol into the module, and into the table of protocols: all
// compiles with no change to a tool, and the rules of imports hold for it as well.
func TestSecondProtocol(t *testing.T) {
	t.Parallel()
	files := paxos(t)
	flag := overlay(t, files)
	compile := exec.CommandContext(t.Context(), "go", "list", "-export", "-f", "{{with .Error}}{{.}}{{end}}", flag,
		"./...")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Errorf("it does not compile: %v\n%s", err, out)
	}
	h := house(list(t, flag))
	if names := h.protocols(); !slices.Equal(names, []string{"multipaxos", "paxos", "raft"}) {
		t.Errorf("the protocols are %q", names)
	}
	for _, wrong := range h.broken() {
		t.Error(wrong)
	}
	delete(files, "cmd/internal/protocols/paxos.go")
	want := []string{"the table cmd/internal/protocols does not have raftkv/paxos"}
	if got := house(list(t, overlay(t, files))).broken(); !slices.Equal(got, want) {
		t.Errorf("without its row in the table these rules are broken: %q", got)
	}
}

// TestEachRuleIsSeen plants an import that breaks each rule, for two protocols.
func TestEachRuleIsSeen(t *testing.T) {
	t.Parallel()
	files := paxos(t)
	var want []string
	for _, plant := range [][3]string{
		{"traces/story", "raftkv/paxos/protocol", alien},
		{"raftkv/kv", "raftkv/raft/protocol", alien},
		{"cmd/internal/cluster", "raftkv/raft/run", alien},
		{"raftkv/raft/story", "raftkv/paxos/spans", alien},
		{"raftkv/multipaxos/node", "raftkv/raft/protocol", alien},
		{"traces/read", "traces/conform", upwards},
		{"traces/explain", "raftkv/kv/conform", upwards},
		{"raftkv/span", "traces/words", upwards},
		{"raftkv/client", "raftkv/kv/conform", upwards},
		{"raftkv/raft/invariants", "traces/words", upwards},
		{"raftkv/raft/export", "cmd/internal/terminal", upwards},
		{"raftkv/kv/conform", "raftkv/whole", upwards},
		{"raftkv/whole", "raftkv/raft/spans", alien},
		{"raftkv/raft/node", "raftkv/whole", upwards},
		{"raftkv/raft", "raftkv/raft/node", within},
		{"raftkv/paxos/protocol", "raftkv/paxos/spans", within},
		{"raftkv/raft/invariants", "raftkv/raft", within},
		{"raftkv/raft/explain", "raftkv/raft/node", within},
		{"raftkv/multipaxos/diff", "raftkv/multipaxos/run", within},
		{"gen/internal/model", "raftkv/list", alone},
		{"raftkv/sim", "raftkv/kv", simOnly},
		{"raftkv/world", "raftkv/list", simOnly},
		{"traces/record", "raftkv/client", simOnly},
		{"cmd/story", "raftkv/world/race", tests},
		{"raftkv/kv", "os", pure},
		{"raftkv/raft", "time", pure},
		{"raftkv/multipaxos", "time", pure},
		{"traces/words", "go.opentelemetry.io/otel/sdk/trace", foreign},
		{"raftkv/world/spans", "go.opentelemetry.io/otel/sdk/trace", foreign},
		{"raftkv/sim", "github.com/anishathalye/porcupine", foreign},
		{"gen/internal/emit", "github.com/BurntSushi/toml", foreign},
	} {
		room, imported := plant[0], plant[1]
		named := imported
		if first, _, _ := strings.Cut(imported, "/"); slices.Contains([]string{"raftkv", "traces", "cmd"}, first) {
			imported = module + "/" + imported
		}
		name := room[strings.LastIndex(room, "/")+1:]
		if room == "cmd/story" {
			name = "main"
		}
		at := fmt.Sprintf("%s/planted%d.go", room, len(files))
		files[at] = fmt.Sprintf("package %s\n\nimport _ %q\n", strings.TrimSuffix(name, "2"), imported)
		want = append(want, fmt.Sprintf("%s imports %s: %s", room, named, plant[2]))
	}
	got := house(list(t, "-e", overlay(t, files))).broken()
	slices.Sort(want)
	slices.Sort(got)
	for _, wrong := range want {
		if !slices.Contains(got, wrong) {
			t.Errorf("it is not seen that %s", wrong)
		}
	}
	for _, wrong := range got {
		if !slices.Contains(want, wrong) {
			t.Errorf("planted was nothing of which it is so that %s", wrong)
		}
	}
}
