package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// TestWhatLasts looks at runs that do not finish, and at whether Progress is demanded of them: it is unless something
// is still the matter with the servers.
func TestWhatLasts(t *testing.T) {
	const unfinished = "num_nodes = 3\nnum_clients = 1\nmax_duration = \"40s\"\n"
	const stuck = "bug = \"no-commit-on-heartbeat\"\n" + unfinished // what node-2 forgot in a crash it never learns again
	const reboot = "[[fault]]\nat = \"120ms\"\ncrash = \"node-2\"\n[[fault]]\nat = \"140ms\"\nrestart = \"node-2\"\n"
	const waits = "[[fault]]\nat = \"100ms\"\npause = \"client-1\"\n" // so that the run does not finish
	const leaderless = unfinished + "[[fault]]\nat = \"60ms\"\ncrash = \"node-1\"\n"
	for name, test := range map[string]struct {
		text   string
		broken bool
	}{
		"nothing lasts":              {stuck + waits + reboot, true},
		"a pause that a crash ended": {stuck + waits + reboot + "[[fault]]\nat = \"100ms\"\npause = \"node-2\"", true},
		"a pause of who is down":     {stuck + waits + reboot + "[[fault]]\nat = \"130ms\"\npause = \"node-2\"", true},
		"a client that is cut off": {
			stuck + waits + reboot + "[[fault]]\nat = \"100ms\"\nisolate = \"client-1\"",
			true,
		},
		"a server that is paused": {
			stuck + waits + reboot + "[[fault]]\nat = \"150ms\"\npause = \"node-3\"",
			false,
		},
		"a server that is isolated": {
			stuck + waits + reboot + "[[fault]]\nat = \"150ms\"\nisolate = \"node-3\"",
			false,
		},
		"clocks that were ten hours ahead":  {leaderless + skewed("-10h"), false},
		"clocks that were a second ahead":   {stuck + waits + reboot + skewed("-1s"), true},
		"links that are slower than clocks": {unfinished + slowLinks("400ms"), false},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := config.Parse("test.toml", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			result, err := cluster.New(c, cluster.Options{}).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			v := result.Checks.Violation
			if result.Finished || (v != nil) != test.broken || v != nil &&
				v.Invariant.Name != string(protocol.InvariantProgress) {
				t.Errorf("the violation is %v, finished is %v; want a violation of Progress: %v", v, result.Finished, test.broken)
			}
		})
	}
}

// skewed has the clocks of two servers jump.
func skewed(by string) string {
	var b strings.Builder
	for _, node := range []string{"node-2", "node-3"} {
		fmt.Fprintf(&b, "[[fault]]\nat = \"170ms\"\nskew = %q\nby = %q\n", node, by)
	}
	return b.String()
}

// slowLinks has all that three servers say to each other take so long.
func slowLinks(latency string) string {
	var b strings.Builder
	for from := range 3 {
		for to := range 3 {
			if from != to {
				fmt.Fprintf(&b, "[[link]]\nfrom = \"node-%d\"\nto = \"node-%d\"\nlatency = %q\n", from+1, to+1, latency)
			}
		}
	}
	return b.String()
}
