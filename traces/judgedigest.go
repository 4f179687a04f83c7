package traces

import "time"

// digest is what a judge keeps of the spans of a line, as a clerk made it: texts, processes and kinds have the clerk's numbers in it.
type digest struct {
	run     uint64 // of the first span
	records []record
	origins []origin // of these; the name is the kind's number
	facts   facts
	links   []linkRef // from places among these records
	left    []leftSpan

	persists []persistRef // from places among these records

	resolution time.Duration // of the times, where they say that they were cut

	texts     []string // that got numbers since the line before, in their order
	processes []string
	kinds     []kindOfSpan
	anew      bool // the numbers began again
	numbers   *numbers
}

// leftSpan is a span that is left to be looked at as a whole.
type leftSpan struct {
	before int32 // how many of the records come before it
	fine   bool  // it conforms to the spec by itself
}

// clear makes room for another line.
func (d *digest) clear() {
	d.persists = d.persists[:0]
	d.records, d.origins, d.links, d.left = d.records[:0], d.origins[:0], d.links[:0], d.left[:0]
	d.texts, d.processes, d.kinds = d.texts[:0], d.processes[:0], d.kinds[:0]
	d.facts.clear()
	d.resolution = 0
}

// numbers are what a judge knows of the numbers of a clerk: what each stands for, and which number of the judge's own that is. A judge gives a number to what it is told for the
// first time, in the order of the file: so its numbers are the same however many clerks there are.
type numbers struct {
	texts     []string
	processes []string
	kinds     []kindOfSpan

	ofTexts     []uint32 // plus one, and 0 where the judge has none yet
	ofProcesses []uint32
	ofKinds     []judgedKind
}

// judgedKind is what a judge knows of a kind of spans.
type judgedKind struct {
	known   bool
	name    uint32 // among the texts
	process processPlace
}

// hear takes in what got numbers since the line before.
func (n *numbers) hear(d *digest) {
	if d.anew {
		*n = numbers{texts: []string{""}, ofTexts: []uint32{noText + 1}}
	}
	n.texts, n.processes, n.kinds = append(n.texts, d.texts...), append(n.processes, d.processes...), append(n.kinds, d.kinds...)
	n.ofTexts = append(n.ofTexts, make([]uint32, len(d.texts))...)
	n.ofProcesses = append(n.ofProcesses, make([]uint32, len(d.processes))...)
	n.ofKinds = append(n.ofKinds, make([]judgedKind, len(d.kinds))...)
}

// textOf is the judge's number of a text.
func (j *Judge) textOf(n *numbers, of uint32) uint32 {
	if n.ofTexts[of] == 0 {
		n.ofTexts[of] = j.texts.add(n.texts[of]) + 1
	}
	return n.ofTexts[of] - 1
}

// processOf is the judge's number of a process, of which there may be none.
func (j *Judge) processOf(n *numbers, of processPlace) processPlace {
	if of == noProcess {
		return noProcess
	}
	if n.ofProcesses[of] == 0 {
		n.ofProcesses[of] = uint32(j.processes.add(n.processes[of])) + 1
	}
	return processPlace(n.ofProcesses[of] - 1)
}

// voteOf is the same of who got a vote.
func (j *Judge) voteOf(n *numbers, of processPlace) processPlace {
	if of == nobody {
		return nobody
	}
	return j.processOf(n, of)
}

// kindOf is what the judge knows of a kind.
func (j *Judge) kindOf(n *numbers, of uint32) *judgedKind {
	k := &n.ofKinds[of]
	if !k.known {
		*k = judgedKind{known: true, name: j.texts.add(n.kinds[of].Name), process: j.processes.add(n.kinds[of].Service)}
	}
	return k
}
