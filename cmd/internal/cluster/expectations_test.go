package cluster_test

import (
	"slices"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
)

// TestExpectations looks at a run for things that are so and things that are not.
func TestExpectations(t *testing.T) {
	c := parse(t, `
		[[operation]]
		client = "client-1"
		put = "a"
		value = "x"
		[[operation]]
		client = "client-2"
		at = "100ms"
		get = "a"
		[[fault]]
		at = "70ms"
		slow = "node-5"
		by = "1us"
		[[fault]]
		at = "8s"
		crash = "node-5"
		[[expect]]
		leader = "node-1"
		[[expect]]
		sometimes = "election won"
		[[expect]]
		sometimes = "conflict repaired"
		[[expect]]
		never = "vote denied"
		[[expect]]
		never = "election won"
		[[expect]]
		answered = 2
		[[expect]]
		faults = 1
		[[expect]]
		faults = 2
		[[expect]]
		violated = "QuorumLog"
		[[expect]]
		operation = "client-2/1"
		result = "x"
		[[expect]]
		operation = "client-1/1"
		result = "error: key already exists: a"
		[[expect]]
		log = "node-3"
		terms = [1, 1, 1]
		[[expect]]
		log = "node-3"
		terms = [1, 2]
		[[expect]]
		at = "90ms"
		log = "node-3"
		terms = [1, 1]
		[[expect]]
		at = "90ms"
		log = "node-2"
		terms = []
		[[expect]]
		at = "9s"
		log = "node-3"
		terms = [1, 1, 1]`)
	result, err := cluster.New(c, cluster.Options{}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []cluster.FailedExpectation{
		{Expect: 2, Got: "it did not happen: conflict repaired"},
		{Expect: 4, Got: "it happened 1 time: election won"},
		{Expect: 7, Got: "1 fault happened; one that did not: crash node-5 at 8s: " + result.Missed[0].Why},
		{Expect: 8, Got: "no invariant was violated"},
		{Expect: 10, Got: `client-1/1 ended with "ok"`},
		{Expect: 12, Got: "the entries in the log of node-3 are of the terms [1 1 1]"},
		{Expect: 14, Got: "at 90ms the entries in the log of node-2 are of the terms [1 1]"},
		{Expect: 15, Got: "the run ended before 9s"},
	}
	if !slices.Equal(result.Failed, want) {
		t.Errorf("the failed expectations are %v, want %v", result.Failed, want)
	}
}
