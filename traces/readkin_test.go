package traces_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Spans of one name have attributes that others have not, in any order: each is read as if it stood alone.
func TestReadAfterOtherKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	attributes := []string{
		`{"key":"raft.node.id","value":{"stringValue":"node-%d"}}`,
		`{"key":"raft.term","value":{"intValue":"%d"}}`,
		`{"key":"raft.role","value":{"stringValue":"follower"}}`,
		`{"key":"raft.entries","value":{"arrayValue":{"values":[{"stringValue":"%d@1 noop"}]}}}`,
		`{"key":"raft.match_index","value":{"intValue":"%d"}}`,
		`{"key":"raft.reply","value":{"stringValue":"AppendEntriesOk"}}`,
		`{"key":"raft.none","value":{"boolValue":true}}`,
		`{ "key":"raft.term","value":{"intValue":"%d"}}`,
		`{"key":"raft.term","value":{"intValue":"%d" }}`,
		`{"value":{"intValue":"%d"},"key":"raft.term"}`,
	}
	for range 100 {
		var lines []string
		for id := range 20 {
			var list []string
			for _, a := range attributes {
				for random.IntN(6) > 2 {
					list = append(list, strings.ReplaceAll(a, "%d", fmt.Sprint(1+random.IntN(2))))
					if random.IntN(8) > 0 {
						break
					}
				}
			}
			if random.IntN(8) == 0 {
				random.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
			}
			lines = append(lines, oddLine(oddSpan(id+1, `"name":"raft.Raft/AppendEntries","kind":2`, `"attributes":[`+strings.Join(list, ",")+`],"status":{}`))+"\n")
		}
		if diff := afterOthers(t, lines...); diff != "" {
			t.Fatalf("they are read otherwise:\n-by a reader of its own, +after the others:\n%s\n%s", diff, strings.Join(lines, ""))
		}
	}
}
