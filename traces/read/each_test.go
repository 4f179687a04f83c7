package read_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/read"
)

// located is a span and where it stands.
type located struct {
	Span  read.Span
	Place read.Place
}

// readAhead reads with all processors.
func readAhead(ctx context.Context, r *read.Reader) (all []located, err error) {
	work := func(line *read.Line) (list []located) {
		for i, s := range line.Spans { // which are valid until this returns
			s.Attributes = slices.Clone(s.Attributes)
			s.Links = slices.Clone(s.Links)
			for k := range s.Links {
				s.Links[k].Attributes = slices.Clone(s.Links[k].Attributes)
			}
			s.Events = slices.Clone(s.Events)
			for k := range s.Events {
				s.Events[k].Attributes = slices.Clone(s.Events[k].Attributes)
			}
			list = append(list, located{s, line.Places[i]})
		}
		return list
	}
	err = read.Each(ctx, r, func() func(*read.Line) []located { return work }, func(list []located) error {
		all = append(all, list...)
		return nil
	})
	return all, err
}

func readOneByOne(r *read.Reader) (all []located, err error) {
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, located{s, read.Place{Line: r.Line()}})
	}
}

// manyStubs are spans for several lines.
func manyStubs() (stubs []span.Span) {
	for n := range 1100 {
		s := plainStub(n)
		if n%7 == 0 {
			s = stub(n)
		}
		stubs = append(stubs, s)
	}
	return stubs
}

// To read a file with all processors gives what it gives to read it one span after the other: the same spans of the
// same lines, and the same faults behind them. Where a span is said to stand, it is.
func TestReadAheadAsOneByOne(t *testing.T) {
	whole := write(t, manyStubs()...)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	if lines = lines[:len(lines)-1]; len(lines) < 3 {
		t.Fatalf("%d lines are too few for this test", len(lines))
	}
	var alone [][]byte
	for _, s := range manyStubs()[:200] {
		alone = append(alone, write(t, s))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(alone), func(i, j int) { alone[i], alone[j] = alone[j], alone[i] })
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	pretty := func(b []byte) []byte {
		var out bytes.Buffer
		if err := json.Indent(&out, bytes.TrimSpace(b), "", " "); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	for name, file := range map[string][]byte{
		"as written":                  whole,
		"with a mark":                 join([]byte("\xef\xbb\xbf"), whole),
		"a line a span, shuffled":     join(alone...),
		"without the last line's end": bytes.TrimSpace(whole),
		"with blank lines": join([]byte("\n \r\n"), lines[0], []byte("\n\n\n"), join(lines[1:]...),
			[]byte("\n\t\n")),
		"with other line ends":     bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n")),
		"cut within the last line": whole[:len(whole)-100],
		"cut within another line":  join(lines[0], lines[1][:len(lines[1])-100], []byte("\n"), lines[2]),
		"with a faulty line": join(lines[0],
			[]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"x"}]}]}]}`+"\n"), lines[1]),
		"with a line of something else": join(lines[0], []byte("hello\n"), lines[1]),
		"with a line of other signals":  join(lines[0], []byte(`{"resourceLogs":[]}`+"\n"), lines[1]),
		"other signals alone": []byte(`{"x":1}` + "\n" + `{"resourceLogs":[]}` + "\n" + `{"resourceMetrics":[]}` +
			"\n"),
		"going on as a document":          join(lines[0], lines[1], pretty(lines[2]), pretty(lines[2])),
		"a document":                      pretty(lines[0]),
		"an array":                        join([]byte("["), bytes.Join(lines, []byte(",")), []byte("]")),
		"an array behind lines":           join(lines[0], []byte("["), bytes.Join(lines[1:], []byte(",\n")), []byte("]\n")),
		"an array that is cut":            join(lines[0], []byte("["), bytes.Join(lines[1:], []byte(",\n"))),
		"empty":                           nil,
		"blank":                           []byte("\n\n\n"),
		"without spans":                   []byte(`{"resourceSpans":[]}` + "\n"),
		"spans behind lines without them": join([]byte(strings.Repeat(`{"resourceSpans":[]}`+"\n", 20)), lines[0]),
	} {
		want, wantErr := readOneByOne(read.NewReader("trace", bytes.NewReader(file)))
		for _, processors := range []int{1, 2, 8} {
			before := runtime.GOMAXPROCS(processors)
			got, err := readAhead(t.Context(), read.NewReader("trace", bytes.NewReader(file)))
			runtime.GOMAXPROCS(before)
			for i := range got {
				place := got[i].Place
				if text := file[place.Offset:][:place.Length]; !bytes.HasPrefix(text, []byte("{")) || !json.Valid(text) ||
					!bytes.Contains(text, []byte(got[i].Span.ID.String())) ||
					bytes.Count(file[:place.Offset], []byte("\n"))+1 != place.Line {
					t.Fatalf("%s: %s is said to stand in line %d where there is\n%s", name, got[i].Span.ID, place.Line, text)
				}
				got[i].Place = read.Place{Line: place.Line}
			}
			if fmt.Sprint(wantErr) != fmt.Sprint(err) {
				t.Errorf("%s, %d processors: one by one: error %v; ahead: %v", name, processors, wantErr, err)
			}
			if reflect.DeepEqual(want, got) {
				continue // it is seen sooner than cmp sees it
			}
			if diff := cmp.Diff(want, got, sameSpans); diff != "" {
				t.Errorf("%s, %d processors: -one by one, +ahead:\n%s", name, processors, diff)
			}
		}
	}
}

// Who interrupts a long reading does not wait for its end, and neither does who takes no more.
func TestReadAheadInterrupted(t *testing.T) {
	file := string(write(t, manyStubs()...))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	input := &repeated{text: file, times: 1000}
	if _, err := readAhead(ctx, read.NewReader("trace", input)); err == nil || err.Error() != "trace: interrupted" {
		t.Errorf("error %v; want that it was interrupted", err)
	}
	enough, taken := errors.New("enough"), 0
	for _, file := range []string{file, "[" + file + "," + file + "]"} {
		err := read.Each(t.Context(), read.NewReader("trace", &repeated{text: file, times: 1000}),
			func() func(*read.Line) int { return func(l *read.Line) int { return len(l.Spans) } },
			func(int) error { taken++; return enough })
		if !errors.Is(err, enough) {
			t.Errorf("error %v; want the taker's", err)
		}
	}
	if taken != 2 {
		t.Errorf("%d lines were taken, want one of each file", taken)
	}
}

// Whatever pieces a file comes in, its lines are the same; and a file that ends in an error, or from which nothing
// comes, is no reason to go on forever.
func TestReadAheadInPieces(t *testing.T) {
	whole := write(t, manyStubs()...)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	whole = append(whole, `{"resourceSpans":[]}`...) // a line without an end
	document := slices.Concat(lines[0], []byte("["), bytes.Join(lines[1:len(lines)-1], []byte(",\n")), []byte("]\n"))
	for name, input := range map[string]func(io.Reader) io.Reader{
		"bytes":           iotest.OneByteReader,
		"halves":          iotest.HalfReader,
		"the end at once": iotest.DataErrReader,
		"a fault": func(r io.Reader) io.Reader {
			return io.MultiReader(io.LimitReader(r, int64(len(lines[0])+1000)), iotest.ErrReader(errors.New("the disk is gone")))
		},
		"nothing": func(r io.Reader) io.Reader {
			return io.MultiReader(io.LimitReader(r, int64(len(lines[0])+1000)), idle{})
		},
	} {
		for _, file := range [][]byte{whole, document} {
			want, wantErr := readOneByOne(read.NewReader("trace", input(bytes.NewReader(file))))
			got, err := readAhead(t.Context(), read.NewReader("trace", input(bytes.NewReader(file))))
			for i := range got {
				got[i].Place = read.Place{Line: got[i].Place.Line}
			}
			if fmt.Sprint(wantErr) != fmt.Sprint(err) || (err != nil) != (name == "a fault" || name == "nothing") {
				t.Errorf("%s: one by one: error %v; ahead: %v", name, wantErr, err)
			}
			if diff := cmp.Diff(want, got, sameSpans); diff != "" || len(got) == 0 {
				t.Errorf("%s: -one by one, +ahead:\n%s", name, diff)
			}
		}
	}
}

// idle is an input from which nothing comes.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }
