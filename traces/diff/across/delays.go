package across

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/traces/index"
)

// step is a step of a process: it handles one message, or a timer that ran out.
type step struct {
	process int32
	number  uint32
}

// arrival is that a message came in a step: when, and when and in which step it was sent. Times are ns since 1970.
type arrival struct {
	at, sentAt int64
	sent       step
}

// handled is what each step handled; a step that is not in it handled no message.
type handled map[step]arrival

// arrivals finds the message of each step. A request arrives where its receiver's span begins, a reply where the
// sender's ends, and one that came too late begins a span of its own.
func arrivals(x *index.Trace) handled {
	all := handled{}
	note := func(i int32, number uint32, at int64, sender int32, sentIn uint32, sentAt int64) {
		if number != 0 && sentIn != 0 {
			all[step{x.Shape(i).Process, number}] = arrival{at, sentAt, step{x.Shape(sender).Process, sentIn}}
		}
	}
	for i := range int32(x.Len()) {
		e, above := x.Entry(i), x.Parent(i)
		if above == index.None || x.Shape(above).Process == x.Shape(i).Process {
			continue
		}
		parent := x.Entry(above)
		switch x.Shape(i).Kind {
		case trace.SpanKindServer, trace.SpanKindConsumer:
			note(i, e.Step, e.Start, above, parent.Step, parent.Start)
			if e.HasReply && parent.HasReply && e.IsCopy == parent.AnswersCopy {
				note(above, parent.EndStep, parent.End, i, e.EndStep, e.End)
			}
		case trace.SpanKindInternal: // a reply that came too late
			note(i, e.Step, e.Start, above, parent.EndStep, parent.End)
		case trace.SpanKindClient, trace.SpanKindProducer, trace.SpanKindUnspecified: // nothing arrives where they begin
		}
	}
	return all
}

// delays returns how many messages came one after the other from when a client asked until it had its answer: what
// made it end, what made that be sent, and so on back to the asking, or to a message that was sent before it. It is -1
// if a timer that ran out was one of the causes.
func (h handled) delays(x *index.Trace, operation int32) int {
	e := x.Entry(operation)
	asked := step{x.Shape(operation).Process, e.Step}
	at := step{asked.process, e.EndStep}
	for n := range len(h) {
		came, there := h[at]
		switch {
		case at == asked:
			return n
		case !there:
			return -1
		case came.at <= e.Start:
			return n
		case came.sentAt <= e.Start:
			return n + 1
		}
		at = came.sent
	}
	return -1
}
