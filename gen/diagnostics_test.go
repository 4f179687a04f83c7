package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
	"github.com/raftkv/raftkv/gen/internal/sections"
)

// badSpecs are specs with a fault each: syntax is what no JSON schema can see, shape what it sees too, meaning what
// only the generator sees.
func badSpecs(t *testing.T, kind string) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/bad/" + kind + "/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no specs in testdata/bad/%s: %v", kind, err)
	}
	return files
}

func TestBadSpecs(t *testing.T) {
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"syntax", "shape", "meaning"} {
		for _, file := range badSpecs(t, kind) {
			t.Run(kind+"/"+strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
				content, want := read(t, file), strings.TrimSuffix(file, ".yaml")+".want"
				t.Chdir(filepath.Dir(file)) // where the files lie that it includes
				files, err := generate(filepath.Base(file), "x.yaml", content)
				t.Chdir(home)
				if err == nil || files != nil {
					t.Fatalf("%s:1: no fault is found in it", file)
				}
				said := err.Error() + "\n"
				if *update {
					write(t, want, []byte(said))
				}
				if diff := cmp.Diff(string(read(t, want)), said); diff != "" {
					t.Errorf("%s:1: (-want +got), rewrite with go test ./gen -run BadSpecs -update\n%s", want, diff)
				}
			})
		}
	}
}

// Every diagnostic that the source can give is in some expectation.
func TestEveryDiagnosticIsTried(t *testing.T) {
	wants, err := filepath.Glob("testdata/bad/*/*.want")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range wants {
		all.Write(read(t, file))
		if _, err := os.Stat(strings.TrimSuffix(file, ".want") + ".yaml"); err != nil {
			t.Errorf("%s:1: nothing makes it: %v", file, err)
		}
	}
	verb := regexp.MustCompile(`%[a-z]`)
	count := 0
	for pos, text := range diagnostics(t) {
		if text == "%s" || text == "undefined %s" {
			continue
		}
		count++
		pattern := verb.ReplaceAllString(strings.ReplaceAll(regexp.QuoteMeta(text), "%%", "%"), ".+")
		if !regexp.MustCompile(pattern).MatchString(all.String()) {
			t.Errorf("%s: no spec in testdata/bad has the fault %q", pos, text)
		}
	}
	if count < 60 {
		t.Errorf("found only %d diagnostics in the source", count)
	}
}

// diagnostics are the texts that the source notes faults with, by their place.
func diagnostics(t *testing.T) map[string]string {
	t.Helper()
	argument := map[string]int{"Add": 1, "fault": 1, "Undefined": 1, "undefinedText": 0, "find": 3, "value": 2}
	found := map[string]string{}
	for _, folder := range []string{"internal/load", "internal/model", "internal/sections"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				function := ""
				switch f := call.Fun.(type) {
				case *ast.SelectorExpr:
					function = f.Sel.Name
				case *ast.Ident:
					function = f.Name
				}
				i, ok := argument[function]
				if !ok || i >= len(call.Args) {
					return true
				}
				if literal, ok := call.Args[i].(*ast.BasicLit); ok && literal.Kind == token.STRING {
					text, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					if function != "Add" && function != "fault" {
						text = "undefined " + text + ` "`
					}
					found[set.Position(call.Pos()).String()] = text
				}
				return true
			})
		}
	}
	return found
}

// All faults of a spec are told at once, in the order of the file.
func TestAllFaultsAtOnce(t *testing.T) {
	content := string(read(t, realSpec))
	for _, edit := range [][2]string{
		{"last_log_term: {type: Term", "last_log_term: {type: Trem"},
		{"from: [candidate]", "from: [candidat]"},
		{"name: Term, go: uint64", "name: Term, go: uint46"},
	} {
		content = strings.Replace(content, edit[0], edit[1], 1)
	}
	_, faults := model.Resolve(realSpec, []byte(content), os.ReadFile, sections.All)
	var messages []string
	last := load.Pos{}
	for _, f := range faults.All() {
		messages = append(messages, f.Message)
		if f.Pos.Compare(last) < 0 {
			t.Errorf("%v comes after %v", f.Pos, last)
		}
		last = f.Pos
	}
	for _, want := range []string{
		`undefined Go type "uint46" (nearest: "uint64")`,
		`undefined type "Trem" (nearest: "Term")`, `undefined role or party "candidat" (nearest: "candidate")`,
	} {
		if !strings.Contains(strings.Join(messages, "\n"), want) {
			t.Errorf("missing: %s\n%s", want, faults.Error())
		}
	}
}

// FuzzLoad feeds junk to the loader: it never panics, it says what is wrong at a place that the file has, and what it
// finds fine can be generated.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*/*.yaml", "testdata/*/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		lines := strings.Split(string(content), "\n")
		protocol, faults := model.Resolve("fuzz.yaml", content, os.ReadFile, sections.All)
		if (protocol == nil) != faults.Any() {
			t.Fatalf("protocol %v and faults %v", protocol, faults.Err())
		}
		for _, fault := range faults.All() {
			if fault.Pos.Line < 1 || fault.Pos.Line > len(lines)+1 || fault.Pos.Column < 1 {
				t.Errorf("%q is at %v in a file of %d lines", fault.Message, fault.Pos, len(lines))
			}
		}
		_ = faults.Error()
		if protocol != nil {
			if _, err := generate("fuzz.yaml", "fuzz.yaml", content); err != nil {
				t.Errorf("a spec without faults is not generated: %v", err)
			}
		}
	})
}
