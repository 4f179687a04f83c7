package traces_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/raftkv/raftkv/traces"
)

// judgedOneByOne is what a judge says of a file that is read one span after the other.
func judgedOneByOne(file []byte) (traces.Report, error) {
	j := traces.NewJudge()
	if err := addAll(j, traces.NewReader("trace", bytes.NewReader(file))); err != nil {
		return traces.Report{}, err
	}
	return j.Report(), nil
}

// addAll has a judge look at the spans of a file one after the other.
func addAll(j *traces.Judge, r *traces.Reader) error {
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		j.Add(&s, r.Line())
	}
}

func judgedAhead(file []byte) (traces.Report, error) {
	j := traces.NewJudge()
	if err := j.Read(context.Background(), traces.NewReader("trace", bytes.NewReader(file))); err != nil {
		return traces.Report{}, err
	}
	return j.Report(), nil
}

// To read a file with all processors gives what it gives to read it one span after the other: the same findings of the same lines, and the same faults.
func TestReadAheadAsOneByOne(t *testing.T) {
	var file bytes.Buffer
	record(t, rough(), traces.NewOTLPFile(&file))
	lines := bytes.SplitAfter(file.Bytes(), []byte("\n"))
	if lines = lines[:len(lines)-1]; len(lines) < 3 {
		t.Fatalf("%d lines are too few for this test", len(lines))
	}
	alone := spansAlone(t, file.Bytes())
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(alone), func(i, j int) { alone[i], alone[j] = alone[j], alone[i] })
	wrong := bytes.ReplaceAll(bytes.Join(alone, []byte("\n")), []byte(`"raft.reply"`), []byte(`"raft.repyl"`))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	pretty := func(b []byte) []byte {
		var out bytes.Buffer
		if err := json.Indent(&out, bytes.TrimSpace(b), "", " "); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	for name, file := range map[string][]byte{
		"as written":                      file.Bytes(),
		"a line a span, shuffled":         bytes.Join(alone, []byte("\n")),
		"with findings":                   wrong,
		"without the last line's end":     bytes.TrimSpace(file.Bytes()),
		"with blank lines":                join([]byte("\n \r\n"), lines[0], []byte("\n\n\n"), join(lines[1:]...), []byte("\n\t\n")),
		"with other line ends":            bytes.ReplaceAll(file.Bytes(), []byte("\n"), []byte("\r\n")),
		"cut within the last line":        file.Bytes()[:file.Len()-100],
		"cut within another line":         join(lines[0], lines[1][:len(lines[1])-100], []byte("\n"), lines[2]),
		"with a faulty line":              join(lines[0], []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"x"}]}]}]}`+"\n"), lines[1]),
		"with a line of something else":   join(lines[0], []byte("hello\n"), lines[1]),
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
		want, wantErr := judgedOneByOne(file)
		for _, processors := range []int{1, 2, 8} {
			before := runtime.GOMAXPROCS(processors)
			got, err := judgedAhead(file)
			runtime.GOMAXPROCS(before)
			if diff := cmp.Diff(fmt.Sprint(wantErr), fmt.Sprint(err)); diff != "" {
				t.Errorf("%s, %d processors: -one by one, +ahead:\n%s", name, processors, diff)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(traces.SpanRef{})); diff != "" {
				t.Errorf("%s, %d processors: -one by one, +ahead:\n%s", name, processors, diff)
			}
		}
		if name == "with findings" && len(want.Findings) == 0 {
			t.Error("with findings: there are none, so that this compares nothing")
		}
	}
}

// Who interrupts a long reading does not wait for its end.
func TestReadAheadInterrupted(t *testing.T) {
	var file bytes.Buffer
	record(t, reference(), traces.NewOTLPFile(&file))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := traces.NewJudge().Read(ctx, traces.NewReader("trace", &repeated{text: file.String(), times: 1000})); err == nil || err.Error() != "trace: interrupted" {
		t.Errorf("error %v; want that it was interrupted", err)
	}
}

// Whatever pieces a file comes in, its lines are the same; and a file that ends in an error, or from which nothing comes, is no reason to go on forever.
func TestReadAheadInPieces(t *testing.T) {
	var file bytes.Buffer
	record(t, rough(), traces.NewOTLPFile(&file))
	lines := bytes.SplitAfter(file.Bytes(), []byte("\n"))
	file.Write([]byte(`{"resourceSpans":[]}`)) // a line without an end
	document := bytes.Join([][]byte{lines[0], []byte("["), bytes.Join(lines[1:len(lines)-1], []byte(",\n")), []byte("]\n")}, nil)
	for name, input := range map[string]func(io.Reader) io.Reader{
		"bytes":           iotest.OneByteReader,
		"halves":          iotest.HalfReader,
		"the end at once": iotest.DataErrReader,
		"a fault": func(r io.Reader) io.Reader {
			return io.MultiReader(io.LimitReader(r, 100_000), iotest.ErrReader(errors.New("the disk is gone")))
		},
		"nothing": func(r io.Reader) io.Reader { return io.MultiReader(io.LimitReader(r, 100_000), idle{}) },
	} {
		for _, whole := range [][]byte{file.Bytes(), document} {
			var want, got traces.Report
			oneByOne, ahead := traces.NewJudge(), traces.NewJudge()
			wantErr := addAll(oneByOne, traces.NewReader("trace", input(bytes.NewReader(whole))))
			err := ahead.Read(t.Context(), traces.NewReader("trace", input(bytes.NewReader(whole))))
			if wantErr == nil && err == nil {
				want, got = oneByOne.Report(), ahead.Report()
			}
			if diff := cmp.Diff(fmt.Sprint(wantErr), fmt.Sprint(err)); diff != "" {
				t.Errorf("%s: -one by one, +ahead:\n%s", name, diff)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(traces.SpanRef{})); diff != "" {
				t.Errorf("%s: -one by one, +ahead:\n%s", name, diff)
			}
		}
	}
}

// idle is an input from which nothing comes.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }
