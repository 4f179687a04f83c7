package history

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Notes is told what clients ask for and are answered, as it happens.
type Notes interface {
	Asked(request kv.RequestID, command kv.Command)
	Answered(request kv.RequestID, result kv.Result)
}

// Watch is the process that the world is to run in a client's place: what it asks for and is answered is noted.
func Watch(client world.Process, notes Notes) world.Process {
	return &watchedClient{Process: client, notes: notes}
}

type watchedClient struct {
	world.Process

	notes Notes
	try   world.CausalID // that waits for its reply; zero if none does
}

// Start implements world.Process.
func (w *watchedClient) Start(in world.World) {
	w.Process.Start(clientWorld{World: in, client: w})
}

// Receive implements world.Process. The answer is noted before the client handles it, for with the next operation
// begins what comes after it. A reply to a try that was given up, and a second one to the same try, are not listened
// to.
func (w *watchedClient) Receive(e world.Envelope) {
	if m, ok := e.Payload.(kv.Message); ok && w.try != 0 && e.InReplyTo == w.try {
		w.try = 0
		if answered, is := m.(kv.Answered); is {
			w.notes.Answered(answered.Request, answered.Result)
		}
	}
	w.Process.Receive(e)
}

// clientWorld is a client's world, with what it asks for noted.
type clientWorld struct {
	world.World

	client *watchedClient
}

// Send implements world.World.
func (w clientWorld) Send(e world.Envelope) world.Fate {
	notes := w.client.notes
	switch m := e.Payload.(type) {
	case kv.ClientPut:
		w.client.try = e.ID
		notes.Asked(m.Request, kv.Put{Key: m.Key, Value: m.Value})
	case kv.ClientGet:
		w.client.try = e.ID
		notes.Asked(m.Request, kv.Get{Key: m.Key})
	case kv.ClientDelete:
		w.client.try = e.ID
		notes.Asked(m.Request, kv.Delete{Key: m.Key})
	}
	return w.World.Send(e)
}
