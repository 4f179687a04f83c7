package profile

import (
	"cmp"
	"slices"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/world"
)

// play is a short piece of a script: a few faults that belong together.
type play func(s *script, d dice)

// playing has some of the plays happen, one or more times.
func playing(plays ...play) func(*script) {
	return func(s *script) {
		for i := range s.From("how many", 3, 6) {
			d := s.dice.at(i)
			oneOf(d, "play", plays...)(s, d)
		}
	}
}

// besides has plays happen, each in so many of a hundred runs, besides all that happens in the run anyway, which
// stays as it is.
func besides(all func(*script), percent int, plays ...play) func(*script) {
	return func(s *script) {
		all(s)
		for i, p := range plays {
			if d := s.in("besides").at(i); d.Likely("at all", percent) {
				p(s, d)
			}
		}
	}
}

// electing is a play in which somebody stands for election. Nothing happens where nobody can be told to.
func electing(p play) play {
	return func(s *script, d dice) {
		if len(s.standing) > 0 {
			p(s, d)
		}
	}
}

// anyFaults has few kinds of plays in each run, but those several times, and each in some run: what needs two of a kind
// is met so more often than in an even mixture.
func anyFaults(s *script) {
	all := []play{
		crash, electing(crashOnRole), crashOnSend, crashOnCommit, loseWrite, powerFailure, isolate, split, oneWay, bridge,
		pause, slow, jump, drift,
		electing(rivals), electing(elections), electing(staleLeader), electing(staleLeader), electing(forgetful),
		electing(takeTurns),
	}
	var chosen []play
	for i, p := range all {
		if s.Likely("play "+string(rune('a'+i)), 30) {
			chosen = append(chosen, p)
		}
	}
	if len(chosen) == 0 {
		chosen = all
	}
	playing(chosen...)(s)
	if s.silence > 0 && s.Likely("afterwards", 50) {
		afterwards(s, s.in("afterwards"))
	}
}

// afterwards restarts a follower when the clients are done: it has the entries, and nothing but heartbeats tells it
// what is committed. Another server is paused, so that the run is not over before.
func afterwards(s *script, d dice) {
	leader := s.leader(d)
	forgets := s.other(d, "forgets", leader)
	waits := s.other(d, "waits", leader, forgets)
	s.does(s.at(s.silence*3/4), config.Pause, waits)
	at := s.silence + time.Duration(d.below("when", 100))*(s.end-s.silence)/100
	s.does(s.at(at), config.Crash, forgets)
	s.does(s.at(at+d.millis("for", 1, 20)), config.Restart, forgets)
}

// crash takes a server down for a while, or only for as long as it takes to start again.
func crash(s *script, d dice) {
	n, at := s.server(d, "node"), s.moment(d)
	s.does(s.at(at), config.Crash, n)
	s.does(s.at(at+oneOf(d, "for", time.Millisecond, d.millis("long", 5, 400))), config.Restart, n)
}

// restarts takes a server down again and again, while what it sent and what it was sent before is still on its way.
func restarts(s *script, d dice) {
	n, at := s.server(d, "node"), s.moment(d)
	for i := range d.From("how often", 2, 6) {
		d := d.at(i)
		s.does(s.at(at), config.Crash, n)
		at += d.millis("for", 1, 40)
		s.does(s.at(at), config.Restart, n)
		at += d.millis("up", 1, 300)
	}
}

// crashOnRole takes a server down just as it becomes something, most often the leader. It may be made to.
func crashOnRole(s *script, d dice) {
	n, roles := oneOf(d, "node", s.standing...), s.protocol.Roles
	when := config.When{
		Kind: config.AtRole, Process: n,
		Role: oneOf(d, "role", roles.Leader, roles.Leader, roles.Leader, cmp.Or(roles.Candidate, roles.Leader)),
	}
	s.does(when, config.Crash, n)
	if d.Likely("at once again", 30) {
		s.does(when, config.Restart, n)
	}
	at := s.moment(d)
	if d.Likely("made to", 60) {
		s.does(s.at(at), config.Elect, n)
	}
	s.does(s.at(at+d.millis("for", 30, 300)), config.Restart, n)
}

// crashOnSend takes a server down as a client's request is on its way to it, or what follows from that.
func crashOnSend(s *script, d dice) {
	if s.operations() == 0 || s.config.NumClients == 0 {
		return
	}
	n, who, number := s.leader(d), d.From("client", 1, s.config.NumClients), d.From("operation", 1, s.operations())
	sends := func(number int) config.When {
		return config.When{
			Kind: config.AtSend, Process: world.NewProcessID(world.ClientGroup, uint32(who)),
			Number: uint64(number),
		}
	}
	s.does(sends(number), oneOf(d, "how", config.Crash, config.LoseUnsynced), n)
	if number < s.operations() {
		s.does(sends(number+1), config.Restart, n)
	}
}

// crashOnCommit takes a server down just as an entry is committed, before others hear of it.
func crashOnCommit(s *script, d dice) {
	n, index := s.leader(d), uint64(d.From("index", 1, max(1, s.operations()*s.config.NumClients)))
	when := config.When{Kind: config.AtCommit, Number: index, Called: config.Called(s.config.Row())}
	s.does(when, config.Crash, n)
	when.Number += uint64(d.From("until", 0, 3))
	s.does(when, config.Restart, n)
}

// loseWrite takes a server down in the middle of a write.
func loseWrite(s *script, d dice) {
	n, at := s.leader(d), s.moment(d)
	s.add(config.Fault{Kind: config.LoseUnsynced, At: s.at(at), Process: n, Torn: d.Likely("torn", 50)})
	s.falls[n] = true
	s.does(s.at(at+d.millis("for", 20, 300)), config.Restart, n)
}

// powerFailure takes all servers down at once. They come back one after the other.
func powerFailure(s *script, d dice) {
	at := s.moment(d)
	for i, p := range s.servers {
		s.does(s.at(at), config.Crash, p)
		s.does(s.at(at+d.at(i).millis("for", 1, 60)), config.Restart, p)
	}
}

// isolate cuts a server off from the other servers for a while.
func isolate(s *script, d dice) {
	n, at := s.leader(d), s.moment(d)
	s.does(s.at(at), config.Isolate, n)
	s.heals(at+d.millis("for", 30, 500), n)
}

// split parts the servers into two sides.
func split(s *script, d dice) {
	if len(s.servers) < 2 {
		return
	}
	at := s.moment(d)
	sides := make([][]world.ProcessID, 2)
	for i, p := range s.servers {
		side := d.at(i).below("side", 2)
		sides[side] = append(sides[side], p)
	}
	for i := range sides { // none is empty
		if other := 1 - i; len(sides[i]) == 0 {
			sides[i], sides[other] = sides[other][:1], sides[other][1:]
		}
	}
	s.cuts(s.at(at), false, sides...)
	s.heals(at+d.millis("for", 30, 500), 0)
}

// oneWay has what one server sends reach nobody, or what others send not reach it.
func oneWay(s *script, d dice) {
	if len(s.servers) < 2 {
		return
	}
	n, at := s.leader(d), s.moment(d)
	others := []world.ProcessID{s.other(d, "other", n)}
	if d.Likely("all others", 60) {
		others = slices.DeleteFunc(slices.Clone(s.servers), func(p world.ProcessID) bool { return p == n })
	}
	if d.Likely("towards it", 40) {
		s.cuts(s.at(at), true, others, []world.ProcessID{n})
	} else {
		s.cuts(s.at(at), true, []world.ProcessID{n}, others)
	}
	s.heals(at+d.millis("for", 30, 500), n)
}

// bridge parts two sides that only one server reaches both of.
func bridge(s *script, d dice) {
	if len(s.servers) < 3 {
		return
	}
	between, at := s.server(d, "node"), s.moment(d)
	var sides [2][]world.ProcessID
	next := d.below("first", 2)
	for _, p := range s.servers {
		if p != between {
			sides[next] = append(sides[next], p)
			next = 1 - next
		}
	}
	s.cuts(s.at(at), false, sides[0], sides[1])
	s.heals(at+d.millis("for", 50, 500), 0)
}

// pause has a server do nothing for a while, and then go on as if nothing had been.
func pause(s *script, d dice) {
	n, at := s.leader(d), s.moment(d)
	s.does(s.at(at), config.Pause, n)
	s.heals(at+d.millis("for", 20, 500), n)
}

// slow has every step of a server take long for a while.
func slow(s *script, d dice) {
	n, at := s.leader(d), s.moment(d)
	s.add(config.Fault{Kind: config.Slow, At: s.at(at), Process: n, By: d.millis("by", 1, 15)})
	s.heals(at+d.millis("for", 30, 400), n)
}

// stall has every write of a server take long for a while.
func stall(s *script, d dice) {
	n, at := s.leader(d), s.moment(d)
	s.add(config.Fault{Kind: config.Stall, At: s.at(at), Process: n, By: d.millis("by", 2, 60)})
	s.heals(at+d.millis("for", 30, 400), n)
}

// whoever strikes the server that leads, follows or stands for election when it happens, and not one that was likely to
// when the run was drawn.
func whoever(s *script, d dice) {
	who := s.role(oneOf(d, "who", config.WhoLeader, config.WhoLeader, config.WhoFollower, config.WhoCandidate))
	if who == "" {
		return
	}
	kind, at := oneOf(d, "kind", config.Crash, config.Crash, config.Isolate, config.Pause), s.moment(d)
	s.aims(s.at(at), kind, who)
	at += d.millis("for", 5, 300)
	if kind == config.Crash {
		s.aims(s.at(at), config.Restart, config.WhoCrashed)
	} else {
		s.heals(at, 0)
	}
}

// role is a role, or that of the leader where the protocol has it not; empty if it has no leader.
func (s *script) role(who config.Who) config.Who {
	roles := s.protocol.Roles
	if who == config.WhoFollower && roles.Follower != "" || who == config.WhoCandidate && roles.Candidate != "" {
		return who
	}
	if roles.Leader == "" {
		return ""
	}
	return config.WhoLeader
}

// lie has a server's disk say that all is safe, and the server crash a while later, or several servers do.
func lie(s *script, d dice) {
	at := s.moment(d)
	for i := range oneOf(d, "how many", 1, 1, 2) {
		d := d.at(i)
		n := s.server(d, "node")
		s.does(s.at(at), config.SkipSync, n)
		fall := at + d.millis("until", 5, 300)
		s.does(s.at(fall), config.Crash, n)
		s.does(s.at(fall+d.millis("for", 1, 200)), config.Restart, n)
	}
}

// rollback starts a server again from a copy of its disk of some time ago.
func rollback(s *script, d dice) {
	s.add(config.Fault{
		Kind: config.Rollback, At: s.at(s.moment(d)), Process: s.server(d, "node"),
		By: d.millis("by", 5, 400),
	})
}

// jump has a server's clock jump, ahead or back.
func jump(s *script, d dice) {
	by := d.millis("by", 10, 300)
	if d.Likely("back", 50) {
		by = -by
	}
	s.add(config.Fault{Kind: config.Skew, At: s.at(s.moment(d)), Process: s.server(d, "node"), By: by})
}

// drift has a server's clock run too fast or too slow for a while.
func drift(s *script, d dice) {
	n, at := s.server(d, "node"), s.moment(d)
	s.add(config.Fault{
		Kind: config.Skew, At: s.at(at), Process: n,
		Rate: oneOf(d, "rate", 250, 500, 800, 1250, 2000, 4000),
	})
	s.heals(at+d.millis("for", 50, 600), n)
}

// rivals stand for election at about the same time: votes are split, and a candidate steps down for another one of its
// own term.
func rivals(s *script, d dice) {
	at := s.moment(d)
	n := oneOf(d, "node", s.standing...)
	second := s.rival(d, "second", n)
	s.does(s.at(at), config.Elect, n)
	s.does(s.at(at+d.gap()), config.Elect, second)
	if d.Likely("a third", 40) {
		s.does(s.at(at+d.in("third").gap()), config.Elect, s.rival(d, "third", n, second))
	}
}

// gap is a time shorter than an election takes.
func (d dice) gap() time.Duration {
	return time.Duration(d.From("gap", 0, 40)) * 100 * time.Microsecond
}

// elections follow each other, so that leaders have hardly time for an entry.
func elections(s *script, d dice) {
	at := s.moment(d)
	for i := range d.From("how many", 2, 5) {
		d := d.at(i)
		s.does(s.at(at), config.Elect, oneOf(d, "node", s.standing...))
		at += d.millis("pause", 3, 60)
	}
}

// staleLeader cuts off a leader that clients still talk to: its log grows with what will never be committed, while
// another leads, for a short time only. Then it comes back and stands for election, with a log that is longer and
// older.
func staleLeader(s *script, d dice) {
	n, at := s.leaderOf(d, s.standing), s.moment(d)
	successor := s.rival(d, "successor", n)
	if d.Likely("leads for sure", 50) {
		s.does(s.at(at), config.Elect, n)
		at += d.millis("leads", 8, 80)
	}
	s.does(s.at(at), config.Isolate, n)
	at += d.millis("until the other is elected", 5, 120)
	s.does(s.at(at), config.Elect, successor)
	at += d.millis("the other leads", 8, 120)
	if d.Likely("then falls", 30) {
		s.does(s.at(at), config.Crash, successor)
		s.does(s.at(at+d.millis("down for", 10, 200)), config.Restart, successor)
	}
	s.heals(at, n)
	if d.Likely("stands again", 70) {
		s.does(s.at(at+time.Duration(d.From("stands after", 1, 400))*100*time.Microsecond), config.Elect, n)
	}
}

// forgetful has voters restart between two elections that are close to each other.
func forgetful(s *script, d dice) {
	at := s.moment(d)
	n, voter := oneOf(d, "node", s.standing...), s.server(d, "voter")
	s.does(s.at(at), config.Elect, n)
	at += d.millis("votes", 3, 12)
	s.does(s.at(at), config.Crash, voter)
	s.does(s.at(at+time.Millisecond), config.Restart, voter)
	s.does(s.at(at+d.millis("then", 1, 8)), config.Elect, s.rival(d, "rival", n, voter))
}

// takeTurns is Figure 8 of the paper: leaders append, fall before others have the entry, and lead again.
func takeTurns(s *script, d dice) {
	n, at := s.leaderOf(d, s.standing), s.moment(d)
	second := s.rival(d, "second", n)
	s.does(s.at(at), config.Elect, n)
	at += d.millis("leads", 8, 40)
	for i := range d.From("turns", 1, 2) {
		d := d.at(i)
		for _, turn := range [][2]world.ProcessID{{n, second}, {second, n}} {
			d := d.in(turn[0].String())
			s.does(s.at(at), config.Isolate, turn[0])
			at += d.millis("appends", 5, 60)
			fall := at
			s.does(s.at(fall), config.Crash, turn[0])
			s.does(s.at(fall+d.millis("down", 1, 30)), config.Restart, turn[0])
			s.heals(fall, turn[0])
			s.does(s.at(at+time.Millisecond), config.Elect, turn[1])
			at += d.millis("leads", 8, 60)
		}
	}
}
