package memory

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
)

const gibi = 1 << 30

// system is a Linux with these files.
func system(files map[string]string) fstest.MapFS {
	s := fstest.MapFS{}
	for name, content := range files {
		s[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return s
}

func TestLeft(t *testing.T) {
	machine := "MemTotal:       16000000 kB\nMemFree:         100 kB\nMemAvailable:    4194304 kB\nSwapFree:       1048576 kB\n"
	limits := func(soft string) string {
		return "Limit                     Soft Limit           Hard Limit           Units     \nMax address space         " +
			soft + "           unlimited            bytes     \n"
	}
	pages := fmt.Sprint((1 << 30) / os.Getpagesize())
	for name, c := range map[string]struct {
		files map[string]string
		want  Room
	}{
		"another system": {nil, Room{math.MaxInt64, Machine}},
		"the machine": {map[string]string{
			"proc/meminfo": machine, "proc/self/limits": limits("unlimited"),
			"proc/self/cgroup": "0::/\n",
		}, Room{5 * gibi, Machine}},
		"ulimit -v": {
			map[string]string{
				"proc/meminfo": machine, "proc/self/limits": limits(fmt.Sprint(int64(3*gibi + 64<<20))),
				"proc/self/statm": pages + " 1 1 1 0 1 0\n",
			}, Room{3 * gibi / 2, AddressSpace},
		},
		"ulimit -v, full": {map[string]string{"proc/self/limits": limits(fmt.Sprint(gibi)), "proc/self/statm": pages +
			" 1\n"}, Room{0, AddressSpace}},
		"version 2, within": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.high": "max\n",
			"sys/fs/cgroup/a/b/memory.current": "5\n",
			"sys/fs/cgroup/a/memory.max":       "3221225472\n", "sys/fs/cgroup/a/memory.current": "2147483648\n",
			"sys/fs/cgroup/a/memory.swap.max": "0\n",
			"sys/fs/cgroup/a/memory.stat":     "anon 7\ninactive_file 536870912\nactive_file 536870912\n",
		}, Room{2 * gibi, ControlGroup}},
		"version 2, swap": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n",
			"sys/fs/cgroup/memory.current":  "1073741824\n",
			"sys/fs/cgroup/memory.swap.max": "3221225472\n", "sys/fs/cgroup/memory.swap.current": "3221225472\n",
		}, Room{0, ControlGroup}},
		"version 2, any swap": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n",
			"sys/fs/cgroup/memory.current":  "1073741824\n",
			"sys/fs/cgroup/memory.swap.max": "max\n",
		}, Room{gibi, ControlGroup}},
		"version 2, throttled": {map[string]string{
			"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/memory.high": "1073741824\n",
			"sys/fs/cgroup/a/memory.current": "0\n",
		}, Room{gibi, ControlGroup}},
		"version 1, in a container": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/memory.stat":           "cache 5\ntotal_inactive_file 1073741000\ntotal_active_file 824\n",
		}, Room{gibi, ControlGroup}},
		"version 1, no limit": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "7\n",
		}, Room{5 * gibi, Machine}},
		"version 1, no limit, and nothing of the machine": {map[string]string{
			"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "7\n",
		}, Room{math.MaxInt64, Machine}},
		"version 2, beside version 1": {map[string]string{
			"proc/self/cgroup": "4:cpu:/a\n0::/a\n", "sys/fs/cgroup/unified/a/memory.max": "1073741824\n",
			"sys/fs/cgroup/unified/a/memory.current": "0\n",
		}, Room{gibi, ControlGroup}},
		"nonsense": {map[string]string{
			"proc/meminfo": "x", "proc/self/cgroup": "y\n",
			"proc/self/limits": "Max address space",
		}, Room{math.MaxInt64, Machine}},
	} {
		if got := left(system(c.files)); got != c.want {
			t.Errorf("%s: %d bytes are left of %d, want %d of %d", name, got.Bytes, got.Of, c.want.Bytes, c.want.Of)
		}
	}
}

// What somebody has said holds, whatever the machine says.
func TestGOMEMLIMIT(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	t.Setenv("GOMEMLIMIT", "off")
	if got := Left(); got.Bytes != math.MaxInt64 || got.Guard(true).Exceeded() || got.Guard(false).Exceeded() {
		t.Errorf("off leaves %+v", got)
	}
	debug.SetMemoryLimit(1 << 50)
	if got := Left(); got.Of != MemoryLimit || got.Bytes >= 1<<50 || got.Bytes < 1<<49 {
		t.Errorf("GOMEMLIMIT leaves %+v", got)
	}
	Room{Bytes: 1 << 40}.Guard(true)
	if got := debug.SetMemoryLimit(-1); got != 1<<50 {
		t.Errorf("what somebody said was changed to %d", got)
	}
}

func TestGuard(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	t.Setenv("GOMEMLIMIT", "")
	held := make([]byte, 200<<20) // what is in use before does not count
	for _, c := range []struct {
		room     Room
		known    bool
		exceeded bool
	}{
		{Room{64 << 20, Machine}, true, false},
		{Room{33 << 20, Machine}, true, true},
		{Room{96 << 20, Machine}, false, false},
		{Room{64 << 20, Machine}, false, true},
		{Room{96 << 20, AddressSpace}, false, true},
		{Room{math.MaxInt64, Machine}, false, false},
	} {
		debug.SetMemoryLimit(math.MaxInt64)
		most := c.room.Bytes
		if most != math.MaxInt64 {
			most += used()
		}
		g := c.room.Guard(c.known)
		if limit := debug.SetMemoryLimit(-1); limit > most {
			t.Errorf("%+v, known %t: garbage may be %d bytes more than there is", c.room, c.known, limit-most)
		}
		kept := make([]byte, 40<<20)
		if got := g.Exceeded(); got != c.exceeded {
			t.Errorf("%+v, known %t: 40 MiB exceed it: %t", c.room, c.known, got)
		}
		kept[0] = 1
		debug.FreeOSMemory()
	}
	held[0] = 1
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "0 MiB", 1 << 19: "1 MiB", 300 << 20: "300 MiB", 1 << 30: "1.0 GiB",
		5455339160: "5.1 GiB",
	} {
		if got := Size(bytes); got != want {
			t.Errorf("%d bytes are %s, want %s", bytes, got, want)
		}
	}
	for _, bound := range []Bound{Machine, ControlGroup, AddressSpace, MemoryLimit} {
		said := bound.More(3<<30 - 1)
		if (bound == Machine || bound == MemoryLimit) != strings.Contains(said, "GOMEMLIMIT=3GiB") {
			t.Errorf("more of %d is had so: %s", bound, said)
		}
	}
}

// TestAProgramFor32Bits has less room than its machine.
func TestAProgramFor32Bits(t *testing.T) {
	machine := Room{8 * gibi, Machine}
	for _, c := range []struct {
		pointer int
		held    int64
		of      Room
		want    Room
	}{
		{64, gibi, machine, machine},
		{32, gibi, machine, Room{gibi / 2, Pointers}},
		{32, 2 * gibi, machine, Room{0, Pointers}},
		{32, gibi, Room{math.MaxInt64, Machine}, Room{gibi / 2, Pointers}},
		{32, gibi, Room{gibi / 4, ControlGroup}, Room{gibi / 4, ControlGroup}},
	} {
		if got := c.of.within(c.pointer, c.held); got != c.want {
			t.Errorf("pointers of %d bits leave %v of %v, want %v", c.pointer, got, c.of, c.want)
		}
	}
}
