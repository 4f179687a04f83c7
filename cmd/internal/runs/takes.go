package runs

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/memory"
	"github.com/raftkv/raftkv/traces/words"
)

// Takes is how much memory a command takes for a trace, as measured with one of a million spans: the peak, with as
// little garbage as the collector can do with, and a fifth more, because tables grow by doubling.
type Takes struct {
	What string // the command is to do: check it
	Span int    // bytes for each span, however they are laid out in the file
}

// Short is the error of a trace that takes more memory than there is.
type Short struct{ message string }

// Error says how much there is and what can be done.
func (s *Short) Error() string { return s.message }

// least is what no trace is too large for: the program takes as much without one.
const least = 32 << 20

// inEachSpan is what stands once in nearly every span, and nowhere else, in OTLP and in Jaeger's own JSON: to count
// spans takes a tenth of what it takes to read them.
var inEachSpan = [][]byte{[]byte(`"startTimeUnixNano"`), []byte(`"operationName"`)}

// of says how large the run at a path is, as far as the beginning of its file tells. What cannot be read is said by
// whoever reads it.
func (t Takes) of(path string) Run {
	const beginning = 4 << 20
	r := Run{Path: path, file: traceFile(path)}
	info, err := os.Stat(r.file)
	if err != nil || !info.Mode().IsRegular() { // a pipe can be read only once
		return r
	}
	r.size = info.Size()
	file, err := os.Open(r.file)
	if err != nil {
		return r
	}
	defer func() { _ = file.Close() }() // was only read
	text := make([]byte, min(r.size, beginning))
	n, _ := io.ReadFull(file, text) // what is wrong with it is for others to say
	for _, key := range inEachSpan {
		r.Spans += bytes.Count(text[:n], key)
	}
	if r.size > beginning { // it was cut off
		r.Spans = int(float64(r.Spans) * float64(r.size) / beginning)
	}
	r.memory = int64(r.Spans) * int64(t.Span)
	return r
}

// known says whether it can be told how much memory all runs take.
func known(list []Run) bool {
	for i := range list {
		if list[i].Spans == 0 {
			return false
		}
	}
	return true
}

// enough is an error if the runs take more memory than there is room for.
func (t Takes) enough(list []Run, room memory.Room) error {
	var files []string
	spans, size, takes := 0, int64(0), int64(least)
	for i := range list {
		files = append(files, list[i].file)
		spans, size, takes = spans+list[i].Spans, size+list[i].size, takes+list[i].memory
	}
	if takes == least || takes <= room.Bytes {
		return nil
	}
	what := "a trace of " + memory.Size(size)
	if len(list) > 1 {
		what = "what is " + memory.Size(size) + " together"
	}
	return &Short{fmt.Sprintf("%s: %s, about %s, takes about %s of memory to %s, and %s is free: %s",
		strings.Join(files, " and "), what, counted(spans), memory.Size(takes), t.What,
		memory.Size(room.Bytes), room.Of.More(takes))}
}

// exceeded is the error of runs that have filled the room when so much of them was read.
func exceeded(list []Run, done int64, room memory.Room) error {
	var files []string
	for i := range list {
		files = append(files, list[i].file)
	}
	return &Short{fmt.Sprintf("%s: too large for the memory there is: %s was free, and after %s of the file there may "+
		"not be enough for the rest: %s", strings.Join(files, " and "),
		memory.Size(room.Bytes), memory.Size(done), room.Of.More(max(2*room.Bytes, least)))}
}

func counted(spans int) string {
	const million = 1_000_000
	if spans < million/10 {
		return words.Counted(spans, "span")
	}
	return fmt.Sprintf("%.1f million spans", float64(spans)/million)
}
