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

// TestMapOfTheFiles holds the map in the package's documentation against the files there are.
func TestMapOfTheFiles(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, line := range regexp.MustCompile(`(?m)^//\t(\S+\.go) +\S`).FindAllSubmatch(doc, -1) {
		named = append(named, string(line[1]))
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, "_test.go") || file == "doc.go" })
	slices.Sort(named)
	if diff := cmp.Diff(files, named); diff != "" {
		t.Errorf("the map in doc.go names other files than there are (-files +map):\n%s", diff)
	}
}
