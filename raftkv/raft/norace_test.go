//go:build !race

package raft_test

// scheduleSeeds is how many schedules TestSchedules runs.
const scheduleSeeds = 20_000
