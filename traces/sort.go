package traces

import (
	"runtime"
	"slices"
	"sync"
)

// sortWith sorts with all processors there are. No two items may be equal: then there is one order, however many processors there are.
func sortWith[T any](list []T, compare func(a, b T) int) {
	sortParts(list, compare, runtime.GOMAXPROCS(0))
}

// fewToSort is how many items are sorted sooner than another processor begins.
const fewToSort = 1 << 13

func sortParts[T any](list []T, compare func(a, b T) int, processors int) {
	if processors < 2 || len(list) < fewToSort {
		slices.SortFunc(list, compare)
		return
	}
	half := len(list) / 2
	var sorting sync.WaitGroup
	sorting.Go(func() { sortParts(list[:half], compare, processors/2) })
	sortParts(list[half:], compare, (processors+1)/2)
	sorting.Wait()
	a, b := slices.Clone(list[:half]), list[half:]
	for i := range list { // b is at the end of list, and what is written never comes to what is still to be read
		switch {
		case len(a) == 0:
			return
		case len(b) == 0 || compare(a[0], b[0]) < 0:
			list[i], a = a[0], a[1:]
		default:
			list[i], b = b[0], b[1:]
		}
	}
}
