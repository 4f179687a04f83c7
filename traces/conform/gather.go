package conform

import (
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world/spans"
)

// Fault is what is kept of a fault.
type Fault struct{ Kind, Target string }

// Build is what is kept of the run's own span: what made it.
type Build string

// gatherer keeps what is needed of spans, and checks each by itself. Each goroutine has its own.
type gatherer struct {
	tables     *Tables
	worker     Worker
	resolution time.Duration // the coarsest of the times of the spans

	seen  []bool // see alone
	found []*Found
}

// gathered is what became of some spans, in the file's order.
type gathered struct {
	spans      []Span
	found      []*Found // what is wrong with them by themselves
	resolution time.Duration
}

// gather gathers spans, each of which stands in a line of the file.
func (g *gatherer) gather(spans []span.Span, line func(i int) int) gathered {
	g.found, g.resolution = nil, 0
	kept := make([]Span, len(spans))
	for i := range spans {
		kept[i].line = int32(line(i))
		g.one(&spans[i], &kept[i])
	}
	return gathered{kept, g.found, g.resolution}
}

// one gathers a span.
func (g *gatherer) one(s *span.Span, kept *Span) {
	kept.ID, kept.Root, kept.ParentID, kept.run = s.ID, s.Root, s.Parent, s.Run
	kept.Name, kept.Process = s.Name, s.Service
	kept.Start, kept.End = s.Start.UnixNano(), s.End.UnixNano()
	kept.Step, kept.LastStep = step(s.Attribute(spans.RaftkvStepKey)), step(s.Attribute(spans.RaftkvEndStepKey))
	kept.HitByFault = slices.ContainsFunc(s.Events, lostToFault)
	g.resolution = max(g.resolution, s.Resolution)
	kind := g.tables.Kind(s.Name, s.Kind)
	if kept.Kind = kind; kind == nil {
		g.unknown(s, kept)
		return
	}
	g.attributes(s, kept)
	g.events(s, kept)
	g.links(s, kept)
	switch kept.Facts = g.worker.Keep(s, kind); kind.ID {
	case spans.FaultID:
		kept.Facts = &Fault{
			s.Attribute(spans.RaftkvFaultKey).AsString(), s.Attribute(spans.RaftkvFaultTargetKey).AsString(),
		}
	case spans.RunID:
		kept.Facts = Build(s.Attribute(spans.RaftkvBuildKey).AsString())
	}
	g.alone(s, kept)
	for i := range s.Links {
		if l := &s.Links[i]; l.Run != s.Run {
			g.find(kept, RuleWrongLink).Got("a link to span %s of another run", l.ID).Want("links within the run")
		}
	}
}

// attributes keeps what the attributes say that spans of every kind may have.
func (g *gatherer) attributes(s *span.Span, kept *Span) {
	landmarks := &g.tables.spec.Landmarks
	for i := range s.Attributes {
		switch a := &s.Attributes[i]; a.Key {
		case spans.ErrorTypeKey:
			kept.Failed, kept.Crashed = true, a.Value.AsString() == spans.ErrorTypeCrash
		case spans.RaftUnfinishedKey:
			kept.Unfinished = true
		case spans.RaftkvAnsweredCopyKey:
			kept.AnsweredSecond = Number(a.Value) != 0
		case spans.RaftkvCopyKey:
			kept.Copy = uint8(min(Number(a.Value), math.MaxUint8))
		case g.tables.term:
			kept.Term = Number(a.Value)
		case landmarks.Role:
			if place, may := kept.Kind.attributes.places[a.Key]; may {
				if role := a.Value.AsString(); slices.Contains(kept.Kind.attributes.specs[place].Values, role) {
					kept.Role = role
				}
			}
		default:
			if slices.Contains(g.tables.peers, a.Key) {
				kept.Peer = a.Value.AsString()
			} else if slices.Contains(landmarks.Replies, a.Key) {
				kept.Reply = a.Value.AsString()
			}
		}
	}
	kept.Failed = kept.Failed || s.Status.Code == codes.Error
}

// events keeps what the events tell.
func (g *gatherer) events(s *span.Span, kept *Span) {
	for i := range s.Events {
		e := &s.Events[i]
		switch e.Name {
		case spans.EventDrop:
			if e.Attribute(spans.RaftkvCopyKey).AsInt64() > 0 {
				kept.LostCopy = true
			} else {
				kept.Dropped = true
			}
		case spans.EventDelay, spans.EventLateCopy:
			kept.Delayed = true
			if kept.delays == nil {
				kept.delays = &[2]int64{}
			}
			number := 0
			if e.Name == spans.EventLateCopy {
				number = 1
			}
			kept.delays[number] = max(kept.delays[number], int64(Number(e.Attribute(spans.RaftkvDelayNsKey))))
		case spans.EventDuplicate:
			kept.Doubled = true
		default:
			if kept.Persist == nil && slices.Contains(g.tables.spec.Persists, e.Name) {
				kept.Persist = &Persist{At: e.At.UnixNano(), Step: stepOfEvent(s, e), Says: g.worker.Persisted(e)}
			}
		}
	}
}

// links keeps the links.
func (g *gatherer) links(s *span.Span, kept *Span) {
	if len(s.Links) == 0 {
		return
	}
	kept.Links = make([]Link, len(s.Links))
	for i := range s.Links {
		l := Link{ID: s.Links[i].ID, Root: s.Links[i].Root}
		for k := range s.Links[i].Attributes {
			switch a := &s.Links[i].Attributes[k]; a.Key {
			case spans.RaftkvLinkKey:
				l.Why = g.tables.reason(a.Value.AsString())
			case g.tables.spec.LinkIndex:
				l.Index = Number(a.Value)
				l.odd = l.odd || l.Index == 0
			default:
				l.odd = true
			}
		}
		kept.Links[i] = l
	}
}

// lostToFault says whether an event tells that a fault lost a message.
func lostToFault(e span.Event) bool {
	return e.Name == spans.EventDrop && e.Attribute(spans.RaftkvCauseKey).AsString() == spans.CauseFault
}

// Number returns an integer that is not negative; what is no such thing is 0, which is a finding elsewhere.
func Number(v attribute.Value) uint64 {
	if v.Type() != attribute.INT64 {
		return 0
	}
	return uint64(max(0, v.AsInt64()))
}

func step(v attribute.Value) uint32 { return uint32(min(Number(v), math.MaxUint32)) }
