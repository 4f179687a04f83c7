package words

import "testing"

func TestCounted(t *testing.T) {
	for _, c := range []struct {
		n         int64
		one, want string
	}{
		{0, "client", "0 clients"},
		{1, "client", "1 client"},
		{2, "client", "2 clients"},
		{1, "try", "1 try"},
		{2, "try", "2 tries"},
		{2, "entry", "2 entries"},
		{2, "key", "2 keys"},
		{1, "process", "1 process"},
		{3, "process", "3 processes"},
		{999, "span", "999 spans"},
		{1000, "span", "1,000 spans"},
		{1234567, "span", "1,234,567 spans"},
		{-1000, "span", "-1,000 spans"},
	} {
		if got := Counted(c.n, c.one); got != c.want {
			t.Errorf("%d of %q are told as %q, want %q", c.n, c.one, got, c.want)
		}
	}
	if one, two := Agree(1, "holds", "hold"), Agree(2, "holds", "hold"); one != "holds" || two != "hold" {
		t.Errorf("one %s, and two %s", one, two)
	}
}
