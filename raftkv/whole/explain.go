package whole

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
)

// The rules that are known of any protocol.
var (
	once = explain.Rule{
		Name: "exactly_once", Section: "§8", Says: "an operation takes effect once, and its retry gets the first answer",
	}
	refusal = explain.Rule{
		Name: "refusal", Section: "KV", Says: "a server that cannot answer a client says so",
	}
)

// explain answers what can be asked of any run: a span by its id, and a client's operation.
func (t *texts) explain() explain.Protocol {
	p := explain.Protocol{
		Specs: t.specs, Landmarks: *t.landmarks, Servers: servers(t.specs), Questions: "or client-N N", Once: once,
		Rules:     []explain.Rule{once, refusal},
		Malformed: t.malformed, Unread: unread,
		Carried: func(*span.Span) string { return "" },
		Of:      func(run *explain.Trace) explain.Answers { return &answers{run, t} },
	}
	if !kvconform.TellsRequests(t.specs, t.landmarks) {
		return p // nobody knows which of what is applied was whose
	}
	for i := range t.specs {
		if s := &t.specs[i]; s.Name == t.landmarks.Applied.Name && s.Kind == t.landmarks.Applied.Kind {
			p.Applied = s.ID
		}
	}
	return p
}

// malformed says whether a text cannot be what its attribute is of.
func (t *texts) malformed(_ string, a *attribute.KeyValue) bool {
	switch text := a.Value.AsString(); a.Key {
	case kvspans.KVRequestIDKey:
		return text != "" && !kvconform.IsRequest(text)
	case t.landmarks.Applied.Command:
		return !kvconform.IsCommand(text)
	}
	return false
}

// unread are the attributes that no answer rests on.
func unread(_ string, key attribute.Key) bool {
	switch key {
	case worldspans.RPCSystemNameKey, worldspans.RPCMethodKey, worldspans.ServerAddressKey, worldspans.PeerServiceKey:
		return true
	}
	return false
}

// answers are what is said of one run.
type answers struct {
	*explain.Trace

	texts *texts
}

// Ask answers nothing: there are no questions but those of any run.
func (*answers) Ask(*explain.Asked) (*explain.Explanation, error) { return nil, nil }

// Questions are none.
func (*answers) Questions(int) (first, after []string) { return nil, nil }

// Same is none.
func (*answers) Same(*span.Span) string { return "" }

// Tell tells a span of a server that is no message: with the lines of its story.
func (a *answers) Tell(s *span.Span, _, during explain.Sentence) explain.Sentence {
	if done := a.texts.done(s); done != "" {
		return explain.Say("%s did this%s: %s", s.Service, during, done)
	}
	return explain.Sentence{}
}

// mostTold is how many spans are told of those that came of one, or that it links to.
const mostTold = 12

// About says what a span links to, and what came of it. Of a start it says which fault it is of.
func (a *answers) About(s *span.Span) explain.About {
	var about explain.About
	for came := range a.Below(s.ID) {
		about.Came = append(about.Came, came)
	}
	for _, l := range s.Links {
		if to := a.Span(l.ID); to != nil && to.ID != s.Parent {
			about.Linked = append(about.Linked, to)
		}
	}
	about.Came = about.Came[:min(len(about.Came), mostTold)]
	about.Linked = about.Linked[:min(len(about.Linked), mostTold)]
	if spec := a.texts.of(s); spec != nil && spec.Starts() {
		about.Began = a.StartedBy(s)
	}
	return about
}

// Tried says what came of a client's try that a server's reply ended: how long the request and the reply were on their
// way, and what the server waited for meanwhile.
func (a *answers) Tried(times *explain.Times, try, server *span.Span) explain.Tried {
	if server == nil {
		return explain.Tried{}
	}
	client, name := try.Service, server.Service
	times.Until(a.Begin(server), try, "The request travelled from %s to %s.", client, name)
	awaited := a.awaited(server)
	for _, s := range awaited {
		switch end := a.End(s); {
		case !traces.IsSender(s) || s.End.After(server.End):
		case a.Reply(s) != "":
			times.Until(end, s, "%s waited for %s, which replied %s to its %s.", name, a.Peer(s), a.Reply(s), a.Message(s))
		case s.Kind == trace.SpanKindClient:
			times.Until(end, s, "%s waited for %s, of which no reply to its %s came.", name, a.Peer(s), a.Message(s))
		}
	}
	times.Until(a.End(server), server, "%s replied %s.", name, a.Reply(server))
	times.Until(a.End(try), try, "The reply travelled back to %s.", client)
	return explain.Tried{Told: true, Awaited: awaited, Kept: a.refused(server)}
}

// refused says that a server did not do what it was asked for.
func (a *answers) refused(server *span.Span) []explain.Step {
	if reply := a.Reply(server); reply != (kv.Answered{}).Name() {
		return []explain.Step{explain.At(a.End(server), "%s replied %s.", server.Service, reply).Held(refusal)}
	}
	return nil
}

// awaited are the messages between servers that were sent below a server's span, by itself, before it ended. They are
// in the order in which they ended.
func (a *answers) awaited(server *span.Span) (list []*span.Span) {
	seen := map[world.CausalID]bool{}
	var below func(s *span.Span)
	below = func(s *span.Span) {
		for child := range a.Below(s.ID) {
			if child.Service != server.Service || child.Start.After(server.End) || seen[child.ID] {
				continue
			}
			if seen[child.ID] = true; traces.IsSender(child) {
				list = append(list, child)
			}
			below(child)
		}
	}
	below(server)
	slices.SortStableFunc(list, func(a, b *span.Span) int { return a.End.Compare(b.End) })
	return list
}

// Stored says what became of the messages that an operation waited for.
func (a *answers) Stored(op *span.Span, awaited []*span.Span) explain.Part {
	var steps []explain.Step
	for _, s := range awaited {
		switch reply := a.Reply(s); {
		case reply == "":
			steps = append(steps, explain.At(a.Begin(s), "%s sent %s a %s.", s.Service, a.Peer(s), a.Message(s)))
		case s.End.After(op.End):
			steps = append(steps, explain.At(a.End(s), "%s replied %s to %s's %s. The client had its answer by then.",
				a.Peer(s), reply, s.Service, a.Message(s)).Resting(a.End(op)))
		default:
			steps = append(steps, explain.At(a.End(s), "%s replied %s to %s's %s.", a.Peer(s), reply, s.Service, a.Message(s)))
		}
	}
	return explain.Because("Which messages it led to", explain.ByTime(steps)...)
}
