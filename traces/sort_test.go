package traces

import (
	"cmp"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// Many processors sort as one does.
func TestSortWith(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, fewToSort - 1, fewToSort, 5*fewToSort + 3} {
		sorted := slices.Sorted(slices.Values(random.Perm(n)))
		nearly := slices.Clone(sorted)
		for i := 0; i+7 < n; i += 5 {
			nearly[i], nearly[i+7] = nearly[i+7], nearly[i]
		}
		backwards := slices.Clone(sorted)
		slices.Reverse(backwards)
		for name, list := range map[string][]int{"shuffled": random.Perm(n), "sorted": sorted, "nearly sorted": nearly, "backwards": backwards, "the last first": append([]int{n}, sorted...)} {
			want := slices.Clone(list)
			slices.Sort(want)
			for _, processors := range []int{1, 2, 3, 8} {
				before := runtime.GOMAXPROCS(processors)
				got := slices.Clone(list)
				sortWith(got, cmp.Compare[int])
				runtime.GOMAXPROCS(before)
				if !slices.Equal(got, want) {
					t.Errorf("%d items, %s, with %d processors: they are out of order", n, name, processors)
				}
			}
		}
	}
}

// Parts that are done at once are all that there is, each thing once; and one processor does them as well as many.
func TestInParts(t *testing.T) {
	for _, processors := range []int{1, 4} {
		before := runtime.GOMAXPROCS(processors)
		for _, n := range []int{0, 1, onePart, onePart + 1, 3*onePart + 5} {
			done := make([]int, n)
			first := make([]bool, parts(n))
			inParts(n, func(from, to int32) {
				first[from/onePart] = from%onePart == 0
				for i := from; i < to; i++ {
					done[i]++
				}
			})
			for i, times := range done {
				if times != 1 {
					t.Fatalf("%d processors, %d things: number %d is done %d times", processors, n, i, times)
				}
			}
			for i, is := range first {
				if !is {
					t.Errorf("%d processors, %d things: part %d does not begin where it should", processors, n, i)
				}
			}
		}
		runtime.GOMAXPROCS(before)
	}
}
