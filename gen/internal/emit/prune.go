package emit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// draft is a Go file before it has its header and imports.
type draft struct {
	path, doc, clause, body string
}

// prune takes away the unexported functions that nothing in their package uses, so that templates can offer more
// helpers than a spec needs.
func prune(drafts []*draft) error {
	for {
		used := map[string]int{}
		var parsed []*ast.File
		for _, d := range drafts {
			file, err := parser.ParseFile(token.NewFileSet(), d.path, d.clause+d.body,
				parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			parsed = append(parsed, file)
			ast.Inspect(file, func(n ast.Node) bool {
				if name, ok := n.(*ast.Ident); ok {
					used[name.Name]++
				}
				return true
			})
		}
		pruned := false
		for i, d := range drafts {
			pruned = d.without(parsed[i], used) || pruned
		}
		if !pruned {
			return nil
		}
	}
}

// without takes unused functions out of the body; used counts each name's own declaration too.
func (d *draft) without(file *ast.File, used map[string]int) bool {
	pruned := false
	for _, declaration := range slices.Backward(file.Decls) {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv != nil || function.Name.IsExported() || used[function.Name.Name] > 1 {
			continue
		}
		from := function.Pos()
		if function.Doc != nil {
			from = function.Doc.Pos()
		}
		start, end := int(from)-1-len(d.clause), int(function.End())-1-len(d.clause)
		d.body = strings.TrimRight(d.body[:start], "\n") + "\n\n" + strings.TrimLeft(d.body[end:], "\n")
		pruned = true
	}
	return pruned
}
