// Package golden holds what comes out of a command, in its tests, against files that are kept in git.
package golden

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Update says whether the files are to be written anew.
var Update = flag.Bool("update", false, "write the golden files anew")

// Compare compares what came out with a file of testdata.
func Compare(t *testing.T, file, got string) {
	t.Helper()
	if *Update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("%s differs (-want +got); if the change is meant: go test . -run '^%s$' -update, in the test's folder\n%s",
			file, t.Name(), diff)
	}
}
