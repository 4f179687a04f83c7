package view

import (
	"encoding/binary"
	"slices"
)

// column is a list of numbers, each as short as it can be (LEB128).
type column struct{ bytes []byte }

// add adds a number.
func (c *column) add(n uint64) { c.bytes = binary.AppendUvarint(c.bytes, n) }

// addSigned adds a number that may be negative (zigzag).
func (c *column) addSigned(n int64) { c.bytes = binary.AppendVarint(c.bytes, n) }

// texts are the texts of a run, each once, by their numbers.
type texts struct {
	list    []string
	numbers map[string]int
}

func newTexts() *texts { return &texts{numbers: map[string]int{}} }

// number returns the number of a text, which is new if it was not there before.
func (t *texts) number(text string) int {
	n, known := t.numbers[text]
	if !known {
		n = len(t.list)
		t.list, t.numbers[text] = append(t.list, text), n
	}
	return n
}

// mostRecent is how many texts a column of texts remembers: what comes again soon is one byte.
const mostRecent = 48

// textColumn is a column of texts. A text is a number: 0 for one that no column had before; from 1 to mostRecent for
// the one that this column had so many different texts ago; and else mostRecent+1 more than its number in texts.
type textColumn struct {
	column
	recent []int // the latest first
}

func (c *textColumn) addText(all *texts, text string) {
	before := len(all.list)
	n := all.number(text)
	switch at := slices.Index(c.recent, n); {
	case n == before:
		c.add(0)
		c.recent = slices.Insert(c.recent, 0, n)
	case at >= 0:
		c.add(uint64(at + 1))
		copy(c.recent[1:at+1], c.recent[:at])
		c.recent[0] = n
	default:
		c.add(uint64(n + mostRecent + 1))
		c.recent = slices.Insert(c.recent, 0, n)
	}
	c.recent = c.recent[:min(len(c.recent), mostRecent)]
}
