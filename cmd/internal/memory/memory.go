// Package memory knows how much memory this process may take. A Go program that takes more dies with a page of
// goroutines, or without a word.
package memory

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
)

// Room is how much more memory this process may take.
type Room struct {
	Bytes int64 // math.MaxInt64 where nobody knows
	Of    Bound
}

// Bound is what leaves no more room.
type Bound uint8

// The bounds there are.
const (
	Machine      Bound = iota
	ControlGroup       // such as a container
	AddressSpace       // ulimit -v
	MemoryLimit        // GOMEMLIMIT
	Pointers           // of 32 bits
)

// More is how to have room for so many bytes, as the end of a sentence.
func (b Bound) More(bytes int64) string {
	gibi := (bytes + 1<<30 - 1) >> 30
	switch b {
	case Machine:
		return fmt.Sprintf("close other programs, or set GOMEMLIMIT=%dGiB to have it try all the same", gibi)
	case ControlGroup:
		return "give its control group, such as a container, a higher limit"
	case AddressSpace:
		return "raise the limit that ulimit -v has set"
	case MemoryLimit:
		return fmt.Sprintf("set GOMEMLIMIT=%dGiB", gibi)
	case Pointers:
		if inPage {
			return "run it at a command line: a page cannot take more"
		}
		return "build the program for 64 bits: one for 32 bits cannot take more"
	}
	return "give it more"
}

// Left is the room that is left. GOMEMLIMIT is somebody's word, and holds whatever the machine says; without it the
// least of what Linux tells counts: the limits of the control group, that of the address space, and what the machine
// has available, swap included. Other systems do not tell.
func Left() Room {
	limit := debug.SetMemoryLimit(-1)
	switch {
	case !asked():
		return left(os.DirFS("/")).within(pointers(), used())
	case limit == math.MaxInt64: // off
		return Room{Bytes: limit}
	}
	return Room{max(0, limit-used()), MemoryLimit}
}

// inPage says whether the program is WebAssembly: its integers have 64 bits, and its memory has addresses of 32.
const inPage = runtime.GOARCH == "wasm"

// pointers is how many bits an address has.
func pointers() int {
	if inPage {
		return 32
	}
	return strconv.IntSize
}

// within is the room that a program leaves with pointers of so many bits, which holds so many bytes already.
func (r Room) within(pointer int, held int64) Room {
	const most = 3 << 29 // half of what 32 bits address at best, since a table that grows is there twice
	if pointer == 32 && r.Bytes > most-held {
		return Room{max(0, most-held), Pointers}
	}
	return r
}

// asked says whether somebody has said how much memory may be taken.
func asked() bool { return os.Getenv("GOMEMLIMIT") != "" }

// left is the room that is left in a system with these files.
func left(system fs.FS) Room {
	least := Room{Bytes: math.MaxInt64}
	note := func(bytes int64, of Bound) {
		if bytes = max(0, bytes); bytes < least.Bytes {
			least = Room{bytes, of}
		}
	}
	memory := fields(system, "proc/meminfo")
	if available, ok := memory["MemAvailable:"]; ok {
		note((available+memory["SwapFree:"])<<10, Machine)
	}
	if limit, ok := addressSpace(system); ok {
		// The runtime takes addresses in pieces of 64 MiB, and does not fill them all.
		const piece = 64 << 20
		room := limit - addresses(system) - piece
		note(room-room/4, AddressSpace)
	}
	for _, group := range groups(system) {
		note(group.left(memory["SwapFree:"]<<10), ControlGroup)
	}
	return least
}

// addressSpace is the limit on it, if there is one.
func addressSpace(system fs.FS) (bytes int64, ok bool) {
	text, _ := fs.ReadFile(system, "proc/self/limits") // without it there is no limit that is known
	for line := range strings.Lines(string(text)) {
		if of, is := strings.CutPrefix(line, "Max address space"); is {
			soft, _, _ := strings.Cut(strings.TrimSpace(of), " ")
			bytes, err := strconv.ParseInt(soft, 10, 64)
			return bytes, err == nil
		}
	}
	return 0, false
}

// addresses is how much of the address space is taken.
func addresses(system fs.FS) int64 {
	pages, _ := number(system, "proc/self/statm")
	return pages * int64(os.Getpagesize())
}

// group is a control group that has a limit.
type group struct {
	limit, taken, cached int64
	swap                 int64 // how much of what it holds may be swapped out
}

// left is how much more a group's processes may take. What it holds of files is given back when it is wanted.
func (g group) left(swapFree int64) int64 {
	return g.limit - g.taken + g.cached + min(g.swap, swapFree)
}

// groups are the control groups that this process is in, of both versions, that have a limit: its own, and those around
// it.
func groups(system fs.FS) (list []group) {
	text, _ := fs.ReadFile(system, "proc/self/cgroup") // without it there are none
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		switch {
		case len(parts) < 3:
		case parts[0] == "0" && parts[1] == "":
			list = append(list, upwards(system, parts[2], []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"},
				groupOfVersion2)...)
		case strings.Contains(","+parts[1]+",", ",memory,"):
			list = append(list, upwards(system, parts[2], []string{"sys/fs/cgroup/memory"}, groupOfVersion1)...)
		}
	}
	return list
}

// upwards are a group and those around it. In a container the path may be that outside of it; what can be seen within
// is the container's own group, at the top.
func upwards(system fs.FS, name string, mounts []string, read func(fs.FS, string) (group, bool)) (list []group) {
	for _, mount := range mounts {
		for at := path.Clean("/" + name); ; at = path.Dir(at) {
			if g, ok := read(system, path.Join(mount, at)); ok {
				list = append(list, g)
			}
			if at == "/" {
				break
			}
		}
	}
	return list
}

func groupOfVersion2(system fs.FS, folder string) (group, bool) {
	g := group{limit: math.MaxInt64}
	for _, name := range []string{"memory.max", "memory.high"} {
		if limit, ok := number(system, path.Join(folder, name)); ok {
			g.limit = min(g.limit, limit)
		}
	}
	taken, ok := number(system, path.Join(folder, "memory.current"))
	stat := fields(system, path.Join(folder, "memory.stat"))
	g.taken, g.cached = taken, stat["inactive_file"]+stat["active_file"]
	if swap, err := fs.ReadFile(system, path.Join(folder, "memory.swap.max")); err == nil {
		g.swap = math.MaxInt64
		if most, err := strconv.ParseInt(strings.TrimSpace(string(swap)), 10, 64); err == nil {
			swapped, _ := number(system, path.Join(folder, "memory.swap.current")) // 0 then
			g.swap = max(0, most-swapped)
		}
	}
	return g, ok && g.limit != math.MaxInt64
}

func groupOfVersion1(system fs.FS, folder string) (group, bool) {
	limit, limited := number(system, path.Join(folder, "memory.limit_in_bytes"))
	taken, ok := number(system, path.Join(folder, "memory.usage_in_bytes"))
	stat := fields(system, path.Join(folder, "memory.stat"))
	const none = math.MaxInt64 >> 12 << 12 // the largest number of pages
	return group{limit: limit, taken: taken, cached: stat["total_inactive_file"] + stat["total_active_file"]}, limited &&
		ok && limit < none
}

// number is the number that a file consists of; false if there is none, as where the file says max.
func number(system fs.FS, name string) (int64, bool) {
	if all := numbers(system, name); len(all) > 0 {
		return all[0], true
	}
	return 0, false
}

// numbers are those that a file begins with.
func numbers(system fs.FS, name string) (list []int64) {
	text, _ := fs.ReadFile(system, name) // what is not there has none
	for word := range bytes.FieldsSeq(text) {
		n, err := strconv.ParseInt(string(word), 10, 64)
		if err != nil {
			break
		}
		list = append(list, n)
	}
	return list
}

// fields are the numbers of a file whose lines have a name and a number each.
func fields(system fs.FS, name string) map[string]int64 {
	text, _ := fs.ReadFile(system, name) // what is not there has none
	list := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 {
			if n, err := strconv.ParseInt(words[1], 10, 64); err == nil {
				list[words[0]] = n
			}
		}
	}
	return list
}

// used is what the Go runtime holds of the system's memory, counted as GOMEMLIMIT is.
func used() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}

// Guard sees to it that this process stays within its room.
type Guard struct{ most int64 }

// Guard has garbage be collected before so much of the room is taken, and tells when that does not help any more. Where
// it is not known how much a trace will take, half of the room is for what comes suddenly: a table that grows takes
// three times its size for a moment.
func (r Room) Guard(known bool) *Guard {
	if r.Bytes == math.MaxInt64 {
		return &Guard{math.MaxInt64}
	}
	most := r.Bytes - r.Bytes/32
	switch {
	case known:
	case r.Of == AddressSpace: // in which such a table leaves gaps
		most = r.Bytes / 3
	default:
		most = r.Bytes / 2
	}
	before := used()
	if !asked() {
		debug.SetMemoryLimit(before + most - most/32)
	}
	return &Guard{before + most}
}

// Exceeded says whether so much is taken, however much garbage was collected.
func (g *Guard) Exceeded() bool { return g.most != math.MaxInt64 && used() > g.most }

// Size is a number of bytes as a person reads it: 1.9 GiB.
func Size(bytes int64) string {
	const mebi, gibi = 1 << 20, 1 << 30
	if bytes < gibi {
		return fmt.Sprintf("%d MiB", (bytes+mebi/2)/mebi)
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/gibi)
}
