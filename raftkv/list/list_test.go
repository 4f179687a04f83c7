package list_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"weak"

	"github.com/raftkv/raftkv/raftkv/list"
)

// entry is an element of the size that an entry of a log has.
type entry struct {
	term    int
	command any
}

func (e entry) Clone() entry           { return e }
func (e entry) Equal(other entry) bool { return e == other }
func (e entry) String() string         { return strconv.Itoa(e.term) }

type entryList = list.List[entry]

// numbered are entries of the terms from one up to another, the latter excluded.
func numbered(from, to int) []entry {
	entries := make([]entry, 0, to-from)
	for i := from; i < to; i++ {
		entries = append(entries, entry{term: i})
	}
	return entries
}

func listOf(entries ...entry) (list entryList) {
	list.Append(entries...)
	return list
}

// sameAsSlice compares all that a list says with a slice.
func sameAsSlice(t *testing.T, what string, list entryList, want []entry) {
	t.Helper()
	if list.Len() != len(want) {
		t.Fatalf("%s: the length is %d, want %d", what, list.Len(), len(want))
	}
	next := 0
	for i, entry := range list.All() {
		if i != next || entry != want[i] || list.At(i) != want[i] {
			t.Fatalf("%s: All yields %d, %v, and At says %v; want %d, %v", what, i, entry, list.At(i), next, want[next])
		}
		next++
	}
	if next != len(want) {
		t.Fatalf("%s: All yields %d elements of %d", what, next, len(want))
	}
	for i := range list.All() {
		if i == 1 {
			break // what went on after that would panic
		}
	}
	if got := list.AppendTo(nil, 0, list.Len()); !slices.Equal(got, want) {
		t.Fatalf("%s: AppendTo gives\n%v\nwant\n%v", what, got, want)
	}
	if got, want := list.String(), strings.ReplaceAll(fmt.Sprint(want), " ", ", "); got != want {
		t.Fatalf("%s: it reads\n%s\nand as a slice\n%s", what, got, want)
	}
}

// A list does what a slice does, whatever is appended and cut off, at the ends of chunks too. Nothing that is done to a
// clone is seen in what it was cloned from.
func TestListIsLikeASlice(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var list entryList
	var slice []entry
	term := 0
	for step := range 400 {
		what := fmt.Sprintf("step %d, length %d", step, len(slice))
		was, before := list.Clone(), slices.Clone(slice)
		original := list
		list = list.Clone()
		if random.IntN(3) == 0 {
			keep := random.IntN(len(slice) + 1)
			list.Truncate(keep)
			slice = slices.Clone(slice[:keep])
		} else {
			more := numbered(term, term+random.IntN(700))
			term += len(more)
			list.Append(more...)
			slice = append(slice, more...)
		}
		if !original.Equal(was) {
			t.Fatalf("%s: the original of a clone was changed", what)
		}
		sameAsSlice(t, what, original, before)
		sameAsSlice(t, what, list, slice)
		if list.Equal(was) != slices.Equal(slice, before) {
			t.Fatalf("%s: Equal says %t of\n%v\nand\n%v", what, list.Equal(was), slice, before)
		}
		from := random.IntN(len(slice) + 1)
		to := from + random.IntN(len(slice)-from+1)
		if got, want := list.AppendTo(numbered(0, 3), from, to), append(numbered(0, 3), slice[from:to]...); !slices.Equal(got,
			want) {
			t.Fatalf("%s: AppendTo from %d to %d gives\n%v\nwant\n%v", what, from, to, got, want)
		}
	}
}

// One by one or all at once, from any length and back to it.
func TestListAtEachLength(t *testing.T) {
	var grown entryList
	for length := range 4200 {
		if grown.Len() != length {
			t.Fatalf("the length is %d, want %d", grown.Len(), length)
		}
		grown.Append(entry{term: 9e8})
		grown.Truncate(length)
		grown.Append(entry{term: length})
		if length%97 == 0 && !grown.Equal(listOf(numbered(0, length+1)...)) {
			t.Fatalf("at length %d one by one gives another list than all at once", length+1)
		}
	}
	sameAsSlice(t, "one by one", grown, numbered(0, 4200))
}

func TestListEqualSeesEachElement(t *testing.T) {
	const length = 3000
	list := listOf(numbered(0, length)...)
	for i := 0; i < length; i += 13 {
		entries := numbered(0, length)
		entries[i].term += length
		if other := listOf(entries...); list.Equal(other) || other.Equal(list) {
			t.Fatalf("two lists of %d that differ at %d are equal", length, i)
		}
	}
}

func TestListHasNoSuchPart(t *testing.T) {
	list := listOf(numbered(0, 20)...)
	for what, do := range map[string]func(){
		"At(-1)":            func() { list.At(-1) },
		"At(20)":            func() { list.At(20) },
		"At(24)":            func() { list.At(24) },
		"At(5000)":          func() { list.At(5000) },
		"Truncate(-1)":      func() { list.Truncate(-1) },
		"Truncate(21)":      func() { list.Truncate(21) },
		"Truncate(5000)":    func() { list.Truncate(5000) },
		"AppendTo(0, 21)":   func() { list.AppendTo(nil, 0, 21) },
		"AppendTo(-1, 3)":   func() { list.AppendTo(nil, -1, 3) },
		"AppendTo(4, 3)":    func() { list.AppendTo(nil, 4, 3) },
		"AppendTo(24, 25)":  func() { list.AppendTo(nil, 24, 25) },
		"AppendTo(50, 100)": func() { list.AppendTo(nil, 50, 100) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s of a list of 20 does not panic", what)
				}
			}()
			do()
		}()
	}
	sameAsSlice(t, "after that", list, numbered(0, 20))
}

// What is cut off is let go of, in the chunk that is kept and in those that are not.
func TestListLetsGo(t *testing.T) {
	const length, kept = 3000, 900
	commands := make([]weak.Pointer[string], length)
	var list entryList
	for i := range commands {
		command := new(fmt.Sprint(i))
		commands[i] = weak.Make(command)
		list.Append(entry{command: command})
	}
	list.Truncate(kept)
	runtime.GC()
	for i, command := range commands {
		if held := command.Value() != nil; held != (i < kept) {
			t.Fatalf("element %d of %d that were cut off at %d: held is %t", i, length, kept, held)
		}
	}
	runtime.KeepAlive(&list)
}

// A list that grows moves nothing: what it takes all in all is what it holds and the room of one chunk.
func TestListGrowsInPlace(t *testing.T) {
	const length, size = 100_000, 32
	var list entryList
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range length {
		list.Append(entry{term: 1})
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > length*size*21/20 {
		t.Errorf("a list of %d bytes allocated %d as it grew", length*size, allocated)
	}
	runtime.ReadMemStats(&before)
	for range 1000 {
		list.Truncate(list.Len() - 1)
		list.Append(entry{term: 2})
	}
	for list.Len()%1024 != 1024-8 { // where a chunk ends
		list.Append(entry{term: 1})
	}
	for range 1000 {
		list.Append(entry{term: 2})
		list.Truncate(list.Len() - 1)
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<17 {
		t.Errorf("cutting off and appending again allocated %d bytes", allocated)
	}
	runtime.KeepAlive(&list)
}
