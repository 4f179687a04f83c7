package cluster

import (
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// ref names the span of a fault that happens now.
func (f *faults) ref(fault *config.Fault) span.Ref {
	now := f.cluster.now()
	id := uint64(idOf(fault, now, f.done[idOf(fault, now, 0)]))
	return span.Ref{Root: id, ID: id}
}

// thatCrashed is the fault that a process crashed by, or crashes by at this moment: a write that is lost is told when
// the process is down, and so is all that it did not handle any more.
func (f *faults) thatCrashed(p world.ProcessID) span.Ref {
	if by, is := f.crashed[p]; is {
		return by
	}
	if lost, is := f.losing[p]; is {
		return f.ref(lost.fault)
	}
	return span.Ref{}
}

// tell opens and ends the span of a fault of the config, which is aimed at somebody by now.
func (f *faults) tell(i int, fault *config.Fault) {
	f.count++
	f.fates[i].happened = true
	f.lied = f.lied || fault.Kind.LyingDisk()
	f.now = f.ref(fault)
	f.done[idOf(fault, f.cluster.now(), 0)]++
	if !f.tracer.On() {
		return
	}
	told := f.tracer.StartFault(span.Begin{Self: f.now}, string(fault.Kind), target(fault), fault.At.String())
	if aimed := aimedAt(&f.cluster.config.Faults[i]); aimed != "" {
		told.SetFaultAimedAt(aimed)
	}
	if fault.By != 0 {
		told.SetFaultBy(fault.By)
	}
	if fault.Rate != 0 {
		told.SetFaultRatePermille(int64(fault.Rate))
	}
	if fault.OneWay {
		told.SetFaultOneWay(true)
	}
	if fault.Torn {
		told.SetFaultTorn(true)
	}
	told.End()
}
