package story

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// A story has a heading where a phase of the run begins: its start, an election, the replication by a new leader, the
// clients' requests, a fault, a recovery, a violation. Each is one sentence, which the spans that were told so far, or
// are told below it, bear out.

// heading begins a phase.
type heading struct {
	at    time.Time
	kind  turnKind
	ids   []world.CausalID // of the spans in front of whose first line it stands
	text  string
	about []string // the processes that it is about
}

// turn is something that a heading may be made of.
type turn struct {
	at      time.Time
	until   time.Time // when the span ends that begins then
	kind    turnKind
	process string
	id      world.CausalID
	root    world.CausalID
	term    string
	peer    string // of a refusal, the leader
	said    string // of a fault, a violation, and the end of an election
	won     bool   // of an election
}

// turnKind is what kind of turn it is. Turns of one moment are taken in the order of their kinds: roles change before
// the faults that waited for that, and a server stops before it starts.
type turnKind uint8

const (
	turnRunBegins turnKind = iota
	turnLeads              // a process becomes leader
	turnStepsDown          // and leads no longer
	turnCrashes
	turnStarts // a server, for the first time or again
	turnRecovers
	turnFault
	turnClientStarts
	turnStands // an election begins
	turnRefuses
	turnViolated
)

// note notes what headings are made of.
func (t *Teller) note(at time.Time, kind turnKind, change func(*turn)) {
	n := turn{
		at: at, until: t.Span.End, kind: kind, process: words.Printable(t.Span.Service), id: t.Span.ID,
		root: t.Span.Root, term: t.term(),
	}
	if change != nil {
		change(&n)
	}
	t.story.turns = append(t.story.turns, n)
}

// noteLandmarks notes of a span that a process tries to lead, leads, or leads no longer.
func (t *Teller) noteLandmarks() {
	switch l := t.story.landmarks; {
	case l.Stands.Is(t.Span):
		t.note(t.Span.Start, turnStands, func(n *turn) {
			if n.won = t.Text(l.Stands.Outcome) == l.Stands.Won; n.won {
				n.said = words.Fill(l.Stands.With, t.Span)
			}
		})
	case l.Leads.Is(t.Span):
		t.note(t.Span.Start, turnLeads, nil)
	case l.Ceases.Is(t.Span):
		t.note(t.Span.Start, turnStepsDown, nil)
	}
}

// NoteRefuses notes that a follower refused entries because its log does not match its leader's.
func (t *Teller) NoteRefuses() { t.note(t.Span.End, turnRefuses, func(n *turn) { n.peer = t.Peer() }) }

// noteFault notes a fault, given the sentence that tells it.
func (t *Teller) noteFault(said string) {
	kind := turnFault
	switch t.Text(worldspans.RaftkvFaultKey) {
	case worldspans.FaultCrash, worldspans.FaultLoseUnsynced:
		kind = turnCrashes
	case worldspans.FaultRestart, worldspans.FaultHeal:
		kind = turnRecovers
	case worldspans.FaultElect:
		return // the election has a heading of its own
	}
	t.note(t.Span.Start, kind, func(n *turn) { n.process, n.said = t.Text(worldspans.RaftkvFaultTargetKey), said })
}

// phases is what is known while headings are made, in the order of time.
type phases struct {
	whole   bool              // the trace has the run's own span: who is not said to lead does not
	leaders map[string]string // each with its term
	gone    string            // how the last leader ended: node-1 crashed at 63.297ms
	unwon   string            // the last term in which somebody stood, if nobody has won it; empty if somebody did
	known   map[turnKind]map[string]bool
	story   *Story
}

// headings are those of the story so far.
func (s *Story) headings() []heading {
	slices.SortStableFunc(s.turns, func(a, b turn) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.kind, b.kind), index.CompareProcesses(a.process, b.process),
			cmp.Compare(a.id, b.id))
	})
	p := &phases{whole: s.begun, leaders: map[string]string{}, known: map[turnKind]map[string]bool{}, story: s}
	var all []heading
	for i := range s.turns {
		n := &s.turns[i]
		text, about := p.take(i, n)
		last := len(all) - 1
		// what happens at once has one heading
		if last >= 0 && all[last].kind == n.kind &&
			(n.isFault() && s.turns[i-1].atOnce(n) || text == "" && all[last].at.Equal(n.at)) {
			h := &all[last]
			h.text, h.ids, h.about = cmp.Or(text, h.text), append(h.ids, n.id), append(h.about, about...)
		} else if text != "" {
			all = append(all, heading{n.at, n.kind, []world.CausalID{n.id}, text, about})
		}
	}
	return all
}

// atOnce says whether a fault is of the same moment as the next one, which begins when it ends.
func (n *turn) atOnce(next *turn) bool { return n.kind == next.kind && !next.at.After(n.until) }

func (n *turn) isFault() bool {
	return n.kind == turnCrashes || n.kind == turnRecovers || n.kind == turnFault
}

// first says whether it is the first turn of its kind in its term.
func (p *phases) first(n *turn) bool {
	if p.known[n.kind] == nil {
		p.known[n.kind] = map[string]bool{}
	}
	before := p.known[n.kind][n.term]
	p.known[n.kind][n.term] = true
	return !before
}

// take takes a turn, and returns its heading, if it has one, and whom that is about.
func (p *phases) take(i int, n *turn) (text string, about []string) {
	switch n.kind {
	case turnRunBegins:
		return "start: " + n.said, nil
	case turnLeads:
		p.leaders[n.process], p.unwon = n.term, ""
		return "replication in " + p.term(n.term) + ": " + n.process + " leads" + p.elected(n), []string{n.process}
	case turnStepsDown, turnStarts:
		p.ends(n, "stepped down")
	case turnCrashes:
		return p.crash(i, n)
	case turnRecovers:
		return "recovery: " + p.together(i) + p.status(), []string{n.process}
	case turnFault:
		return "fault: " + p.together(i) + p.status(), []string{n.process}
	case turnClientStarts:
		if p.first(n) {
			clients := p.others(n, func(o *turn) bool { return o.at.Equal(n.at) })
			return "requests: " + words.Counted(len(clients), "client") + " " + words.Agree(len(clients), "starts", "start") +
				p.status(), clients
		}
	case turnStands:
		if p.first(n) {
			return p.election(n)
		}
	case turnRefuses:
		if p.first(n) {
			servers := p.others(n, func(o *turn) bool { return o.term == n.term && o.peer == n.peer })
			return "recovery in " + p.term(n.term) + ": " + words.Agree(len(servers), "the log of ", "the logs of ") +
				words.AndList(servers) + words.Agree(len(servers), " does", " do") +
				" not match that of " + n.peer, append(servers, n.peer)
		}
	case turnViolated:
		return "violation: " + n.said + " does not hold", nil
	}
	return "", nil
}

// crash is the heading of a crash, which says of a leader that it led.
func (p *phases) crash(i int, n *turn) (text string, about []string) {
	led := ""
	if term, was := p.leaders[n.process]; was {
		led = ", which led " + p.term(term)
	}
	p.ends(n, "crashed")
	return "fault: " + p.together(i) + led + p.status(), []string{n.process}
}

// ends notes that a process leads no longer.
func (p *phases) ends(n *turn, how string) {
	if _, led := p.leaders[n.process]; led {
		delete(p.leaders, n.process)
		p.gone = n.process + " " + how + " at " + p.time(n.at)
	}
}

// election is the heading of the first election of a term: who stands in it, and who leads meanwhile.
func (p *phases) election(n *turn) (text string, about []string) {
	candidates := p.others(n, func(o *turn) bool { return o.term == n.term })
	text = "election in " + p.term(n.term) + ": " + words.AndList(candidates) + " " +
		words.Agree(len(candidates), "stands", "stand")
	before := p.unwon
	p.unwon = n.term
	switch {
	case !p.whole:
	case len(p.leaders) > 0:
		text += p.status()
	case before != "" && p.won(before):
		text += ", nobody leads yet"
	case before != "":
		text += ", nobody won " + p.term(before)
	case p.gone != "":
		text += ", nobody leads since " + p.gone
	default:
		text += ", nobody has led yet"
	}
	return text, candidates
}

// won says whether somebody leads a term, be it later.
func (p *phases) won(term string) bool {
	return slices.ContainsFunc(p.story.turns, func(n turn) bool { return n.kind == turnLeads && n.term == term })
}

// elected is with how many votes a leader was elected, if the trace has its election.
func (p *phases) elected(n *turn) string {
	for i := range p.story.turns {
		if e := &p.story.turns[i]; e.kind == turnStands && e.id == n.root && e.won {
			return ", elected with " + e.said
		}
	}
	return ""
}

// others are the processes of the turns of one kind that belong together, in their order.
func (p *phases) others(n *turn, belongs func(*turn) bool) []string {
	var names []string
	for i := range p.story.turns {
		if o := &p.story.turns[i]; o.kind == n.kind && belongs(o) && !slices.Contains(names, o.process) {
			names = append(names, o.process)
		}
	}
	slices.SortFunc(names, index.CompareProcesses)
	return names
}

// together are the faults of one kind that happened at once, up to this one.
func (p *phases) together(i int) string {
	n := &p.story.turns[i]
	said := []string{n.said}
	for j := i - 1; j >= 0 && p.story.turns[j].atOnce(&p.story.turns[j+1]); j-- {
		said = append([]string{p.story.turns[j].said}, said...)
	}
	const many = 3
	if len(said) > many {
		return words.Counted(len(said), "fault") + " at once"
	}
	return strings.Join(said, ", ")
}

// status says who leads, with a comma in front; nothing where the trace cannot tell that nobody does.
func (p *phases) status() string {
	var names []string
	for name := range p.leaders {
		names = append(names, name)
	}
	switch {
	case !p.whole, p.story.landmarks.Leads.Name == "":
		return ""
	case len(names) == 0:
		return "; nobody leads"
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(words.InOrder(p.leaders[a], p.leaders[b]), index.CompareProcesses(a, b))
	})
	for i, name := range names {
		names[i] = name + " leads " + p.term(p.leaders[name])
	}
	return "; " + words.AndList(names)
}

func (p *phases) time(at time.Time) string { return words.Milliseconds(at.Sub(p.story.epoch)) }

// term is the number of who leads, with what the protocol calls it: term 2.
func (p *phases) term(number string) string { return p.story.landmarks.Term.Word + " " + number }
