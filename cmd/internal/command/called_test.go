package command

import "testing"

// TestLine calls commands as programs of their own, and as one program. A word that a shell would take for something
// else is quoted.
func TestLine(t *testing.T) {
	const text = "go run ./cmd/run -quiet && go run ./cmd/check default-1 traces/runs/default-*, by default"
	says := func(line, said string) {
		t.Helper()
		if got := Line("diff", "a b", "c"); got != line {
			t.Errorf("a line is %s, want %s", got, line)
		}
		if got := Said(text); got != said {
			t.Errorf("a text says\n%s\nwant\n%s", got, said)
		}
	}
	says("go run ./cmd/diff 'a b' c", text)
	undo := InOneProgram("twopc")
	says("go run . diff 'a b' c", "go run . run -quiet && go run . check twopc-1 traces/runs/twopc-*, by default")
	undo()
	says("go run ./cmd/diff 'a b' c", text)
}
