package main

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/traces"
)

// traced runs a config, and returns the trace as a file has it, with the violation that stopped the run, if one did.
func traced(t testing.TB, c *config.Resolved) ([]byte, *check.Violation) {
	t.Helper()
	var file bytes.Buffer
	recorder := traces.NewRecorder(traces.RecorderOptions{Run: c.Hash()}, traces.NewOTLPFile(&file))
	result, err := cluster.New(c.Config, cluster.Options{Tracers: recorder.Tracer}).Run(t.Context())
	if err := errors.Join(err, recorder.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), result.Checks.Violation
}

// configOf is the config of a scenario, or of a profile of faults, with changes such as seed=3.
func configOf(t testing.TB, scenario, faults string, changes ...string) *config.Resolved {
	t.Helper()
	var overrides []config.Override
	for _, change := range changes {
		overrides = append(overrides, config.Set("-set", change))
	}
	request, err := library.Request(scenario, faults, overrides)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Resolve(request)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// judged judges a trace.
func judged(t testing.TB, file []byte) traces.Report {
	t.Helper()
	j, r := traces.NewJudge(), traces.NewReader("trace", bytes.NewReader(file))
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return j.Report()
		}
		if err != nil {
			t.Fatal(err)
		}
		j.Add(&s, r.Line())
	}
}

func isClean(t *testing.T, file []byte, how string) {
	t.Helper()
	report := judged(t, file)
	for i, f := range report.Findings {
		if i == 5 {
			t.Errorf("%s: and %d more", how, len(report.Findings)-i)
			break
		}
		t.Errorf("%s: %s: %s\n\t%s\n\twant %s\n\t%v", how, f.ID, f.Span, f.Got, f.Want, f.Clashes)
	}
}

// TestScenariosAreClean judges each scenario that is built in.
func TestScenariosAreClean(t *testing.T) {
	for _, s := range library.BuiltIn() {
		t.Run(s.Name, func(t *testing.T) {
			file, violation := traced(t, configOf(t, s.Name, ""))
			if violation != nil {
				t.Fatal(violation)
			}
			isClean(t, file, s.Name)
		})
	}
}

// TestMixedSeedsAreClean judges runs in which everything goes wrong that may.
func TestMixedSeedsAreClean(t *testing.T) {
	for seed := range mixedSeeds {
		file, _ := traced(t, configOf(t, "", "mixed", "seed="+strconv.Itoa(seed+1)))
		isClean(t, file, "mixed, seed "+strconv.Itoa(seed+1))
		if t.Failed() {
			return
		}
	}
}
