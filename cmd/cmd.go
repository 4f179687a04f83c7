// Package cmd is all commands in one program, for whoever has a protocol of their own in a module of their own.
package cmd

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/whole"
)

// Main carries out the command that the first argument names, with the arguments that follow, and exits with its
// status: what the commands of this project do can be done with these protocols, too. The first of them is the one that
// run and sweep mean where neither the command line nor a config names one. A config that names none is of Raft, here
// as anywhere: that of another protocol says protocol = "NAME".
func Main(added ...*whole.Protocol) {
	if _, err := add(added); err != nil {
		os.Exit(command.Failed(os.Stderr, err))
	}
	command.Main(commands.Main)
}

// add puts protocols before those of the project, and has the commands be called as this program's. What it returns
// takes that back. The error is all that keeps them from being told apart.
func add(added []*whole.Protocol) (undo func(), err error) {
	before := protocols.All
	taken := protocols.Names()
	for _, s := range library.BuiltIn() {
		taken = append(taken, s.Name)
	}
	var all []*whole.Protocol
	var wrong []error
	for i, p := range added {
		switch {
		case p == nil:
			wrong = append(wrong, fmt.Errorf("protocol %d that cmd.Main is given is nil", i+1))
		case p.Run.Name == "" || p.Name == "":
			wrong = append(wrong, fmt.Errorf("protocol %d that cmd.Main is given lacks a name: it has the Name %q, "+
				"for people, and the Run.Name %q, for configs", i+1, p.Name, p.Run.Name))
		case slices.Contains(taken, p.Run.Name):
			wrong = append(wrong, fmt.Errorf("protocol %d that cmd.Main is given needs another Run.Name: a protocol or a "+
				"scenario is called %q already", i+1, p.Run.Name))
		case p.Run.Servers == nil || p.Run.NewSettings == nil || p.Run.Answering() == nil:
			wrong = append(wrong, fmt.Errorf("the protocol %s cannot be run: it needs Run.Servers, Run.NewSettings, and one "+
				"of Run.Parties that Answers", p.Run.Name))
		default:
			taken = append(taken, p.Run.Name)
			all = append(all, whole.New(*p)) // a tool of which the protocol says nothing has what it needs, too
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	usual := library.Default
	if len(added) > 0 {
		usual = added[0].Run.Name
	}
	protocols.All = append(all, before...)
	called := command.InOneProgram(usual)
	return func() {
		protocols.All = before
		called()
	}, nil
}
