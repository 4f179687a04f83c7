package traces

import "maps"

// rule is what a trace has to conform to.
type rule struct{ id, says string }

// collector keeps findings.
type collector struct {
	list   []Finding
	counts map[string]int
}

func (c *collector) add(f Finding) {
	if c.counts[f.ID]++; c.counts[f.ID] <= mostFindings {
		c.list = append(c.list, f)
	}
}

// join adds what another collector has.
func (c *collector) join(other *collector) {
	beyond := maps.Clone(other.counts) // of each id, how many there are that were not kept
	for _, f := range other.list {
		c.add(f)
		beyond[f.ID]--
	}
	for id, n := range beyond {
		c.counts[id] += n
	}
}
