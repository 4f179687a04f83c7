package world

import (
	"math"
	"testing"
	"time"
)

func TestPickStaysWithinItsRange(t *testing.T) {
	for _, test := range []struct {
		r      Range
		random uint64
		want   time.Duration
	}{
		{Range{}, 7, 0},
		{Range{Min: 5, Max: 5}, math.MaxUint64, 5},
		{Range{Min: 5, Max: 3}, math.MaxUint64, 5}, // empty: its beginning
		{Range{Min: 5, Max: 6}, 0, 5},
		{Range{Min: 5, Max: 6}, math.MaxUint64 / 2, 5},
		{Range{Min: 5, Max: 6}, math.MaxUint64/2 + 1, 6},
		{Range{Min: 5, Max: 6}, math.MaxUint64, 6},
		{Range{Max: math.MaxInt64}, 0, 0},
		{Range{Max: math.MaxInt64}, math.MaxUint64, math.MaxInt64},
	} {
		if got := test.r.Pick(test.random); got != test.want {
			t.Errorf("%d..%d: Pick(%d) = %d, want %d", test.r.Min, test.r.Max, test.random, got, test.want)
		}
	}
}

func TestPickIsUniform(t *testing.T) {
	const each, draws = 7, 140_000
	var counts [each]int
	for i := range CausalID(draws) {
		counts[Range{Min: 10, Max: 10 + each - 1}.Pick(Draw(1, 1, i))-10]++
	}
	want := float64(draws) / each
	for i, count := range counts {
		if math.Abs(float64(count)-want) > 4*math.Sqrt(want) {
			t.Errorf("%d is picked %d times, want about %.0f", 10+i, count, want)
		}
	}
}

func TestHappens(t *testing.T) {
	for _, random := range []uint64{0, 1, math.MaxUint64 / 2, math.MaxUint64} {
		if Happens(random, 0) {
			t.Errorf("what is impossible happens for %d", random)
		}
		if !Happens(random, 1) {
			t.Errorf("what is certain does not happen for %d", random)
		}
	}
	for _, probability := range []float64{0.001, 0.1, 0.5, 0.9} {
		const draws = 100_000
		count := 0
		for i := range CausalID(draws) {
			if Happens(Draw(1, 1, i), probability) {
				count++
			}
		}
		want := draws * probability
		if math.Abs(float64(count)-want) > 4*math.Sqrt(want*(1-probability)) {
			t.Errorf("what has probability %g happens %d times in %d", probability, count, draws)
		}
	}
}
