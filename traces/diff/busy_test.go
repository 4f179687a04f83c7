package diff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	raftdiff "github.com/raftkv/raftkv/raftkv/raft/diff"
	"github.com/raftkv/raftkv/traces/diff"
)

// handmade is a span of a trace made by hand; times are microseconds.
type handmade struct {
	sort

	id, parent int
	process    string
	start, end int
	says       string // the value of an attribute, for what is to be changed
	fault      string // what was done, where it is a fault
	target     string // and to whom
	lost       bool   // the message is, by a fault, when it is sent
	appends    int    // when it appends an entry; 0 for never
	struck     int    // the fault that it links to; 0 for none
}

const (
	sender      = 0x8  // sends what only one of the runs has
	busyMessage = 0x10 // and is handled
	waits       = 0x20 // what is later for it, if it is
	longer      = 0x30 // tells how long a step may take
	waitsToo    = 0x40
)

// sort is what a span made by hand is.
type sort struct {
	name string
	kind int
}

var (
	message = sort{"raft.commit_notification", 5} // is handled by a process from its start to its end
	call    = sort{"raft.Raft/AppendEntries", 3}  // ends when its process comes to the reply
	request = sort{"raftkv.KV/Put", 2}            // is open for longer than its handling takes
	commit  = sort{"raft.commit", 1}
	sending = sort{"raft.commit_notification", 4}
	handled = sort{"raft.Raft/AppendEntries", 2}
	fault   = sort{"raftkv.fault", 1}
)

func (s sort) of(id int, process string, start, end int) handmade {
	return handmade{sort: s, id: id, process: process, start: start, end: end}
}

// idByHand is such an id as reports have it.
func idByHand(id int) string { return fmt.Sprintf("%016x", id) }

func (s handmade) below(parent int) handmade {
	s.parent = parent
	return s
}

func (s handmade) saying(what string) handmade {
	s.says = what
	return s
}

// indexedByHand is the trace of a run with these spans, which begins before them and ends after them.
func indexedByHand(t *testing.T, all ...handmade) *diff.Trace {
	t.Helper()
	var file strings.Builder
	for _, s := range append(all, sort{"raftkv.run", 1}.of(1, "world", 0, 0),
		sort{"raft.start", 1}.of(2, "node-9", 1000, 1000)) {
		parent := ""
		if s.parent != 0 {
			parent = fmt.Sprintf(`"parentSpanId":"%016x",`, s.parent)
		}
		attributes, events, links := fmt.Sprintf(`{"key":"raft.reason","value":{"stringValue":%q}}`, s.says), "", ""
		if s.fault != "" {
			attributes += fmt.Sprintf(`,{"key":"raftkv.fault","value":{"stringValue":%q}},`+
				`{"key":"raftkv.fault.target","value":{"stringValue":%q}}`, s.fault, s.target)
		}
		const epoch int64 = 946684800_000000
		if s.lost {
			events = fmt.Sprintf(`{"timeUnixNano":"%d000","name":"drop","attributes":[`+
				`{"key":"raftkv.cause","value":{"stringValue":"fault"}}]}`, epoch+int64(s.start))
		}
		if s.appends > 0 {
			events = fmt.Sprintf(`{"timeUnixNano":"%d000","name":"append"}`, epoch+int64(s.appends))
		}
		if s.struck > 0 {
			links = fmt.Sprintf(`{"traceId":"%016x%016x","spanId":"%016x","attributes":[`+
				`{"key":"raftkv.link","value":{"stringValue":"fault"}}]}`, 7, s.struck, s.struck)
		}
		fmt.Fprintf(&file,
			`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":%q}}]},`+
				`"scopeSpans":[{"spans":[{"traceId":"%016x%016x","spanId":"%016x",%s`+
				`"name":%q,"kind":%d,"startTimeUnixNano":"%d000","endTimeUnixNano":"%d000",`+
				`"attributes":[%s],"events":[%s],"links":[%s]}]}]}]}`+"\n",
			s.process, 7, s.id, s.id, parent, s.name, s.kind, epoch+int64(s.start), epoch+int64(s.end), attributes, events,
			links)
	}
	input := strings.NewReader(file.String())
	x, err := diff.ReadInput(t.Context(), "by hand", input, raftdiff.Protocol(), diff.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// A process does one thing at a time: what is later in the run in which it was busy with something comes of that, and
// of nothing that it was not busy with then.
func TestBusy(t *testing.T) {
	type runs struct {
		busy, other []handmade // in the first one a message is sent that is not in the other
		followed    int        // spans that come of that, itself included
		elsewhere   int        // and that come of nothing
	}
	for name, c := range map[string]runs{
		"begins when the other ends": {
			[]handmade{message.of(busyMessage, "node-1", 0, 10).below(sender), message.of(waits, "node-1", 10, 20)},
			[]handmade{message.of(waits, "node-1", 5, 15)},
			3, 0,
		},
		"begins a moment after the other ends": {
			[]handmade{message.of(busyMessage, "node-1", 0, 9).below(sender), message.of(waits, "node-1", 10, 20)},
			[]handmade{message.of(waits, "node-1", 5, 15)},
			2, 1,
		},
		"begins before the other ends": {
			[]handmade{message.of(busyMessage, "node-1", 0, 11).below(sender), message.of(waits, "node-1", 10, 20)},
			[]handmade{message.of(waits, "node-1", 5, 15)},
			2, 1,
		},
		"begins while the other, which takes longer, goes on": {
			[]handmade{message.of(busyMessage, "node-1", 6, 14).below(sender), message.of(waits, "node-1", 10, 20)},
			[]handmade{message.of(busyMessage, "node-1", 6, 8).below(sender), message.of(waits, "node-1", 5, 15)},
			2, 1,
		},
		"begins later, and ends earlier": {
			[]handmade{message.of(busyMessage, "node-1", 0, 10).below(sender), message.of(waits, "node-1", 10, 20)},
			[]handmade{message.of(waits, "node-1", 5, 25)},
			3, 0,
		},
		"another process is busy": {
			[]handmade{message.of(busyMessage, "node-2", 0, 10).below(sender), message.of(waits, "node-1", 10, 20)},
			[]handmade{message.of(waits, "node-1", 5, 15)},
			2, 1,
		},
		"says something else, too": {
			[]handmade{
				message.of(busyMessage, "node-1", 0, 10).below(sender),
				message.of(waits, "node-1", 10, 20).saying("this"),
			}, []handmade{message.of(waits, "node-1", 5, 15)}, 3, 0,
		},
		"begins at one time, and says something else when it ends": {
			[]handmade{
				message.of(busyMessage, "node-1", 10, 18).below(sender), call.of(waits, "node-1", 0, 20).saying("this"),
			}, []handmade{call.of(waits, "node-1", 0, 15)}, 2, 1,
		},
		"the other comes of it": {
			[]handmade{message.of(busyMessage, "node-1", 10, 10).below(waits), message.of(waits, "node-1", 10, 20)},
			[]handmade{message.of(waits, "node-1", 5, 15)},
			1, 2,
		},
		"two wait, one for the other": {
			[]handmade{
				message.of(busyMessage, "node-1", 0, 10).below(sender), message.of(waits, "node-1", 10, 20),
				message.of(waitsToo, "node-1", 20, 30),
			},
			[]handmade{message.of(waits, "node-1", 5, 15), message.of(waitsToo, "node-1", 15, 25)},
			4, 0,
		},
		"a reply is taken in after it": {
			[]handmade{message.of(busyMessage, "node-1", 10, 18).below(sender), call.of(waits, "node-1", 0, 20)},
			[]handmade{call.of(waits, "node-1", 0, 15)},
			3, 0,
		},
		"a reply is taken in when it ends, in one step": {
			[]handmade{message.of(busyMessage, "node-1", 10, 20).below(sender), call.of(waits, "node-1", 0, 20)},
			[]handmade{call.of(waits, "node-1", 0, 15)},
			2, 1,
		},
		"a reply would have been taken in after it, too": {
			[]handmade{message.of(busyMessage, "node-1", 6, 15).below(sender), call.of(waits, "node-1", 0, 20)},
			[]handmade{call.of(waits, "node-1", 0, 15)},
			2, 1,
		},
		"a reply is taken in more than a step after it": {
			[]handmade{message.of(busyMessage, "node-1", 16, 17).below(sender), call.of(waits, "node-1", 0, 20)},
			[]handmade{call.of(waits, "node-1", 0, 15)},
			2, 1,
		},
		"a step may be as long as a message's": {
			[]handmade{
				message.of(busyMessage, "node-1", 16, 17).below(sender), call.of(waits, "node-1", 0, 20),
				message.of(longer, "node-1", 100, 103),
			},
			[]handmade{call.of(waits, "node-1", 0, 15), message.of(longer, "node-1", 100, 103)},
			3, 0,
		},
		"a step may be as long as in the run that is busy": {
			[]handmade{
				message.of(busyMessage, "node-1", 16, 17).below(sender), call.of(waits, "node-1", 0, 20),
				message.of(longer, "node-1", 100, 103),
			}, []handmade{call.of(waits, "node-1", 0, 15)}, 4, 0,
		},
		"a step may be as long as in the other run": {
			[]handmade{message.of(busyMessage, "node-1", 16, 17).below(sender), call.of(waits, "node-1", 0, 20)},
			[]handmade{call.of(waits, "node-1", 0, 15), message.of(longer, "node-1", 100, 103)},
			4, 0,
		},
		"a step is not as long as another process's": {
			[]handmade{
				message.of(busyMessage, "node-1", 16, 17).below(sender), call.of(waits, "node-1", 0, 20),
				message.of(longer, "node-2", 100, 103),
			},
			[]handmade{call.of(waits, "node-1", 0, 15), message.of(longer, "node-2", 100, 103)},
			2, 1,
		},
		"a step is not as long as a request is open": {
			[]handmade{
				message.of(busyMessage, "node-1", 16, 17).below(sender), call.of(waits, "node-1", 0, 20),
				request.of(longer, "node-1", 100, 200),
			},
			[]handmade{call.of(waits, "node-1", 0, 15), request.of(longer, "node-1", 100, 200)},
			2, 1,
		},
		"a request keeps it busy from when it comes": {
			[]handmade{
				request.of(busyMessage, "node-1", 16, 90).below(sender), call.of(waits, "node-1", 0, 20),
				message.of(longer, "node-1", 100, 103),
			},
			[]handmade{call.of(waits, "node-1", 0, 15), message.of(longer, "node-1", 100, 103)},
			3, 0,
		},
		"a request that comes later does not": {
			[]handmade{
				request.of(busyMessage, "node-1", 21, 90).below(sender), call.of(waits, "node-1", 0, 20),
				message.of(longer, "node-1", 100, 105),
			},
			[]handmade{call.of(waits, "node-1", 0, 15), message.of(longer, "node-1", 100, 105)},
			2, 1,
		},
		"as much later as 64 steps": {
			[]handmade{message.of(busyMessage, "node-1", 78, 79).below(sender), call.of(waits, "node-1", 0, 80)},
			[]handmade{call.of(waits, "node-1", 0, 16)},
			3, 0,
		},
		"later than 64 steps": {
			[]handmade{message.of(busyMessage, "node-1", 79, 80).below(sender), call.of(waits, "node-1", 0, 81)},
			[]handmade{call.of(waits, "node-1", 0, 16)},
			2, 1,
		},
	} {
		for _, swapped := range []bool{false, true} {
			sends := sending.of(sender, "node-8", 0, 0)
			a, b := indexedByHand(t, append(c.busy, sends)...), indexedByHand(t, c.other...)
			if swapped {
				a, b = b, a
			}
			d, err := diff.Compare(t.Context(), a, b, diff.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if d.Followed.Spans != c.followed || d.Elsewhere.Spans != c.elsewhere {
				t.Errorf("%s, swapped %v: %d spans come of the message, and %d of nothing; want %d and %d", name, swapped,
					d.Followed.Spans, d.Elsewhere.Spans, c.followed, c.elsewhere)
			} else if got := d.Followed.Tree[0]; got.Event.ID != fmt.Sprintf("%016x", sender) || got.Size != c.followed {
				t.Errorf("%s, swapped %v: of %s come %d; want %016x and %d", name, swapped, got.Event.ID, got.Size, sender,
					c.followed)
			}
		}
	}
}

// What waits for one thing is told in the order in which it differs, and so is what comes of what waits.
func TestBusyInOrder(t *testing.T) {
	const first, second = waits, waitsToo
	sends := sending.of(sender, "node-8", 0, 0)
	busy := message.of(busyMessage, "node-1", 0, 10).below(sender)
	waiting := []handmade{message.of(first, "node-1", 10, 20), message.of(second, "node-1", 10, 21)}
	sooner := []handmade{message.of(first, "node-1", 5, 15), message.of(second, "node-1", 6, 15)}
	for name, c := range map[string]struct {
		of   []handmade // what comes of those that wait, only in the run that is busy
		want []int      // in this order
	}{
		"of the first, then of the second": {
			[]handmade{commit.of(0x50, "node-2", 7, 7).below(first), commit.of(0x60, "node-3", 8, 8).below(second)},
			[]int{0x50, 0x60},
		},
		"of the second, then of the first": {
			[]handmade{commit.of(0x50, "node-2", 8, 8).below(first), commit.of(0x60, "node-3", 7, 7).below(second)},
			[]int{0x60, 0x50},
		},
		"some of it late": {
			[]handmade{
				commit.of(0x50, "node-2", 7, 7).below(first), commit.of(0x51, "node-4", 8, 8).below(0x50),
				commit.of(0x60, "node-3", 9, 9).below(second), commit.of(0x61, "node-5", 11, 11).below(0x60),
			},
			[]int{0x50, 0x51, 0x60, 0x61},
		},
	} {
		a, b := indexedByHand(t, append(append([]handmade{sends, busy}, waiting...), c.of...)...), indexedByHand(t, sooner...)
		d, err := diff.Compare(t.Context(), a, b, diff.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{idByHand(sender), idByHand(busyMessage)}
		for _, id := range c.want {
			want = append(want, idByHand(id))
		}
		var got []string
		for _, line := range d.Followed.Tree {
			got = append(got, line.Event.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: it is told in another order (-want +got):\n%s", name, diff)
		}
	}
}

// A span that waited is looked away from, within a tolerance, for what it is, though its pair stands elsewhere since
// its cause was found.
func TestBusyWithin(t *testing.T) {
	a := indexedByHand(t, sending.of(sender, "node-8", 0, 0), message.of(busyMessage, "node-1", 0, 10).below(sender),
		message.of(waits, "node-1", 10, 20))
	b := indexedByHand(t, message.of(waits, "node-1", 5, 15))
	// how many are the same: the run's own span and the last are always
	for tolerance, same := range map[time.Duration]int{0: 2, 5 * time.Microsecond: 3} {
		d, err := diff.Compare(t.Context(), a, b, diff.Options{Tolerance: tolerance})
		if err != nil {
			t.Fatal(err)
		}
		if in := &d.Independent; in.Before+in.After != same {
			t.Errorf("within %v %d spans are the same, want %d", tolerance, in.Before+in.After, same)
		}
	}
}
