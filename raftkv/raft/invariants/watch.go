package invariants

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Watched is a server as the checks see it: a process whose state can be read between two events.
type Watched interface {
	world.Process
	State() *protocol.State
}

// Server watches one server: it is what the world runs in the server's place, and the server's observer.
type Server struct {
	Watched

	checker  *Checker
	id       kv.NodeID
	world    world.World
	disk     serverDisk
	view     View
	durable  Durable
	unsynced []protocol.Persist
	died     bool // within the handler that runs, or ran last: its disk failed
}

var (
	_ world.Process = (*Server)(nil)
	_ world.Writer  = (*Server)(nil)
)

// Server makes the one who watches a server.
func (c *Checker) Server(id kv.NodeID) *Server { return &Server{checker: c, id: id} }

// Watch is the process that the world is to run: the server, with every event of it checked.
func (s *Server) Watch(server Watched) world.Process {
	s.Watched = server
	return s
}

// Committed is told when the server announces that its commit index moved.
func (s *Server) Committed(e protocol.Commit) { s.view.Commits = append(s.view.Commits, e) }

// Applied is told when the server's state machine took an entry.
func (s *Server) Applied(e protocol.Apply, result kv.Result) {
	s.view.Applied = append(s.view.Applied, Applied{Index: e.Index, Entry: e.Entry, Result: result})
}

// Start implements world.Process.
func (s *Server) Start(w world.World) {
	s.world, s.disk = w, serverDisk{Disk: w.Disk(), server: s}
	s.readDisk()
	s.Watched.Start(serverWorld{World: w, server: s})
}

// Receive implements world.Process.
func (s *Server) Receive(e world.Envelope) {
	s.view.Received, _ = e.Payload.(protocol.Message)
	if e.From.Group() == world.NodeGroup {
		s.view.From = kv.NodeID(e.From.Number())
	}
	s.Watched.Receive(e)
	s.handled()
}

// Timeout implements world.Process.
func (s *Server) Timeout(t world.Timer) {
	s.Watched.Timeout(t)
	s.handled()
}

// WritesOnReceive implements world.Writer, for a server that does.
func (s *Server) WritesOnReceive(e world.Envelope) bool {
	w, ok := s.Watched.(world.Writer)
	return ok && w.WritesOnReceive(e)
}

// WritesOnTimeout implements world.Writer, for a server that does.
func (s *Server) WritesOnTimeout(t world.Timer) bool {
	w, ok := s.Watched.(world.Writer)
	return ok && w.WritesOnTimeout(t)
}

// handled has an event checked, unless the server died in it: its state then is gone before anybody hears of it, and
// what it sent before is checked with its crash.
func (s *Server) handled() {
	if !s.died {
		s.check(Handled)
	}
}

// Crash implements world.Process. What was not synced is forgotten, until Restart reads what is left of it.
func (s *Server) Crash() {
	s.died = false
	s.unsynced = s.unsynced[:0]
	s.Watched.Crash()
	s.check(Crashed)
}

// Restart implements world.Process. What the disk holds is read anew: it is the disk that decides what survived.
func (s *Server) Restart() {
	term, votedFor, last := s.durable.CurrentTerm, s.durable.VotedFor, s.durable.LastIndex()
	end := s.durable.log.at(last)
	s.readDisk()
	s.view.DiskLost = s.durable.CurrentTerm != term || s.durable.VotedFor != votedFor ||
		s.durable.LastIndex() != last || s.durable.log.at(last) != end
	s.Watched.Restart()
	if !s.died {
		s.check(Restarted)
	}
}

// readDisk has Durable be what the disk holds.
func (s *Server) readDisk() {
	s.durable = Durable{log: s.durable.log[:0]}
	for record := range s.world.Disk().Records() {
		if p, ok := decode(record); ok {
			s.durable.Write(&p)
		}
	}
}

// check has the event that was just handled checked.
func (s *Server) check(event Event) {
	v := &s.view
	v.At, v.Event, v.Server, v.State, v.Durable = s.checker.options.Now(), event, s.id, s.State(), &s.durable
	s.checker.Check(v)
	clear(v.Sent)
	clear(v.Answers)
	clear(v.Wrote)
	clear(v.Applied)
	*v = View{
		Wrote: v.Wrote[:0], Sent: v.Sent[:0], Answers: v.Answers[:0], Commits: v.Commits[:0], Applied: v.Applied[:0],
	}
}

// decode reads a record of the disk, and refuses one that a crash cut short: part of a record never decodes.
func decode(record []byte) (protocol.Persist, bool) {
	effect, _, err := protocol.DecodeEffect(record)
	if err != nil {
		return protocol.Persist{}, false
	}
	p, ok := effect.(protocol.Persist)
	return p, ok
}

// serverWorld is a server's world, with what it sends and writes noted.
type serverWorld struct {
	world.World

	server *Server
}

// Send implements world.World.
func (w serverWorld) Send(e world.Envelope) world.Fate {
	fate := w.World.Send(e)
	s := w.server
	switch m := e.Payload.(type) {
	case protocol.Message:
		s.checker.met(fate)
		s.view.Sent = append(s.view.Sent, Sent{
			To: kv.NodeID(e.To.Number()), Message: m,
			Term: s.durable.CurrentTerm, VotedFor: s.durable.VotedFor, Last: s.durable.LastIndex(),
		})
	case kv.Message:
		s.view.Answers = append(s.view.Answers, m)
	}
	return fate
}

// met notes what is done on purpose to a message between servers. What the network does by chance, the bounds of
// Progress allow for.
func (c *Checker) met(fate world.Fate) {
	byChance := func(cause world.Cause) bool { return cause == "" || cause == world.CauseNetwork }
	if !byChance(fate.Drop) || !byChance(fate.Delay) {
		c.Disturbed(c.options.Now() + fate.DelayBy)
	}
}

// Disk implements world.World.
func (w serverWorld) Disk() world.Disk { return &w.server.disk }

// serverDisk is a server's disk, with what becomes durable noted.
type serverDisk struct {
	world.Disk

	server *Server
}

// Append implements world.Disk.
func (d serverDisk) Append(record []byte) error {
	if err := d.Disk.Append(record); err != nil {
		d.server.died = true
		return err
	}
	if p, ok := decode(record); ok {
		d.server.unsynced = append(d.server.unsynced, p)
	}
	return nil
}

// Sync implements world.Disk.
func (d serverDisk) Sync() error {
	s := d.server
	if err := d.Disk.Sync(); err != nil {
		s.died = true
		return err
	}
	for i := range s.unsynced {
		s.durable.Write(&s.unsynced[i])
		s.view.Wrote = append(s.view.Wrote, s.unsynced[i])
	}
	s.unsynced = s.unsynced[:0]
	return nil
}
