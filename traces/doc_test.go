package traces_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMapOfTheFiles holds the map in the documentation of each room against the files there are.
func TestMapOfTheFiles(t *testing.T) {
	rooms, err := filepath.Glob("*/doc.go")
	if err != nil || len(rooms) < 4 {
		t.Fatalf("%d rooms have a doc.go, which are too few: %v", len(rooms), err)
	}
	within, err := filepath.Glob("*/*/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range slices.Concat(rooms, within, []string{"doc.go"}) {
		compareMap(t, filepath.Dir(doc))
	}
}

func compareMap(t *testing.T, room string) {
	doc, err := os.ReadFile(filepath.Join(room, "doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	named := []string{}
	for _, line := range regexp.MustCompile(`(?m)^//\t(\S+\.go) +\S`).FindAllSubmatch(doc, -1) {
		named = append(named, string(line[1]))
	}
	files, err := filepath.Glob(filepath.Join(room, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files,
		func(file string) bool { return strings.HasSuffix(file, "_test.go") || filepath.Base(file) == "doc.go" })
	for i, file := range files {
		files[i] = filepath.Base(file)
	}
	slices.Sort(named)
	if diff := cmp.Diff(files, named); diff != "" {
		t.Errorf("the map in %s/doc.go names other files than there are (-files +map):\n%s", room, diff)
	}
}
