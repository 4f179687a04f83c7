package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
)

// compare times the diff of two traces of a million spans each, of which one lost a notification, and beside it the reading of their lines, without a look at what is in them.
func compare() (f figures, err error) {
	folder, err := os.MkdirTemp("", "raftkv-bench-")
	if err != nil {
		return f, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what is left behind is in the system's folder for such things
	c := config.Default()
	c.Scenario, c.MaxDuration, c.RequestsPerClient = "default", 10_000*time.Hour, 12_600
	paths := [2]string{filepath.Join(folder, "a.jsonl"), filepath.Join(folder, "b.jsonl")}
	count := &counter{}
	lost := &finder{}
	if err := writeTrace(c, paths[0], count, lost); err != nil {
		return f, err
	}
	c = c.Clone()
	c.Faults = append(c.Faults, config.Fault{Kind: config.Drop, Message: lost.found})
	if err := writeTrace(c, paths[1]); err != nil {
		return f, err
	}
	f.Spans = float64(count.spans)
	begin := time.Now()
	for _, path := range paths {
		if err := readLines(path); err != nil {
			return f, err
		}
	}
	f.Lines = time.Since(begin).Seconds()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak of memory from here on, where Linux knows how
	begin = time.Now()
	err = diff(paths)
	f.Seconds = time.Since(begin).Seconds()
	return f, err
}

// readLines reads the lines of a file, and nothing more.
func readLines(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	bytes := 0
	for lines.Scan() {
		bytes += len(lines.Text())
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if bytes == 0 {
		return fmt.Errorf("%s: %w", path, io.ErrUnexpectedEOF)
	}
	return file.Close()
}

// diff compares two traces as cmd/diff does.
func diff(paths [2]string) error {
	var both [2]*traces.Indexed
	var wrong [2]error
	var reading sync.WaitGroup
	for i := range paths {
		reading.Go(func() { both[i], wrong[i] = traces.Index(context.Background(), paths[i], traces.IndexOptions{}) })
	}
	reading.Wait()
	for i := range paths {
		if wrong[i] != nil {
			return wrong[i]
		}
		defer func() { _ = both[i].Close() }() // was only read
	}
	d, err := traces.Compare(context.Background(), both[0], both[1], traces.DiffOptions{Max: 20})
	if err == nil && d.First == nil {
		err = fmt.Errorf("no difference between %s and %s", paths[0], paths[1])
	}
	return err
}

// writeTrace runs a config, and writes its trace to a file.
func writeTrace(c *config.Config, path string, also ...exporter) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<18)
	exporters := []exporter{traces.NewOTLPFile(buffered)}
	recorder := traces.NewRecorder(traces.RecorderOptions{Run: c.Hash()}, append(exporters, also...)...)
	if _, err := cluster.New(c, cluster.Options{Unchecked: true, Tracers: recorder.Tracer}).Run(context.Background()); err != nil {
		return err
	}
	if err := recorder.Close(context.Background()); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return file.Close()
}

type exporter = sdktrace.SpanExporter

// finder finds a message to be lost: a notification early in the run.
type finder struct {
	spans int
	found world.CausalID
}

func (f *finder) ExportSpans(_ context.Context, all []sdktrace.ReadOnlySpan) error {
	for _, s := range all {
		if f.spans++; f.spans > 900 && f.found == 0 && s.Name() == spans.CommitNotificationProducerName && s.SpanKind() == trace.SpanKindProducer {
			span := traces.FromSDK(s)
			f.found = span.ID
		}
	}
	return nil
}

func (*finder) Shutdown(context.Context) error { return nil }
