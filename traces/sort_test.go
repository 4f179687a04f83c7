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
