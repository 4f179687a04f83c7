//go:build race

package raft_test

// scheduleSeeds is how many schedules TestSchedules runs. Under the race detector each takes ten times as long, and it
// has nothing to find here: there are no goroutines.
const scheduleSeeds = 500
