//go:build jaeger || collector

package servers_test

import (
	"bytes"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/raftkv/raftkv/traces/record"
)

// recordServers has a test write anew, into traces/testdata/servers, what the tests without a server are given: bash
// .ci/test-server.sh jaeger -record, and the same for collector.
var recordServers = flag.Bool("record", false, "write what servers make of a run into ../testdata/servers")

// recordedRun is what is written there: a small run with a lost message.
var recordedRun = []string{
	"-nodes", "2", "-clients", "1", "-requests", "1", "-set", "raft.heartbeat_interval=0s", "-set",
	"raft.rpc_timeout=8ms", "-set", "client.start=5ms",
	"-drop", "991f472b1cd93827", "reference",
}

// recordServer writes what a server made of recordedRun, beside the run's own file.
func recordServer(t *testing.T, file string, made map[string][]byte) {
	t.Helper()
	own, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	made[record.FileName] = own
	for name, content := range made {
		if err := os.WriteFile(filepath.Join("..", "testdata", "servers", name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// serverRuns are the runs that go through a server, each with how it is compressed on the way.
var serverRuns = []struct {
	name, compression string
	flags             []string
}{
	{"default", "none", nil},
	{"everything that goes wrong", "gzip", []string{"everything"}},
	{"drawn faults", "none", []string{"-faults", "mixed", "-seed", "7"}},
}

// serve starts a program and waits until it listens on these ports of 127.0.0.1. The program is stopped at the end of
// the test, or by stop, which waits for its end.
func serve(t *testing.T, program *exec.Cmd, ports ...string) (stop func()) {
	t.Helper()
	program.Stdout, program.Stderr = os.Stderr, os.Stderr
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- program.Wait()
		close(ended)
	}()
	stop = func() {
		_ = program.Process.Signal(syscall.SIGTERM)
		for range ended { // until it is gone
		}
	}
	t.Cleanup(stop)
	deadline := time.After(time.Minute)
	for _, port := range ports {
		for {
			if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
				_ = c.Close()
				break
			}
			select {
			case err := <-ended:
				t.Fatalf("%s ended: %v", program.Path, err)
			case <-deadline:
				t.Fatalf("%s does not listen on port %s", program.Path, port)
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return stop
}

// freePorts are ports that nobody listens on; they are let go of together, so that no two are the same.
func freePorts(t *testing.T, count int) (ports []string) {
	t.Helper()
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		ports = append(ports, port)
	}
	return ports
}

// commands are the project's own, as `make build` makes them: a folder.
type commands string

func buildCommands(t *testing.T) commands {
	t.Helper()
	folder := t.TempDir()
	build := exec.Command("go", "build", "-o", folder, "../../cmd/run", "../../cmd/check", "../../cmd/diff")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, said)
	}
	return commands(folder)
}

// push has the run command push a run to an endpoint, and returns the run's own file.
func (c commands) push(t *testing.T, endpoint, compression string, flags ...string) (file string) {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
	return c.run(t, append([]string{"-otlp", endpoint}, flags...)...)
}

func (c commands) run(t *testing.T, flags ...string) (file string) {
	t.Helper()
	folder := t.TempDir()
	command := exec.Command(filepath.Join(string(c), "run"),
		append([]string{"-out", folder, "-name", "run", "-quiet"}, flags...)...)
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, said)
	}
	return filepath.Join(folder, "run", record.FileName)
}

// said is what a command prints, and its exit status.
func (c commands) said(t *testing.T, name string, args ...string) (text string, status int) {
	t.Helper()
	var out bytes.Buffer
	command := exec.Command(filepath.Join(string(c), name), args...)
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	if command.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), command.ProcessState.ExitCode()
}

// What check says of a file and not of the run: the row on times, which only Jaeger's have, and which span comes first
// in the file, and in which line.
var (
	timesRow  = regexp.MustCompile(`(?m)^  times .*\n(?: {15}.*\n)*`)
	ofTheFile = regexp.MustCompile(`;\s+the\s+first\s+is\s[^;]*?\sline\s+\d+`)
)

// isTheRun proves that check says of a file what it says of the run's own, and that diff tells the two not apart,
// either way.
func (c commands) isTheRun(t *testing.T, file, own string) {
	t.Helper()
	head := func(said, name string) string {
		said, _, _ = strings.Cut(strings.ReplaceAll(said, name, "FILE"), "\nnext ")
		return strings.Join(strings.Fields(ofTheFile.ReplaceAllString(timesRow.ReplaceAllString(said, ""), "")), " ")
	}
	want, status := c.said(t, "check", own)
	if status != 0 {
		t.Fatalf("check of the run's own file: exit status %d\n%s", status, want)
	}
	got, status := c.said(t, "check", file)
	if status != 0 || head(got, file) != head(want, own) {
		t.Errorf("check %s: exit status %d\n%swant\n%s", file, status, got, want)
	}
	for _, pair := range [][2]string{{own, file}, {file, own}} {
		if said, status := c.said(t, "diff", pair[:]...); status != 0 || !strings.HasPrefix(said, "same:") {
			t.Errorf("diff %s %s: exit status %d\n%s", pair[0], pair[1], status, said)
		}
	}
}

// keepFile writes a file for the commands to read.
func keepFile(t *testing.T, name string, content []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// postLines sends each line of a file to an OTLP receiver, as it is.
func postLines(t *testing.T, file []byte, endpoint string) {
	t.Helper()
	for line := range bytes.Lines(file) {
		answer, err := http.Post(endpoint+"/v1/traces", "application/json", bytes.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK || !bytes.Equal(bytes.TrimSpace(said), []byte(`{"partialSuccess":{}}`)) {
			t.Fatalf("it says %s to a line: %s", answer.Status, said)
		}
	}
}
