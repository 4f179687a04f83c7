package lzma

import (
	"encoding/binary"
	"errors"
)

// decoder reads what Encode writes, for tests: it is the description of the format, step by step. It has the contexts
// of an encoder.
type decoder struct {
	encoder

	in          []byte
	width, code uint32
}

var errDamaged = errors.New("damaged")

// decode returns what an .lzma file with the parameters of this package holds.
func decode(file []byte) (out []byte, err error) {
	if len(file) < 18 || file[0] != literalBits || file[13] != 0 {
		return nil, errDamaged
	}
	size := int(binary.LittleEndian.Uint64(file[5:]))
	d := &decoder{in: file[18:], width: 0xffffffff, code: binary.BigEndian.Uint32(file[14:])}
	d.reset()
	for d.at < size {
		length := d.symbol()
		if length == 0 {
			continue
		}
		if d.reps[0] >= d.at || d.at+length > size {
			return nil, errDamaged
		}
		for range length {
			d.data = append(d.data, d.data[d.at-d.reps[0]-1])
			d.at++
		}
	}
	return d.data, nil
}

// symbol reads a literal, or returns how long a match is whose distance is the first of reps.
func (d *decoder) symbol() (length int) {
	if d.bit(&d.isMatch[d.state]) == 0 {
		d.literal()
		return 0
	}
	if d.bit(&d.isRep[d.state]) == 0 {
		length = d.lengthOf(&d.length)
		d.reps = [4]int{d.distance(min(length-shortest, lengthStates-1)), d.reps[0], d.reps[1], d.reps[2]}
		d.state = after(d.state, 7, 10)
		return length
	}
	which := 0
	if d.bit(&d.isRep0[d.state]) == 0 {
		if d.bit(&d.isRep0Long[d.state]) == 0 {
			d.state = after(d.state, 9, 11)
			return 1
		}
	} else if which = 1 + d.bit(&d.isRep1[d.state]); which == 2 {
		which += d.bit(&d.isRep2[d.state])
	}
	distance := d.reps[which]
	copy(d.reps[1:which+1], d.reps[:which])
	d.reps[0] = distance
	length = d.lengthOf(&d.rep)
	d.state = after(d.state, 8, 11)
	return length
}

func (d *decoder) literal() {
	before, symbol := byte(0), 1
	if d.at > 0 {
		before = d.data[d.at-1]
	}
	of := &d.literals[before>>(8-literalBits)]
	if d.state >= 7 {
		match, offset := int(d.data[d.at-d.reps[0]-1]), 0x100
		for symbol < 0x100 {
			match <<= 1
			bit := d.bit(&of[offset+match&offset+symbol])
			symbol = symbol<<1 | bit
			if match>>8&1 != bit {
				break
			}
		}
	}
	for symbol < 0x100 {
		symbol = symbol<<1 | d.bit(&of[symbol])
	}
	d.data = append(d.data, byte(symbol))
	d.at++
	d.state = [states]int{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5}[d.state]
}

func (d *decoder) lengthOf(l *lengths) int {
	switch {
	case d.bit(&l.choice) == 0:
		return shortest + d.tree(l.low[:], 3)
	case d.bit(&l.choice2) == 0:
		return shortest + 8 + d.tree(l.mid[:], 3)
	}
	return shortest + 16 + d.tree(l.high[:], 8)
}

func (d *decoder) distance(lengthState int) int {
	slot := d.tree(d.slot[lengthState][:], 6)
	if slot < firstModel {
		return slot
	}
	bits := slot>>1 - 1
	base := (2 | slot&1) << bits
	if slot < endModel {
		return base + d.reverse(d.special[base-slot:], bits)
	}
	high := 0
	for range bits - alignBits {
		d.width >>= 1
		bit := 0
		if d.code >= d.width {
			d.code -= d.width
			bit = 1
		}
		high = high<<1 | bit
		d.normalise()
	}
	return base + high<<alignBits + d.reverse(d.align[:], alignBits)
}

func (d *decoder) bit(p *probability) (bit int) {
	if bound := d.width >> probabilityBits * uint32(*p); d.code < bound {
		d.width = bound
		*p += (1<<probabilityBits - *p) >> learning
	} else {
		d.width, d.code, bit = d.width-bound, d.code-bound, 1
		*p -= *p >> learning
	}
	d.normalise()
	return bit
}

func (d *decoder) normalise() {
	if d.width < 1<<24 && len(d.in) > 0 {
		d.width, d.code, d.in = d.width<<8, d.code<<8|uint32(d.in[0]), d.in[1:]
	}
}

func (d *decoder) tree(of []probability, count int) int {
	at := 1
	for range count {
		at = at<<1 | d.bit(&of[at])
	}
	return at - 1<<count
}

func (d *decoder) reverse(of []probability, count int) (value int) {
	at := 1
	for i := range count {
		bit := d.bit(&of[at])
		at = at<<1 | bit
		value |= bit << i
	}
	return value
}
