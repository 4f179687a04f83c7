package traces

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// Unknown is something that a trace does not tell, so that it cannot be judged. It is no finding: nothing is wrong with
// a trace for it.
type Unknown struct {
	ID    string
	Says  string // what is not known, and why
	Count int
	First SpanRef // the first in the file that it is not known of; of no name where it is of the whole trace
}

// doubt is a kind of what is not known.
type doubt uint8

// The kinds there are, in the order in which they are told.
const (
	doubtMembers doubt = iota
	doubtCrash
	doubtOpen
	doubtArrival
	doubtReply
	doubtStore
	doubtOutcome
	doubtDisk
	doubtLoss
	doubtSpec

	doubtKinds = iota
)

// doubtWords are the id of a kind, and its sentence for one and for more.
var doubtWords = [doubtKinds]struct{ id, one, more string }{
	doubtMembers: {"majority", "how many servers make a majority: no span tells which servers there are", ""},
	doubtCrash:   {"crash_time", "when a server crashed that starts again: no fault tells of it", "when servers crashed that start again, %s: no fault tells of it"},
	doubtOpen:    {"open_at_end", "what became of a span that was open when the run ended", "what became of %s that were open when the run ended"},
	doubtArrival: {"arrival", "whether a message arrived: no span handles it, and its receiver may have been down, or the run over", "whether %s arrived: no spans handle them, and their receivers may have been down, or the run over"},
	doubtReply:   {"reply_arrival", "whether a copy of a reply came back: nobody handled it, and who waited may have been down, or the run over", "whether %s of replies came back: nobody handled them, and who waited may have been down, or the run over"},
	doubtStore:   {"store", "what the store had to answer from an index on: no span tells what was applied there", ""},
	doubtDisk: {
		"lying_disk", "whether what is violated is a mistake: a disk lost what it had said that it keeps, or was made to, and Raft relies on that none does",
		"whether what is violated is a mistake: disks lost what they had said that they keep, or were made to, %s, and Raft relies on that none does",
	},
	doubtLoss: {
		"known_loss", "what a server said before a fault had its disk lose it: it started again with less than it had made durable",
		"what servers said before faults had their disks lose it: they started again with less than they had made durable, %s",
	},
	doubtSpec: {
		"other_spec", "whether it is as its own spec wants it: the build that made it had another spec than this one, as raftkv.build says, and attributes, events and links are not judged",
		"",
	},
	doubtOutcome: {"outcome", "whether an operation took effect: its client had no answer", "whether %s took effect: their clients had no answer"},
}

// doubtThings are what is counted of each kind.
var doubtThings = [doubtKinds]string{
	doubtCrash: "time", doubtOpen: "span", doubtArrival: "message", doubtReply: "copy", doubtOutcome: "operation",
	doubtDisk: "time", doubtLoss: "time",
}

// doubts count what is not known.
type doubts [doubtKinds]struct {
	count int
	first int32 // plus one; 0 for none
}

// doubt notes that something is not known of a span, so many times; -1 is no span.
func (d *doubts) doubt(kind doubt, of int32, times int) {
	one := &d[kind]
	one.count += times
	if of >= 0 && (one.first == 0 || of < one.first-1) {
		one.first = of + 1
	}
}

// join adds what is not known elsewhere.
func (d *doubts) join(other *doubts) {
	for kind := range other {
		if o := other[kind]; o.count > 0 {
			d.doubt(doubt(kind), o.first-1, o.count)
		}
	}
}

// liesAbout says whether a kind of fault has a disk lose what it said that it keeps.
func liesAbout(kind string) bool { return kind == spans.FaultSkipSync || kind == spans.FaultRollback }

// unknowns are the doubts as a report has them.
func (j *Judge) unknowns() []Unknown {
	for i := range j.records {
		if j.records[i].is&unfinished != 0 {
			j.doubts.doubt(doubtOpen, int32(i), 1)
		}
		if j.is(int32(i), faults) && liesAbout(j.texts.of(j.facts.faults[j.records[i].fact].kind)) {
			j.doubts.doubt(doubtDisk, int32(i), 1)
		}
	}
	for i := range j.history {
		if op := &j.history[i]; op.Result == "" {
			j.doubts.doubt(doubtOutcome, j.places.get(j.records, uint64(op.Span.ID)), 1)
		}
	}
	var all []Unknown
	for kind := range j.doubts {
		d, said := j.doubts[kind], doubtWords[kind]
		if d.count == 0 {
			continue
		}
		u := Unknown{ID: said.id, Says: said.one, Count: d.count}
		if d.count > 1 && said.more != "" {
			u.Says = fmt.Sprintf(said.more, words.Counted(d.count, doubtThings[kind]))
		}
		if d.first > 0 {
			u.First = j.ref(d.first - 1)
			j.date(&u.First)
		}
		all = append(all, u)
	}
	return all
}
