package command

import (
	"regexp"
	"strings"
)

// caller is how a user calls the commands, and what a run is called whose scenario nobody names. A program changes it
// before anything else.
var caller = struct{ command, run string }{command: ownProgram, run: usualRun}

const (
	ownProgram = "go run ./cmd/" // the commands of this project, each a program
	usualRun   = "default"
)

// InOneProgram has the commands be called as the one program that they are all in, the command first: go run . diff A
// B. Its runs are called after run where nobody names a scenario. What it returns takes that back.
func InOneProgram(run string) (undo func()) {
	before := caller
	caller.command, caller.run = "go run . ", run
	return func() { caller = before }
}

// Line is the line in which a user calls a command with these words, each as a shell reads it back.
func Line(name string, words ...string) string {
	line := caller.command + name
	for _, word := range words {
		line += " " + ShellWord(word)
	}
	return line
}

// Said is a text that says how this project's own commands are called, such as go run ./cmd/check default-1, as it is
// said to who called this program.
func Said(text string) string {
	if caller.command == ownProgram {
		return text
	}
	text = call.ReplaceAllString(text, strings.ReplaceAll(caller.command, "$", "$$")+"$1")
	return runOfDefault.ReplaceAllString(text, strings.ReplaceAll(caller.run, "$", "$$")+"-$1")
}

var (
	call         = regexp.MustCompile(regexp.QuoteMeta(ownProgram) + `(\w+)`)
	runOfDefault = regexp.MustCompile(`\b` + usualRun + `-([\d*])`)
)
