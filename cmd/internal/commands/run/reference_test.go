package run

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// kind is a kind of line of the reference's story.
type kind struct {
	what  string
	line  string // of one, process and text, as a regular expression
	times int    // how many there are in a run of 5 nodes, 3 clients and 15 requests; 0 when that depends on chance
	after string // the kind that the first one of this kind comes after; empty for the one above
}

// referenceStory is what a person sees of the reference, in its order.
var referenceStory = []kind{
	{what: "config read", line: `world +config read: reference, seed 1, 5 nodes, 3 clients`, times: 1},
	{what: "each node starting", line: `node-[1-5] +starting as follower`, times: 5},
	{what: "peers configured", line: `node-[1-5] +peers configured: 5 servers, a majority is 3`, times: 5},
	{what: "node 1 starting election for term 1", line: `node-1 +starting election for term 1`, times: 1},
	{what: "each follower granting its vote", line: `node-[2-5] +granting vote to node-1 for term 1`, times: 4},
	{what: "each vote received", line: `node-1 +vote received from node-[2-5]`, times: 4},
	{what: "election result", line: `node-1 +election result [3-5] votes \(need 3\)`, times: 1},
	{what: "node 1 became leader for term 1", line: `node-1 +became leader for term 1`, times: 1},
	{what: "clients started", line: `client-[1-3] +client started`, times: 3},
	{what: "appending an entry", line: `node-1 +appending entry at index \d+ \(term 1\): (PUT|GET|DELETE) .*`, times: 15},
	{what: "each follower's AppendEntries", line: `node-[2-5] +AppendEntries from node-1 ok, match_index \d+`, times: 60},
	{what: "each ack at the leader", line: `node-1 +ack from node-[2-5], match_index \d+`, times: 60},
	{what: "replication", line: `node-1 +replication [3-5]/3 acks: index \d+ is committed`, times: 15},
	{what: "the applied result", line: `node-1 +applied result (PUT "." = "val_\d+" -> (OK|REJECTED \(key exists\))|GET "." -> (NOT FOUND|"val_\d+")|DELETE "." -> (OK|NOT FOUND))`, times: 15},
	// The answer and the notifications leave together, and chance decides which arrives first.
	{
		what: "the client's own line", line: `client-[1-3] +request [1-5]: (PUT|GET|DELETE) .* -> .*`, times: 15,
		after: "the applied result",
	},
	{what: "each follower's commit index", line: `node-[2-5] +commit index \d+ -> \d+`, after: "the applied result"},
	{
		what: "each follower's own apply line", line: `node-[2-5] +applied index \d+: (PUT|GET|DELETE) .* -> .*`, times: 60,
		after: "each follower's commit index",
	},
}

// siblingStory is what a person sees of the reference's sibling on MultiPaxos, in its order, in a run of 3 acceptors, 2
// replicas, 1 leader, 3 clients and 15 requests.
var siblingStory = []kind{
	{
		what: "config read", times: 1,
		line: `world +config read: multipaxos-reference, seed 1, 3 acceptors, 2 replicas, 1 leader, 3 clients`,
	},
	{what: "each acceptor starting", line: `acceptor-[1-3] +starting`, times: 3},
	{what: "each replica starting", line: `replica-[12] +starting`, times: 2},
	{what: "the leader starting", line: `leader-1 +starting`, times: 1},
	{what: "phase 1", line: `leader-1 +phase 1: Prepare\(1\.1\) sent to 3 acceptors`, times: 1},
	{what: "each acceptor's promise", line: `acceptor-[1-3] +promising ballot 1\.1 to leader-1`, times: 3},
	{
		what: "each promise received", times: 3,
		line: `leader-1 +promise received from acceptor-[1-3], with 0 slots accepted`,
	},
	{what: "phase 1 complete", line: `leader-1 +phase 1 complete, [23] promises \(need 2\)`, times: 1},
	{what: "leader established", line: `leader-1 +leader established in ballot 1\.1`, times: 1},
	{what: "clients started", line: `client-[1-3] +client started`, times: 3},
	{what: "assigning a slot", line: `leader-1 +assigning slot \d+: (PUT|GET|DELETE) .*`, times: 15},
	{what: "each acceptor accepting", line: `acceptor-[1-3] +accepting slot \d+ in ballot 1\.1`, times: 45},
	{what: "each answer at the leader", line: `leader-1 +slot \d+ accepted by acceptor-[1-3]`, times: 45},
	{what: "phase 2", line: `leader-1 +phase 2 for slot \d+: [23]/2 accepted`, times: 15},
	{what: "the applied result", line: `leader-1 +applied result (PUT|GET|DELETE) .* -> .*`, times: 15},
	{
		what: "the client's own line", line: `client-[1-3] +request [1-5]: (PUT|GET|DELETE) .* -> .*`, times: 15,
		after: "the applied result",
	},
	{
		what: "each replica's line", line: `replica-[12] +slot \d+: (PUT|GET|DELETE) .* -> .*`, times: 30,
		after: "the applied result",
	},
}

// TestReferenceStory reads the story of the reference scenario, and of its sibling: every line is of one of the kinds,
// the first ones come in their order, and there are as many as there should be.
func TestReferenceStory(t *testing.T) {
	t.Run("reference", func(t *testing.T) { tellsAs(t, "reference", referenceStory) })
	t.Run("sibling", func(t *testing.T) { tellsAs(t, "multipaxos-reference", siblingStory) })
}

func tellsAs(t *testing.T, scenario string, wanted []kind) {
	t.Helper()
	files, c := runFolder(t, scenario)
	first, times := make([]int, len(wanted)), make([]int, len(wanted))
	patterns := make([]*regexp.Regexp, len(wanted))
	for i, k := range wanted {
		patterns[i] = regexp.MustCompile(`^ *\d+\.\d{3}ms ` + strings.Replace(k.line, " +", ` +[0-9a-f]{16}  `, 1) + `$`)
	}
	number := 0
	for line := range strings.Lines(files[storyFile]) {
		if number++; strings.HasPrefix(line, "── ") {
			continue // the heading of a phase, which is of no process
		}
		i := slices.IndexFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(strings.TrimSuffix(line, "\n")) })
		if i < 0 {
			t.Errorf("%s:%d: the reference has no such line: %s\n%s", storyFile, number, c, line)
			continue
		}
		if times[i]++; times[i] == 1 {
			first[i] = number
		}
	}
	for i, k := range wanted {
		before := max(0, i-1)
		if k.after != "" {
			before = slices.IndexFunc(wanted, func(other kind) bool { return other.what == k.after })
		}
		if first[i] == 0 || i > 0 && first[i] <= first[before] {
			t.Errorf("%s is first told in line %d, want it after %s, in line %d: %s", k.what, first[i],
				wanted[before].what, first[before], c)
		}
		if k.times > 0 && times[i] != k.times {
			t.Errorf("%s is told %d times, want %d: %s", k.what, times[i], k.times, c)
		}
	}
}

// TestReferenceRequests reads the lines of each request by themselves: they are in the order of the reference, one
// request after the other.
func TestReferenceRequests(t *testing.T) {
	files, c := runFolder(t, "reference")
	index := regexp.MustCompile(`appending entry at index (\d+) `)
	var appended []string
	committed := 0
	for line := range strings.Lines(files[storyFile]) {
		if m := index.FindStringSubmatch(line); m != nil {
			if len(appended) > committed {
				t.Errorf("index %s is appended before the request before it is committed: %s", m[1], c)
			}
			appended = append(appended, m[1])
		}
		if strings.HasSuffix(line, " is committed\n") {
			committed++
		}
	}
	if want := strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"); !slices.Equal(appended, want) ||
		committed != len(want) {
		t.Errorf("the indexes are %v, and %d were committed: %s", appended, committed, c)
	}
}
