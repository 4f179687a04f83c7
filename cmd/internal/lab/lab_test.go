package lab

import (
	"os"
	"strings"
	"testing"
)

// TestOutside says what to do where the source is not, or Go is not.
func TestOutside(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOFLAGS", "")
	_, err := build(t.Context(), "github.com/raftkv/raftkv/cmd/view")
	const want = "call it in the folder of the module that has this program's source"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("outside of the module: %v, want %q", err, want)
	}
	t.Setenv("PATH", "")
	_, err = Page(t.Context())
	if err == nil || !strings.Contains(err.Error(), "it takes the go command, which is not found") {
		t.Errorf("without Go: %v", err)
	}
}

// TestCompilerComplains tells what the compiler says.
func TestCompilerComplains(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod": "module example.com/mine\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() { missing() }\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := build(t.Context(), ".")
	if err == nil || !strings.Contains(err.Error(), "main.go:3:15: undefined: missing") {
		t.Errorf("the program does not compile: %v", err)
	}
}
