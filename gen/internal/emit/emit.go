// Package emit writes what a spec stands for: for each of its files Go packages and a document. It makes everything
// in memory before a file is touched.
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
type imported struct {
	name, path string
	project    bool // it is of the project, or generated
}

// packages that generated code may import, besides generated ones.
var packages = []imported{
	{name: "binary", path: "encoding/binary"},
	{name: "errors", path: "errors"},
	{name: "fmt", path: "fmt"},
	{name: "iter", path: "iter"},
	{name: "slices", path: "slices"},
	{name: "strconv", path: "strconv"},
	{name: "strings", path: "strings"},
	{name: "time", path: "time"},
	{name: "attribute", path: "go.opentelemetry.io/otel/attribute"},
	{name: "trace", path: "go.opentelemetry.io/otel/trace"},
	{name: "run", path: "github.com/raftkv/raftkv/raftkv/run", project: true},
	{name: "world", path: "github.com/raftkv/raftkv/raftkv/world", project: true},
	{name: "list", path: "github.com/raftkv/raftkv/raftkv/list", project: true},
	{name: "span", path: "github.com/raftkv/raftkv/raftkv/span", project: true},
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
	{"protocol/clone_gen.go", "protocol/clone.tmpl"},
	{"protocol/equal_gen.go", "protocol/equal.tmpl"},
	{"protocol/string_gen.go", "protocol/string.tmpl"},
	{"protocol/codec_gen.go", "protocol/codec.tmpl"},
	{"protocol/decoder_gen.go", "protocol/decoder.tmpl"},
	{"spans/tracer_gen.go", "spans/tracer.tmpl"},
	{"spans/names_gen.go", "spans/names.tmpl"},
	{"spans/specs_gen.go", "spans/specs.tmpl"},
	{"spans/spans_{service}_gen.go", "spans/spans.tmpl"},
	{"spans/landmarks_gen.go", "spans/landmarks.tmpl"},
	{"spans/story_gen.go", "spans/story.tmpl"},
	{"spans/shown_gen.go", "spans/shown.tmpl"},
	{"run/settings_gen.go", "run/settings.tmpl"},
}

// page is what a template sees.
type page struct {
	*model.Protocol
	Spec    string // the name of the spec file
	Service *model.Service
}

// hasTypes says whether a spec declares anything for its package of types.
func hasTypes(p *model.Protocol) bool {
	return len(p.Names()) > 0 && len(p.Structs())+len(p.Scalars)+len(p.AllEnums())+len(p.Exchanges)+len(p.Invariants) > 0
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

// hasSpans says whether a spec declares anything for its package of spans.
func hasSpans(p *model.Protocol) bool {
	return p.Telemetry != nil && len(p.Attributes)+len(p.Groups)+len(p.Events)+len(p.Services)+len(p.Spans) > 0
}

// Files makes everything of a protocol and of what it includes: the Go packages, and the documents. Name is how what is
// made of a spec file names it; nothing is made of one that it has no name for.
func Files(root *model.Protocol, name func(file string) string) ([]File, error) {
	var files []File
	for _, p := range root.All() {
		spec := name(p.File)
		if spec == "" {
			continue
		}
		made, err := filesOf(p, spec)
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	return files, nil
}

// filesOf makes everything of one spec file.
func filesOf(p *model.Protocol, spec string) ([]File, error) {
	w := newWriter(p)
	drafts, err := w.drafts(spec, "protocol", typesOf(p).path)
	if err != nil {
		return nil, err
	}
	w.spans = true
	more, err := w.drafts(spec, "spans", spansOf(p).path)
	if err != nil {
		return nil, err
	}
	drafts = append(drafts, more...)
	more, err = w.drafts(spec, "run", runOf(p).path)
	if err != nil {
		return nil, err
	}
	files, err := finish(p, spec, append(drafts, more...))
	if err != nil || p.Document == "" {
		return files, err
	}
	templates, err := read(sources, functions(w))
	if err != nil {
		return nil, err
	}
	var document bytes.Buffer
	if err := templates.ExecuteTemplate(&document, "document.tmpl", page{Protocol: p, Spec: spec}); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Document, err)
	}
	return append(files, File{Path: p.Document, Content: blankLines.ReplaceAll(document.Bytes(), []byte("\n\n"))}), nil
}

// drafts are the files of one package.
func (w writer) drafts(spec, kind, folder string) ([]*draft, error) {
	p := w.protocol
	has := map[string]bool{"protocol": hasTypes(p), "spans": hasSpans(p), "run": p.Settings != nil}
	if !has[kind] {
		return nil, nil
	}
	templates, err := read(sources, functions(w))
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	var drafts []*draft
	for _, output := range outputs {
		file, ok := strings.CutPrefix(output.file, kind+"/")
		if !ok {
			continue
		}
		for _, view := range views(p, spec, file) {
			name := file
			if view.Service != nil {
				name = strings.ReplaceAll(name, "{service}", view.Service.Name)
			}
			d, err := render(templates, output.template, view, path.Join(folder, name))
			if err != nil {
				return nil, err
			}
			if d != nil {
				drafts = append(drafts, d)
			}
		}
	}
	return drafts, nil
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
		imports, err := importsOf(d.clause+d.body, p)
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
	var services []*model.Service
	for _, q := range p.All() {
		services = append(services, q.Services...)
	}
	for _, s := range services {
		if slices.ContainsFunc(p.Spans, func(span *model.Span) bool { return span.Service == s.Name }) {
			all = append(all, page{Protocol: p, Spec: spec, Service: s})
		}
	}
	return all
}

// render makes the draft of one Go file. There is none if the template makes nothing.
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

// importable are all packages that code generated for a spec may import.
func importable(p *model.Protocol) []imported {
	own := typesOf(p)
	all := append(slices.Clone(packages), imported{own.name, own.importPath, true})
	for _, q := range p.Includes {
		for _, f := range []folder{typesOf(q), spansOf(q)} {
			all = append(all, imported{f.alias, f.importPath, true})
		}
	}
	return all
}

// importsOf is the import declaration that a file without one needs.
func importsOf(text string, p *model.Protocol) (string, error) {
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
	for _, i := range importable(p) {
		line, group := fmt.Sprintf("%q", i.path), 0
		if path.Base(i.path) != i.name {
			line = i.name + " " + line
		}
		switch {
		case i.project:
			group = 2
		case strings.Contains(i.path, "."):
			group = 1
		}
		if used[i.name] {
			groups[group] = append(groups[group], line)
		}
	}
	var blocks []string
	for _, group := range groups {
		slices.SortFunc(group, func(a, b string) int {
			return strings.Compare(a[strings.Index(a, `"`):], b[strings.Index(b, `"`):])
		})
		if len(group) > 0 {
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
