package traces

import (
	"cmp"
	"slices"
	"strconv"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// CompareProcesses orders processes as a person looks for them: the world, the clients, then the nodes, each by their numbers.
func CompareProcesses(a, b string) int {
	rank := func(name string) int {
		group, _ := ProcessNumber(name)
		return slices.Index([]string{kvspans.ServiceNode, kvspans.ServiceClient, worldspans.ServiceWorld}, group)
	}
	_, x := ProcessNumber(a)
	_, y := ProcessNumber(b)
	return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(x, y), cmp.Compare(a, b))
}

// ProcessNumber takes node-12 apart.
func ProcessNumber(name string) (group string, number uint64) {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == '-' {
			number, err := strconv.ParseUint(name[i+1:], 10, 64)
			if err == nil {
				return name[:i], number
			}
			break
		}
	}
	return name, 0
}
