package states

import (
	"strings"

	"go.opentelemetry.io/otel/trace"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// isStart says whether a process starts with a span.
func isStart(s *read.Span) bool {
	return s.Kind == trace.SpanKindInternal && strings.HasSuffix(s.Name, ".start")
}

func isStartShape(s *index.Shape) bool {
	return s.Kind == trace.SpanKindInternal && strings.HasSuffix(s.Name, ".start")
}

// starts has a process start: what is not on its disk is what it is at first.
func (e *engine) starts(p *process, says []told) {
	e.setStatus(p, Up)
	p.store.begins()
	e.reset(p)
	for _, field := range p.has {
		if i := int(field) - own; i >= 0 && i < len(e.shown) && e.shown[i].Initial != "" {
			e.setValue(p, field, e.one(e.shown[i].Initial))
		}
	}
	e.restore(p, says)
}

// reset forgets of a process what is not on its disk.
func (e *engine) reset(p *process) {
	for _, field := range p.has {
		switch {
		case e.fields[field].Kind == Status, e.isKept(field):
		case e.fields[field].Columns == nil:
			e.setValue(p, field, nil)
		default:
			e.clear(p, field)
		}
	}
}

func (e *engine) setStatus(p *process, status string) {
	p.status = status
	e.setValue(p, 0, e.one(status))
}

// world takes in a span of the world: only faults change the state of processes.
func (e *engine) world(i int32) {
	if !traces.IsFault(e.x.Shape(i).Name) {
		return
	}
	s := e.x.Span(i)
	now := s.Start.UnixNano()
	kind, target := traces.FaultKind(s), s.Attribute(worldspans.RaftkvFaultTargetKey).AsString()
	if kind == worldspans.FaultHeal && target == everybody {
		for _, p := range e.processes {
			e.heals(p, now)
		}
		return
	}
	p := e.byName[target]
	if p == nil {
		return
	}
	p.disk.ends(now)
	switch kind {
	case worldspans.FaultCrash:
		e.crashes(p)
	case worldspans.FaultLoseUnsynced:
		e.crashes(p)
		if s.Attribute(worldspans.RaftkvFaultTornKey).AsBool() {
			p.disk.sync(now)
		}
	case worldspans.FaultRestart:
		e.setStatus(p, Up)
	case worldspans.FaultRollback:
		e.crashes(p)
		e.setStatus(p, Up)
		p.disk.rollsBack(now - s.Attribute(worldspans.RaftkvFaultByNsKey).AsInt64())
	case worldspans.FaultPause:
		if p.status == Up {
			e.setStatus(p, Paused)
		}
	case worldspans.FaultSkipSync:
		p.disk.skips = true
	case worldspans.FaultHeal:
		e.heals(p, now)
	}
}

// everybody is the target of a fault that is done to all.
const everybody = "all"

func (e *engine) crashes(p *process) {
	e.setStatus(p, Down)
	e.reset(p)
}

func (e *engine) heals(p *process, now int64) {
	p.disk.ends(now)
	p.disk.skips = false
	if p.status == Paused {
		e.setStatus(p, Up)
	}
}

// watchDisks has those disks be watched that lose what they said that they keep.
func (e *engine) watchDisks() {
	for i := range int32(e.x.Len()) {
		if !traces.IsFault(e.x.Shape(i).Name) {
			continue
		}
		s := e.x.Span(i)
		kind := traces.FaultKind(s)
		p := e.byName[s.Attribute(worldspans.RaftkvFaultTargetKey).AsString()]
		if p != nil && (kind == worldspans.FaultRollback || kind == worldspans.FaultSkipSync) {
			p.disk.watched = true
		}
	}
}

// persists notes that a span tells that something was made durable.
func (e *engine) persists(p *process, s *read.Span) {
	if !p.disk.watched {
		return
	}
	begin, end := index.StepsOf(s)
	for i := range s.Events {
		event := &s.Events[i]
		if !strings.HasPrefix(event.Name, persist) {
			continue
		}
		if step := index.StepNumber(event.Attribute(worldspans.RaftkvStepKey)); step == 0 || step == begin || step != end {
			p.disk.writes = event.At.UnixNano()
		} else {
			p.disk.writesIn[end] = event.At.UnixNano()
		}
	}
}

// persist is what the names of the events begin with that tell what was made durable.
const persist = "persist"
