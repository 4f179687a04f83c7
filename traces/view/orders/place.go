package orders

import "math"

// place gives each operation of an order the times between which it may have taken effect: after those before it, and
// before those after it. It took effect when it was agreed on, or after that, and before it was applied anywhere, where
// that is told, and if the order, and times that may be coarse, let all be so.
func place(order []*Operation) {
	if !fits(order, true) {
		fits(order, false)
	}
}

// fits says whether each operation has a time; narrow has it be between agreement and application.
func fits(order []*Operation, narrow bool) bool {
	at := int64(math.MinInt64)
	for rank, op := range order {
		at = max(at, op.call)
		if narrow && op.chosenAt > 0 {
			at = max(at, op.chosenAt)
		}
		op.State, op.Rank, op.From = Placed, rank, at
	}
	at = math.MaxInt64
	for i := len(order) - 1; i >= 0; i-- {
		op := order[i]
		at = min(at, op.end)
		if narrow && op.appliedAt > 0 {
			at = min(at, op.appliedAt)
		}
		if op.To = at; op.To < op.From {
			return false
		}
	}
	return true
}
