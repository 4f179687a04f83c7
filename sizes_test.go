package raftkv_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
		if err != nil || entry.IsDir() && slices.Contains([]string{"testdata", ".git", "bin"}, entry.Name()) {
			return cmpSkip(err)
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_gen.go") {
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
		if strings.HasSuffix(path, "_test.go") {
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

func cmpSkip(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}
