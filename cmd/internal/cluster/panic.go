package cluster

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
)

// Panic is the error of a run in which the program panicked. What was recorded until then is the trace so far.
type Panic struct {
	At     time.Duration // of the run
	Reason string
	Stack  []string // the calls that led to it, the last one first, each with its place; the same on every machine
}

// Error says what the program panicked with, and when.
func (p *Panic) Error() string { return fmt.Sprintf("the program failed at %s: %s", p.At, p.Reason) }

// simulate has everything happen. A panic is returned as an error, when what was open has been ended.
func (cl *Cluster) simulate(ctx context.Context) (outcome sim.Outcome, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			failed := Panicked(reason)
			failed.At = cl.sim.Now()
			cl.sim.Abandon()
			outcome, err = sim.Outcome{}, failed
		}
	}()
	return cl.sim.Run(ctx)
}

// Panicked is what a deferred function recovered from, with the calls that led to it from the function on that deferred
// it.
func Panicked(reason any) *Panic {
	const most = 64 // calls: a recursion may be deep
	var counters [most]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(3, counters[:])])
	p := &Panic{Reason: fmt.Sprint(reason)}
	for {
		frame, more := frames.Next()
		name := strings.TrimPrefix(frame.Function, module)
		if !strings.HasPrefix(name, "runtime.") {
			if strings.HasSuffix(name, ".(*Cluster).simulate") {
				return p
			}
			p.Stack = append(p.Stack, fmt.Sprintf("%s at %s:%d", name, placed(name, frame.File), frame.Line))
		}
		if !more {
			return p
		}
	}
}

const module = "github.com/raftkv/raftkv/"

// placed is a file of a function, from the root of the module.
func placed(function, file string) string {
	folder, name := path.Split(function)
	in, _, _ := strings.Cut(name, ".")
	return path.Join(folder, in, path.Base(file))
}
