package emit

import (
	"strings"

	"github.com/raftkv/raftkv/gen/internal/model"
)

// includedStories are the functions that give what is told of included files' spans.
func includedStories(view page) (all []string) {
	for _, p := range view.Includes {
		if len(p.Story) > 0 {
			all = append(all, spansOf(p).alias+".Story")
		}
	}
	return all
}

// storyRow is a row of a document's table: a line of a story, and when it is told.
type storyRow struct{ Span, When, Text string }

// storyRows are the lines of a protocol's stories.
func storyRows(p *model.Protocol) (rows []storyRow) {
	for _, t := range p.Story {
		add := func(when string, text []model.TextPiece) {
			if text != nil {
				rows = append(rows, storyRow{t.Span.ID, when, plain(text)})
			}
		}
		sayings := func(when string, lines []*model.Saying) {
			for i, l := range lines {
				add(when+under(l, i > 0), l.Text)
			}
		}
		sayings("it begins", t.Begins)
		add("what it sends is lost, late or doubled", t.Message)
		sayings("it ends", t.Ends)
		add("it fails", t.Fails)
		add("it fails", t.Unanswered)
		add("the run ends before it does", t.Unfinished)
	}
	return rows
}

// under is under which conditions a line is told.
func under(l *model.Saying, otherwise bool) string {
	text := when(l.When)
	for i, c := range l.Not {
		text += []string{" where ", " and "}[min(i+len(l.When), 1)] + code(c.Attribute.Key) + " is not " + code(c.Value)
	}
	if text == "" && otherwise {
		text = " otherwise"
	}
	if l.Mark != model.MarkOrdinary {
		text += ", " + l.Mark
	}
	if l.Fold {
		text += ", once for many"
	}
	return text
}

// plain is a text with the names of what is put in.
func plain(text []model.TextPiece) string {
	var b strings.Builder
	for _, p := range text {
		switch {
		case p.Attribute == nil:
			b.WriteString(p.Literal)
		case p.One != "":
			b.WriteString("{" + p.Attribute.Key + ":" + p.Form + " " + p.One + "}")
		case p.Form != "":
			b.WriteString("{" + p.Attribute.Key + ":" + p.Form + "}")
		default:
			b.WriteString("{" + p.Attribute.Key + "}")
		}
	}
	return b.String()
}
