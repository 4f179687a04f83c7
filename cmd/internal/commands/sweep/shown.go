package sweep

import (
	"encoding/json"
	"os"
	"regexp"

	"github.com/raftkv/raftkv/traces/words"
)

// begins is how what -json writes begins, of whatever version it is.
var begins = regexp.MustCompile(`^\s*\{\s*"format"\s*:\s*"raftkv-sweep-`)

// mostOfBegin is how many bytes of a file are looked at to tell what it is.
const mostOfBegin = 512

// IsReport says whether a file begins as what -json writes.
func IsReport(file string) bool {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() { // a pipe can be read only once
		return false
	}
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // was only read
	begin := make([]byte, mostOfBegin)
	n, _ := f.Read(begin)
	return begins.Match(begin[:n])
}

// Shown is a sweep as a page shows it.
type Shown struct {
	JSON []byte // what -json wrote, without spaces
	Runs string // how many, in words
}

// ReadShown reads what -json wrote, of a sweep that may have been stopped. The error says what is wrong with it.
func ReadShown(file string) (*Shown, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r, err := decode(file, text)
	if err != nil {
		return nil, err
	}
	compact, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return &Shown{JSON: compact, Runs: words.Counted(r.Done, "run")}, nil
}
