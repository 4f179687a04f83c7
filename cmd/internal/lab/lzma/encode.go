// Package lzma compresses what a page holds, in the format of .lzma files: a program of WebAssembly is a third smaller
// than in the formats that browsers read by themselves, whose window is 32 KiB. The page has the reader.
package lzma

import (
	"encoding/binary"
)

// The parameters of the format. A program is not laid out in words, so that positions are no context.
const (
	literalBits  = 4 // of the byte before, which a literal depends on
	literalCodes = 0x300
	states       = 12
	shortest     = 2   // the least length of a match
	longest      = 273 // the greatest
	lengthStates = 4
	slots        = 64
	alignBits    = 4
	fullDistance = 1 << 7 // distances below have contexts for all their bits
	firstModel   = 4      // the first slot with bits behind it
	endModel     = 14     // the first slot whose bits are not all contexts
)

// encoder is what the next symbol depends on.
type encoder struct {
	rangeCoder

	data  []byte
	at    int // the next byte to encode
	state int
	reps  [4]int // the last distances, from 0

	isMatch, isRep, isRep0, isRep1, isRep2, isRep0Long [states]probability

	literals    [1 << literalBits][literalCodes]probability
	slot        [lengthStates][slots]probability
	special     [fullDistance + 1]probability // the last bits of small distances
	align       [1 << alignBits]probability
	length, rep lengths
}

// lengths are the contexts of a length.
type lengths struct {
	choice, choice2 probability
	low, mid        [8]probability
	high            [256]probability
}

// Encode returns the data, compressed as an .lzma file.
func Encode(data []byte) []byte {
	e := &encoder{rangeCoder: newRangeCoder(), data: data}
	e.reset()
	e.out = append(e.out, literalBits) // and no bits of positions
	e.out = binary.LittleEndian.AppendUint32(e.out, window(len(data)))
	e.out = binary.LittleEndian.AppendUint64(e.out, uint64(len(data)))
	p := parser{encoder: e, finder: newFinder(data)}
	for e.at < len(data) {
		p.next()
	}
	e.flush()
	return e.out
}

// window is the size of the window that has room for all of the data: a power of two.
func window(size int) uint32 {
	w := uint32(1 << 12)
	for int64(w) < int64(size) && w < 1<<31 {
		w <<= 1
	}
	return w
}

func (e *encoder) reset() {
	for _, all := range [][]probability{
		e.isMatch[:], e.isRep[:], e.isRep0[:], e.isRep1[:], e.isRep2[:], e.isRep0Long[:], e.special[:], e.align[:],
	} {
		even(all)
	}
	for i := range e.literals {
		even(e.literals[i][:])
	}
	for i := range e.slot {
		even(e.slot[i][:])
	}
	for _, l := range []*lengths{&e.length, &e.rep} {
		l.choice, l.choice2 = half, half
		even(l.low[:])
		even(l.mid[:])
		even(l.high[:])
	}
}

// literal encodes the next byte by itself.
func (e *encoder) literal() {
	e.bit(&e.isMatch[e.state], 0)
	before := byte(0)
	if e.at > 0 {
		before = e.data[e.at-1]
	}
	of, symbol := &e.literals[before>>(8-literalBits)], int(e.data[e.at])|0x100
	if e.state < 7 {
		for symbol < 0x10000 {
			e.bit(&of[symbol>>8], symbol>>7&1)
			symbol <<= 1
		}
	} else { // after a match the byte differs from the one that would have gone on with it
		match, offset := int(e.data[e.at-e.reps[0]-1]), 0x100
		for symbol < 0x10000 {
			match <<= 1
			e.bit(&of[offset+match&offset+symbol>>8], symbol>>7&1)
			symbol <<= 1
			offset &= ^(match ^ symbol)
		}
	}
	e.at++
	switch {
	case e.state < 4:
		e.state = 0
	case e.state < 10:
		e.state -= 3
	default:
		e.state -= 6
	}
}

// match encodes that the next bytes are those of a distance before, from 0.
func (e *encoder) match(distance, length int) {
	e.bit(&e.isMatch[e.state], 1)
	e.bit(&e.isRep[e.state], 0)
	e.encodeLength(&e.length, length)
	e.encodeDistance(distance, min(length-shortest, lengthStates-1))
	e.reps = [4]int{distance, e.reps[0], e.reps[1], e.reps[2]}
	e.state = after(e.state, 7, 10)
	e.at += length
}

// repeat encodes that the next bytes are those of one of the last distances before.
func (e *encoder) repeat(which, length int) {
	e.bit(&e.isMatch[e.state], 1)
	e.bit(&e.isRep[e.state], 1)
	if which == 0 {
		e.bit(&e.isRep0[e.state], 0)
		e.bit(&e.isRep0Long[e.state], 1)
	} else {
		e.bit(&e.isRep0[e.state], 1)
		e.bit(&e.isRep1[e.state], min(which-1, 1))
		if which > 1 {
			e.bit(&e.isRep2[e.state], which-2)
		}
		distance := e.reps[which]
		copy(e.reps[1:which+1], e.reps[:which])
		e.reps[0] = distance
	}
	e.encodeLength(&e.rep, length)
	e.state = after(e.state, 8, 11)
	e.at += length
}

// after is the state after a match: one of two, by whether it follows a literal.
func after(state, literal, match int) int {
	if state < 7 {
		return literal
	}
	return match
}

func (e *encoder) encodeLength(l *lengths, length int) {
	switch length -= shortest; {
	case length < 8:
		e.bit(&l.choice, 0)
		e.tree(l.low[:], 3, length)
	case length < 16:
		e.bit(&l.choice, 1)
		e.bit(&l.choice2, 0)
		e.tree(l.mid[:], 3, length-8)
	default:
		e.bit(&l.choice, 1)
		e.bit(&l.choice2, 1)
		e.tree(l.high[:], 8, length-16)
	}
}

func (e *encoder) encodeDistance(distance, lengthState int) {
	slot := slotOf(distance)
	e.tree(e.slot[lengthState][:], 6, slot)
	if slot < firstModel {
		return
	}
	bits := slot>>1 - 1
	base := (2 | slot&1) << bits
	if slot < endModel {
		e.reverse(e.special[base-slot:], bits, distance-base)
		return
	}
	e.direct((distance-base)>>alignBits, bits-alignBits)
	e.reverse(e.align[:], alignBits, distance&(1<<alignBits-1))
}
