package states

import (
	"math"
	"strconv"
)

// disk is what is known of a disk that is told to lose what it said that it keeps: all changes of what is on it, and up
// to which of them it is durable. One that is not watched keeps everything.
type disk struct {
	watched  bool
	undos    []undo
	syncs    []sync           // when what became durable, oldest first
	skips    bool             // it says that it syncs, and does not
	writes   int64            // when something is made durable in this step; 0 if nothing is
	writesIn map[uint32]int64 // and when in later ones
	step     uint32           // of the process; its number, or that of a span where steps have none
}

// undo undoes a change of what is on a disk.
type undo struct {
	field int32
	key   string
	was   []string
}

// sync is that all changes before an end became durable at a time.
type sync struct {
	at  int64
	end int
}

// enters notes that the process's step goes on, or that another one begins.
func (d *disk) enters(step uint32, span int32) {
	if !d.watched {
		return
	}
	if step == 0 {
		step = uint32(span) + 1
	}
	if step != d.step {
		d.ends(math.MaxInt64)
		d.step = step
		d.writes = d.writesIn[step]
		delete(d.writesIn, step)
	}
}

// ends ends a step before something happens to the process at a time, unless the step still has to write then: what it
// wrote is durable, if the disk does not lie.
func (d *disk) ends(now int64) {
	if d.writes == 0 || d.writes > now {
		return
	}
	if !d.skips {
		d.sync(d.writes)
	}
	d.writes = 0
}

func (d *disk) sync(at int64) { d.syncs = append(d.syncs, sync{at, len(d.undos)}) }

// begins notes what is on the disk as the process starts: that much it keeps.
func (d *disk) begins() {
	if !d.watched {
		return
	}
	if d.writesIn == nil {
		d.writesIn = map[uint32]int64{}
	}
	if len(d.syncs) == 0 {
		d.sync(math.MinInt64)
	}
}

func (d *disk) note(u undo) {
	if d.watched {
		d.undos = append(d.undos, u)
	}
}

// rollsBack has the disk hold what was durable at a time, from the next start on.
func (d *disk) rollsBack(to int64) {
	for len(d.syncs) > 1 && d.syncs[len(d.syncs)-1].at > to {
		d.syncs = d.syncs[:len(d.syncs)-1]
	}
}

// restore has a process start with what its disk holds, as far as it is known what that is: it must be what the span
// of the start says. If no state is, the rows are forgotten.
func (e *engine) restore(p *process, says []told) {
	d := &p.disk
	if !d.watched {
		return
	}
	if len(d.syncs) == 0 { // or the trace lacks the beginning
		e.forget(p)
		return
	}
	last := len(d.syncs) - 1
	at := e.matching(p, says, last)
	if at < 0 {
		at = last
		defer e.forget(p)
	}
	end := d.syncs[at].end
	type place struct {
		field int32
		key   string
	}
	first := map[place]int{}
	var places []place
	for i := len(d.undos) - 1; i >= end; i-- {
		u := place{d.undos[i].field, d.undos[i].key}
		if _, is := first[u]; !is {
			places = append(places, u)
		}
		first[u] = i
	}
	undone := d.undos[end:]
	d.undos, d.syncs = d.undos[:end:end], d.syncs[:at+1]
	d.watched = false // what is undone is no change of its own
	for _, u := range places {
		was := undone[first[u]-end].was
		if e.fields[u.field].Columns == nil {
			e.setValue(p, u.field, was)
		} else {
			e.setRow(p, u.field, u.key, was)
		}
	}
	d.watched = true
}

// forget removes all rows that may be on a disk.
func (e *engine) forget(p *process) {
	for _, field := range p.has {
		if e.isKept(field) && e.fields[field].Columns != nil {
			e.clear(p, field)
		}
	}
}

// matching returns the last state of a disk that is what a start says, up to one; -1 if there is none.
func (e *engine) matching(p *process, says []told, last int) int {
	d := &p.disk
	values, tops := map[int32][]string{}, map[int32]uint64{}
	for i := range says {
		if t := &says[i]; e.isKept(t.field) {
			values[t.field], tops[t.field] = p.values[t.field], p.tables[t.field].top
		}
	}
	end := len(d.undos)
	for at := last; at >= 0; at-- {
		for ; end > d.syncs[at].end; end-- {
			u := &d.undos[end-1]
			if _, asked := values[u.field]; !asked {
				continue
			}
			values[u.field] = u.was
			position, err := strconv.ParseUint(u.key, 10, 64)
			switch {
			case err != nil:
			case u.was != nil:
				tops[u.field] = max(tops[u.field], position)
			case position == tops[u.field]:
				tops[u.field]--
			}
		}
		if e.matches(says, values, tops) {
			return at
		}
	}
	return -1
}

// matches says whether values, and the ends of tables, are what a start says.
func (e *engine) matches(says []told, values map[int32][]string, tops map[int32]uint64) bool {
	for i := range says {
		t := &says[i]
		if !e.isKept(t.field) {
			continue
		}
		if t.what == isLast && tops[t.field] != t.last {
			return false
		}
		if was := values[t.field]; t.what == isValue && (len(was) == 0 || was[0] != t.values[0]) {
			return false
		}
	}
	return true
}
