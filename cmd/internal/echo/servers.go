package echo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/process"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// What servers are told from outside, and what a keeper sends.
type (
	begin  struct{}                  // before anything else
	keep   struct{}                  // it is to answer clients
	copied struct{ entries []entry } // all that the keeper did
)

// entry is something that a client asked for.
type entry struct {
	request kv.RequestID
	command kv.Command
}

// servers makes the servers of a run. Nobody checks them.
func servers(c *run.Cluster) ([]run.Server, run.Checker) {
	var all []run.Server
	for _, id := range c.Counts.All() {
		all = append(all, &server{id: id, cluster: c, store: kv.New(), tracer: c.Tracer(id.String())})
	}
	return all, nil
}

// server is a keeper or a mirror.
type server struct {
	id      world.ProcessID
	cluster *run.Cluster
	world   world.World
	tracer  *span.Tracer

	store  *kv.Store
	log    []entry
	told   bool
	keeps  bool
	rounds uint64
	starts uint64
}

func (s *server) ID() world.ProcessID    { return s.id }
func (s *server) Process() world.Process { return s }
func (*server) FirstRecord() []byte      { return nil }
func (s *server) KnowsCluster() bool     { return s.told }
func (*server) Term() uint64             { return 1 }
func (s *server) Applied() uint64        { return uint64(len(s.log)) }
func (*server) LogTerms() []int          { return nil }
func (*server) Finish()                  {}

func (s *server) Role() string {
	if s.keeps {
		return keeping
	}
	return waiting
}

func (s *server) Start(w world.World) {
	s.world = w
	s.tracer.Follow(w)
	s.traceStart()
}

// written ends a record that was written to its end.
const written = " whole"

func (s *server) Crash() { s.store, s.log, s.told, s.keeps = kv.New(), nil, false, false }

func (s *server) Restart() {
	for record := range s.world.Disk().Records() {
		s.keeps = true
		text, is := strings.CutSuffix(string(record), written)
		if !is {
			continue
		}
		words := strings.Fields(text)
		client, _ := kv.ParseClientID(words[0])
		number, _ := strconv.ParseUint(words[1], 10, 32)
		command := kv.Command(kv.Get{Key: words[3]})
		switch words[2] {
		case "put":
			command = kv.Put{Key: words[3], Value: words[4]}
		case "delete":
			command = kv.Delete{Key: words[3]}
		}
		s.apply(kv.RequestID{Client: client, Sequence: kv.Sequence(number)}, command)
	}
	s.traceStart()
}

func (s *server) Receive(e world.Envelope) {
	switch m := e.Payload.(type) {
	case begin:
		s.told = true
		s.wait()
	case keep:
		s.keeps = true
	case copied:
		if s.cluster.Bug != DeafMirror {
			for _, e := range m.entries[min(len(s.log), len(m.entries)):] {
				s.apply(e.request, e.command)
			}
		}
		s.traceCopied(e)
	}
	if request, command := process.Asked(e.Payload); command != nil {
		s.answer(e, request, command)
	}
}

func (s *server) isNew(request kv.RequestID) bool {
	return s.store.Latest(request.Client) < request.Sequence
}

// WritesOnReceive implements world.Writer.
func (s *server) WritesOnReceive(e world.Envelope) bool {
	request, command := process.Asked(e.Payload)
	return command != nil && s.keeps && s.isNew(request)
}

// WritesOnTimeout implements world.Writer.
func (*server) WritesOnTimeout(world.Timer) bool { return false }

// answer does what a client asks for, and answers it.
func (s *server) answer(e world.Envelope, request kv.RequestID, command kv.Command) {
	reply := kv.Message(kv.NotLeader{Request: request, LeaderID: kv.NodeID(s.cluster.Settings.First().Number())})
	if s.keeps {
		before := len(s.log)
		result := s.apply(request, command)
		if len(s.log) > before {
			record := fmt.Sprintf("%s %d %s%s", request.Client, request.Sequence, command, written)
			if s.world.Disk().Append([]byte(record)) != nil || s.world.Disk().Sync() != nil {
				return
			}
		}
		s.cluster.Committed(s.Applied())
		reply = kv.Answered{Request: request, Result: result}
	}
	s.traceAnswer(e, request, reply)
}

// apply applies a command, and keeps it in the log if it is new.
func (s *server) apply(request kv.RequestID, command kv.Command) kv.Result {
	if s.isNew(request) {
		s.log = append(s.log, entry{request, command})
	}
	return s.store.Apply(request, command)
}

func (s *server) wait() {
	s.world.SetTimer(0, world.Timer{Kind: 1, ID: world.RootID(s.id, nameCopy, s.rounds, 0)},
		s.cluster.Settings.(*Settings).Interval)
}

// Timeout has the mirrors get all that the keeper holds.
func (s *server) Timeout(world.Timer) {
	s.rounds++
	if s.keeps {
		for n := range s.cluster.Counts.Of(Mirrors) {
			s.copyTo(world.NewProcessID(Mirrors, uint32(n+1)))
		}
	}
	s.wait()
}
