package command

import (
	"bytes"
	"context"
	"io"
	"os"
	"syscall/js"
)

// laboratory is the global value by which a page says that it wants the commands: an object with a function `ready`.
const laboratory = "laboratory"

// Main is a command's main function. In a page that wants the commands it stays as long as the page does, and hands
// `ready` a function that carries a command out; see serve. Elsewhere it is that of a program at a command line, which
// gets no signals.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	page := js.Global().Get(laboratory)
	if !page.Truthy() {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	serve(page, run)
}

// serve hands the page a function call(args, done, progress), and never returns. It carries out a command as at a
// command line: its files are those of globalThis.fs, and what it prints, with its status, is given to done(status,
// stdout, stderr). While that takes long, progress(label, done, total) is called. One command is called at a time.
func serve(page js.Value, run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	page.Call("ready", js.FuncOf(func(_ js.Value, given []js.Value) any {
		args := make([]string, given[0].Length())
		for i := range args {
			args[i] = given[0].Index(i).String()
		}
		done, progress := given[1], given[2]
		go func() { // a function that JavaScript calls must not wait for files
			var stdout bytes.Buffer
			stderr := watched{progress: progress}
			status := run(context.Background(), args, &stdout, &stderr)
			done.Invoke(status, stdout.String(), stderr.String())
		}()
		return nil
	}))
	select {}
}

// watched is the standard error of a command whose progress a page shows.
type watched struct {
	bytes.Buffer

	progress js.Value
}

// Progress tells the page how far the command is.
func (w *watched) Progress(label string, done, total int) { w.progress.Invoke(label, done, total) }
