// Package race tells tests whether they run with the race detector. Nothing but tests imports it.
package race

// Fewer is how many cases a test looks at: all, or few with the race detector. There a run takes ten times as long, and
// chance has no more to show.
func Fewer[N int | uint64](all, few N) N {
	if Enabled {
		return few
	}
	return all
}
