package sim

import "github.com/raftkv/raftkv/raftkv/world"

// letter is what waits in a mailbox: a timer that ran out, or if that is zero, a message.
type letter struct {
	timer   world.TimerHandle
	message uint32
}

// mailbox holds what came to a process while it was busy, in the order of arrival: a ring whose length is a power of 2.
type mailbox struct {
	ring        []letter
	head, count uint32
}

func (m *mailbox) put(l letter) {
	if int(m.count) == len(m.ring) {
		m.grow()
	}
	m.ring[(m.head+m.count)&uint32(len(m.ring)-1)] = l
	m.count++
}

func (m *mailbox) take() (letter, bool) {
	if m.count == 0 {
		return letter{}, false
	}
	l := m.ring[m.head]
	m.head = (m.head + 1) & uint32(len(m.ring)-1)
	m.count--
	return l, true
}

// messages is how many of the letters are messages.
func (m *mailbox) messages() int {
	count := 0
	for i := range m.count {
		if m.ring[(m.head+i)&uint32(len(m.ring)-1)].timer == 0 {
			count++
		}
	}
	return count
}

func (m *mailbox) grow() {
	ring := make([]letter, max(8, 2*len(m.ring)))
	n := copy(ring, m.ring[m.head:])
	copy(ring[n:], m.ring[:m.head])
	m.ring, m.head = ring, 0
}
