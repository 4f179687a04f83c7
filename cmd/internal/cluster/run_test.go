package cluster_test

import (
	"context"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
)

// memory keeps the spans of a run.
type memory struct{ spans []traces.Span }

func (m *memory) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		m.spans = append(m.spans, traces.FromSDK(s))
	}
	return nil
}

func (*memory) Shutdown(context.Context) error { return nil }

// run carries out the run of a config, and keeps its trace.
func run(t testing.TB, c *config.Config) execution {
	t.Helper()
	return runWith(t, c, nil)
}

// runWith is run with a shared stream for the latencies, if it is not nil.
func runWith(t testing.TB, c *config.Config, latencies func() uint64) execution {
	t.Helper()
	kept := &memory{}
	recorder := traces.NewRecorder(traces.RecorderOptions{Run: c.Hash()}, kept)
	result, err := cluster.New(c, cluster.Options{Tracers: recorder.Tracer, Latencies: latencies}).Run(t.Context())
	if err != nil {
		t.Fatalf("seed %d: %v", c.Seed, err)
	}
	if err := recorder.Close(t.Context()); err != nil {
		t.Fatalf("seed %d: %v", c.Seed, err)
	}
	if !result.Finished {
		t.Fatalf("seed %d: the run did not finish: %+v", c.Seed, result)
	}
	return newExecution(kept.spans)
}

func seeded(seed uint64) *config.Config {
	c := config.Default()
	c.Scenario, c.Seed = "default", seed
	return c
}

func dropping(c *config.Config, id world.CausalID) *config.Config {
	d := c.Clone()
	d.Faults = append(d.Faults, config.Fault{Kind: config.Drop, Message: id})
	return d
}
