// Package emit writes what a spec stands for: two Go packages and a document. It makes everything in memory before a file is touched.
package emit

import (
	"bytes"
	"embed"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
)

//go:embed templates
var sources embed.FS

// File is a generated file; its path is relative to the root.
type File struct {
	Path    string
	Content []byte
}

// imported is a package by the name that code calls it by.
type imported struct{ name, path string }

// packages that generated code may import; an empty path is the generated package of messages.
var packages = []imported{
	{"binary", "encoding/binary"},
	{"bits", "math/bits"},
	{"errors", "errors"},
	{"fmt", "fmt"},
	{"iter", "iter"},
	{"slices", "slices"},
	{"strconv", "strconv"},
	{"strings", "strings"},
	{"time", "time"},
	{"attribute", "go.opentelemetry.io/otel/attribute"},
	{"trace", "go.opentelemetry.io/otel/trace"},
	{"span", "github.com/raftkv/raftkv/raftkv/span"},
	{"protocol", ""},
}

// outputs are the templates by the file that each makes; {service} makes one file for each service that has spans.
var outputs = []struct{ file, template string }{
	{"protocol/protocol_gen.go", "protocol/package.tmpl"},
	{"protocol/types_gen.go", "protocol/types.tmpl"},
	{"protocol/unions_gen.go", "protocol/unions.tmpl"},
	{"protocol/messages_gen.go", "protocol/messages.tmpl"},
	{"protocol/inputs_gen.go", "protocol/inputs.tmpl"},
	{"protocol/effects_gen.go", "protocol/effects.tmpl"},
	{"protocol/state_gen.go", "protocol/state.tmpl"},
	{"protocol/roles_gen.go", "protocol/roles.tmpl"},
	{"protocol/exchanges_gen.go", "protocol/exchanges.tmpl"},
	{"protocol/invariants_gen.go", "protocol/invariants.tmpl"},
	{"protocol/lists_gen.go", "protocol/lists.tmpl"},
	{"protocol/clone_gen.go", "protocol/clone.tmpl"},
	{"protocol/equal_gen.go", "protocol/equal.tmpl"},
	{"protocol/string_gen.go", "protocol/string.tmpl"},
	{"protocol/codec_gen.go", "protocol/codec.tmpl"},
	{"protocol/decoder_gen.go", "protocol/decoder.tmpl"},
	{"spans/tracer_gen.go", "spans/tracer.tmpl"},
	{"spans/names_gen.go", "spans/names.tmpl"},
	{"spans/specs_gen.go", "spans/specs.tmpl"},
	{"spans/spans_{service}_gen.go", "spans/spans.tmpl"},
}

// page is what a template sees.
type page struct {
	*model.Protocol
	Spec    string // the name of the spec file
	Service *model.Service
}

// read parses the templates of a folder, however their lines end.
func read(files fs.FS, functions template.FuncMap) (*template.Template, error) {
	templates := template.New("").Funcs(functions)
	for _, pattern := range []string{"templates/*/*.tmpl", "templates/*.tmpl"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			content, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, err
			}
			if _, err := templates.New(path.Base(name)).Parse(string(load.Normal(content))); err != nil {
				return nil, err
			}
		}
	}
	return templates, nil
}

// Files makes everything of a protocol: the Go packages, and the document beside the spec.
func Files(p *model.Protocol, spec string) ([]File, error) {
	templates, err := read(sources, functions(prose{p.Names()}))
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	var drafts []*draft
	for _, output := range outputs {
		if strings.HasPrefix(output.file, "spans/") && p.Telemetry == nil {
			continue
		}
		for _, view := range views(p, spec, output.file) {
			name := output.file
			if view.Service != nil {
				name = strings.ReplaceAll(name, "{service}", view.Service.Name)
			}
			d, err := render(templates, output.template, view, path.Join(p.Folder, name))
			if err != nil {
				return nil, err
			}
			if d != nil {
				drafts = append(drafts, d)
			}
		}
	}
	files, err := finish(p, spec, drafts)
	if err != nil || p.Document == "" {
		return files, err
	}
	var document bytes.Buffer
	if err := templates.ExecuteTemplate(&document, "document.tmpl", page{Protocol: p, Spec: spec}); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Document, err)
	}
	return append(files, File{Path: p.Document, Content: blankLines.ReplaceAll(document.Bytes(), []byte("\n\n"))}), nil
}

// finish makes files of drafts, a package at a time.
func finish(p *model.Protocol, spec string, drafts []*draft) ([]File, error) {
	byPackage := map[string][]*draft{}
	for _, d := range drafts {
		byPackage[path.Dir(d.path)] = append(byPackage[path.Dir(d.path)], d)
	}
	for _, name := range slices.Sorted(maps.Keys(byPackage)) {
		if err := prune(byPackage[name]); err != nil {
			return nil, err
		}
	}
	var files []File
	for _, d := range drafts {
		if strings.TrimSpace(d.body) == "" && d.doc == "" {
			continue
		}
		imports, err := importsOf(d.clause+d.body, p.Import)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.path, err)
		}
		content, err := format.Source([]byte(header(spec) + d.doc + d.clause + imports + d.body + "\n"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.path, err)
		}
		files = append(files, File{Path: d.path, Content: content})
	}
	return files, nil
}

var blankLines = regexp.MustCompile(`\n{3,}`)

func views(p *model.Protocol, spec, file string) []page {
	if !strings.Contains(file, "{service}") {
		return []page{{Protocol: p, Spec: spec}}
	}
	var all []page
	for _, s := range p.Services {
		if slices.ContainsFunc(p.Spans, func(span *model.Span) bool { return span.Service == s.Name }) {
			all = append(all, page{Protocol: p, Spec: spec, Service: s})
		}
	}
	return all
}

// render makes the draft of one Go file. A template that makes nothing makes no draft.
func render(templates *template.Template, name string, view page, file string) (*draft, error) {
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, path.Base(name), view); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	text := strings.TrimSpace(body.String())
	if text == "" {
		return nil, nil
	}
	doc, text := packageDoc(text)
	return &draft{path: file, doc: doc, clause: "package " + path.Base(path.Dir(file)) + "\n", body: text}, nil
}

// packageDoc takes the package comment off the front of a template's text, where it ends with a line `//---`.
func packageDoc(text string) (doc, rest string) {
	if doc, rest, ok := strings.Cut(text, "\n//---\n"); ok {
		return doc + "\n", rest
	}
	return "", text
}

// importsOf is the import declaration that a file without one needs.
func importsOf(text, prefix string) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if name, ok := selector.X.(*ast.Ident); ok {
				used[name.Name] = true
			}
		}
		return true
	})
	var groups [3][]string
	for _, p := range packages {
		switch {
		case !used[p.name]:
		case p.path == "":
			groups[2] = append(groups[2], fmt.Sprintf("%q", prefix+"/protocol"))
		case p.name == "span":
			groups[2] = append(groups[2], fmt.Sprintf("%q", p.path))
		case strings.Contains(p.path, "."):
			groups[1] = append(groups[1], fmt.Sprintf("%q", p.path))
		default:
			groups[0] = append(groups[0], fmt.Sprintf("%q", p.path))
		}
	}
	var blocks []string
	for _, group := range groups {
		if slices.Sort(group); len(group) > 0 {
			blocks = append(blocks, strings.Join(group, "\n"))
		}
	}
	if blocks == nil {
		return "\n", nil
	}
	if all := slices.Concat(groups[:]...); len(all) == 1 {
		return "\nimport " + all[0] + "\n\n", nil
	}
	return "\nimport (\n" + strings.Join(blocks, "\n\n") + "\n)\n\n", nil
}
