// Package lab makes the laboratory: a page that holds the program which writes it, compiled to WebAssembly, and so all
// commands, with the protocols of whoever calls it.
package lab

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/lab/lzma"
	"github.com/raftkv/raftkv/traces/view"
)

// The names of the parts of the page.
const (
	programPart = "laboratory-program" // WebAssembly, as an .lzma file
	workerPart  = "laboratory-worker"  // JavaScript: Go's own, and the worker of the page
)

// Page builds the program anew, which takes a minute the first time, and returns the page that holds it. It fails when
// there is no go command, or when it is not called in a module that has the program's source.
func Page(ctx context.Context) (*view.Page, error) {
	program, err := build(ctx, mainPackage())
	if err != nil {
		return nil, err
	}
	support, err := supportScript(ctx)
	if err != nil {
		return nil, err
	}
	worker := bytes.Join([][]byte{support, view.Worker}, []byte("\n"))
	return &view.Page{Title: "raftkv: the laboratory", WebAssembly: true, Parts: []view.Part{
		{Name: programPart, Write: writes(lzma.Encode(program))}, {Name: workerPart, Write: writes(worker)},
	}}, nil
}

func writes(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// mainPackage is the path of the package that this program was built from: the one in the folder that it is called in,
// if nobody knows.
func mainPackage() string {
	info, ok := debug.ReadBuildInfo()
	const byFiles = "command-line-arguments" // go run main.go
	if !ok || info.Path == byFiles || strings.HasSuffix(info.Path, ".test") {
		return "."
	}
	return cmp.Or(info.Path, ".")
}

// build compiles a main package to WebAssembly. Without inlining it is a seventh smaller when compressed, and hardly
// slower.
func build(ctx context.Context, path string) ([]byte, error) {
	folder, err := os.MkdirTemp("", "raftkv-laboratory-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what cannot be removed does no harm
	file := filepath.Join(folder, "laboratory.wasm")
	if _, err := goCommand(ctx, "build", "-trimpath", "-ldflags=-s -w", "-gcflags=all=-l", "-o", file, path); err != nil {
		return nil, fmt.Errorf("cannot build the laboratory's program from %s: %w", path, err)
	}
	return os.ReadFile(file)
}

// supportScript is what a program of WebAssembly needs of JavaScript: it comes with Go, and is of the same version as
// the compiler.
func supportScript(ctx context.Context) ([]byte, error) {
	root, err := goCommand(ctx, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	script, err := os.ReadFile(filepath.Join(strings.TrimSpace(root), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return nil, fmt.Errorf("this Go lacks what a program in a page needs: %w", err)
	}
	return script, nil
}

// goCommand calls the go command for WebAssembly, and returns what it prints.
func goCommand(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	said := strings.TrimSpace(stderr.String())
	switch {
	case err == nil:
		return stdout.String(), nil
	case errors.Is(err, exec.ErrNotFound):
		return "", errors.New("it takes the go command, which is not found; see https://go.dev/dl")
	case ctx.Err() != nil:
		return "", errors.New("interrupted")
	case isOutside(said):
		return "", fmt.Errorf("call it in the folder of the module that has this program's source\n  %s", said)
	case said == "":
		return "", err
	}
	return "", fmt.Errorf("go %s says\n  %s", args[0], strings.ReplaceAll(said, "\n", "\n  "))
}

// isOutside says whether the go command complains that it is called in another module, or in none.
func isOutside(said string) bool {
	complaints := []string{
		"go.mod file not found", "no required module provides", "cannot find main module", "no Go files in", "not in std",
	}
	for _, complaint := range complaints {
		if strings.Contains(said, complaint) {
			return true
		}
	}
	return false
}
