package sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// write has a process append records.
func write(t *testing.T, p *probe, records ...string) {
	t.Helper()
	for _, record := range records {
		if err := p.Disk().Append([]byte(record)); err != nil {
			t.Error(err)
		}
	}
}

// The step of 10ms writes, and sends before it syncs and after. It dies as it syncs: what it sent before arrives, what
// it does after is nothing; and only that once.
func TestALostWrite(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) {
		write(t, p, "kept")
		if err := p.Disk().Sync(); err != nil {
			t.Error(err)
		}
		p.SetTimer(0, world.Timer{ID: 8}, 90*ms)
	}
	one.receive = func(p *probe, e world.Envelope) {
		write(t, p, "one", "two")
		p.send(e.ID+10, two.id)
		d.write("synced: %v", p.Disk().Sync())
		if e.ID == 1 {
			d.write("fate %q, timer %d", p.send(e.ID+20, two.id).Drop, p.SetTimer(0, world.Timer{ID: 9}, ms))
			d.write("synced: %v, appended: %v", p.Disk().Sync(), p.Disk().Append([]byte("three")))
		}
		readDisk(d, p)
	}
	one.restart = func(p *probe) { readDisk(d, p) }
	at(s, 5*ms, func() { s.LoseUnsynced(one.id, false, func() { d.write("%s lost", s.Now()) }) })
	s.Tell(10*ms, one.id, 1, nil)
	s.Tell(11*ms, one.id, 2, nil) // waits in the mailbox
	restartAt(s, 40*ms, one.id)
	s.Tell(41*ms, one.id, 3, nil)
	outcome := run(t, s)
	d.is(t, `10ms..12ms node-1 receives 1 copy 0 from none
		12ms lost
		synced: sim: the process crashed
		fate "fault", timer 0
		synced: sim: the process crashed, appended: sim: the process crashed
		disk ["kept"]
		12ms node-1 crashes
		22ms..24ms node-2 receives 11 copy 0 from node-1
		40ms node-1 restarts
		disk ["kept"]
		41ms..43ms node-1 receives 3 copy 0 from none
		synced: <nil>
		disk ["kept" "one" "two"]
		53ms..55ms node-2 receives 13 copy 0 from node-1
		55ms node-1 finishes
		55ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 55 * ms, Deliveries: 4, Messages: 3, Lost: 2})
}

// What is left of the last record depends on the seed, the process and how many were lost before, and on nothing else.
// It is a part of it, at least a byte and never all; what was written before it is whole. Later records come behind it.
func TestATornWrite(t *testing.T) {
	const record = "a record of some length"
	lengths := map[int]int{}
	for seed := range uint64(60) {
		var first, second []string
		for _, also := range []bool{false, true} {
			c := steady()
			c.Seed = seed
			s, d, one, two := pair(c)
			for _, p := range []*probe{one, two} {
				p.receive = func(p *probe, _ world.Envelope) {
					write(t, p, "whole", record)
					if p.Disk().Sync() == nil {
						t.Error("a write that is to be lost was synced")
					}
				}
				p.restart = func(p *probe) {
					if p.id == one.id {
						readDisk(d, p)
					}
				}
			}
			for i, p := range []world.ProcessID{one.id, one.id, two.id, two.id} {
				if when := time.Duration(i+1) * 10 * ms; p == one.id || also {
					at(s, when, func() { s.LoseUnsynced(p, true, nil) })
					s.Tell(when, p, world.CausalID(i+1), nil)
					restartAt(s, when+5*ms, p)
				}
			}
			run(t, s)
			var disks []string
			for _, line := range d.lines {
				if line[:4] == "disk" {
					disks = append(disks, line)
				}
			}
			first, second = second, disks
		}
		if !slices.Equal(first, second) || len(first) != 2 {
			t.Fatalf("seed %d: what is left depends on what another process loses, or is not there:\n%q\n%q", seed, first,
				second)
		}
		one, two := tornLength(t, record, second[1], 2), tornLength(t, record, second[1], 4)
		if only := fmt.Sprintf("disk [%q %q]", "whole", record[:one]); second[0] != only {
			t.Errorf("seed %d: after the first loss there is %s, want %s", seed, second[0], only)
		}
		lengths[one]++
		lengths[two]++
	}
	if len(lengths) < 15 || lengths[0] > 0 || lengths[len(record)] > 0 {
		t.Errorf("records of %d bytes were left with so many bytes so many times: %v", len(record), lengths)
	}
}

// tornLength is the length of the record in a place of a disk, which has to be a beginning of the whole.
func tornLength(t *testing.T, whole, disk string, place int) int {
	t.Helper()
	var records [4]string
	if _, err := fmt.Sscanf(disk, "disk [%q %q %q %q]", &records[0], &records[1], &records[2], &records[3]); err != nil {
		t.Fatalf("%s: %v", disk, err)
	}
	record := records[place-1]
	if len(record) > len(whole) || whole[:len(record)] != record {
		t.Errorf("%s: record %d is no beginning of %q", disk, place, whole)
	}
	return len(record)
}

// What cannot be torn is lost whole, and a crash there is even when there was nothing to be written.
func TestATornWriteOfNextToNothing(t *testing.T) {
	for _, test := range []struct{ records, left []string }{
		{nil, []string{"synced"}},
		{[]string{""}, []string{"synced"}},
		{[]string{"x"}, []string{"synced"}},
		{[]string{"whole", "x"}, []string{"synced", "whole"}},
		{[]string{"whole", "xy"}, []string{"synced", "whole", "x"}},
	} {
		s, d, one, _ := pair(steady())
		one.start = func(p *probe) {
			write(t, p, "synced")
			if err := p.Disk().Sync(); err != nil {
				t.Error(err)
			}
			s.LoseUnsynced(p.id, false, func() { t.Error("a later call did not hold") })
			s.LoseUnsynced(p.id, true, func() { s.Restart(p.id) })
			write(t, p, test.records...)
			d.write("synced: %t", p.Disk().Sync() == nil)
		}
		one.restart = func(p *probe) { readDisk(d, p) }
		run(t, s)
		d.is(t, fmt.Sprintf(`synced: false
			0s node-1 crashes
			0s node-1 restarts
			disk %q
			0s node-1 finishes
			0s node-2 finishes`, test.left))
	}
}
