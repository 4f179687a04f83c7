package view

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// explained is what explain answers of a span: the same as cmd/explain says.
type explained struct {
	Span   int32           `json:"span"`
	Answer string          `json:"answer"`
	Parts  []explainedPart `json:"parts"`
}

type explainedPart struct {
	Title string          `json:"title"`
	Took  bool            `json:"took"` // the times of its steps say how long they took
	Steps []explainedStep `json:"steps"`
}

type explainedStep struct {
	At   int64  `json:"at_ns"`
	Text string `json:"text"`
	Span int32  `json:"span"` // -1 for none
}

// To explain a span takes a few milliseconds, and more in a longer run; and what is said of it is about a kilobyte.
const (
	mostExplainedOf = 20_000    // how many spans a run has at most of which any is explained
	mostExplained   = 1000      // how many are at most
	mostLookedAt    = 2_000_000 // how many spans all answers together look at, at most
)

// askedFirst are the marks of the spans that are explained, those first that a person asks about first.
var askedFirst = []int{markViolation, markFault, markLeads, markStands, markOperation, markChosen}

// explain adds what explain answers of the spans that people ask about.
func (p *packing) explain() {
	p.head.Explained = []explained{}
	if p.x.Len() > mostExplainedOf {
		p.head.Unsaid = fmt.Sprintf("What explain says stands here only for runs of at most %s spans.",
			words.Grouped(mostExplainedOf))
		return
	}
	type asked struct{ order, number int }
	var all []asked
	for n, i := range p.span {
		mark := markOf(p.x.Span(i), &p.run.Protocol.Landmarks, p.head.Processes[p.x.Shape(i).Process].Kind == "client")
		if order := slices.Index(askedFirst, mark); order >= 0 {
			all = append(all, asked{order, n})
		}
	}
	slices.SortStableFunc(all, func(a, b asked) int { return cmp.Compare(a.order, b.order) })
	if most := min(mostExplained, mostLookedAt/max(1, p.x.Len())); len(all) > most {
		p.head.Unsaid = fmt.Sprintf("What explain says stands here for %s of %s that one might ask about.",
			words.Grouped(most), words.Counted(len(all), "span"))
		all = all[:most]
	}
	e := explain.New(p.inMemory(), p.run.Protocol.Explain)
	for _, a := range all {
		x, err := e.Explain(p.x.Entry(p.span[a.number]).ID.String())
		if err != nil {
			continue // of two spans with one id it is not known which is meant
		}
		p.head.Explained = append(p.head.Explained, p.said(int32(a.number), x))
	}
}

// inMemory is the trace with all that its spans say: they are not read again for each answer.
func (p *packing) inMemory() *index.Trace {
	all := make([]read.Span, p.x.Len())
	for i := range all {
		all[i] = *p.x.Span(int32(i)).Clone()
	}
	x := index.Of(all, p.run.Protocol.Landmarks.Replies...)
	x.Name, x.Epoch = p.x.Name, p.x.Epoch
	return x
}

// said is an answer about a span, in the numbers of the page.
func (p *packing) said(n int32, x *explain.Explanation) explained {
	said := explained{Span: n, Answer: valid(x.Answer.Text), Parts: []explainedPart{}}
	for i := range x.Parts {
		part := explainedPart{Title: valid(x.Parts[i].Title.Text), Took: x.Parts[i].Took, Steps: []explainedStep{}}
		for _, step := range x.Parts[i].Steps {
			of := index.None
			if j := p.x.Find(step.ID); j >= 0 && step.ID != 0 {
				of = p.number[j]
			}
			part.Steps = append(part.Steps, explainedStep{int64(step.At / time.Nanosecond), valid(step.Text), of})
		}
		said.Parts = append(said.Parts, part)
	}
	return said
}
