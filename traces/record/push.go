//go:build !js

package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/raftkv/raftkv/raftkv/span"
)

// Push sends spans as OTLP/JSON over HTTP to a Jaeger, a Collector or whatever else takes it: each line of what would
// be the run's file is one request. It waits for each request's answer, so that nothing is lost on the way. What goes
// wrong is kept until Shutdown: a receiver that is out of reach is no reason to stop a run whose files can be written.
//
// The exporters of OpenTelemetry do the same, and more. They come with gRPC and protobuf, which made up a third of
// what it takes to build cmd/run; JSON is what we write anyway.
type Push struct {
	receiver *Receiver
	line     bytes.Buffer // the request to send next, empty until it is whole
	lines    *OTLPFile    // writes to it

	ended, sent, arrived int // spans
	partly               PartialSuccess
	err                  error // after the first failure nothing more is sent
}

var _ Exporter = (*Push)(nil)

// NewPush makes ready to push to an URL that means what OTEL_EXPORTER_OTLP_ENDPOINT does, as http://127.0.0.1:4318. An
// empty one leaves that to the environment, from which all else is taken in any case: see PushUsage. It fails when the
// URL or a variable is wrong, and sends nothing yet.
func NewPush(endpoint string) (*Push, error) {
	settings, err := ReadPushSettings(endpoint)
	if err != nil {
		return nil, err
	}
	p := &Push{receiver: NewReceiver(settings)}
	p.lines = NewOTLPFile(&p.line)
	return p, nil
}

// Endpoint is where spans are pushed to, as it was given.
func (p *Push) Endpoint() string { return p.receiver.settings.endpoint }

// Export takes a span, and sends those that it has when there are enough for a request. It never fails: see Shutdown.
func (p *Push) Export(ctx context.Context, s *span.Span) error {
	p.ended++
	if p.err == nil {
		p.err = p.lines.Export(ctx, s)
		p.send(ctx)
	}
	return nil
}

// Shutdown sends what is left, and returns what went wrong since the beginning: what made it stop sending, or else what
// the receiver did not take, or had to say to what it took.
func (p *Push) Shutdown(ctx context.Context) error {
	if p.err == nil {
		p.err = p.lines.Shutdown(ctx)
		p.send(ctx)
	}
	p.receiver.client.CloseIdleConnections()
	if err := errors.Join(p.err, p.partly.err()); err != nil {
		return fmt.Errorf("push to %s: %d of %d spans arrived: %w", p.Endpoint(), p.arrived, p.ended, err)
	}
	return nil
}

// send sends a line, if one is whole.
func (p *Push) send(ctx context.Context) {
	if p.line.Len() == 0 || p.err != nil {
		return
	}
	body := p.line.Bytes()
	p.line = bytes.Buffer{} // a new one: the client may still read a body that was answered
	partly, err := p.receiver.Deliver(ctx, body)
	if p.err = err; err == nil {
		p.arrived += p.ended - p.sent - partly.rejected
		p.partly.add(partly)
	}
	p.sent = p.ended
}

// PartialSuccess is what a receiver says to what it took.
type PartialSuccess struct {
	rejected int
	message  string
}

// add counts what was rejected, and keeps the first message.
func (s *PartialSuccess) add(more PartialSuccess) {
	s.rejected += more.rejected
	if s.message == "" {
		s.message = more.message
	}
}

// err is nil when a receiver took all, and said nothing to it.
func (s PartialSuccess) err() error {
	switch {
	case s.rejected > 0:
		return fmt.Errorf("the receiver says: %s (%d spans rejected)", s.message, s.rejected)
	case s.message != "":
		return fmt.Errorf("the receiver took them, and says: %s", s.message)
	default:
		return nil
	}
}
