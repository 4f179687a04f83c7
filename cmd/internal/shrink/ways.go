package shrink

// The ways down. A way that takes things away in another order may end at another scenario, where also nothing can be
// taken away, but which is shorter.
const (
	fewestWays = 6   // are gone in any case
	mostWays   = 60  // are gone as long as none has led to what is small enough
	longestWay = 300 // runs that a way takes at most, once another one has led to that
)

// wayAt is the way that is gone after so many others. Those that write out the times of the operations come before the
// others of the first few: they need fewer runs.
func wayAt(i int) uint64 {
	if i < fewestWays {
		i = (i + plainWays) % fewestWays
	}
	return uint64(i)
}

// plainWays of the first few do not write out times.
const plainWays = 4

// writesTimes says whether the way begins with the times of the operations written out: two of the first few do, and
// two of each four that follow.
func (s *shrinker) writesTimes() bool { return s.way >= plainWays && s.way%4 < 2 }

// small is what is small enough: more is hard to read.
const (
	smallFaults     = 8
	smallOperations = 8
)

// reduce goes several ways down, and keeps to the one that led furthest.
func (s *shrinker) reduce() {
	s.cutTime()
	start := s.state
	best := start
	for i := range mostWays {
		s.state, s.way = start, wayAt(i)
		if SizeOf(best.config).small() && i > 0 {
			s.wayEnds = s.runs + longestWay
		}
		s.otherSeeds()
		s.descend()
		gone := !s.over()
		s.wayEnds = 0
		if i == 0 || gone && SizeOf(s.config).less(SizeOf(best.config)) {
			best, s.minimal = s.state, gone
			s.deepen()
			if !s.over() {
				best = s.state
			}
		}
		if s.over() || i+1 >= fewestWays && SizeOf(best.config).small() {
			break
		}
	}
	s.state = best
}

// deepen goes on from where a way ended that led further than the others, as long as that is not small: what takes
// three parts at once, and many runs, is tried there only.
func (s *shrinker) deepen() {
	for !SizeOf(s.config).small() && s.cutTriple() {
		s.settle()
	}
}

// seedTries is how many seeds are tried for one that has the same invariant violated.
const seedTries = 25

// otherSeeds begins every other way, once the first few have led to nothing small, with another seed, if one is found
// with which the same faults and operations violate the same invariant: where much hangs on chance, other chance may
// need less.
func (s *shrinker) otherSeeds() {
	if s.way < fewestWays || s.way%2 == 1 {
		return
	}
	first := (s.way-fewestWays)/2*seedTries + 1
	for seed := first; seed < first+seedTries && !s.over(); seed++ {
		c := s.config.Clone()
		c.Seed = seed
		if s.try(c) {
			s.cutTime()
			return
		}
	}
}

// descend is one way down. Rates, sizes and settings come first, while there is so much of everything that the
// violation has other ways to happen; once the chance is written out, it has only the one.
func (s *shrinker) descend() {
	if s.writesTimes() {
		s.writeTimes()
	}
	if s.way%4 != 3 {
		s.quieten()
		if s.way%2 == 1 {
			s.lower()
		}
		s.cutServers()
		s.restoreAll()
		s.cutParts()
		s.cutTime()
		s.lower()
		s.cutParts()
	}
	s.cutTime()
	s.writeChance()
	s.settle()
}

// settle takes away what can go, until a whole round takes nothing away.
func (s *shrinker) settle() {
	for {
		before := s.config
		s.cutParts()
		s.cutPairs()
		s.cutServers()
		s.restoreAll()
		s.restoreTimes()
		s.quieten()
		s.cutClients()
		s.cutTime()
		if s.config == before || s.over() {
			return
		}
	}
}
