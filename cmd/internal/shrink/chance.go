package shrink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
)

// Message is one that was lost, late or doubled, by a rate or on request.
type Message struct {
	ID            world.CausalID
	Lost, Doubled bool
	LateBy        time.Duration // of the first copy
	What          string        // who sends what to whom, and when
}

// writeChance has the messages that rates lost, doubled and had come late be so on request instead, so that each can be
// taken away by itself. The run stays as it is to the event: a message's chance is its own. But nobody can ask for a
// second copy to be late, nor for what is lost to arrive late as well: where the violation hangs on that, the rates of
// late messages stay.
func (s *shrinker) writeChance() {
	if quiet(s.config).Hash() == s.config.Hash() || s.over() {
		return
	}
	all, err := s.options.World.Messages(s.ctx, s.config)
	if err != nil {
		s.err = err
		return
	}
	_ = s.try(asked(quiet(s.config), all)) || s.try(asked(quietButLate(s.config), all))
}

// asked is a config that asks for what befell messages. Where they are late by chance still, it leaves that to chance.
func asked(c *config.Config, all []Message) *config.Config {
	late := c.Hash() != quiet(c).Hash()
	named := func(kind config.FaultKind, id world.CausalID) bool {
		return slices.ContainsFunc(c.Faults, func(f config.Fault) bool { return f.Kind == kind && f.Message == id })
	}
	for _, m := range all {
		if m.Lost && !named(config.Drop, m.ID) {
			c.Faults = append(c.Faults, config.Fault{Kind: config.Drop, Message: m.ID})
		}
		if m.Doubled && !named(config.Duplicate, m.ID) {
			c.Faults = append(c.Faults, config.Fault{Kind: config.Duplicate, Message: m.ID})
		}
		if m.LateBy > 0 && !m.Lost && !late && !named(config.Delay, m.ID) {
			c.Faults = append(c.Faults, config.Fault{Kind: config.Delay, Message: m.ID, By: m.LateBy})
		}
	}
	return c
}

// run carries out the run of a config.
func run(ctx context.Context, c *config.Config) (*check.Violation, error) {
	result, err := cluster.New(c, cluster.Options{}).Run(ctx)
	if failed := (*cluster.Panic)(nil); errors.As(err, &failed) {
		return nil, nil // it violates nothing
	}
	return result.Checks.Violation, err
}

// messages carries out the run of a config with its spans, which tell of each message that was lost, late or doubled.
func messages(ctx context.Context, c *config.Config) ([]Message, error) {
	seen := witness{epoch: c.StartTime, landmarks: &c.Row().Landmarks}
	recorder := record.NewRecorder(record.RecorderOptions{}, &seen)
	if _, err := cluster.New(c, cluster.Options{Recorder: recorder}).Run(ctx); err != nil {
		return nil, err
	}
	if err := recorder.Close(ctx); err != nil {
		return nil, err
	}
	return seen.messages, nil
}

// witness is an exporter that remembers what happened to messages.
type witness struct {
	epoch     time.Time
	landmarks *span.Landmarks // of the protocol
	messages  []Message
}

var _ record.Exporter = (*witness)(nil)

// Export looks at a span that has ended.
func (w *witness) Export(_ context.Context, s *span.Span) error {
	m, meddled := Message{ID: s.ID}, false
	for i := range s.Events {
		e := &s.Events[i]
		if e.Name != worldspans.EventDrop && e.Name != worldspans.EventDuplicate && e.Name != worldspans.EventDelay ||
			e.Attribute(worldspans.RaftkvCauseKey).AsString() == string(world.CauseFault) {
			continue
		}
		meddled = true
		m.Lost = m.Lost || e.Name == worldspans.EventDrop
		m.Doubled = m.Doubled || e.Name == worldspans.EventDuplicate
		if e.Name == worldspans.EventDelay {
			m.LateBy = time.Duration(e.Attribute(worldspans.RaftkvDelayNsKey).AsInt64())
		}
		m.What = fmt.Sprintf("%s, at %.3fms", sent(s, w.landmarks), float64(e.At.Sub(w.epoch))/float64(time.Millisecond))
	}
	if meddled {
		w.messages = append(w.messages, m)
	}
	return nil
}

// Shutdown does nothing.
func (*witness) Shutdown(context.Context) error { return nil }

// sent is the message that a span sends. That of a server's span is its reply.
func sent(s *span.Span, of *span.Landmarks) string {
	peer := of.PeerOf(s)
	if s.Kind == trace.SpanKindServer {
		return fmt.Sprintf("the reply of %s to %s: %s, %s", s.Service, peer, s.Name, of.ReplyOf(s))
	}
	if peer == "" {
		return fmt.Sprintf("%s: %s", s.Service, s.Name)
	}
	return fmt.Sprintf("%s to %s: %s", s.Service, peer, s.Name)
}
