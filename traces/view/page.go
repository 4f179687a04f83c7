package view

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strings"
)

// Page is a page that shows one run, or two; or the laboratory.
type Page struct {
	Title string
	Runs  []*Run // one or two
	// Parts are what the page holds besides, by name: texts that the program of the page reads, none of which is HTML.
	Parts []Part
	// WebAssembly has the page be allowed to run a program of it.
	WebAssembly bool
}

// Part is something that a page holds: Write writes its bytes, which are put into the page in base64.
type Part struct {
	Name  string
	Write func(io.Writer) error
}

// Write writes the page. Nothing in it that comes from a trace is HTML: it lies in the page in base64, and the policy
// of the page lets it ask for nothing, and run nothing but its own program. The program stands before what it reads,
// and an element called end behind it, so that a file that was cut says so.
func (p *Page) Write(to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<16)
	_, _ = fmt.Fprintf(w, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"+
		"<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>%s</style>\n"+
		"</head>\n<body>\n<div id=\"app\"><noscript>This page draws a run with JavaScript, which is switched off."+
		"</noscript><p>If this text stays, the file was cut, or the browser is too old for it: get the file again, or open "+
		"it in a current Chrome, Edge, Firefox or Safari.</p></div>\n<script>%s</script>\n", p.Policy(),
		html.EscapeString(p.Title), style, script) // Flush tells
	for i, r := range p.Runs {
		if err := writePart(w, Part{fmt.Sprintf("run-%d", i), r.Write}); err != nil {
			return err
		}
	}
	for _, part := range p.Parts {
		if err := writePart(w, part); err != nil {
			return err
		}
	}
	_, _ = io.WriteString(w, "<template id=\"end\"></template>\n</body>\n</html>\n") // Flush tells
	return w.Flush()
}

// Policy returns the content security policy of the page: it asks for nothing, and runs nothing but its own program.
func (p *Page) Policy() string {
	scripts, workers := "'sha256-"+digest(script)+"'", "'none'"
	if p.WebAssembly {
		scripts, workers = scripts+" 'wasm-unsafe-eval'", "blob:"
	}
	return "default-src 'none'; script-src " + scripts + "; worker-src " + workers + "; style-src 'sha256-" +
		digest(style) + "'; img-src data: blob:; base-uri 'none'; form-action 'none'"
}

// writePart writes a part of the page, which the browser takes for a text.
func writePart(w io.Writer, p Part) error {
	if _, err := fmt.Fprintf(w, "<script type=\"text/plain\" id=\"%s\">", html.EscapeString(p.Name)); err != nil {
		return err
	}
	encoder := base64.NewEncoder(base64.StdEncoding, w)
	if err := p.Write(encoder); err != nil {
		return err
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	_, err := io.WriteString(w, "</script>\n")
	return err
}

// digest is how a content security policy names a text.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// sound says whether the bundle can stand in a page as it is: it would end too early otherwise.
func sound(text []byte) bool {
	lower := string(bytes.ToLower(text))
	return !strings.Contains(lower, "</script") && !strings.Contains(lower, "</style") && !strings.Contains(lower, "<!--")
}
