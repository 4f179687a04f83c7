package emit

import "testing"

func TestSentence(t *testing.T) {
	for doc, want := range map[string]string{
		"":                                     "",
		"Who asks":                             "Who asks.",
		"Who asks?":                            "Who asks?",
		"A question. §5.1":                     "A question (§5.1).",
		"A question. §5.2, §5.4.1, Figure 2":   "A question (§5.2, §5.4.1, Figure 2).",
		"Two. Sentences! Section 8":            "Two. Sentences (Section 8)!",
		"Figure 4":                             "Figure 4.",
		"Over\n  two lines.":                   "Over two lines.",
		"A question. PMS §2.2, phase 1a; §3":   "A question (PMS §2.2, phase 1a; §3).",
		"A question. PMMC A1, PMS §2.5":        "A question (PMMC A1, PMS §2.5).",
		"A question. RPC is one":               "A question. RPC is one.",
		"Ends with a reference to Figure 2":    "Ends with a reference to Figure 2.",
		"One. Figure 2, what is kept on disks": "One (Figure 2, what is kept on disks).",
	} {
		if got := sentence(doc); got != want {
			t.Errorf("%q\nbecomes %q\nwant    %q", doc, got, want)
		}
	}
}

func TestAfter(t *testing.T) {
	w := prose{map[string]bool{"Put": true}}
	for doc, want := range map[string]string{
		"A question":       "a question.",
		"Put stores it.":   "Put stores it.",
		"RPCs are sent.":   "RPCs are sent.",
		"Élan is wanted.":  "élan is wanted.",
		"AppendIt is one.": "AppendIt is one.",
		"Put, of course.":  "put, of course.",
		"§5.1 tells":       "§5.1 tells.",
	} {
		if got := w.after(doc); got != want {
			t.Errorf("%q\nbecomes %q\nwant    %q", doc, got, want)
		}
	}
}
