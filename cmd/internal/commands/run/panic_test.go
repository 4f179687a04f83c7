package run

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/raftkv/raftkv/traces/record"
)

// TestPanic has the program panic in a step: seed, stack and command are told on standard error, and the trace until
// then is written, with what was open.
func TestPanic(t *testing.T) {
	var files [2][]byte
	var said [2]string
	for i := range files {
		r, stdout, stderr := runnerOf(t, "-out", filepath.Join(t.TempDir(), "out"), "-name", "broken", "-seed", "7")
		messages := 0
		r.latencies = func() uint64 {
			if messages++; messages == 100 {
				panic("a mistake")
			}
			return uint64(messages)
		}
		if status := r.run(t.Context()); status != statusViolation || stdout.Len() > 0 {
			t.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
		}
		folder := filepath.Join(r.options.out, "broken")
		want := regexp.MustCompile(`(?s)^panic at [0-9.]+ms, with seed 7: a mistake\n  \S+ at cmd/internal/commands/run/panic_test.go:\d+\n  raftkv/sim.\S+ at raftkv/sim/network.go:\d+\n.*` +
			`  raftkv/raft/node.\S+ at raftkv/raft/node/\w+.go:\d+\n.*  raftkv/sim.\(\*Sim\).Run at raftkv/sim/sim.go:\d+\n` +
			`  so far:     ` + folder + ` has the trace until then\n  again:      go run ./cmd/run ` + folder + `/run.toml\n$`)
		if !want.MatchString(stderr.String()) {
			t.Errorf("it is told as\n%s", stderr)
		}
		said[i] = stderr.String()
		var err error
		if files[i], err = os.ReadFile(filepath.Join(folder, record.FileName)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Errorf("the same run left other bytes:\n%s\n%s", said[0], said[1])
	}
	if !bytes.Contains(files[0], []byte("raft.unfinished")) || !bytes.Contains(files[0], []byte("kv.put")) {
		t.Errorf("what was open when the program panicked is not in the trace:\n%s", files[0])
	}
}
