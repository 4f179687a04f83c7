package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestConfigFile wants each key in config.toml, in its section, with its default and what the table says of it.
func TestConfigFile(t *testing.T) {
	file, err := os.ReadFile("../../run/config.toml")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`\n {8,}# *`).ReplaceAllString(string(file), " ") // comments that go on in the next line
	text = regexp.MustCompile(` +`).ReplaceAllString(text, " ")
	for _, s := range unnamed().settings {
		if s.Doc == "" {
			continue
		}
		part, leaf := text, s.Name
		if table := section(s.Name); table != "" {
			_, part, _ = strings.Cut(text, "\n["+table+"]\n")
			leaf = strings.TrimPrefix(s.Name, table+".")
		}
		part, _, _ = strings.Cut(part, "\n[")
		line := leaf + " = " + s.Write(Default()) + " # " + s.Doc + "\n"
		if !strings.Contains("\n"+part, "\n"+line) && !strings.Contains(part, "\n# "+line) {
			t.Errorf("config.toml does not say, or not in its section:\n%s", line)
		}
	}
}
