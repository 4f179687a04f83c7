package model

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// Format is the version of the spec language that this generator reads.
const Format = "raftkv/1"

// resolver looks names up and notes what is wrong. Its methods go through one file in an order in which everything is
// declared before it is used. What included files declare is known from the start.
type resolver struct {
	spec    *load.Spec
	faults  *load.Faults
	out     *Protocol
	content map[*Protocol][]byte           // of all files
	seen    map[string]map[string]load.Pos // where something was declared, by what it is and its name

	scalars    map[string]*Scalar
	enums      map[string]*Enum
	unions     map[string]*Union
	records    map[string]*Struct
	messages   map[string]*Struct
	parties    map[string]*Party
	services   map[string]*Service
	attributes map[string]*Attribute
	groups     map[string]*Group
	events     map[string]*Event
	spans      map[string]*Span
}

// Section resolves a section of a spec that nothing else in the spec refers to, once all else is resolved.
type Section func(spec *load.Spec, p *Protocol, faults *load.Faults)

// Resolve makes a model of a spec file's content and of the files that it includes, which read gives by their names.
// It is nil if anything is wrong; the faults then say all that is.
func Resolve(
	file string, content []byte, read func(name string) ([]byte, error), sections ...Section,
) (*Protocol, *load.Faults) {
	specs, faults := load.Load(file, content, read)
	resolved := map[*load.Spec]*resolver{}
	var root *Protocol
	for _, spec := range specs {
		if !spec.Format.Given() && faults.Any() {
			return nil, faults // what has no shape has no meaning
		}
		r := newResolver(spec, faults)
		resolved[spec] = r
		for _, included := range spec.Included {
			r.include(resolved[included])
		}
		r.resolve()
		for _, section := range sections {
			section(spec, r.out, faults)
		}
		root = r.out
	}
	if faults.Any() {
		return nil, faults
	}
	return root, faults
}

func newResolver(spec *load.Spec, faults *load.Faults) *resolver {
	return &resolver{
		spec: spec, faults: faults, out: &Protocol{Name: spec.Name.Value, Doc: spec.Doc.Value, File: spec.File},
		content: map[*Protocol][]byte{}, seen: map[string]map[string]load.Pos{},
		scalars: map[string]*Scalar{}, enums: map[string]*Enum{}, unions: map[string]*Union{}, records: map[string]*Struct{},
		messages: map[string]*Struct{}, parties: map[string]*Party{}, services: map[string]*Service{},
		attributes: map[string]*Attribute{}, groups: map[string]*Group{}, events: map[string]*Event{},
		spans: map[string]*Span{},
	}
}

func (r *resolver) resolve() {
	r.header()
	r.declareTypes()
	r.declareVariants()
	r.fields()
	r.cycles()
	r.anyMessage()
	r.transitions()
	r.declareServices()
	r.declareParties()
	r.extendParties()
	r.exchanges()
	r.scopes()
	r.declareAttributes()
	r.telemetry()
	r.groupsAndEvents()
	r.declareSpans()
	r.spansOfExchanges()
	r.invariants()
	r.clashes()
}

func (r *resolver) header() {
	s := r.spec
	if s.Format.Given() && s.Format.Value != Format {
		r.faults.Add(s.Format.Pos, "format %q: this generator reads %q", s.Format.Value, Format)
	}
	r.match(s.Output.Import, importPath.MatchString, "import path",
		"the path of the folder's packages, such as example.com/name/folder")
	r.match(s.Output.Folder, folderPath.MatchString, "folder", "a relative path such as name/folder")
	r.match(s.Output.Document, documentPath.MatchString, "document", "a relative path such as spec/PROTOCOL.md")
	r.match(s.Output.Protocol, isPackage, "folder", "`.` or a relative path such as protocol")
	r.out.Import, r.out.Folder, r.out.Document = s.Output.Import.Value, s.Output.Folder.Value, s.Output.Document.Value
	r.out.Package = cmp.Or(s.Output.Protocol.Value, "protocol")
	hash := sha256.New()
	for _, p := range r.out.Includes {
		hash.Write(r.content[p])
		if o := s.Output.Folder; o.Given() && o.Value == p.Folder {
			r.faults.Add(o.Pos, "%s writes to folder %q, too", p.File, o.Value)
		}
		if o := s.Output.Document; o.Given() && o.Value == p.Document {
			r.faults.Add(o.Pos, "%s writes document %q, too", p.File, o.Value)
		}
	}
	r.content[r.out] = s.Hashed()
	hash.Write(r.content[r.out])
	r.out.Hash = hex.EncodeToString(hash.Sum(nil)[:8])
}

func isPackage(folder string) bool { return folder == "." || folderPath.MatchString(folder) }

// match notes a name that has not the form it must have, and says whether it has.
func (r *resolver) match(name load.Text, ok func(string) bool, what, want string) bool {
	if !name.Given() {
		return false
	}
	if !ok(name.Value) {
		r.faults.Add(name.Pos, "%q is no %s: want %s", name.Value, what, want)
		return false
	}
	return true
}

// declared notes a name that was declared before in the same place.
func (r *resolver) declared(seen map[string]load.Pos, name load.Text, what string) bool {
	if !name.Given() {
		return true
	}
	if before, ok := seen[name.Value]; ok {
		r.faults.Add(name.Pos, "duplicate %s %q: declared in %s", what, name.Value, r.faults.Place(before, name.Pos))
		return true
	}
	seen[name.Value] = name.Pos
	return false
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (r *resolver) undefinedText(what, name string, defined []string) string {
	if nearest := load.Nearest(name, defined); nearest != "" {
		return fmt.Sprintf("undefined %s %q (nearest: %q)", what, name, nearest)
	}
	return fmt.Sprintf("undefined %s %q", what, name)
}

func (r *resolver) typeNames() []string {
	return slices.Concat(keys(builtin), keys(r.scalars), keys(r.enums), keys(r.records), keys(r.unions))
}

// find looks a name up; an undefined one is a fault.
func find[V any](r *resolver, defined map[string]V, name load.Text, what string) (found V, ok bool) {
	if !name.Given() {
		return found, false
	}
	if found, ok = defined[name.Value]; !ok {
		r.faults.Undefined(name.Pos, what, name.Value, keys(defined))
	}
	return found, ok
}

// value looks a value of an enum up.
func (r *resolver) value(e *Enum, name load.Text, what string) *EnumValue {
	if !name.Given() || e == nil {
		return nil
	}
	v := e.value(name.Value)
	if v == nil {
		names := make([]string, len(e.Values))
		for i, v := range e.Values {
			names[i] = v.Name
		}
		r.faults.Undefined(name.Pos, what, name.Value, names)
	}
	return v
}

// value is a value by its name; nil when there is none.
func (e *Enum) value(name string) *EnumValue {
	if i := slices.IndexFunc(e.Values, func(v *EnumValue) bool { return v.Name == name }); i >= 0 {
		return e.Values[i]
	}
	return nil
}
