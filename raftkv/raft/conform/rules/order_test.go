package rules

import (
	"slices"
	"testing"
)

// What a server did is told in the order of its steps and of their ranks, and all of a step at its latest time, which
// is not before that of the step before it.
func TestOrderBySteps(t *testing.T) {
	all := []moment{
		{step: 2, rank: rankSend, at: 21, key: 5},
		{step: 1, rank: rankSend, at: 12, key: 4},
		{step: 3, rank: rankCommit, at: 15, key: 6},
		{step: 1, rank: rankReceive, at: 19, key: 9},
		{step: 1, rank: rankSend, at: 13, key: 3},
	}
	orderBySteps(all)
	want(t, all, []uint64{9, 3, 4, 5, 6}, []int64{19, 19, 19, 21, 21})
}

// Where steps have no numbers, what is no further apart than a time is one step, in the order of ranks.
func TestOrderByTimes(t *testing.T) {
	moments := func() []moment {
		return []moment{
			{rank: rankSend, at: 5000, key: 4},
			{rank: rankSend, at: 1000, key: 2},
			{rank: rankReceive, at: 2000, key: 1},
			{rank: rankReceive, at: 4000, key: 3},
		}
	}
	together, apart := moments(), moments()
	orderByTimes(together, 1000)
	want(t, together, []uint64{1, 2, 3, 4}, []int64{1000, 1000, 4000, 4000})
	orderByTimes(apart, 0)
	want(t, apart, []uint64{2, 1, 3, 4}, []int64{1000, 2000, 4000, 5000})
}

// want compares the order of moments, by their keys, and their times.
func want(t *testing.T, all []moment, keys []uint64, times []int64) {
	t.Helper()
	var gotKeys []uint64
	var gotTimes []int64
	for i := range all {
		gotKeys, gotTimes = append(gotKeys, all[i].key), append(gotTimes, all[i].at)
	}
	if !slices.Equal(gotKeys, keys) || !slices.Equal(gotTimes, times) {
		t.Errorf("got %d at %d, want %d at %d", gotKeys, gotTimes, keys, times)
	}
}
