package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftkv/raftkv/cmd/internal/positions"
)

// checkDiagnostics checks that what is wrong has a place, and that the place is there.
func checkDiagnostics(t *testing.T, err error, text string) {
	t.Helper()
	var ds positions.Diagnostics
	if !errors.As(err, &ds) || len(ds) == 0 {
		t.Fatalf("an error without diagnostics: %T %v", err, err)
	}
	lines := strings.Split(text, "\n")
	for _, d := range ds {
		if d.Line < 1 || d.Line > len(lines) || d.Column < 1 || d.Column > utf8.RuneCountInString(d.Text)+1 ||
			d.Message == "" || d.Width < 1 {
			t.Errorf("a fault without a place: %+v", d)
		} else if want := strings.TrimSuffix(lines[d.Line-1], "\r"); d.Text != want && !d.Flag && d.Line > 1 {
			t.Errorf("line %d is %q, and %q is quoted", d.Line, want, d.Text)
		}
		if line, marks := d.Excerpt(); strings.ContainsAny(line+marks, "\n\x00\x1b") || !strings.Contains(marks, "^") {
			t.Errorf("not fit for a screen: %q %q", line, marks)
		}
	}
}

// FuzzParse reads any text: it is a config that round-trips, or each of its faults has a place. And the scanner sees
// what the library sees.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/wrong/*.toml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(everything))
	f.Add(Default().TOML())
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("fuzz.toml", text)
		if err != nil {
			checkDiagnostics(t, err, string(text))
			return
		}
		roundTrip(t, c)
	})
}

// FuzzOverride does the same for what is given on the command line.
func FuzzOverride(f *testing.F) {
	f.Add("raft.max_entries=1", "00f067aa0ba902b7=40ms", "3")
	f.Add("client.start = 1ms..2ms", "00f067aa0ba902b7", "")
	f.Add("fault=[{drop=\"00f067aa0ba902b7\"}]", "=", "0x1")
	f.Fuzz(func(t *testing.T, assignment, message, number string) {
		scenario := Scenario{Name: "fuzz", File: "fuzz.toml"}
		overrides := []Override{
			Set("-set", assignment), AddFault("-delay", Delay, message),
			AddFault("-drop", Drop, message), SetKey("-nodes", "num_nodes", number), SetString("-bug", "bug", number),
		}
		for i := range overrides {
			r, err := Resolve(Request{Scenario: scenario, Overrides: overrides[i : i+1]})
			if err != nil {
				checkDiagnostics(t, err, overrides[i].given)
				continue
			}
			roundTrip(t, r.Config)
		}
	})
}
