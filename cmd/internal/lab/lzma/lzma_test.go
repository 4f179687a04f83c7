package lzma

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// samples are data of many kinds.
func samples(t *testing.T) map[string][]byte {
	t.Helper()
	noise := make([]byte, 1<<17)
	for r, i := rand.New(rand.NewPCG(1, 2)), 0; i < len(noise); i++ {
		noise[i] = byte(r.Uint32())
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"nothing": {}, "a byte": {7}, "three bytes": {1, 2, 3}, "zeros": make([]byte, 1<<17), "noise": noise,
		"a text":       []byte(strings.Repeat("a leader never overwrites entries; ", 999) + "the end"),
		"noise, twice": append(bytes.Clone(noise), noise...), "a program": program[:1<<20],
	}
}

// TestDecode reads back what is encoded, and wants it to be small where it can be.
func TestDecode(t *testing.T) {
	most := map[string]int{"zeros": 200, "a text": 200, "noise, twice": 1<<17 + 8<<10, "a program": 1 << 19}
	for name, data := range samples(t) {
		file := Encode(data)
		got, err := decode(file)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes are read back as %d: %v", name, len(data), len(got), err)
		}
		if size, has := most[name]; has && len(file) > size {
			t.Errorf("%s takes %d bytes, want %d at most", name, len(file), size)
		}
	}
}

// FuzzDecode reads back whatever is encoded.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("abcabcabcabdabcabcabcabc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := decode(Encode(data)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%q is read back as %q: %v", data, got, err)
		}
	})
}
