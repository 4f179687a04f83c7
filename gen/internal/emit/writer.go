package emit

import (
	"path"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/model"
)

// writer writes Go for one of a protocol's packages. It knows in which package everything is that a spec declares.
type writer struct {
	prose
	protocol *model.Protocol
	homes    map[any]*model.Protocol // by declaration
	spans    bool                    // the package is that of spans
}

func newWriter(p *model.Protocol) writer {
	w := writer{prose: prose{p.Names()}, protocol: p, homes: map[any]*model.Protocol{}}
	for _, q := range p.All() {
		for _, s := range q.Scalars {
			w.homes[s] = q
		}
		for _, e := range q.AllEnums() {
			w.homes[e] = q
		}
		for _, s := range q.Records {
			w.homes[s] = q
		}
		for _, u := range q.AllUnions() {
			w.homes[u] = q
		}
		for _, a := range q.Attributes {
			w.homes[a] = q
		}
		for _, g := range q.Groups {
			w.homes[g] = q
		}
		for _, e := range q.Events {
			w.homes[e] = q
		}
		for _, s := range q.Services {
			w.homes[s] = q
		}
		for _, s := range q.Spans {
			w.homes[s] = q
		}
	}
	return w
}

// folder is a package that is generated: its name, what others call it, and where it is.
type folder struct{ name, alias, importPath, path string }

// typesOf is the package of a spec's types.
func typesOf(p *model.Protocol) folder { return folderOf(p, p.Package) }

// spansOf is the package of a spec's spans.
func spansOf(p *model.Protocol) folder { return folderOf(p, "spans") }

// runOf is the package of what a run needs of a protocol, most of which is hand-written.
func runOf(p *model.Protocol) folder { return folderOf(p, "run") }

func folderOf(p *model.Protocol, name string) folder {
	f := folder{importPath: path.Join(p.Import, name), path: path.Join(p.Folder, name)}
	letters := strings.NewReplacer("-", "", "_", "")
	f.name = letters.Replace(path.Base(f.path))
	f.alias = f.name
	if name != "." {
		f.alias = letters.Replace(path.Base(p.Folder)) + f.name
	}
	return f
}

// of is what goes before the name of a declared type.
func (w writer) of(declaration any) string {
	switch home := w.homes[declaration]; {
	case home == nil:
		return "" // of Go's own
	case home != w.protocol:
		return typesOf(home).alias + "."
	case w.spans:
		return typesOf(home).name + "."
	}
	return ""
}

// named is the name of what a spec declares for its package of spans.
func (w writer) named(declaration any, name string) string {
	if home := w.homes[declaration]; home != w.protocol {
		return spansOf(home).alias + "." + name
	}
	return name
}

// goType is a type in Go.
func (w writer) goType(t *model.Type) string {
	switch t.Kind {
	case model.KindList, model.KindByIndex:
		return "[]" + w.goType(t.Elem)
	case model.KindLong:
		return "list.List[" + w.goType(t.Elem) + "]"
	case model.KindString, model.KindBool, model.KindNumber, model.KindEnum, model.KindRecord, model.KindUnion:
	}
	return w.of(t.Declared()) + t.Name
}

// included is a type of another package: what functions that handle it are named after, and what it is called.
type included struct {
	Helper, Package, Name string
	Values                int // of an enum
	Union                 bool
}

// includedTypes are the records and unions of included files.
func (w writer) includedTypes(view page) []included {
	var all []included
	for _, p := range view.Includes {
		add := func(name string, union bool) {
			all = append(all, included{Helper: name, Package: typesOf(p).alias, Name: name, Union: union})
		}
		for _, s := range p.Records {
			add(s.Name, false)
		}
		for _, u := range p.AllUnions() {
			add(u.Name, true)
			if u.Named {
				all[len(all)-1].Helper = model.Camel(p.Family(u))
			}
		}
	}
	return all
}

// includedEnums are the enums of included files.
func (w writer) includedEnums(view page) []included {
	var all []included
	for _, p := range view.Includes {
		for _, e := range p.AllEnums() {
			all = append(all, included{Helper: e.Name, Package: typesOf(p).alias, Name: e.Name, Values: len(e.Values)})
		}
	}
	return all
}
