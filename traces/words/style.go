package words

import (
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/kv/spans"
)

// Style is how lines for a person look.
type Style int

// The styles there are.
const (
	Plain Style = iota
	ANSI        // with a terminal's colours
)

// The escape sequences of a terminal.
const (
	Dim   = "\x1b[2m"
	Bold  = "\x1b[1m"
	Red   = "\x1b[31m"
	reset = "\x1b[0m"
)

// TimeWidth is how many columns a time takes in front of a line.
const TimeWidth = 11

// processColours tell nodes apart: cyan, green, yellow, blue, magenta, and their bright ones.
var processColours = []string{
	"\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[35m",
	"\x1b[96m", "\x1b[92m", "\x1b[93m", "\x1b[94m", "\x1b[95m",
}

// AppendColoured appends a text in a colour, if the style has colours.
func AppendColoured(b []byte, style Style, colour, text string) []byte {
	if style == Plain || colour == "" {
		return append(b, text...)
	}
	return append(append(append(b, colour...), text...), reset...)
}

// ProcessColour gives each server a colour by its number, and clients none, so that they stand apart.
func ProcessColour(process string) string {
	group, number, _ := strings.Cut(process, "-")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || group == spans.ServiceClient {
		return Bold
	}
	return processColours[(n+uint64(len(processColours))-1)%uint64(len(processColours))]
}
