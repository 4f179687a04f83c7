package pages

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"io"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/across"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/view"
)

// packed is what a page holds of a comparison, read as the page reads it.
type packed struct {
	Kind       string             `json:"kind"`
	Why        string             `json:"why"`
	Difference *diff.Difference   `json:"difference"`
	Across     *across.Comparison `json:"across"`
	Pairs      int                `json:"pairs"`

	columns map[string][]byte
}

// unpacked reads the part of a page that says how its runs compare.
func unpacked(t *testing.T, page *view.Page) *packed {
	t.Helper()
	var deflated bytes.Buffer
	if err := page.Parts[0].Write(&deflated); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(flate.NewReader(&deflated))
	if err != nil {
		t.Fatal(err)
	}
	length := binary.LittleEndian.Uint32(all)
	p := packed{columns: map[string][]byte{}}
	outer := struct {
		Head    *packed `json:"head"`
		Columns []struct {
			Name  string
			Bytes int
		} `json:"columns"`
	}{Head: &p}
	if err := json.Unmarshal(all[4:4+length], &outer); err != nil {
		t.Fatal(err)
	}
	rest := all[4+length:]
	for _, c := range outer.Columns {
		p.columns[c.Name], rest = rest[:c.Bytes], rest[c.Bytes:]
	}
	return &p
}

// next takes a number off a column; signed says that it may be negative.
func (p *packed) next(t *testing.T, name string, signed bool) int {
	t.Helper()
	n, size := 0, 0
	if signed {
		value, length := binary.Varint(p.columns[name])
		n, size = int(value), length
	} else {
		value, length := binary.Uvarint(p.columns[name])
		n, size = int(value), length
	}
	if size <= 0 {
		t.Fatalf("the column %s ends too early", name)
	}
	p.columns[name] = p.columns[name][size:]
	return n
}

// marked is what a page marks its spans with: of each of A and B, its twin and how it differs.
type marked struct{ twins, how [2][]int }

// marks reads what the page marks spans of so many with.
func (p *packed) marks(t *testing.T, a, b int) *marked {
	t.Helper()
	m := &marked{}
	for k, n := range []int{a, b} {
		m.twins[k], m.how[k] = make([]int, n), make([]int, n)
		for i := range m.twins[k] {
			m.twins[k][i] = -1
		}
	}
	follows := 0
	for i := range a {
		code := p.next(t, "twin", false)
		if code == 0 {
			continue
		}
		far := (code - 1) / 2
		if (code-1)%2 == 1 {
			far = -far - 1
		}
		m.twins[0][i] = follows + far
		m.twins[1][follows+far] = i
		follows += far + 1
	}
	last := [2]int{}
	for range p.Pairs {
		change := diff.Change(p.next(t, "how", false) >> 1)
		of := 0
		if change == diff.OnlyB {
			of = 1
		}
		last[of] += p.next(t, "span", true)
		i := last[of]
		m.how[of][i] = int(change)
		if j := m.twins[of][i]; j >= 0 {
			m.how[1-of][j] = int(change)
		}
	}
	return m
}

// inOrder are the spans of a trace as the page numbers them.
func inOrder(x *index.Trace) []int32 {
	replies := x.Replies()
	var all []int32
	for m := range x.Moments(func(m index.Moment) index.Moment { return x.SentBefore(m, replies) }) {
		if !m.Ends {
			all = append(all, m.Span)
		}
	}
	return all
}

// TestMarksAreWhatDiffSays holds how the page marks each span against the two traces themselves, and against what diff
// tells of them.
func TestMarksAreWhatDiffSays(t *testing.T) {
	plain := recorded.Run(t, "default")
	for name, other := range map[string]string{
		"drop":  recorded.Run(t, "default", `fault=[{drop = "e2a226e9f981f884"}]`),
		"seed":  recorded.Run(t, "default", "seed=2"),
		"nodes": recorded.Run(t, "default", "num_nodes=3"),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Read(t.Context(), io.Discard, []string{plain, other}, Part{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			page, err := r.Page(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			p := unpacked(t, page)
			a, b := r.list[0].trace, r.list[1].trace
			m := p.marks(t, a.Len(), b.Len())
			checkMarks(t, [2]*index.Trace{a, b}, m)
			checkTally(t, p, m)
		})
	}
}

// checkMarks holds marks against the traces: what is only in one has no twin, twins have one id, and those that are
// marked as the same are, while those that are marked as moved or changed are not.
func checkMarks(t *testing.T, runs [2]*index.Trace, m *marked) {
	t.Helper()
	orders := [2][]int32{inOrder(runs[0]), inOrder(runs[1])}
	differ := 0
	for k, x := range runs {
		for n, i := range orders[k] {
			s, twin, how := x.Span(i), m.twins[k][n], diff.Change(m.how[k][n])
			if s.Name == worldspans.RunName {
				continue
			}
			if twin < 0 {
				if differ++; how != [2]diff.Change{diff.OnlyA, diff.OnlyB}[k] {
					t.Errorf("%s has no twin, and is marked %q", s.ID, how)
				}
				continue
			}
			o := runs[1-k].Span(orders[1-k][twin])
			if s.ID != o.ID {
				t.Fatalf("%s and %s are taken for one", s.ID, o.ID)
			}
			inTime := s.Start.Equal(o.Start) && s.End.Equal(o.End)
			switch {
			case how == diff.NoChange && (!inTime || len(s.Attributes) != len(o.Attributes) || len(s.Events) != len(o.Events)):
				t.Errorf("%s is marked as the same, and is not", s.ID)
			case how == diff.Moved && inTime && len(s.Events) == 0:
				t.Errorf("%s is marked as moved, and has the same times", s.ID)
			case how != diff.NoChange:
				differ++
			}
		}
	}
	if differ == 0 {
		t.Error("nothing differs: the test sees nothing")
	}
}

// checkTally holds how many spans are marked against what diff counts, and each that it tells against its mark.
func checkTally(t *testing.T, p *packed, m *marked) {
	t.Helper()
	got := map[diff.Change]int{}
	for _, how := range m.how[0] {
		if how != int(diff.NoChange) {
			got[diff.Change(how)]++
		}
	}
	for n, how := range m.how[1] {
		if m.twins[1][n] < 0 && how != int(diff.NoChange) {
			got[diff.Change(how)]++
		}
	}
	d := p.Difference
	for change, want := range map[diff.Change]int{
		diff.OnlyA: d.Followed.OnlyA + d.Elsewhere.OnlyA, diff.OnlyB: d.Followed.OnlyB + d.Elsewhere.OnlyB,
		diff.Changed: d.Followed.Changed + d.Elsewhere.Changed, diff.Moved: d.Followed.Moved + d.Elsewhere.Moved,
	} {
		if got[change] != want {
			t.Errorf("%d spans are marked %s, and diff counts %d", got[change], change, want)
		}
	}
}

// TestAcrossProtocols holds the operations of two protocols against the spans that the page has for them.
func TestAcrossProtocols(t *testing.T) {
	r, err := Read(t.Context(), io.Discard,
		[]string{recorded.Run(t, "default"), recorded.Run(t, "multipaxos")}, Part{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	page, err := r.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := unpacked(t, page)
	if p.Kind != "across" || len(p.Across.Operations) == 0 {
		t.Fatalf("two protocols are compared as %q, with %v", p.Kind, p.Across)
	}
	a, b := r.list[0].trace, r.list[1].trace
	m := p.marks(t, a.Len(), b.Len())
	orders := [2][]int32{inOrder(a), inOrder(b)}
	for _, o := range p.Across.Operations {
		spanA, spanB := p.next(t, "operation_a", false)-1, p.next(t, "operation_b", false)-1
		if m.twins[0][spanA] != spanB {
			t.Errorf("choosing %s in A does not choose it in B", o.Request)
		}
		for k, n := range []int{spanA, spanB} {
			s := r.list[k].trace.Span(orders[k][n])
			if got := s.Attribute("kv.request.id").AsString(); got != o.Request {
				t.Errorf("the span of %s is that of %q", o.Request, got)
			}
		}
	}
}

// Runs that cannot be compared are shown all the same, with why.
func TestWhatCannotBeCompared(t *testing.T) {
	plain := recorded.Run(t, "default")
	twice := twoRuns(t, plain, recorded.Run(t, "default", "seed=2"))
	r, err := Read(t.Context(), io.Discard, []string{plain, twice}, Part{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	page, err := r.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p := unpacked(t, page); p.Kind != "none" || p.Why == "" || len(page.Runs) != 2 {
		t.Errorf("a file of two runs is compared as %q, because %q", p.Kind, p.Why)
	}
}
