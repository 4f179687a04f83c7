package emit

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/model"
)

// cell is a text in a table of a Markdown document.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", ">", "&gt;").Replace(text)
}

// code is a text in a table as code.
func code(text string) string { return "`" + strings.ReplaceAll(text, "|", `\|`) + "`" }

// link is the document of an included file, as a document links to it; its name, if it has no document.
func link(view page, p *model.Protocol) string {
	if p.Document == "" {
		return p.Name
	}
	from := path.Dir(view.Document)
	if rest, ok := strings.CutPrefix(p.Document, from+"/"); ok {
		return "[" + p.Name + "](" + rest + ")"
	}
	return "[" + p.Name + "](" + strings.Repeat("../", strings.Count(from, "/")+1) + p.Document + ")"
}

// arrow is all steps from one value to another.
type arrow struct{ From, To, Events string }

// arrows gathers the steps that go the same way.
func arrows(t *model.Transitions) []arrow {
	var all []arrow
	for _, e := range t.Edges {
		i := slices.IndexFunc(all, func(a arrow) bool { return a.From == e.From.Name && a.To == e.To.Name })
		if i < 0 {
			all = append(all, arrow{e.From.Name, e.To.Name, e.Event.Name})
		} else {
			all[i].Events += ", " + e.Event.Name
		}
	}
	return all
}

// tree draws which spans may be below which, each with its children once. Those of included files are there, too, since
// their spans have children here.
func tree(p *model.Protocol) string {
	var spans []*model.Span
	for _, q := range p.All() {
		spans = append(spans, q.Spans...)
	}
	var out strings.Builder
	drawn := map[*model.Span]bool{}
	children := func(parent *model.Span) []*model.Span {
		var all []*model.Span
		for _, s := range spans {
			if slices.Contains(s.Parents, parent) {
				all = append(all, s)
			}
		}
		return all
	}
	var draw func(s *model.Span, indent string)
	draw = func(s *model.Span, indent string) {
		below := children(s)
		if drawn[s] && len(below) > 0 {
			fmt.Fprintf(&out, "%s…\n", s.ID)
			return
		}
		drawn[s] = true
		fmt.Fprintf(&out, "%s  %s  %s  %s\n", s.ID, s.Service, s.Name, strings.ToUpper(s.Kind))
		for i, child := range below {
			branch, next := "├ ", "│ "
			if i == len(below)-1 {
				branch, next = "└ ", "  "
			}
			out.WriteString(indent + branch)
			draw(child, indent+next)
		}
	}
	for _, s := range spans {
		if s.Root && !drawn[s] {
			draw(s, "")
		}
	}
	return out.String()
}

// kindOf is the type of an attribute as a trace has it, and what it is made of.
func kindOf(a *model.Attribute) string {
	switch a.Kind {
	case model.String:
		return "string"
	case model.Strings:
		return "string[]"
	case model.Bool:
		return "bool"
	case model.Int:
		return "int"
	case model.Duration:
		return "int, in " + a.Unit
	case model.Unsigned:
		return "int, " + code(a.Type.Spec())
	case model.Stringer:
	}
	return "string, " + code(a.Type.Spec())
}
