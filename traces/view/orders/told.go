package orders

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/traces/index"
)

func (k *keyOrder) told(verdict string, answered []*Operation, text string) Key {
	if text == "" {
		text = fmt.Sprintf("An order explains the answers to all %d operations.", len(answered))
		if len(answered) == 1 {
			text = "Its one answer is explained."
		}
	}
	return Key{Key: k.name, Operations: len(k.all), Verdict: verdict, Text: text, Misfit: index.None}
}

// undecided says that nobody knows.
func (k *keyOrder) undecided(answered []*Operation) Key {
	for _, op := range answered {
		op.State = Untried
	}
	return k.told(Undecided, answered, fmt.Sprintf("Whether an order explains the answers to all %d operations was not "+
		"found out: there are too many orders to try.", len(answered)))
}

// broken finds the first answer that does not fit: without it, and those after it, there is an order.
func (k *keyOrder) broken(answered, pending []*Operation) Key {
	byEnd := slices.Clone(answered)
	slices.SortStableFunc(byEnd, func(a, b *Operation) int { return cmp.Compare(a.end, b.end) })
	var order []*Operation
	undecided := false
	wrong := sort.Search(len(byEnd), func(n int) bool {
		found, verdict := k.first(byEnd, n+1, pending)
		undecided = undecided || verdict == Undecided
		if verdict == Explained {
			order = found
		}
		return verdict != Explained
	})
	if undecided || wrong == len(byEnd) {
		return k.undecided(answered)
	}
	place(order)
	for n, op := range byEnd[wrong:] {
		if op.State = After; n == 0 {
			op.State = Misfit
		}
	}
	for _, op := range pending {
		if !slices.Contains(order, op) {
			op.State = Unknown
		}
	}
	key := k.told(Broken, answered, k.why(byEnd, wrong, order, pending))
	key.Misfit = byEnd[wrong].Span
	return key
}

// first looks for an order of the first n answers. What was asked before the last of them and answered later may have
// taken effect.
func (k *keyOrder) first(byEnd []*Operation, n int, pending []*Operation) ([]*Operation, string) {
	must, may := slices.Clone(byEnd[:n]), slices.Clone(pending)
	var open []*Operation
	for _, op := range byEnd[n:] {
		if isWrite(op.command) && n > 0 && op.call < byEnd[n-1].end {
			open = append(open, op)
		}
	}
	answers := make([]string, len(open))
	for i, op := range open {
		answers[i], op.answer = op.answer, ""
	}
	byCall := func(a, b *Operation) int { return cmp.Compare(a.call, b.call) }
	may = append(may, open...)
	slices.SortStableFunc(must, byCall)
	slices.SortStableFunc(may, byCall)
	s := search{key: k.name, steps: k.steps}
	order, verdict := s.order(must, may)
	for i, op := range open {
		op.answer = answers[i]
	}
	return order, verdict
}

// why says what an answer clashes with.
func (k *keyOrder) why(byEnd []*Operation, wrong int, order, pending []*Operation) string {
	op := byEnd[wrong]
	text := fmt.Sprintf("No order explains that %s was answered %q to %s, asked at %s", op.request, op.answer,
		history.Text(op.command), k.at(op.call))
	if failed := k.tookEffect(byEnd, wrong, pending); failed != nil {
		return fmt.Sprintf("%s: one would if %s, which was answered %q to %s at %s, had taken effect all the same.", text,
			failed.request, failed.answer, history.Text(failed.command), k.at(k.g.x.Entry(failed.Span).End))
	}
	var now history.Content
	for _, before := range order {
		now, _ = now.Step(before.command)
	}
	holds := "nothing"
	if now.Present {
		holds = fmt.Sprintf("%q", now.Value)
	}
	var last *Operation
	for _, before := range byEnd[:wrong] {
		over := before.end < op.call || before.client == op.client
		if over && isWrite(before.command) && changed(before) {
			last = before
		}
	}
	if last == nil {
		return fmt.Sprintf("%s: nothing had changed the key before that, and in the order of the answers before it, it "+
			"holds %s.", text, holds)
	}
	return fmt.Sprintf("%s: before that, %s was answered %q to %s at %s, and in the order of the answers before it, the "+
		"key holds %s.", text, last.request, last.answer, history.Text(last.command), k.at(last.end), holds)
}

// changed says whether an operation was answered that it changed its key.
func changed(op *Operation) bool {
	return op.answer == (kv.Stored{}).String() || op.answer == (kv.Deleted{}).String()
}

// tookEffect returns an operation that was answered to have failed, and that explains an answer if it did not; nil if
// there is none.
func (k *keyOrder) tookEffect(byEnd []*Operation, wrong int, pending []*Operation) *Operation {
	for _, op := range k.all {
		if op.State != Failed || !isWrite(op.command) {
			continue
		}
		answer := op.answer
		op.answer = ""
		_, verdict := k.first(byEnd, wrong+1, append(slices.Clone(pending), op))
		op.answer = answer
		if verdict == Explained {
			return op
		}
	}
	return nil
}

// at is a time of the run, as its story writes it.
func (k *keyOrder) at(ns int64) string {
	return fmt.Sprintf("%.3fms", float64(ns-k.g.x.Epoch.UnixNano())/float64(time.Millisecond))
}
