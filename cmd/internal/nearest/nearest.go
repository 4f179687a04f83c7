// Package nearest finds the name that a misspelt one most likely means.
package nearest

import "strings"

// Name is the candidate that a misspelt name most likely means: the one that the fewest insertions, deletions,
// changes and swaps of neighbours lead to, the first of them when there are several. A name that is a part of a
// candidate is one step from it: nodes means num_nodes. It is empty only when there is no candidate.
func Name(name string, candidates []string) string {
	nearest, least := "", 0
	for i, candidate := range candidates {
		if d := Steps(name, candidate); i == 0 || d < least {
			nearest, least = candidate, d
		}
	}
	return nearest
}

// Near is Name for names that may be anything: it is empty where nothing is near, because more than half of the
// name would have to be another.
func Near(name string, candidates []string) string {
	nearest := Name(name, candidates)
	if Steps(name, nearest) > len(name)/2 {
		return ""
	}
	return nearest
}

// Steps is how far a candidate is from a name.
func Steps(name, candidate string) int {
	const telling = 4 // a shorter part can be of anything
	if len(name) >= telling && name != candidate && strings.Contains(candidate, name) {
		return 1
	}
	return Distance(name, candidate)
}

// Distance is the edit distance of two words in which a swap of neighbours counts as one edit (optimal string
// alignment). Names are cut at a length that no name of ours has, so that a wrong one costs no more than a right one.
func Distance(a, b string) int {
	const longest = 64
	x, y := []rune(a[:min(len(a), 4*longest)]), []rune(b)
	x = x[:min(len(x), longest)]
	above, row, next := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next[0] = i + 1
		for j := range y {
			change := 1
			if x[i] == y[j] {
				change = 0
			}
			next[j+1] = min(row[j]+change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], above[j-1]+1)
			}
		}
		above, row, next = row, next, above
	}
	return row[len(y)]
}
