package record

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/spans"
)

// What becomes of a message is known when it arrives, and the span that sent it may have ended by then. So a recorder
// that is told of messages keeps a span, and those that ended after it, until all that it sent has arrived; then the
// span says what was lost, and by which fault.

// knownLater is what a recorder was told of spans, besides the spans themselves.
type knownLater struct {
	known   map[world.CausalID]*afterwards // by span
	waiting []*span.Span                   // ended; the oldest is first, and waits for what it sent to arrive
	crashes map[string]span.Ref            // the fault that crashed a service last
}

// afterwards is what is known of what a span sent, and of what was done to the span.
type afterwards struct {
	onTheWay, handled int // copies
	losses            []span.Event
	faults            []span.Ref // that did something to it
	reason            span.Ref   // the fault that explains why it gets no answer, if it gets none
}

// Sent tells that a span sent a message, of which so many copies are on their way.
func (r *Recorder) Sent(id uint64, copies int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.about(world.CausalID(id)).onTheWay += copies
}

// Handled tells that a copy of a message was handled.
func (r *Recorder) Handled(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.about(world.CausalID(id))
	known.handled++
	known.onTheWay--
	r.release()
}

// Lost tells that a copy of a message was lost when it arrived, and which fault its receiver had crashed by.
func (r *Recorder) Lost(id uint64, copyNumber uint32, at time.Time, fault span.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	attributes := []attribute.KeyValue{spans.RaftkvCauseKey.String(spans.CauseFault)}
	if copyNumber > 0 {
		attributes = append(attributes, spans.RaftkvCopyKey.Int64(int64(copyNumber)))
	}
	known := r.about(world.CausalID(id))
	known.losses = append(known.losses, span.Event{Name: spans.EventDrop, Attributes: attributes, At: at})
	known.addFault(fault)
	known.onTheWay--
	r.release()
}

// Hit tells that a fault did something to what a span sent.
func (r *Recorder) Hit(id uint64, fault span.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.about(world.CausalID(id)).addFault(fault)
}

// Explain tells which fault keeps the answer to a call away, should the call be given up.
func (r *Recorder) Explain(call uint64, fault span.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.about(world.CausalID(call)).reason = fault // which nobody asks for if the call is over
}

// Crashed tells which fault the next crash of a service is.
func (r *Recorder) Crashed(service string, fault span.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.later.crashes[service] = fault
}

func (r *Recorder) about(id world.CausalID) *afterwards {
	known := r.later.known[id]
	if known == nil {
		known = &afterwards{}
		r.later.known[id] = known
	}
	return known
}

func (a *afterwards) addFault(fault span.Ref) {
	if fault.ID != 0 && !slices.Contains(a.faults, fault) {
		a.faults = append(a.faults, fault)
	}
}

// Begun does nothing: a span is recorded when it has ended.
func (*Recorder) Begun(*span.Span) {}

// Ended takes a span that ended, and hands on what does not wait.
func (r *Recorder) Ended(s *span.Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Resource = r.resource(s.Service)
	if s.Status.Code == codes.Error {
		r.explain(s)
	}
	r.later.waiting = append(r.later.waiting, s)
	r.release()
}

// explain notes which fault a span failed by.
func (r *Recorder) explain(s *span.Span) {
	switch s.Attribute(spans.ErrorTypeKey).AsString() {
	case spans.ErrorTypeCrash:
		fault := r.later.crashes[s.Service]
		if fault.ID == 0 {
			return
		}
		r.about(s.ID).addFault(fault)
		if s.Kind == trace.SpanKindServer {
			r.about(s.Parent).reason = fault
		}
	case spans.ErrorTypeTimeout:
		if known := r.later.known[s.ID]; known != nil {
			known.addFault(known.reason)
		}
	}
}

// release hands on the spans that ended, up to the first of which something is still on its way.
func (r *Recorder) release() {
	n := 0
	for _, s := range r.later.waiting {
		if known := r.later.known[s.ID]; known != nil && known.onTheWay > 0 {
			break
		}
		r.handOn(s)
		n++
	}
	r.later.waiting = slices.Delete(r.later.waiting, 0, n)
}

// releaseAll hands on all of them: what is on its way stays there.
func (r *Recorder) releaseAll() {
	for _, s := range r.later.waiting {
		r.handOn(s)
	}
	r.later.waiting = nil
}

// handOn gives a span to the exporters, with what is known of it now.
func (r *Recorder) handOn(s *span.Span) {
	if known := r.later.known[s.ID]; known != nil {
		delete(r.later.known, s.ID)
		amend(s, known)
	}
	r.export(s)
	span.Free(s)
}

// amend adds to a span what became of it, and of what it sent.
func amend(s *span.Span, known *afterwards) {
	if len(known.losses) > 0 {
		s.Events = append(s.Events, known.losses...)
		slices.SortStableFunc(s.Events, func(x, y span.Event) int { return x.At.Compare(y.At) })
		if s.Kind == trace.SpanKindProducer && known.handled == 0 && s.Status.Code != codes.Error {
			s.SetError(spans.ErrorTypeKey.String(spans.ErrorTypeLost), "the message was lost")
		}
	}
	for _, fault := range known.faults {
		link := spans.LinkTo(fault, spans.LinkFault)
		link.Run = s.Run
		s.Links = append(s.Links, link)
	}
}
