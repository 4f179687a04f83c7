package sweep

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// seeds are those from the first to the last.
type seeds struct {
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

func (s seeds) count() uint64 { return s.Last - s.First + 1 }

func (s seeds) String() string {
	if s.First == s.Last {
		return fmt.Sprintf("seed %d", s.First)
	}
	return fmt.Sprintf("seeds %d-%d", s.First, s.Last)
}

// parseSeeds reads 1-10000, or one seed.
func parseSeeds(text string) (seeds, error) {
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	low, err1 := strconv.ParseUint(first, 10, 63)
	high, err2 := strconv.ParseUint(last, 10, 63)
	switch {
	case err1 != nil || err2 != nil:
		return seeds{}, fmt.Errorf("-seeds wants a range such as 1-10000, or one seed, of numbers from 0 to %d, not %q",
			uint64(math.MaxInt64), text)
	case low > high:
		return seeds{}, fmt.Errorf("-seeds %q runs backwards: write %d-%d", text, high, low)
	}
	return seeds{low, high}, nil
}

// shard is one of the parts that a sweep is split into, numbered from 1. Seeds are dealt out like cards, so that all
// parts are alike.
type shard struct {
	Index uint64 `json:"index"`
	Of    uint64 `json:"of"`
}

func (s shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// parseShard reads 2/8.
func parseShard(text string) (shard, error) {
	left, right, _ := strings.Cut(text, "/")
	index, err1 := strconv.ParseUint(left, 10, 32)
	of, err2 := strconv.ParseUint(right, 10, 32)
	if err1 != nil || err2 != nil || index == 0 || index > of {
		return shard{}, fmt.Errorf("-shard wants a part and how many there are, such as 1/8 to 8/8, not %q", text)
	}
	return shard{index, of}, nil
}

// completionIndex is the variable in which Kubernetes tells each pod of an indexed job its number, from 0.
const completionIndex = "JOB_COMPLETION_INDEX"

// jobShard is the shard of a pod of an indexed job.
func jobShard(of uint64, index string) (shard, error) {
	n, err := strconv.ParseUint(index, 10, 32)
	switch {
	case index == "":
		return shard{}, fmt.Errorf("-shards %d says how many parts there are, and %s is not set, which would say which one "+
			"this is; -shard 1/%d says it without", of, completionIndex, of)
	case err != nil || n >= of:
		return shard{}, fmt.Errorf("%s is %q, and wanted is a number from 0 to %d, because of -shards %d", completionIndex,
			index, of-1, of)
	}
	return shard{n + 1, of}, nil
}

// count is how many seeds are a shard's.
func (s shard) count(all seeds) uint64 {
	if all.count() < s.Index {
		return 0
	}
	return (all.count()-s.Index)/s.Of + 1
}

// seed is one of a shard's, counted from 0.
func (s shard) seed(all seeds, i uint64) uint64 { return all.First + s.Index - 1 + i*s.Of }
