package sections

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
)

var forms = []string{model.FormCount, model.FormSpaced}

// textOf splits a text about a span into its parts. Its language is that of placeholders: {kv.key} is the value of an
// attribute, {peer} is the process at the other end, {kv.key:spaced} is a name with spaces, {kv.peers:count server} is
// a number of servers, and {kv.peers:count} the number alone.
func (r *resolver) textOf(s *model.Span, text load.Text) (pieces []model.TextPiece) {
	if s == nil || !text.Given() {
		return nil
	}
	literal := func(part string) {
		if part != "" {
			pieces = append(pieces, model.TextPiece{Literal: part})
		}
	}
	last := 0
	for _, at := range model.Placeholder.FindAllStringIndex(text.Value, -1) {
		literal(text.Value[last:at[0]])
		pieces = append(pieces, r.placed(s, text.Value[at[0]+1:at[1]-1], text.At(at[0]+1)))
		last = at[1]
	}
	literal(text.Value[last:])
	model.StrayBraces(r.faults, text)
	return pieces
}

// placed is what a placeholder stands for.
func (r *resolver) placed(s *model.Span, inner string, pos load.Pos) (p model.TextPiece) {
	name, form, _ := strings.Cut(inner, ":")
	p.Form, p.One, _ = strings.Cut(form, " ")
	if p.Form != "" && !slices.Contains(forms, p.Form) {
		r.faults.Undefined(pos, "form", p.Form, forms)
	}
	if p.Form != model.FormCount && p.One != "" {
		r.faults.Add(pos, "{%s}: only a count is followed by the word for one: {%s:count vote}", inner, name)
	}
	if name != "peer" {
		p.Attribute = r.attributeOf(s, load.Text{Value: name, Pos: pos})
		return p
	}
	if p.Attribute = r.peerOf(s); p.Attribute != nil {
		return p
	}
	r.faults.Add(pos, "span %q has no attribute that names its peer", s.ID)
	return p
}
