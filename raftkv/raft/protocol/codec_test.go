package protocol_test

import (
	"bytes"
	"errors"
	"reflect"
	"runtime"
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// codec is how a type is written and read.
type codec[T any] struct {
	append func([]byte, T) []byte
	decode func([]byte) (T, []byte, error)
	equal  func(T, T) bool
}

var (
	messages = codec[protocol.Message]{protocol.AppendMessage, protocol.DecodeMessage, protocol.EqualMessage}
	asked    = codec[kv.Message]{kv.AppendMessage, kv.DecodeMessage, kv.EqualMessage}
	inputs   = codec[protocol.Input]{protocol.AppendInput, protocol.DecodeInput, protocol.EqualInput}
	effects  = codec[protocol.Effect]{protocol.AppendEffect, protocol.DecodeEffect, protocol.EqualEffect}
	commands = codec[kv.Command]{kv.AppendCommand, kv.DecodeCommand, kv.EqualCommand}
	results  = codec[kv.Result]{kv.AppendResult, kv.DecodeResult, kv.EqualResult}
	states   = codec[protocol.State]{protocol.AppendState, protocol.DecodeState, protocol.State.Equal}
	entries  = codec[protocol.LogEntry]{protocol.AppendLogEntry, protocol.DecodeLogEntry, protocol.LogEntry.Equal}
	requests = codec[kv.RequestID]{kv.AppendRequestID, kv.DecodeRequestID, kv.RequestID.Equal}
	inFlight = codec[protocol.InFlight]{protocol.AppendInFlight, protocol.DecodeInFlight, protocol.InFlight.Equal}
)

// isMalformed says whether an error is of a Decode function, of whichever package.
func isMalformed(err error) bool {
	return errors.Is(err, protocol.ErrMalformed) || errors.Is(err, kv.ErrMalformed)
}

// roundTrip writes a value between other bytes and reads it.
func (c codec[T]) roundTrip(t *testing.T, v T) {
	t.Helper()
	written := c.append([]byte("before"), v)
	before, encoded := written[:6], append(written[6:len(written):len(written)], "after"...)
	if string(before) != "before" {
		t.Errorf("%v: what was in the slice before became %q", v, before)
	}
	decoded, rest, err := c.decode(encoded)
	if err != nil || string(rest) != "after" || !c.equal(v, decoded) {
		t.Errorf("%v\nbecame %v\nwith %q after it, and error %v", v, decoded, rest, err)
	}
	if again := c.append(nil, decoded); !bytes.Equal(again, written[6:]) {
		t.Errorf("%v: %x is written as %x again", v, written[6:], again)
	}
	for cut := range len(written) - 6 {
		if _, _, err := c.decode(encoded[:cut:cut]); !isMalformed(err) {
			t.Errorf("%v cut off after %d bytes: error %v", v, cut, err)
		}
	}
}

// A journal takes a record that does not decode for one that a crash cut short. So none may decode that was cut off
// anywhere.
func TestPartOfARecordNeverDecodes(t *testing.T) {
	all := values[protocol.Effect](t)
	var log []protocol.LogEntry
	for i := range 130 { // so that in the end their number takes two bytes
		log = append(log, protocol.LogEntry{
			Term: protocol.Term(i * i), Request: kv.RequestID{Client: 1, Sequence: kv.Sequence(i)}, Command: kv.Put{
				Key:   "a",
				Value: "val_3",
			},
		})
		if i < 3 || i > 125 {
			all = append(all, protocol.Persist{CurrentTerm: protocol.Term(i), VotedFor: 2, FirstIndex: 7, Entries: log})
		}
	}
	all = append(all, protocol.Persist{}, protocol.Persist{CurrentTerm: 1 << 63, VotedFor: 1<<32 - 1})
	for _, effect := range all {
		record := protocol.AppendEffect(nil, effect)
		for length := range len(record) {
			if e, _, err := protocol.DecodeEffect(record[:length]); !isMalformed(err) {
				t.Fatalf("the first %d bytes of %v decode as %v, error %v", length, effect, e, err)
			}
		}
	}
}

func roundTrips[Union any](t *testing.T, c codec[Union]) {
	t.Helper()
	last := byte(0)
	for _, v := range values[Union](t) {
		c.roundTrip(t, v)
		last = max(last, c.append(nil, v)[0])
	}
	if int(last) != len(variants[reflect.TypeFor[Union]()]) {
		t.Errorf("%v: the test knows %d variants, and the last has tag %d", reflect.TypeFor[Union](),
			len(variants[reflect.TypeFor[Union]()]), last)
	}
	_, _, none := c.decode([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	_, _, next := c.decode([]byte{last + 1, 0, 0, 0, 0, 0, 0, 0, 0})
	if !isMalformed(none) || !isMalformed(next) {
		t.Errorf("%v: tags 0 and %d are read as something (%v, %v): add new variants to the test", reflect.TypeFor[Union](),
			last+1, none, next)
	}
}

func TestRoundTrip(t *testing.T) {
	roundTrips(t, messages)
	roundTrips(t, asked)
	roundTrips(t, inputs)
	roundTrips(t, effects)
	roundTrips(t, commands)
	roundTrips(t, results)
	var f filler
	for range 20 {
		states.roundTrip(t, f.filled(t, protocol.State{}).Interface().(protocol.State))
		entries.roundTrip(t, f.filled(t, protocol.LogEntry{}).Interface().(protocol.LogEntry))
		requests.roundTrip(t, f.filled(t, kv.RequestID{}).Interface().(kv.RequestID))
		inFlight.roundTrip(t, f.filled(t, protocol.InFlight{}).Interface().(protocol.InFlight))
	}
	states.roundTrip(t, protocol.State{})
}

// The binary form is kept on disks and in recorded runs.
func TestEncoding(t *testing.T) {
	m := protocol.AppendEntries{
		Term: 300, LeaderID: 2, PrevLogIndex: 1, PrevLogTerm: 1, LeaderCommit: 0,
		Entries: []protocol.LogEntry{{
			Term: 300, Request: kv.RequestID{Client: 1, Sequence: 5},
			Command: kv.Put{Key: "a", Value: "v"},
		}},
	}
	want := []byte{4, 0xac, 2, 2, 1, 1, 1, 0xac, 2, 1, 5, 1, 1, 'a', 1, 'v', 0, 0}
	if got := protocol.AppendMessage(nil, m); !bytes.Equal(got, want) {
		t.Errorf("%v\nis written as %v\nwant          %v", m, got, want)
	}
	if got := m.EncodedSize(); got != len(want) {
		t.Errorf("its size is %d, want %d", got, len(want))
	}
}

func TestDecodeRefuses(t *testing.T) {
	for what, b := range map[string][]byte{
		"nothing":                           {},
		"a number longer than it has to be": {2, 0x81, 0},
		"a number of more than 64 bits":     {2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2},
		"a number too large for its type":   {12, 0xff, 0xff, 0xff, 0xff, 0x1f, 1, 0},
		"a text longer than what follows":   {9, 1, 1, 5, 'a', 'b'},
		"more entries than bytes follow":    {4, 1, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0},
		"a command that there is not":       {4, 1, 1, 0, 0, 1, 1, 1, 1, 9, 0},
	} {
		if m, _, err := protocol.DecodeMessage(b); !isMalformed(err) || m != nil {
			t.Errorf("%s: %x is read as %v, error %v", what, b, m, err)
		}
	}
	if e, _, err := protocol.DecodeEffect([]byte{8, 2}); !isMalformed(err) {
		t.Errorf("a timer that there is not is read as %v", e)
	}
	if s, _, err := protocol.DecodeCandidateState([]byte{1, 2}); !isMalformed(err) {
		t.Errorf("a bool of 2 is read as %v", s)
	}
}

// What junk promises costs nothing until it is there: a million entries of a byte each are refused at the first.
func TestDecodeAllocatesInProportion(t *testing.T) {
	junk := append([]byte{4, 1, 1, 0, 0, 0x80, 0x80, 0x40}, make([]byte, 1<<20)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := protocol.DecodeMessage(junk)
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<14 || err == nil {
		t.Errorf("%d bytes allocated, error %v", allocated, err)
	}
}

// fuzz reads junk: it never panics, and what is read is written as the same bytes.
func fuzz[T any](f *testing.F, c codec[T], seeds []T) {
	for _, seed := range seeds {
		f.Add(c.append(nil, seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, rest, err := c.decode(b)
		if err != nil {
			if !isMalformed(err) {
				t.Errorf("%x: an error of another kind: %v", b, err)
			}
			return
		}
		if again := c.append(nil, v); !bytes.Equal(again, b[:len(b)-len(rest)]) {
			t.Errorf("%x is read as %v, which is written as %x", b[:len(b)-len(rest)], v, again)
		}
		if !c.equal(v, v) {
			t.Errorf("%v is not equal to itself", v)
		}
		for length := range len(b) - len(rest) {
			if part, _, err := c.decode(b[:length]); err == nil {
				t.Errorf("the first %d bytes of %x decode as %v", length, b, part)
			}
		}
	})
}

func FuzzDecodeMessage(f *testing.F) { fuzz(f, messages, values[protocol.Message](&testing.T{})) }
func FuzzDecodeAsked(f *testing.F)   { fuzz(f, asked, values[kv.Message](&testing.T{})) }
func FuzzDecodeInput(f *testing.F)   { fuzz(f, inputs, values[protocol.Input](&testing.T{})) }
func FuzzDecodeEffect(f *testing.F)  { fuzz(f, effects, values[protocol.Effect](&testing.T{})) }
func FuzzDecodeCommand(f *testing.F) { fuzz(f, commands, values[kv.Command](&testing.T{})) }
func FuzzDecodeResult(f *testing.F)  { fuzz(f, results, values[kv.Result](&testing.T{})) }

func FuzzDecodeState(f *testing.F) {
	var filler filler
	fuzz(f, states, []protocol.State{{}, filler.filled(&testing.T{}, protocol.State{}).Interface().(protocol.State)})
}
