package story

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/words"
)

// A server that cannot reach another tries again and again. What it says of that is told once, with how often it is
// said again before the two hear of each other; and what happens to several at the same moment is one line. Every
// message has its own spans all the same, and its own lines among the causes of a violation.

// way is a kind of exchange between two processes that can fail over and over, seen from one of them.
type way struct {
	process, peer string
	kind          Way
}

// Way is what goes that way.
type Way uint8

// The ways there are.
const (
	noWay         Way = iota
	Calls             // what the process asks the peer
	Replies           // what it answers it
	Notifications     // what it tells it
	doubledCalls      // the same, for what arrives twice
	doubledReplies
	doubledNotifications
	LateReplies
)

// doubled is the way of what arrives twice.
func (k Way) doubled() Way {
	if k == noWay {
		return noWay
	}
	return k + doubledCalls - Calls
}

// complaint is what is told once: the same trouble on the same way.
type complaint struct {
	way
	what string
	term string // the process's: a new leader complains anew
}

// passage is a moment at which something passed on a way that had failed.
type passage struct {
	at  time.Time
	way way
}

// Complain adds a line that may be told often, unless it is on no way of its own.
func (t *Teller) Complain(when Moment, kind Way, what string, parts ...string) {
	t.Line(when, Trouble, parts...)
	if kind == noWay {
		return
	}
	w := way{words.Printable(t.Span.Service), t.Peer(), kind}
	t.story.lines[len(t.story.lines)-1].of = &complaint{w, what, t.term()}
	t.story.failed[w] = true
}

// passed notes that something passed, so that the next complaint is told again. Where nobody complained nobody listens.
func (t *Teller) passed(kind Way) {
	if w := (way{words.Printable(t.Span.Service), t.Peer(), kind}); t.story.failed[w] {
		t.story.passages = append(t.story.passages, passage{t.Span.End, w})
	}
}

// retold is what is told of the lines, by their places among all in the order of time.
type retold struct {
	position string // what the number of what is applied is called
	hidden   []bool
	first    map[int]*again          // of the lines that stand for others
	rounds   map[world.CausalID]bool // the heartbeat rounds that are told
}

// again is what else a line stands for.
type again struct {
	more  int
	until time.Time
	peers []string // whom it is about, if that is more than one
	last  uint64   // of the indexes that were applied at once, if that is many
}

// fold finds out what is told.
func (s *Story) fold() *retold {
	r := &retold{
		position: s.landmarks.Position.Word, hidden: make([]bool, len(s.lines)), first: map[int]*again{},
		rounds: map[world.CausalID]bool{},
	}
	r.complaints(s)
	r.together(s.lines)
	r.applied(s.lines)
	for root, always := range s.rounds {
		r.rounds[root] = always
	}
	for i := range s.lines {
		if _, ofRound := r.rounds[s.lines[i].root]; ofRound && !r.hidden[i] && s.lines[i].mark != Routine {
			r.rounds[s.lines[i].root] = true
		}
	}
	return r
}

// complaints hides those that were told since something last passed on their way.
func (r *retold) complaints(s *Story) {
	slices.SortStableFunc(s.passages, func(a, b passage) int { return a.at.Compare(b.at) })
	passages := s.passages
	open := map[complaint]int{}
	since := map[way]int{} // how often something passed
	told := map[complaint]int{}
	for i := range s.lines {
		l := &s.lines[i]
		for len(passages) > 0 && !passages[0].at.After(l.at) {
			since[passages[0].way]++
			passages = passages[1:]
		}
		if l.of == nil {
			continue
		}
		c := *l.of
		first, isOpen := open[c]
		if !isOpen || told[c] != since[c.way] {
			open[c], told[c] = i, since[c.way]
			continue
		}
		r.hidden[i] = true
		if r.first[first] == nil {
			r.first[first] = &again{}
		}
		r.first[first].more++
		r.first[first].until = l.at
	}
}

// saidOnce is what a process says in one step of several others: the same, but for whom it is about. Where steps have
// no numbers their times stand for them.
type saidOnce struct {
	process, said string
	kind          Way
	step          uint32
	at            int64
}

// together makes one line of those that a process says of several others in one step.
func (r *retold) together(lines []storyLine) {
	firsts := map[saidOnce]int{}
	for j := range lines {
		l := &lines[j]
		if l.of == nil || r.hidden[j] {
			continue
		}
		said := saidOnce{l.of.process, strings.Replace(l.text, l.of.peer, "", 1), l.of.kind, l.step, 0}
		if l.step == 0 || l.outside {
			said.step, said.at = 0, l.at.UnixNano()
		}
		if i, is := firsts[said]; is {
			r.join(i, j, l.of.peer)
		} else {
			firsts[said] = j
		}
	}
	for _, i := range firsts {
		if a := r.first[i]; a != nil && len(a.peers) > 0 {
			a.peers = append(a.peers, lines[i].of.peer)
			slices.Sort(a.peers)
		}
	}
}

// join has a line stand for a later one, which is about another peer.
func (r *retold) join(i, j int, peer string) {
	if r.first[i] == nil {
		r.first[i] = &again{}
	}
	all := r.first[i]
	all.peers = append(all.peers, peer)
	if one := r.first[j]; one != nil {
		all.more += one.more
		if one.until.After(all.until) {
			all.until = one.until
		}
		delete(r.first, j)
	}
	r.hidden[j] = true
}

// applied makes one line of what a follower applies at once.
func (r *retold) applied(lines []storyLine) {
	last := map[string]int{} // of each process, the line that stands for what it applies now
	for j := range lines {
		l := &lines[j]
		if l.index == 0 {
			continue
		}
		i, is := last[l.process]
		first := &lines[i]
		if !is || !first.sameStep(l.Moment) || l.index != cmp.Or(r.lastOf(i), first.index)+1 {
			last[l.process] = j
			continue
		}
		if r.first[i] == nil {
			r.first[i] = &again{}
		}
		r.first[i].last = l.index
		r.hidden[j] = true
	}
}

// lastOf is the last of the indexes that a line stands for; 0 if it stands for its own alone.
func (r *retold) lastOf(i int) uint64 {
	if a := r.first[i]; a != nil {
		return a.last
	}
	return 0
}

// sameStep says whether two moments of a process are of one step. Where steps have no numbers their times stand for
// them.
func (m Moment) sameStep(other Moment) bool {
	return m.step == other.step && (m.step > 0 || m.at.Equal(other.at))
}

// text is a line's text, with what else it stands for.
func (r *retold) text(i int, l *storyLine, epoch time.Time) string {
	a := r.first[i]
	if a == nil {
		return l.text
	}
	if a.last > 0 {
		return fmt.Sprintf("applied %s %d to %d", words.Plural(a.last-l.index+1, r.position), l.index, a.last)
	}
	text := l.text
	if len(a.peers) > 0 {
		text = strings.Replace(text, l.of.peer, strings.Join(a.peers, ", "), 1)
		text = strings.NewReplacer(" is lost", " are lost", " arrives ", " arrive ").Replace(text)
	}
	if a.more > 0 {
		text += ", and " + strconv.Itoa(a.more) + " more until " + string(words.AppendMilliseconds(nil, a.until.Sub(epoch)))
	}
	return text
}
