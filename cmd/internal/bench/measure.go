package main

import (
	"bufio"
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/record"
)

// one makes one measurement, and prints it as JSON. Behind its name stands the protocol, if that is not the usual one.
func one(what string) error {
	var f figures
	var err error
	what, name, other := strings.Cut(what, " ")
	p := protocols.Usual()
	if other {
		p, _ = protocols.Named(name)
	}
	switch what {
	case "loop":
		f = loop()
	case "untraced":
		f, err = simulate(p, 100_000, false)
	case "checked":
		f, err = simulate(p, 100_000, false, checked)
	case "traced":
		f, err = simulate(p, 10_000, true)
	case "million":
		f, err = simulate(p, 1_000_000, false)
	case "span":
		f.Recorded, f.SDK, err = spanCosts()
	case "read":
		f, err = read()
	case "long":
		f, err = simulate(p, 100_000, true)
	default:
		err = fmt.Errorf("there is no measurement %q", what)
	}
	if err != nil {
		return err
	}
	f.PeakMiB = peakMiB()
	return json.NewEncoder(os.Stdout).Encode(f)
}

// checked has the invariants looked at after every event.
func checked(o *cluster.Options) { o.Unchecked = false }

// simulate times a run of a protocol of so many commits in which nothing goes wrong, without the checks unless they are
// asked for.
func simulate(
	p *whole.Protocol, commits int, traced bool, set ...func(*cluster.Options),
) (f figures, err error) {
	c := config.DefaultOf(p)
	c.Scenario, c.MaxDuration = "default", 10_000*time.Hour
	c.RequestsPerClient = (commits + c.NumClients - 1) / c.NumClients
	options := cluster.Options{Unchecked: true}
	for _, change := range set {
		change(&options)
	}
	count := &counter{}
	var recorder *record.Recorder
	if traced {
		var finish func() (int64, error)
		if recorder, finish, err = recordRun(c, count); err != nil {
			return f, err
		}
		options.Recorder = recorder
		defer func() {
			size, e := finish()
			f.FileMiB = float64(size) / (1 << 20)
			if err == nil {
				err = e
			}
		}()
	}
	total := c.NumClients * c.RequestsPerClient
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin, beginCPU := time.Now(), cpuTime()
	var firstAt, lastFrom time.Duration
	options.Progress = func(operations int) {
		if firstAt == 0 && operations*10 >= total {
			firstAt = cpuTime()
		}
		if lastFrom == 0 && operations*10 >= total*9 {
			lastFrom = cpuTime()
		}
	}
	result, err := cluster.New(c, options).Run(context.Background())
	if err != nil {
		return f, err
	}
	if recorder != nil {
		err = recorder.Close(context.Background())
	}
	end, endCPU := time.Now(), cpuTime()
	runtime.ReadMemStats(&after)
	f.Seconds, f.Commits, f.Deliveries = end.Sub(begin).Seconds(), float64(result.Committed), float64(result.Deliveries)
	f.Messages = float64(result.Messages)
	f.Spans, f.Allocations = float64(count.spans), float64(after.Mallocs-before.Mallocs)
	f.FirstTenth, f.LastTenth = (firstAt - beginCPU).Seconds(), (endCPU - lastFrom).Seconds()
	return f, err
}

// recordRun has the run's spans written to a file that is thrown away.
func recordRun(c *config.Config, count *counter) (*record.Recorder, func() (int64, error), error) {
	folder, err := os.MkdirTemp("", "raftkv-bench-")
	if err != nil {
		return nil, nil, err
	}
	file, err := os.Create(filepath.Join(folder, "trace.otlp.jsonl"))
	if err != nil {
		return nil, nil, err
	}
	buffered := bufio.NewWriterSize(file, 1<<18)
	finish := func() (int64, error) {
		defer func() { _ = os.RemoveAll(folder) }() // what is left behind is in the system's folder for such things
		if err := buffered.Flush(); err != nil {
			return 0, err
		}
		info, err := file.Stat()
		if err != nil {
			return 0, err
		}
		return info.Size(), file.Close()
	}
	return record.NewRecorder(record.RecorderOptions{Name: c.Name()}, record.NewOTLPFile(buffered), count), finish, nil
}

// counter counts spans.
type counter struct{ spans int }

func (c *counter) Export(context.Context, *span.Span) error {
	c.spans++
	return nil
}

func (*counter) Shutdown(context.Context) error { return nil }

// turn is an event of the bare loop.
type turn struct {
	at       time.Duration
	sequence uint64
	call     func()
}

type turns []turn

func (t turns) Len() int { return len(t) }
func (t turns) Less(i, j int) bool {
	return t[i].at < t[j].at || t[i].at == t[j].at && t[i].sequence < t[j].sequence
}
func (t turns) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *turns) Push(x any)   { *t = append(*t, x.(turn)) }
func (t *turns) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	*t = (*t)[:last]
	return x
}

// loop is the least that a simulation on container/heap does: 1,000 events are waiting; one is taken, called, and put
// back later.
func loop() figures {
	const waiting, total = 1_000, 5_000_000
	var queue turns
	called := 0
	random := uint64(1)
	later := func() time.Duration {
		random = random*6364136223846793005 + 1442695040888963407
		return time.Duration(random>>44) + 1
	}
	for i := range waiting {
		heap.Push(&queue, turn{at: later(), sequence: uint64(i), call: func() { called++ }})
	}
	begin := time.Now()
	for i := range total {
		next := heap.Pop(&queue).(turn)
		next.call()
		heap.Push(&queue, turn{at: next.at + later(), sequence: uint64(waiting + i), call: next.call})
	}
	seconds := time.Since(begin).Seconds()
	return figures{Seconds: seconds, Rate: float64(called) / seconds}
}

// peakMiB is the most memory that the process had resident, where Linux tells it.
func peakMiB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	return 0
}
