// Package laboratory is the command by which a page knows what it can offer: it prints, as JSON, what there is to run,
// and what is wrong with a config while a person writes it.
package laboratory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/cmd/internal/profile"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
)

// Main is the command: what it was called with, where it writes, and the status it exits with.
func Main(_ context.Context, args []string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 1 && args[0] == "offer":
		o, err := offered()
		if err != nil {
			return command.Failed(stderr, err)
		}
		return printed(o, stdout, stderr)
	case len(args) == 2 && args[0] == "check":
		wrong, err := check(args[1])
		if err != nil {
			return command.Failed(stderr, err)
		}
		return printed(wrong, stdout, stderr)
	}
	return command.Failed(stderr, errors.New("laboratory wants: offer, or check FILE"))
}

func printed(value any, stdout, stderr io.Writer) int {
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	return command.Printed(encoder.Encode(value), stderr)
}

// offer is what there is to run.
type offer struct {
	Protocols []protocol `json:"protocols"` // the usual one first
	Scenarios []scenario `json:"scenarios"` // that of the usual protocol first
	Profiles  []named    `json:"profiles"`  // for -faults
}

type protocol struct {
	Name  string  `json:"name"`  // in configs
	Title string  `json:"title"` // for people
	Bugs  []named `json:"bugs"`  // for -bug
}

type scenario struct {
	Name     string   `json:"name"`
	Args     []string `json:"args"` // of run, by which it is run as it is
	Protocol string   `json:"protocol"`
	Title    string   `json:"title"`
	What     string   `json:"what"`
	Watch    string   `json:"watch"`
	TOML     string   `json:"toml"`
}

type named struct {
	Name string `json:"name"`
	Says string `json:"says"`
}

// offered returns what there is to run; an error if a scenario that is built in cannot be read.
func offered() (*offer, error) {
	o := &offer{}
	for _, p := range profile.All() {
		o.Profiles = append(o.Profiles, named{p.Name, p.Sentence})
	}
	builtIn := map[string]bool{}
	for _, s := range library.BuiltIn() {
		builtIn[s.Name] = true
	}
	for _, p := range protocols.All {
		one := protocol{Name: p.Run.Name, Title: p.Name, Bugs: []named{}}
		for _, bug := range p.Run.Bugs {
			one.Bugs = append(one.Bugs, named{bug.Name, bug.Doc})
		}
		o.Protocols = append(o.Protocols, one)
		if p == protocols.Unnamed() || builtIn[p.Run.Name] {
			continue
		}
		if err := o.add(library.DefaultOf(p), "-protocol", p.Run.Name); err != nil {
			return nil, err
		}
	}
	for _, s := range library.BuiltIn() {
		if err := o.add(s, s.Name); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (o *offer) add(s config.Scenario, args ...string) error {
	c, err := config.Parse(s.File, s.Text)
	if err != nil {
		return fmt.Errorf("a scenario that is built in: %w", err)
	}
	o.Scenarios = append(o.Scenarios, scenario{
		Name: cmp.Or(s.Name, c.Scenario), Args: args, Protocol: c.Protocol, Title: c.Title, What: c.What, Watch: c.Watch,
		TOML: string(s.Text),
	})
	return nil
}

// fault is one thing that is wrong with a config. Lines, columns and widths are counted from 1, in characters.
type fault struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Width   int    `json:"width"`
	Message string `json:"message"`
}

// check returns what is wrong with a config, which may be nothing; an error if it cannot be read.
func check(file string) ([]fault, error) {
	request, err := library.Request(file, "", nil)
	if err != nil {
		return nil, err
	}
	request.Now = time.Now()
	wrong, all := positions.Diagnostics(nil), []fault{}
	if _, err := config.Resolve(request); err != nil && !errors.As(err, &wrong) {
		return nil, err
	}
	for _, w := range wrong {
		all = append(all, fault{w.Line, w.Column, w.Width, w.Message})
	}
	return all, nil
}
