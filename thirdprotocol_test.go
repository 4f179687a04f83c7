package raftkv_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// begun is the beginning of a protocol that gen -new writes for this module, and what it says.
func begun(t *testing.T) (files map[string]string, said string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "spec"), 0o700); err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for _, name := range []string{"go.mod", "spec/kv.yaml", "spec/world.yaml"} {
		text, err := readAll(".", name)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.FromSlash(name)), []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	begin := exec.CommandContext(t.Context(), "go", "run", "./gen", "-new", "third", "-server", "keeper", "-out", folder)
	out, err := begin.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	err = fs.WalkDir(os.DirFS(folder), "raftkv", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files[name], err = readAll(folder, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, string(out)
}

// TestThirdProtocol begins a protocol in this module: with nothing but its folder and the line in the list of protocols
// that the generator tells, it runs, what is said of its run is right, and a lost message changes only what it can have
// caused.
func TestThirdProtocol(t *testing.T) {
	t.Parallel()
	files, said := begun(t)
	const list = "cmd/internal/protocols/protocols.go"
	text, err := readAll(".", list)
	if err != nil {
		t.Fatal(err)
	}
	told := regexp.MustCompile(`protocols\.go: (\S+)\n\s+and to its imports: (\S+ "\S+")`).FindStringSubmatch(said)
	if told == nil {
		t.Fatalf("it does not say what to add to the list:\n%s", said)
	}
	text = strings.Replace(text, "&MultiPaxos}", "&MultiPaxos, "+strings.TrimSuffix(told[1], ",")+"}", 1)
	files[list] = strings.Replace(text, "import (\n", "import (\n\t"+told[2]+"\n", 1)
	flag, folder := overlay(t, files), t.TempDir()
	for _, test := range []struct{ command, says string }{
		{"run -quiet -protocol third -faults crashes -seed 3 -name one -out " + folder, ""},
		// Its disk is to stall.
		{"run -protocol third -faults mixed -seed 11 -name two -out " + folder, "does not say when it"},
		{"check " + filepath.Join(folder, "one"), "fine"},
		{"story -only keeper-1 " + filepath.Join(folder, "one"), "takes effect"},
	} {
		arguments := strings.Fields(test.command)
		arguments = append([]string{"run", flag, "./cmd/" + arguments[0]}, arguments[1:]...)
		out, err := exec.CommandContext(t.Context(), "go", arguments...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), test.says) {
			t.Errorf("%s: %v, want %q in\n%s", test.command, err, test.says, out)
		}
	}
	differs := exec.CommandContext(t.Context(), "go", "test", flag, "-vet=off", "-run", "InEachProtocol/third", "-v",
		"./cmd/internal/cluster")
	out, err := differs.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestSharedStreamIsSeenInEachProtocol/third") {
		t.Errorf("local difference does not hold for it, or was not looked for: %v\n%s", err, out)
	}
}
