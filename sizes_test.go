package raftkv_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// How large hand-written code is at most, so that each room is read in a sitting. Tests do not count for the size of a
// package. The linter holds functions to 60 lines and lines to 120 columns.
const (
	mostLinesOfFile = 400
	mostFiles       = 15
	mostLines       = 2500
)

// TestSizes holds files and packages to these limits.
func TestSizes(t *testing.T) {
	files, lines := map[string]int{}, map[string]int{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		// What other tests build in bin comes and goes meanwhile.
		if err != nil || entry.IsDir() && slices.Contains([]string{"testdata", ".git", "bin", "node_modules"}, entry.Name()) {
			return cmpSkip(err)
		}
		if !slices.Contains([]string{".go", ".ts", ".tsx"}, filepath.Ext(path)) || strings.HasSuffix(path, "_gen.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n := bytes.Count(content, []byte("\n"))
		if n > mostLinesOfFile {
			t.Errorf("%s:1: %d lines, and a file has %d at most", filepath.ToSlash(path), n, mostLinesOfFile)
		}
		if filepath.Ext(path) != ".go" { // the linter holds Go to this
			noLongLines(t, path, content)
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		room := filepath.ToSlash(filepath.Dir(path))
		files[room], lines[room] = files[room]+1, lines[room]+n
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d packages are looked at", len(files))
	}
	for room := range files {
		if files[room] > mostFiles || lines[room] > mostLines {
			t.Errorf("%s: %d files with %d lines, and a package has %d with %d at most", room, files[room], lines[room],
				mostFiles, mostLines)
		}
	}
}

// noLongLines holds the lines of a file to 120 columns.
func noLongLines(t *testing.T, path string, content []byte) {
	t.Helper()
	n := 0
	for line := range strings.Lines(string(content)) {
		if n++; utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 120 {
			t.Errorf("%s:%d: a line of more than 120 columns", filepath.ToSlash(path), n)
		}
	}
}

func cmpSkip(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}
