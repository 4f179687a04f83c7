package terminal

import (
	"io"
	"math"
	"os"
	"strings"
)

// Plots draws small plots out of characters.
type Plots struct {
	ASCII bool // the terminal has no others
}

// PlotsFor are the plots for what is written there. What goes into a file is the same on every machine.
func PlotsFor(w io.Writer) Plots { return Plots{ASCII: Interactive(w) && !speaksUTF8(os.Getenv)} }

// speaksUTF8 says whether the environment asks for UTF-8, by the first of the variables that says anything.
func speaksUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

// Bar is a bar for a share from 0 to 1, as wide as a full one.
func (p Plots) Bar(share float64, width int) string {
	const parts = 8
	blocks := []rune(" ▏▎▍▌▋▊▉█")
	filled := int(math.Round(share * float64(width*parts)))
	if share > 0 {
		filled = max(filled, 1)
	}
	if p.ASCII {
		n := (filled + parts - 1) / parts
		return strings.Repeat("#", n) + strings.Repeat(" ", width-n)
	}
	bar := strings.Repeat("█", filled/parts)
	if filled%parts > 0 {
		bar += string(blocks[filled%parts])
	}
	return bar + strings.Repeat(" ", width-Length(bar))
}

// Columns is a column for each number, the highest for the highest; nothing is drawn for 0, and something for
// everything else.
func (p Plots) Columns(numbers []uint64) string {
	heights := []rune(" ▁▂▃▄▅▆▇█")
	if p.ASCII {
		heights = []rune(" .:-=+*#@")
	}
	most := uint64(0)
	for _, n := range numbers {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range numbers {
		height := 0
		if n > 0 {
			height = max(1, int(math.Round(float64(n)/float64(most)*float64(len(heights)-1))))
		}
		b.WriteRune(heights[height])
	}
	return b.String()
}
