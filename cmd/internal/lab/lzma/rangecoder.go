package lzma

import "math/bits"

// probability is how likely a bit is 0, in parts of 2048; it learns from each bit.
type probability uint16

const (
	probabilityBits = 11
	half            = 1 << (probabilityBits - 1)
	learning        = 5
)

func even(all []probability) {
	for i := range all {
		all[i] = half
	}
}

// rangeCoder turns bits and their probabilities into bytes.
type rangeCoder struct {
	out   []byte
	low   uint64
	width uint32
	cache byte // the last byte, to which a carry may still be added
	held  int  // how many bytes wait for that: the cache, and those of 0xff behind it
}

func newRangeCoder() rangeCoder { return rangeCoder{width: 0xffffffff, held: 1} }

// bit encodes a bit that has a probability.
func (c *rangeCoder) bit(p *probability, bit int) {
	bound := c.width >> probabilityBits * uint32(*p)
	if bit == 0 {
		c.width = bound
		*p += (1<<probabilityBits - *p) >> learning
	} else {
		c.low += uint64(bound)
		c.width -= bound
		*p -= *p >> learning
	}
	if c.width < 1<<24 {
		c.width <<= 8
		c.shift()
	}
}

// direct encodes the last bits of a number, each as likely 0 as 1.
func (c *rangeCoder) direct(value, count int) {
	for i := count - 1; i >= 0; i-- {
		c.width >>= 1
		if value>>i&1 == 1 {
			c.low += uint64(c.width)
		}
		if c.width < 1<<24 {
			c.width <<= 8
			c.shift()
		}
	}
}

// tree encodes the last bits of a number, the highest first, each with a probability that depends on those before.
func (c *rangeCoder) tree(of []probability, count, value int) {
	at := 1
	for i := count - 1; i >= 0; i-- {
		bit := value >> i & 1
		c.bit(&of[at], bit)
		at = at<<1 | bit
	}
}

// reverse does the same, the lowest bit first.
func (c *rangeCoder) reverse(of []probability, count, value int) {
	at := 1
	for i := range count {
		bit := value >> i & 1
		c.bit(&of[at], bit)
		at = at<<1 | bit
	}
}

// shift lets go of the highest byte.
func (c *rangeCoder) shift() {
	if c.low < 0xff000000 || c.low > 0xffffffff {
		carry := byte(c.low >> 32)
		for next := c.cache; c.held > 0; c.held-- {
			c.out = append(c.out, next+carry)
			next = 0xff
		}
		c.cache = byte(c.low >> 24)
	}
	c.held++
	c.low = c.low & 0x00ffffff << 8
}

// flush ends the bytes.
func (c *rangeCoder) flush() {
	for range 5 {
		c.shift()
	}
}

// slotOf is the highest two bits of a distance and how many follow.
func slotOf(distance int) int {
	if distance < firstModel {
		return distance
	}
	high := bits.Len(uint(distance)) - 1
	return high<<1 | distance>>(high-1)&1
}
