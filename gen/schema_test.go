package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// instance is a YAML node as a JSON schema sees it: as the loader, it takes dates and the like for texts.
func instance(n *yaml.Node) any {
	if n.Kind == yaml.MappingNode {
		object := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			object[n.Content[i].Value] = instance(n.Content[i+1])
		}
		return object
	}
	if n.Kind == yaml.SequenceNode {
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = instance(item)
		}
		return list
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int":
		return json.Number(n.Value)
	}
	return n.Value
}

// The schema, which editors use, and the loader agree wherever a schema can see the fault.
func TestSchemaAgreesWithLoader(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(read(t, "../spec/raftkv.schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource("raftkv.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("raftkv.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(file string) error {
		var n yaml.Node
		if err := yaml.Unmarshal(read(t, file), &n); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return schema.Validate(instance(n.Content[0]))
	}
	for _, file := range append(
		badSpecs(t, "meaning"), realSpec, "../spec/multipaxos.yaml", "../spec/kv.yaml", "../spec/world.yaml",
		"testdata/tiny/tiny.yaml",
		"testdata/paxos/paxos.yaml", "testdata/house/floor.yaml", "testdata/house/house.yaml") {
		if err := check(file); err != nil {
			t.Errorf("%s:1: the schema refuses what has the right shape: %v", file, err)
		}
	}
	for _, file := range badSpecs(t, "shape") {
		if check(file) == nil {
			t.Errorf("%s:1: the schema takes what the loader refuses", file)
		}
	}
}
