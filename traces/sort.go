package traces

import (
	"runtime"
	"slices"
	"sync"
)

// sortWith sorts with all processors there are. No two items may be equal: then there is one order, however many processors there are. What is in a file is nearly in the order of
// time, so only those items are sorted that come too late, and put between the others.
func sortWith[T any](list []T, compare func(a, b T) int) {
	inOrder := list[:0]
	late := make([]T, 0, len(list)/4)
	for _, item := range list {
		if n := len(inOrder); n > 0 && compare(item, inOrder[n-1]) < 0 {
			late = append(late, item)
		} else {
			inOrder = append(inOrder, item)
		}
	}
	sortParts(late, compare, runtime.GOMAXPROCS(0))
	i, k := len(inOrder)-1, len(late)-1
	for at := len(list) - 1; k >= 0; at-- { // what is written never comes to what is still to be read
		if i >= 0 && compare(inOrder[i], late[k]) > 0 {
			list[at], i = inOrder[i], i-1
		} else {
			list[at], k = late[k], k-1
		}
	}
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

// inParallel does what is to be done with all processors there are. What takes longest is to come first: with others beside it, it would end last.
func inParallel(tasks ...func()) {
	todo := make(chan func(), len(tasks))
	for _, task := range tasks {
		todo <- task
	}
	close(todo)
	var working sync.WaitGroup
	for range min(len(tasks), runtime.GOMAXPROCS(0)) {
		working.Go(func() {
			for task := range todo {
				task()
			}
		})
	}
	working.Wait()
}

// onePart is how many of many things are done at once by inParts: so few that a small trace has several parts too, and its tests show what is wrong with them.
const onePart = 1 << 9

// parts is how many parts so many things have.
func parts(n int) int { return (n + onePart - 1) / onePart }

// inParts does something to many things with all processors there are, part by part, from one to before another.
func inParts(n int, do func(from, to int32)) {
	tasks := make([]func(), parts(n))
	for i := range tasks {
		from := i * onePart
		tasks[i] = func() { do(int32(from), int32(min(n, from+onePart))) }
	}
	inParallel(tasks...)
}
