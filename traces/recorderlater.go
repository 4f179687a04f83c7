package traces

import (
	"encoding/binary"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// What becomes of a message is known when it arrives, and the span that sent it may have ended by then. So a recorder
// that is told of messages keeps a span, and those that ended after it, until all that it sent has arrived; then the
// span says what was lost, and by which fault.

// knownLater is what a recorder was told of spans, besides the spans themselves.
type knownLater struct {
	known   map[uint64]*afterwards // by span
	waiting []endedSpan            // the oldest first, which waits for what it sent to arrive
	crashes map[string]spans.Ref   // the fault that crashed a service last
}

// afterwards is what is known of what a span sent, and of what was done to the span.
type afterwards struct {
	onTheWay, handled int // copies
	losses            []sdktrace.Event
	faults            []spans.Ref // that did something to it
	reason            spans.Ref   // the fault that explains why it gets no answer, if it gets none
}

// endedSpan is a span that ended, and whose it is.
type endedSpan struct {
	span      sdktrace.ReadOnlySpan
	processor *processor
}

// Sent tells that a span sent a message, of which so many copies are on their way.
func (r *Recorder) Sent(span uint64, copies int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.about(span).onTheWay += copies
}

// Handled tells that a copy of a message was handled.
func (r *Recorder) Handled(span uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.about(span)
	known.handled++
	known.onTheWay--
	r.release()
}

// Lost tells that a copy of a message was lost when it arrived, and which fault its receiver had crashed by.
func (r *Recorder) Lost(span uint64, copyNumber uint32, at time.Time, fault spans.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	attributes := []attribute.KeyValue{spans.RaftkvCauseKey.String(spans.CauseFault)}
	if copyNumber > 0 {
		attributes = append(attributes, spans.RaftkvCopyKey.Int64(int64(copyNumber)))
	}
	known := r.about(span)
	known.losses = append(known.losses, sdktrace.Event{Name: spans.EventDrop, Attributes: attributes, Time: at})
	known.addFault(fault)
	known.onTheWay--
	r.release()
}

// Hit tells that a fault did something to what a span sent.
func (r *Recorder) Hit(span uint64, fault spans.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.about(span).addFault(fault)
}

// Explain tells which fault keeps the answer to a call away, should the call be given up.
func (r *Recorder) Explain(call uint64, fault spans.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.explain(call, fault)
}

func (r *Recorder) explain(call uint64, fault spans.Ref) {
	r.about(call).reason = fault // which nobody asks for if the call is over
}

// Crashed tells which fault the next crash of a service is.
func (r *Recorder) Crashed(service string, fault spans.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.later.crashes == nil {
		r.later.crashes = map[string]spans.Ref{}
	}
	r.later.crashes[service] = fault
}

func (r *Recorder) about(span uint64) *afterwards {
	if r.later.known == nil {
		r.later.known = map[uint64]*afterwards{}
	}
	known := r.later.known[span]
	if known == nil {
		known = &afterwards{}
		r.later.known[span] = known
	}
	return known
}

func (a *afterwards) addFault(fault spans.Ref) {
	if fault.ID != 0 && !slices.Contains(a.faults, fault) {
		a.faults = append(a.faults, fault)
	}
}

// ended takes a span that ended, and hands on what does not wait.
func (r *Recorder) ended(p *processor, s sdktrace.ReadOnlySpan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := causalID(s.SpanContext())
	if fault := r.later.crashes[p.service]; fault.ID != 0 && errorType(s) == spans.ErrorTypeCrash {
		r.about(id).addFault(fault)
		if s.SpanKind() == trace.SpanKindServer {
			r.explain(causalID(s.Parent()), fault)
		}
	}
	if known := r.later.known[id]; known != nil && known.reason.ID != 0 && errorType(s) == spans.ErrorTypeTimeout {
		known.addFault(known.reason)
	}
	r.later.waiting = append(r.later.waiting, endedSpan{s, p})
	r.release()
}

// release hands on the spans that ended, up to the first of which something is still on its way.
func (r *Recorder) release() {
	n := 0
	for _, e := range r.later.waiting {
		if known := r.later.known[causalID(e.span.SpanContext())]; known != nil && known.onTheWay > 0 {
			break
		}
		r.handOn(e)
		n++
	}
	r.later.waiting = slices.Delete(r.later.waiting, 0, n)
}

// releaseAll hands on all of them: what is on its way stays there.
func (r *Recorder) releaseAll() {
	for _, e := range r.later.waiting {
		r.handOn(e)
	}
	r.later.waiting = nil
}

// handOn gives a span to the exporters, with what is known of it now.
func (r *Recorder) handOn(e endedSpan) {
	id := causalID(e.span.SpanContext())
	if known := r.later.known[id]; known != nil {
		delete(r.later.known, id)
		e.span = r.amended(e.span, known)
	}
	r.record(e.processor, e.span)
}

// amended is a span with what became of it, and of what it sent.
func (r *Recorder) amended(s sdktrace.ReadOnlySpan, known *afterwards) sdktrace.ReadOnlySpan {
	failed := s.Status().Code == codes.Error
	lost := s.SpanKind() == trace.SpanKindProducer && len(known.losses) > 0 && known.handled == 0 && !failed
	if len(known.losses) == 0 && len(known.faults) == 0 {
		return s
	}
	a := amendedSpan{ReadOnlySpan: s, events: s.Events(), links: s.Links(), attributes: s.Attributes(), status: s.Status()}
	if len(known.losses) > 0 {
		a.events = slices.Concat(a.events, known.losses)
		slices.SortStableFunc(a.events, func(x, y sdktrace.Event) int { return x.Time.Compare(y.Time) })
	}
	for _, fault := range known.faults {
		a.links = append(slices.Clip(a.links), sdktrace.Link{
			SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: TraceID(r.options.Run, fault.Root), SpanID: spanID(fault.ID), TraceFlags: trace.FlagsSampled, Remote: true,
			}),
			Attributes: []attribute.KeyValue{spans.RaftkvLinkKey.String(spans.LinkFault)},
		})
	}
	if lost {
		a.status = sdktrace.Status{Code: codes.Error, Description: "the message was lost"}
		a.attributes = append(slices.Clip(a.attributes), spans.ErrorTypeKey.String(spans.ErrorTypeLost))
	}
	return a
}

// amendedSpan is a span of which more became known after it had ended.
type amendedSpan struct {
	sdktrace.ReadOnlySpan

	events     []sdktrace.Event
	links      []sdktrace.Link
	attributes []attribute.KeyValue
	status     sdktrace.Status
}

// Events are the span's, with the losses.
func (s amendedSpan) Events() []sdktrace.Event { return s.events }

// Links are the span's, with those to faults.
func (s amendedSpan) Links() []sdktrace.Link { return s.links }

// Attributes are the span's, with the type of error of a message that was lost.
func (s amendedSpan) Attributes() []attribute.KeyValue { return s.attributes }

// Status is the span's, or that its message was lost.
func (s amendedSpan) Status() sdktrace.Status { return s.status }

func errorType(s sdktrace.ReadOnlySpan) string {
	for _, a := range s.Attributes() {
		if a.Key == spans.ErrorTypeKey {
			return a.Value.AsString()
		}
	}
	return ""
}

func causalID(c trace.SpanContext) uint64 {
	id := c.SpanID()
	return binary.BigEndian.Uint64(id[:])
}
