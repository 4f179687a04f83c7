//go:build collector

package servers_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A real Collector, given a run, writes files that check and diff take for the run's own, in whatever parts and order
// it writes them; of those that are not read, the commands say so.
func TestCollectorServer(t *testing.T) {
	tools := buildCommands(t)
	for _, c := range serverRuns {
		t.Run(c.name, func(t *testing.T) {
			collector := startCollector(t)
			own := tools.push(t, collector.endpoint(), c.compression, c.flags...)
			collector.stop()
			collector.compareFiles(t, tools, own)
		})
	}
	t.Run("many requests, and lines of the file", func(t *testing.T) {
		collector := startCollector(t)
		own := tools.run(t, "-requests", "120")
		file, err := os.ReadFile(own)
		if err != nil {
			t.Fatal(err)
		}
		postLines(t, file, collector.endpoint())
		collector.stop()
		collector.compareFiles(t, tools, own)
		if parts := collector.files(t, "rotated-*.jsonl"); len(parts) < 2 {
			t.Errorf("%d MiB were rotated into %d files", len(file)>>20, len(parts)+1)
		}
	})
	if *recordServers {
		collector := startCollector(t)
		own := tools.push(t, collector.endpoint(), "none", recordedRun...)
		collector.stop()
		recordServer(t, own, map[string][]byte{"collector.jsonl": collector.joined(t, "lines.jsonl")})
	}
}

// collector is one that runs, and the folder that it writes into.
type collector struct {
	folder, http string
	stop         func() // its files are whole when it has ended
}

// collectorConfig has it write all that it is sent in each way that the file exporter has.
const collectorConfig = `
receivers:
  otlp:
    protocols:
      http: {endpoint: "127.0.0.1:%s"}
processors:
  batch: {send_batch_size: 37, send_batch_max_size: 37, timeout: 10ms}
exporters:
  file/lines: {path: lines.jsonl}
  file/batched: {path: batched.jsonl}
  file/rotated: {path: rotated.jsonl, rotation: {max_megabytes: 1}}
  file/services: {path: services/*.jsonl, group_by: {enabled: true, resource_attribute: service.name}}
  file/proto: {path: traces.proto, format: proto}
  file/compressed: {path: lines.zst, compression: zstd}
service:
  telemetry: {metrics: {level: none}, logs: {level: warn}}
  pipelines:
    traces: {receivers: [otlp], exporters: [file/lines, file/rotated, file/services, file/proto, file/compressed]}
    traces/batched: {receivers: [otlp], processors: [batch], exporters: [file/batched]}
`

// startCollector starts the Collector that .ci/collector.sh builds, on free ports.
func startCollector(t *testing.T) *collector {
	t.Helper()
	programs, err := filepath.Glob("../../bin/otelcol-v*")
	if err != nil || len(programs) == 0 {
		t.Fatalf("there is no Collector in bin/: make test-collector builds one, %v", err)
	}
	program, err := filepath.Abs(slices.Max(programs))
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 1)
	c := &collector{folder: t.TempDir(), http: ports[0]}
	if err := os.WriteFile(filepath.Join(c.folder, "config.yaml"), fmt.Appendf(nil, collectorConfig, c.http),
		0o644); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(program, "--config", "file:config.yaml")
	run.Dir = c.folder
	c.stop = serve(t, run, ports...)
	return c
}

func (c *collector) endpoint() string { return "http://127.0.0.1:" + c.http }

// files are those of a pattern, in the order of their names: what was rotated away has its time in the name.
func (c *collector) files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(c.folder, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// joined is what stands in the files of a pattern, as cat would join them.
func (c *collector) joined(t *testing.T, pattern string) (all []byte) {
	t.Helper()
	for _, name := range c.files(t, pattern) {
		part, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, part...)
	}
	return all
}

// compareFiles compares all that the Collector wrote with the run's own file.
func (c *collector) compareFiles(t *testing.T, tools commands, own string) {
	t.Helper()
	lines := c.joined(t, "lines.jsonl")
	backwards := slices.Collect(bytes.Lines(lines))
	slices.Reverse(backwards)
	for name, content := range map[string][]byte{
		"lines.jsonl":     lines,
		"batched.jsonl":   c.joined(t, "batched.jsonl"),
		"rotated.jsonl":   c.joined(t, "rotated*.jsonl"),
		"services.jsonl":  c.joined(t, "services/*.jsonl"),
		"backwards.jsonl": bytes.Join(backwards, nil), // a Collector with several consumers keeps no order
	} {
		if len(content) == 0 {
			t.Errorf("the Collector wrote nothing that is %s", name)
			continue
		}
		tools.isTheRun(t, keepFile(t, name, content), own)
	}
	for _, name := range []string{"traces.proto", "lines.zst"} {
		for _, command := range [][]string{
			{"check", filepath.Join(c.folder, name)},
			{"diff", own, filepath.Join(c.folder, name)},
		} {
			if said, status := tools.said(t, command[0], command[1:]...); status != 2 ||
				!strings.Contains(said, name+":1:1: this is no text") {
				t.Errorf("%s: exit status %d\n%s", strings.Join(command, " "), status, said)
			}
		}
	}
}
