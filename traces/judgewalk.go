package traces

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// stepMoment is when a server was in the state that a span tells of. All moments of a step have the same time, the
// latest that its spans tell, and the order of what a step does: what a span says is so after the step.
type stepMoment struct {
	at      int64
	process processPlace
	rank    uint8  // orders what one step did, as a step does it
	reply   bool   // a reply was handled
	step    uint32 // its number; 0 where steps have none
	key     uint64 // orders what is of the same rank
	of      int32
}

// The ranks. The order of the lines of a file does not matter: spans may have been elsewhere in between.
const (
	rankStart   uint8 = iota
	rankPersist       // what is durable comes before all that depends on it
	rankHear          // a reply comes first: what a step does follows from it
	rankRole
	rankReceive
	rankAppend
	rankCommit
	rankApply
	rankSend
	rankLate
	rankAgain // a server that crashed as the step ended starts again, and is a follower
)

// walk goes through what the servers did, in the order of time, and looks at what the invariants say of it.
func (j *Judge) walk(moments []stepMoment) {
	w := &walk{Judge: j, liars: j.lyingDisks(), lostWrites: j.lostWrites(), servers: make([]*server, len(j.processes.names)), leaders: map[uint64]int32{}, votes: map[ballot]cast{}, grants: map[ballot][]processPlace{}, elected: j.electedTerms(), quorumBy: -1}
	for i := range moments {
		m := &moments[i]
		s := w.server(m.process)
		if m.at != s.at || m.step != s.step {
			w.stepEnded(s)
			s.step = m.step
			s.at, s.commitBefore, s.changed, s.ends = m.at, s.commit, -1, -1
		}
		w.visit(s, m)
	}
	for _, process := range w.order {
		w.stepEnded(w.servers[process])
		w.covered(w.servers[process])
	}
	if w.quorum == 0 && len(w.order) > 0 {
		w.doubts.doubt(doubtMembers, -1, 1)
	}
	w.results()
	w.answers()
}

// walk is what is known when the servers have come so far.
type walk struct {
	*Judge

	liars     map[processPlace][]int64 // servers whose disks were made to lose what they had said that they keep, and when
	servers   []*server                // by their places; nil for what is none
	order     []processPlace           // of the servers, as they appear
	leaders   map[uint64]int32         // of each term, the first span that says who leads it
	votes     map[ballot]cast          // of each voter and term
	grants    map[ballot][]processPlace
	elected   map[uint64]bool // terms that a server stood for election in
	members   []processPlace  // of the cluster
	quorum    uint64
	quorumBy  int32 // -1 while it is not known
	seen      []sight
	committed []committed
	stuck     map[[2]processPlace]*refusals

	lostWrites map[processPlace][]int64 // of each server, when it crashed in a write
}

// ballot names who votes, or is voted for, in a term.
type ballot struct {
	process processPlace
	term    uint64
}

// server is what is known of one server.
type server struct {
	process processPlace
	at      int64 // of the step that is being looked at
	step    uint32

	term, heard, owed       uint64 // its term; one that it may have forgotten in a crash; one that a reply told it
	termBy, heardBy, owedBy int32
	owedAt                  int64
	role                    uint8 // plus one; 0 when it is not known
	roleBy                  int32
	restarted               bool // and has not told its term since
	startedAt               int64
	diedWriting             bool  // before it started last
	forgot                  uint8 // plus one: the role that it had in its memory only when it crashed in a write; 0 when no span tells
	forgotBy                int32
	loose                   bool // it may have a term that a reply told of, and nobody can tell which reply that was

	election       int32                   // that it stands in; -1 for none
	voters         []processPlace          // whose votes arrived in it
	matched        map[processPlace]uint64 // of a leader: up to where each server said that it holds its log
	beatTerm, beat uint64                  // its latest heartbeat round

	disk    disk
	last    int32                 // the span of this step that was looked at last
	changed int32                 // the span of this step that changed the log; -1 for none
	lost    int                   // how often its disk lost what it had said that it keeps
	ends    int32                 // the call that was answered in this step; -1 for none
	backs   map[processPlace]back // of a leader: where it went back to last, for each follower

	log          []slot
	commit       uint64
	commitBefore uint64 // before this step
	commitBy     int32  // the commit that is being applied; -1 before the first
	applied      uint64
	highest      uint64 // the highest commit index, crashes included
	highestBy    int32

	followed          uint64 // the term that these are of
	told, match       uint64 // the highest commit index that its leader told; up to where its log is known to equal the leader's
	expected          uint64 // what it has to have committed by the end of this step
	toldBy, matchBy   int32
	expectedBy        int32
	starts            int
	appliedOf, wanted uint64 // of the latest commit
}

func (w *walk) server(process processPlace) *server {
	s := w.servers[process]
	if s == nil {
		s = &server{process: process, termBy: -1, heardBy: -1, owedBy: -1, roleBy: -1, commitBy: -1, highestBy: -1, toldBy: -1, matchBy: -1, expectedBy: -1, election: -1, last: -1, changed: -1, ends: -1}
		w.servers[process] = s
		w.order = append(w.order, process)
	}
	return s
}

// visit looks at one moment.
func (w *walk) visit(s *server, m *stepMoment) {
	r := &w.records[m.of]
	shape := w.shapeOf(m.of)
	s.last = m.of
	if m.rank == rankPersist {
		w.persisted(s, w.persistOf(m.of))
		return
	}
	if m.reply {
		w.replyHandled(s, m.of)
		return
	}
	w.startedWhole(s, m.of)
	n := shape.number
	switch {
	case starts.has(n):
		w.started(s, m.of)
		return
	case peersSet.has(n):
		w.peers(m.of)
	case roleChanges.has(n):
		w.roleChanged(s, m.of)
	}
	w.termOf(s, m.of)
	w.roleOf(s, m.of)
	if (votesAsked | entriesTaken | voteCalls | entriesSent | notices).has(n) {
		w.justified(s, m.of)
	}
	switch {
	case roleChanges.has(n):
		if a := &w.facts.roles[r.fact].appended; a.index > 0 {
			w.append(s, m.of, a)
		}
	case heartbeats.has(n):
		w.beats(s, m.of)
	case votesAsked.has(n):
		w.voted(s, m.of)
	case voteCalls.has(n):
		w.askedForVote(s, m.of)
	case entriesTaken.has(n):
		w.entriesHandled(s, m.of)
	case entriesSent.has(n):
		w.entriesSent(s, m.of)
	case requests.has(n):
		if a := &w.facts.requests[r.fact].appended; a.index > 0 {
			w.append(s, m.of, a)
		}
	case commits.has(n):
		w.commits(s, m.of)
	case applies.has(n):
		w.applies(s, m.of)
	case notices.has(n):
		w.toldCommit(s, m.of, w.facts.told[r.fact].number)
	case noticesHeard.has(n):
		w.hearCommit(s, m.of, r.term, w.facts.told[r.fact].number)
	}
}

// started begins another life of a server, which has what its disk kept.
func (w *walk) started(s *server, of int32) {
	if s.starts++; s.starts == 1 { // its disk need not be empty: see start_term of the config
		s.role, s.roleBy, s.term, s.termBy = w.records[of].role, of, w.records[of].term, of
		w.readFirst(s, of)
		return
	}
	w.covered(s)
	s.diedWriting = slices.ContainsFunc(w.lostWrites[s.process], func(at int64) bool { return !later(s.startedAt, at) && at <= s.at+oneMoment })
	w.readBack(s, of)
	s.restarted, s.startedAt = true, s.at
	s.heard, s.owed, s.loose = 0, 0, false
	s.commit, s.commitBefore, s.applied, s.commitBy = 0, 0, 0, -1
	s.followed, s.told, s.match, s.expected = 0, 0, 0, 0
	s.appliedOf, s.wanted = 0, 0
}

// startedWhole finds a server that started again and does not say what it was.
func (w *walk) startedWhole(s *server, of int32) {
	if s.restarted && !w.restarts(of) {
		w.find(ruleMissingSpan, w.ref(of), fmt.Sprintf("%s started again, and no raft.role_change by restart says as what", w.process(s.process)), "one, below its raft.start")
		s.restarted, s.role = false, 0
	}
}

// restarts says whether a span is the change of role by which a server starts again.
func (w *walk) restarts(of int32) bool {
	return w.is(of, roleChanges) && w.facts.roles[w.records[of].fact].event == uint8(protocol.RoleEventRestart)+1
}

// roleChanged compares a change of role with Figure 4, and with the role before.
func (w *walk) roleChanged(s *server, of int32) {
	r := &w.records[of]
	f := &w.facts.roles[r.fact]
	if r.role == 0 || f.from == 0 || f.event == 0 {
		return // conformance tells
	}
	from, to, event := protocol.Role(f.from-1), protocol.Role(r.role-1), protocol.RoleEvent(f.event-1)
	switch {
	case !protocol.LegalRoleTransition(from, to, event):
		w.find(ruleIllegalTransition, w.ref(of), fmt.Sprintf("from %s to %s by %s", from, to, event), "one of the steps of Figure 4: "+steps(from))
	case event == protocol.RoleEventRestart && s.diedWriting && s.forgot != 0 && f.from != s.forgot:
		w.find(ruleIllegalTransition, w.ref(of), fmt.Sprintf("it was %s before, as it says", from), fmt.Sprintf("%s, which it was when it crashed", protocol.Role(s.forgot-1)), s.forgotBy)
	case event == protocol.RoleEventRestart && s.diedWriting && (s.role == 0 || f.from == s.role || follows(s.role, f.from)):
		// It died in a step that was to change its role: nobody was told, and the change was in its memory only.
	case s.role != 0 && f.from != s.role:
		w.find(ruleIllegalTransition, w.ref(of), fmt.Sprintf("it was %s before, as it says", from), fmt.Sprintf("%s, which it was", protocol.Role(s.role-1)), s.roleBy)
	}
	if start := r.above; event == protocol.RoleEventRestart && start >= 0 && w.is(start, starts) {
		if before := w.facts.starts[w.records[start].fact].before; before != 0 && before != f.from {
			w.find(ruleIllegalTransition, w.ref(of), fmt.Sprintf("it was %s before, as it says", from), fmt.Sprintf("%s, as its raft.start says", protocol.Role(before-1)), start)
		}
	}
	if event == protocol.RoleEventRestart {
		s.forgot = 0
		w.restartedWith(s, of)
	}
	if from == protocol.RoleCandidate {
		w.electionEnded(s, of, to)
	}
	s.role, s.roleBy = r.role, of
	switch to {
	case protocol.RoleCandidate:
		w.stood(s, of)
	case protocol.RoleLeader:
		w.won(s, of)
	case protocol.RoleFollower:
	}
}

// diesWriting says whether a server crashes in a write at the end of this step.
func (w *walk) diesWriting(s *server) bool {
	return slices.ContainsFunc(w.lostWrites[s.process], func(at int64) bool { return !later(at, s.at) && !later(s.at, at) })
}

// follows says whether a role may come after another one, both plus one.
func follows(from, to uint8) bool {
	return slices.ContainsFunc(protocol.RoleTransitions(), func(t protocol.RoleTransition) bool {
		return uint8(t.From)+1 == from && uint8(t.To)+1 == to && t.Event != protocol.RoleEventRestart
	})
}

func steps(from protocol.Role) string {
	text := ""
	for _, t := range protocol.RoleTransitions() {
		if t.From == from {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("to %s by %s", t.To, t.Event)
		}
	}
	return text
}

// roleOf compares the role that a span tells with the one that the server has.
func (w *walk) roleOf(s *server, of int32) {
	r := &w.records[of]
	if r.role == 0 {
		return
	}
	if s.role != 0 && r.role != s.role && w.diesWriting(s) && follows(s.role, r.role) {
		s.forgot, s.forgotBy = r.role, of // the change of role was to be told after the write that failed
		return
	}
	if s.role != 0 && r.role != s.role {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s is %s here", w.process(s.process), protocol.Role(r.role-1)),
			fmt.Sprintf("%s, which it is since then", protocol.Role(s.role-1)), s.roleBy)
		s.role, s.roleBy = r.role, of
	}
	if r.role == leads {
		w.leads(of)
	}
}

// stepEnded looks at what a step had to have done by its end.
func (w *walk) stepEnded(s *server) {
	if s.expected > s.commit && s.expectedBy >= 0 {
		w.breaks(protocol.InvariantProgress, w.ref(s.expectedBy),
			fmt.Sprintf("%s is told that index %d is committed, and holds the leader's log up to there, and its commit index stays at %d", w.process(s.process), s.expected, s.commit),
			fmt.Sprintf("a commit up to index %d in the same step (Figure 2, AppendEntries step 5)", s.expected), s.commitBy)
	}
	s.expected, s.expectedBy = 0, -1
	w.kept(s)
	w.endsRight(s)
}
