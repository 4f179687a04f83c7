package load

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	includePath = regexp.MustCompile(`^([a-z0-9][a-z0-9_\-]*/)*[a-z0-9][a-z0-9_\-]*\.yaml$`)
	modulePath  = regexp.MustCompile(
		`^[a-z0-9\-]+(\.[a-z0-9\-]+)+(/[A-Za-z0-9_~\-][A-Za-z0-9._~\-]*)+/[a-z0-9][a-z0-9_\-]*\.yaml$`,
	)
)

// OfModule says whether a file is named by the path of its module, such as example.org/module/spec/world.yaml.
func OfModule(name string) bool { return modulePath.MatchString(name) }

// Load reads a spec's content, and the files that it includes, which read gives by their names. It returns each file
// once, the included ones before those that include them and the spec itself last, and all that is wrong with their
// shape. It returns no files if one of them is not there, is no YAML, or includes itself: what the others mean is not
// known then.
func Load(file string, content []byte, read func(name string) ([]byte, error)) ([]*Spec, *Faults) {
	l := &loader{read: read, faults: newFaults(), known: map[string]*Spec{}}
	l.load(file, content, nil)
	if l.missing {
		return nil, l.faults
	}
	return l.done, l.faults
}

type loader struct {
	read    func(name string) ([]byte, error)
	faults  *Faults
	known   map[string]*Spec // by name; nil while it is read
	done    []*Spec
	missing bool
}

// load reads a file and what it includes; above are the files that led to it.
func (l *loader) load(file string, content []byte, above []string) *Spec {
	file = filepath.ToSlash(file)
	content = Normal(content) // or the hash would depend on how git was told to end lines
	l.known[path.Clean(file)] = nil
	spec := parse(content, l.faults.open(file, content), l.faults)
	if spec == nil {
		l.missing = true
		return nil
	}
	spec.File = file
	above = append(slices.Clone(above), file)
	names := map[string]bool{}
	for _, include := range spec.Includes {
		name := path.Join(path.Dir(file), include.Value)
		if OfModule(include.Value) {
			name = include.Value
		}
		switch {
		case !include.Given():
		case !includePath.MatchString(include.Value) && !OfModule(include.Value):
			l.faults.Add(include.Pos, "%q is no file to include: want a relative path such as world.yaml, or one that begins "+
				"with the path of a module", include.Value)
			l.missing = true
		case names[name]:
			l.faults.Add(include.Pos, "duplicate include %q", include.Value)
		default:
			names[name] = true
			if included := l.include(name, include, above); included != nil {
				spec.Included = append(spec.Included, included)
			}
		}
	}
	l.known[path.Clean(file)] = spec
	l.done = append(l.done, spec)
	return spec
}

// include is a file that another includes; nil if there is none.
func (l *loader) include(name string, at Text, above []string) *Spec {
	if spec, known := l.known[name]; known {
		from := slices.IndexFunc(above, func(file string) bool { return path.Clean(file) == name })
		if from >= 0 {
			way := append(slices.Clone(above[from:]), name)
			l.faults.Add(at.Pos, "%s includes itself: %s", name, strings.Join(way, " → "))
			l.missing = true
		}
		return spec
	}
	content, err := l.read(name)
	if err != nil {
		l.missing = true
		l.faults.Add(at.Pos, "there is no file %s that can be read", name)
		return nil
	}
	return l.load(name, content, above)
}
