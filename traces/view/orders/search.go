package orders

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/history"
)

// search looks for an order of the operations on a key: depth first, without what was tried before (Wing and Gong
// 1993, Lowe 2017).
type search struct {
	key      string
	steps    *int // that are left
	must     []*Operation
	may      []*Operation
	done     []bool // of must
	used     []bool // of may
	first    int    // of must, the first that is not done
	now      history.Content
	path     []*Operation
	tried    map[string]bool
	contents map[history.Content]uint64
}

// order returns an order of all that was answered, and of as much of what was not as it takes; and whether there is
// one: Explained, Broken or Undecided. Both lists are in the order of their calls.
func (s *search) order(answered, pending []*Operation) ([]*Operation, string) {
	s.must, s.may = answered, pending
	s.done, s.used = make([]bool, len(answered)), make([]bool, len(pending))
	s.tried, s.contents = map[string]bool{}, map[history.Content]uint64{}
	s.path, s.first, s.now = nil, 0, history.Content{}
	switch found := s.try(); {
	case found:
		return slices.Clone(s.path), Explained
	case *s.steps <= 0:
		return nil, Undecided
	}
	return nil, Broken
}

// try goes on with each operation that can be next.
func (s *search) try() bool {
	for s.first < len(s.must) && s.done[s.first] {
		s.first++
	}
	if s.first == len(s.must) {
		return true
	}
	name := s.name()
	if s.tried[name] {
		return false
	}
	s.tried[name] = true
	limit := int64(math.MaxInt64) // what was asked after this comes after something that is not done
	for i := s.first; i < len(s.must) && s.must[i].call <= limit; i++ {
		if !s.done[i] {
			limit = min(limit, s.must[i].end)
		}
	}
	first := s.first
	for _, i := range s.next(limit) {
		if s.step(s.must[i], &s.done[i]) {
			return true
		}
		s.first = first
	}
	for i := range s.may {
		if !s.used[i] && s.may[i].call <= limit && s.step(s.may[i], &s.used[i]) {
			return true
		}
		s.first = first
	}
	return false
}

// next returns the operations that can be next, those that were agreed on in that order.
func (s *search) next(limit int64) (all []int) {
	for i := s.first; i < len(s.must) && s.must[i].call <= limit; i++ {
		if !s.done[i] && !s.waits(i) {
			all = append(all, i)
		}
	}
	// Those without a position, which is 0, come last.
	slices.SortStableFunc(all, func(i, j int) int { return cmp.Compare(s.must[i].Position-1, s.must[j].Position-1) })
	return all
}

// waits says whether an operation comes after another one of its client that is not done.
func (s *search) waits(i int) bool {
	for j := s.first; j < i; j++ {
		if !s.done[j] && s.must[j].client == s.must[i].client {
			return true
		}
	}
	return false
}

// step has an operation take effect, if its answer is what it gets, and goes on.
func (s *search) step(op *Operation, done *bool) bool {
	if *s.steps--; *s.steps <= 0 {
		return false
	}
	before := s.now
	after, result := before.Step(op.command)
	if op.answer != "" && op.answer != result.String() || op.answer == "" && after == before {
		return false // one without an answer that changes nothing is not needed
	}
	s.now, *done = after, true
	s.path = append(s.path, op)
	if s.try() {
		return true
	}
	s.path = s.path[:len(s.path)-1]
	s.now, *done = before, false
	return false
}

// name tells apart what can still be from here on: what is done, and what the key holds.
func (s *search) name() string {
	content, known := s.contents[s.now]
	if !known {
		content = uint64(len(s.contents))
		s.contents[s.now] = content
	}
	var b strings.Builder
	b.Write(binary.AppendUvarint(binary.AppendUvarint(nil, content), uint64(s.first)))
	last := len(s.done)
	for last > s.first && !s.done[last-1] {
		last--
	}
	bits(&b, s.done[s.first:last])
	b.WriteByte('|')
	bits(&b, s.used)
	return b.String()
}

func bits(b *strings.Builder, all []bool) {
	for _, is := range all {
		if is {
			b.WriteByte('1')
		} else {
			b.WriteByte('0')
		}
	}
}
