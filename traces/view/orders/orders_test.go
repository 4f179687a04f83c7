package orders_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/view/orders"
)

// landmarks are those of a made-up protocol.
var landmarks = span.Landmarks{
	Position: span.Numbering{Key: "position", Word: "position"},
	Chosen:   span.Choice{Landmark: span.Landmark{Name: "chosen", Kind: trace.SpanKindInternal}, Position: "up_to"},
	Applied: span.Application{
		Landmark: span.Landmark{Name: "applied", Kind: trace.SpanKindInternal}, Position: "position",
	},
}

// trail makes spans up.
type trail struct {
	spans []read.Span
	now   time.Duration
	open  map[string]int
}

func at(d time.Duration) time.Time { return time.Unix(0, 0).UTC().Add(d) }

func (f *trail) add(service, name string, attributes ...attribute.KeyValue) int {
	f.spans = append(f.spans, read.Span{
		ID: world.CausalID(len(f.spans) + 1), Root: 1, Service: service, Name: name, Kind: trace.SpanKindInternal,
		Start: at(f.now), End: at(f.now), Attributes: attributes,
	})
	return len(f.spans) - 1
}

// play makes up what a text says: "1 put x" asks, "1 ok" answers, "applied 1 3" tells that the operation that client 1
// has open, or had last, was applied at position 3; "chosen 3" that all up to 3 is. What begins with = is at the same
// time as what is before it.
func play(text string) *trail {
	f := &trail{open: map[string]int{}}
	sequence := map[string]int{}
	for line := range strings.SplitSeq(text, ";") {
		line, same := strings.CutPrefix(strings.TrimSpace(line), "=")
		if !same {
			f.now += time.Millisecond
		}
		who, rest, _ := strings.Cut(line, " ")
		verb, value, _ := strings.Cut(rest, " ")
		request := func(client string) string { return fmt.Sprintf("client-%s/%d", client, sequence[client]) }
		switch {
		case who == "applied":
			f.add("node-1", "applied", kvspans.KVRequestIDKey.String(request(verb)), attribute.String("position", value))
		case who == "chosen":
			f.add("node-1", "chosen", attribute.String("up_to", verb))
		case slices.Contains([]string{"put", "get", "delete"}, verb):
			sequence[who]++
			name := map[string]string{"put": kvspans.KVPutName, "get": kvspans.KVGetName, "delete": kvspans.KVDeleteName}[verb]
			f.open[who] = f.add("client-"+who, name, kvspans.KVRequestIDKey.String(request(who)),
				kvspans.KVKeyKey.String("a"), kvspans.KVValueKey.String(value))
		default:
			s := &f.spans[f.open[who]]
			s.End = at(f.now)
			s.Attributes = append(s.Attributes, kvspans.KVResultKey.String(rest))
		}
	}
	return f
}

// of returns what is known of the operations.
func (f *trail) of(steps int) ([]orders.Operation, []orders.Key) {
	x := index.Of(f.spans)
	g := orders.NewGather(x, &landmarks)
	for i := range f.spans {
		g.Add(int32(i), &f.spans[i])
	}
	return g.Of(steps)
}

// Each history is told as it is, in words and in the states of its operations, in the order of their asking.
func TestHistories(t *testing.T) {
	none := (kv.KeyNotFound{Key: "a"}).String()
	failed := (kv.ReplicationFailed{}).String()
	for _, h := range []struct {
		name, text, verdict string
		states              []orders.State
		says                string
	}{
		{
			"one after the other", "1 put x; 1 ok; 2 get; 2 x", orders.Explained,
			[]orders.State{orders.Placed, orders.Placed},
			"all 2 operations",
		},
		{
			"in another order than asked", "1 put x; 2 get; 1 ok; 2 " + none, orders.Explained,
			[]orders.State{orders.Placed, orders.Placed},
			"",
		},
		{
			"a stale read", "1 put x; 1 ok; 1 delete; 1 ok; 2 get; 2 x; 1 put y; 1 ok", orders.Broken,
			[]orders.State{orders.Placed, orders.Placed, orders.Misfit, orders.After},
			`No order explains that client-2/1 was answered "x" to "get a", asked at 4.000ms: before that, client-1/2 was ` +
				`answered "ok" to "delete a" at 3.000ms, and in the order of the answers before it, the key holds nothing.`,
		},
		{
			"out of thin air", "1 get; 1 x", orders.Broken, []orders.State{orders.Misfit}, "nothing had changed the key",
		},
		{
			"unknown, and it took effect", "1 put x; 2 get; 2 x", orders.Explained,
			[]orders.State{orders.Placed, orders.Placed},
			"Its one answer",
		},
		{
			"unknown, and it took none", "1 put x; 2 get; 2 " + none, orders.Explained,
			[]orders.State{orders.Unknown, orders.Placed},
			"",
		},
		{
			"at one time, of two clients", "1 put x; 1 ok; =2 get; 2 " + none, orders.Explained,
			[]orders.State{orders.Placed, orders.Placed},
			"",
		},
		{
			"at one time, of one client", "1 put x; 1 ok; =1 get; 1 " + none, orders.Broken,
			[]orders.State{orders.Placed, orders.Misfit},
			`before that, client-1/1 was answered "ok" to "put a x" at 1.000ms`,
		},
		{
			"a failure that took effect", "1 put x; 1 " + failed + "; 2 get; 2 x", orders.Broken,
			[]orders.State{orders.Failed, orders.Misfit},
			"had taken effect all the same",
		},
		{
			"a failure that is believed", "1 put x; 1 " + failed + "; 2 get; 2 " + none, orders.Explained,
			[]orders.State{orders.Failed, orders.Placed},
			"",
		},
	} {
		t.Run(h.name, func(t *testing.T) {
			operations, keys := play(h.text).of(orders.Steps)
			if len(keys) != 1 || keys[0].Verdict != h.verdict || !strings.Contains(keys[0].Text, h.says) {
				t.Fatalf("it is told as %v", keys)
			}
			for i, want := range h.states {
				if operations[i].State != want {
					t.Errorf("operation %d is %d, want %d", i, operations[i].State, want)
				}
			}
		})
	}
}

// An operation takes effect between its asking and its answer, as the order has it; and where it was agreed on in that
// order, not before that, nor after it was applied.
func TestPlaces(t *testing.T) {
	ms := func(ns int64) string { return time.Duration(ns).String() }
	for _, h := range []struct {
		text string
		want string
	}{
		{"1 put x; 2 get; 1 ok; 2 " + (kv.KeyNotFound{Key: "a"}).String(), "2ms-3ms 2ms-3ms"},
		{"1 put x; chosen 1; applied 1 1; 1 ok", "2ms-3ms"},
		{"1 put x; 2 get; chosen 7; applied 1 1; applied 2 2; 1 ok; 2 x", "3ms-4ms 3ms-5ms"},
		{"1 put x; 1 ok; chosen 1; applied 1 1", "1ms-2ms"}, // told too late to be so
	} {
		operations, _ := play(h.text).of(orders.Steps)
		var got []string
		for _, op := range operations {
			got = append(got, ms(op.From)+"-"+ms(op.To))
		}
		if all := strings.Join(got, " "); all != h.want {
			t.Errorf("%s: %s, want %s", h.text, all, h.want)
		}
	}
}

// Histories that are made up, right ones and ones with a wrong answer, are judged as a run's own check judges them.
func TestAgainstTheCheckOfRuns(t *testing.T) {
	verdicts := map[string]int{}
	for seed := range uint64(2000) {
		text, whole := madeUp(seed)
		_, keys := play(text).of(orders.Steps)
		verdicts[keys[0].Verdict]++
		if (keys[0].Verdict == orders.Explained) != (whole == nil) {
			t.Fatalf("seed %d: %s\n%v, and the check says %v", seed, text, keys, whole)
		}
	}
	if verdicts[orders.Explained] < 200 || verdicts[orders.Broken] < 200 {
		t.Errorf("the histories are too much alike: %v", verdicts)
	}
}

// madeUp makes up a history of four clients on one key, and has the check of runs look at it.
func madeUp(seed uint64) (text string, wrong error) {
	r := rand.New(rand.NewPCG(seed, 1))
	h := history.New(nil)
	var lines []string
	now := history.Content{}
	type opened struct {
		command kv.Command
		request kv.RequestID
		result  kv.Result
	}
	open := map[int]*opened{}
	sequence := map[int]kv.Sequence{}
	for range 8 + r.IntN(10) {
		client := 1 + r.IntN(4)
		at := time.Duration(len(lines)+1) * time.Millisecond
		if op := open[client]; op != nil {
			if op.result == nil || r.IntN(8) == 0 {
				now, op.result = now.Step(op.command)
			}
			if r.IntN(15) == 0 {
				op.result = kv.Found{Value: "v1"}
			}
			lines = append(lines, fmt.Sprintf("%d %s", client, op.result))
			if ended := h.Answered(op.request, op.result, at); ended != nil && wrong == nil {
				wrong = h.CheckAnswer(ended)
			}
			open[client] = nil
			continue
		}
		sequence[client]++
		op := &opened{request: kv.RequestID{Client: kv.ClientID(client), Sequence: sequence[client]}}
		switch r.IntN(3) {
		case 0:
			op.command = kv.Put{Key: "a", Value: fmt.Sprintf("v%d", r.IntN(3))}
		case 1:
			op.command = kv.Get{Key: "a"}
		default:
			op.command = kv.Delete{Key: "a"}
		}
		if r.IntN(2) == 0 {
			now, op.result = now.Step(op.command)
		}
		open[client] = op
		lines = append(lines, fmt.Sprintf("%d %s", client, strings.Replace(op.command.String(), " a", "", 1)))
		h.Asked(op.request, op.command, at)
	}
	if wrong == nil {
		wrong = h.CheckEnd()
	}
	return strings.Join(lines, "; "), wrong
}

// Who runs out of steps says so.
func TestStepsEnd(t *testing.T) {
	var lines []string
	for client := range 12 {
		lines = append(lines, fmt.Sprintf("%d put v%d", client, client), fmt.Sprintf("%d delete", client+100))
	}
	for client := range 12 {
		lines = append(lines, fmt.Sprintf("%d ok", client), fmt.Sprintf("%d ok", client+100))
	}
	lines = append(lines, "99 get", "99 other")
	operations, keys := play(strings.Join(lines, ";")).of(2000)
	if keys[0].Verdict != orders.Undecided || operations[0].State != orders.Untried {
		t.Errorf("it is told as %v", keys)
	}
}
