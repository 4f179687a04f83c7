package history

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
)

// crowd has so many clients put into one key at once, as many delete it, and one read what nobody put. What is wrong
// with that is looked for in every order there is, which are more than anybody waits for where they are many; stopped
// says that nobody does when it was asked so often. It returns what was found, and how often it was asked.
func crowd(writers kv.ClientID, most int64) (int64, error) {
	var asked atomic.Int64
	c := newClients(func() bool { return asked.Add(1) > most })
	all := func(do func(client kv.ClientID, command kv.Command, result kv.Result)) {
		for client := range writers {
			do(client+1, putA(fmt.Sprint(client)), stored)
			do(client+1+writers, deleteA, deleted)
		}
		do(2*writers+1, getA, found("never"))
	}
	all(func(client kv.ClientID, command kv.Command, _ kv.Result) {
		c.ask(client, 1, command)
	})
	all(func(client kv.ClientID, _ kv.Command, result kv.Result) {
		c.answer(client, 1, result)
	})
	err := c.end()
	return asked.Load(), err
}

// TestStopped stops the search of an order that would take longer than the patience of who waits for it: it ends, and
// nothing is said to be found.
func TestStopped(t *testing.T) {
	if _, v := crowd(24, 10_000); v != nil {
		t.Errorf("49 operations at once, of which nobody wants to know any more: %v", v)
	}
}

// TestStoppedAnywhere stops the search of what is wrong at each moment there is: then that is found, or nothing, and
// never anything else.
func TestStoppedAnywhere(t *testing.T) {
	asked, want := crowd(3, math.MaxInt64)
	if !errors.As(want, &check.Clash{}) {
		t.Fatalf("a read of what nobody put is found fine: %v", want)
	}
	undecided := 0
	for most := range asked {
		_, v := crowd(3, most)
		if v == nil {
			undecided++
		} else if diff := cmp.Diff(want, v); diff != "" {
			t.Fatalf("stopped when it was asked %d times of %d (-want +got):\n%s", most, asked, diff)
		}
	}
	if undecided == 0 {
		t.Error("it is never stopped before it is found out")
	}
	if _, v := crowd(3, asked); v == nil {
		t.Error("it is not found out though nothing stops it")
	}
}
