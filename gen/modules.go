package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// include reads a file that a spec includes. One of another module is named by the path of that module, of which go.mod
// says which version is meant.
func include(name string) ([]byte, error) {
	if !load.OfModule(name) {
		return os.ReadFile(filepath.FromSlash(name))
	}
	module, folder, err := moduleOf(path.Dir(name))
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(folder, filepath.FromSlash(strings.TrimPrefix(name, module+"/"))))
}

// moduleOf returns the module that a folder belongs to, and where its files are.
func moduleOf(folder string) (module, where string, err error) {
	arguments := []string{"list", "-m", "-e", "-f", "{{with .Dir}}{{$.Path}}\t{{.}}{{end}}"}
	for ; strings.Contains(folder, "/"); folder = path.Dir(folder) {
		arguments = append(arguments, folder)
	}
	var wrong strings.Builder
	command := exec.Command("go", arguments...)
	command.Stderr = &wrong
	listed, err := command.Output()
	if err != nil {
		return "", "", fmt.Errorf("go list -m: %w: %s", err, strings.TrimSpace(wrong.String()))
	}
	for line := range strings.Lines(string(listed)) { // the longest path first
		if module, where, found := strings.Cut(strings.TrimSpace(line), "\t"); found {
			return module, where, nil
		}
	}
	return "", "", errors.New("no module that go.mod requires has it")
}
