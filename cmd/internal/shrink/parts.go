package shrink

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/world"
)

// part is a row that can be taken away from a config: one of its faults, its operations or its links.
type part struct {
	fault     *config.Fault
	operation *config.Operation
	link      *config.Link
}

// partsOf are all of a config's, links first and in the order of the file: a later one is likelier not to be needed.
func partsOf(c *config.Config) []part {
	var parts []part
	for i := range c.Links {
		parts = append(parts, part{link: &c.Links[i]})
	}
	for i := range c.Operations {
		parts = append(parts, part{operation: &c.Operations[i]})
	}
	for i := range c.Faults {
		parts = append(parts, part{fault: &c.Faults[i]})
	}
	return parts
}

// without is a config that has of its parts only those that are kept. Parts are told apart by their place in the config
// that they are of.
func without(c *config.Config, gone func(i int) bool) *config.Config {
	less := c.Clone()
	less.Links, less.Operations, less.Faults = nil, nil, nil
	for i, p := range partsOf(c) {
		switch {
		case gone(i):
		case p.link != nil:
			less.Links = append(less.Links, *p.link)
		case p.operation != nil:
			less.Operations = append(less.Operations, *p.operation)
		case p.fault != nil:
			less.Faults = append(less.Faults, *p.fault)
		}
	}
	if len(less.Operations) == 0 {
		less.RequestsPerClient = 0 // or chance would draw some
	}
	return less.Clone()
}

// written is a config of the same run that says what there is to be taken away, and that expects nothing.
func written(c *config.Config) *config.Config {
	w := cluster.WithOperations(c)
	w.Expects = nil
	if len(w.Operations) > 0 {
		w.RequestsPerClient = config.Default().RequestsPerClient // which says nothing where operations are written
	}
	return w
}

// cutParts takes away runs of neighbouring parts, at first as many as possible at once, and at last one by one until
// none can go. (This is delta debugging, Zeller and Hildebrandt 2002, without its steps to a subset: those find nothing
// here that taking away does not.)
func (s *shrinker) cutParts() {
	n := len(partsOf(s.config))
	for size := n; size >= 1 && !s.over(); size /= 2 {
		for s.sweep(size) && size == 1 {
			continue
		}
	}
}

// sweep tries to take away each run of so many parts, from the last to the first, and says whether any could go.
func (s *shrinker) sweep(size int) (gone bool) {
	for end := len(partsOf(s.config)); end > 0; end -= size {
		order := s.order()
		end = min(end, len(order))
		places := order[max(0, end-size):end]
		if s.try(without(s.config, func(i int) bool { return slices.Contains(places, i) })) {
			gone = true
		}
	}
	return gone
}

// Up to how many parts all pairs and all triples are tried: more would take too many runs.
const (
	mostForPairs   = 40
	mostForTriples = 20
)

// cutPairs takes away two parts at once, neither of which can go alone: a crash and its restart, a partition and its
// heal, a put and the drop of its reply.
func (s *shrinker) cutPairs() {
	for s.cutPair() {
		s.cutParts()
	}
}

// cutPair tries each pair once, and says whether any could go. When one could it goes on from there: the pairs before
// it could not go while there was more.
func (s *shrinker) cutPair() (gone bool) {
	n := len(partsOf(s.config))
	if n > mostForPairs {
		return false
	}
	for j := n - 1; j > 0 && !s.over(); j-- {
		for i := j - 1; i >= 0; i-- {
			if s.try(without(s.config, func(at int) bool { return at == i || at == j })) {
				gone = true
				break // the parts before j have moved up
			}
		}
		j = min(j, len(partsOf(s.config)))
	}
	return gone
}

// cutTriple tries to take three parts away at once, until one triple can go. There are so many that it is done only to
// the smallest of what several ways led to.
func (s *shrinker) cutTriple() bool {
	n := len(partsOf(s.config))
	if n > mostForTriples {
		return false
	}
	for k := n - 1; k > 1; k-- {
		for j := k - 1; j > 0; j-- {
			for i := j - 1; i >= 0 && !s.over(); i-- {
				if s.try(without(s.config, func(at int) bool { return at == i || at == j || at == k })) {
					return true
				}
			}
		}
	}
	return false
}

// order is the order of the parts' places in which they are tried, the last first. Each way has its own; the first
// way's is that of the file.
func (s *shrinker) order() []int {
	parts := partsOf(s.config)
	order := make([]int, len(parts))
	draws := make([]uint64, len(parts))
	for i, p := range parts {
		order[i] = i
		if s.way > 0 {
			draws[i] = world.Draw(s.way, nameOrder, world.CausalID(world.NameOf(p.String())))
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(draws[i], draws[j]) })
	return order
}

var nameOrder = world.NameOf("order of parts")

// String is the part without what tells apart where it stands.
func (p part) String() string {
	switch {
	case p.link != nil:
		return fmt.Sprintf("%+v", *p.link)
	case p.operation != nil:
		return fmt.Sprintf("%+v", *p.operation)
	default:
		return fmt.Sprintf("%+v", *p.fault)
	}
}
