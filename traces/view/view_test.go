package view

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// The bundle lies in the page as it is: it holds nothing that ends a script, a style or the page.
func TestBundleIsSound(t *testing.T) {
	if len(script) == 0 || len(style) == 0 || !sound(script) || !sound(style) {
		t.Errorf("the bundle of %d and %d bytes cannot stand in a page", len(script), len(style))
	}
	if sound([]byte("x</SCRIPT>")) || sound([]byte("<!-- x")) {
		t.Error("what ends a script is taken for sound")
	}
}

// The program of a page stands before the data, and the last element behind it: a page that was cut can say so. A name
// cannot end its element, and what a part holds is in base64.
func TestPageSaysThatItWasCut(t *testing.T) {
	held := func(text string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		}
	}
	page := Page{Title: "<b>", Parts: []Part{{Name: `a"><b>`, Write: held("<script>alert(1)</script>")}}}
	var out bytes.Buffer
	if err := page.Write(&out); err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, want := range []string{
		"<title>&lt;b&gt;</title>", `<div id="app">`, "<script>" + string(script) + "</script>",
		`<script type="text/plain" id="a&#34;&gt;&lt;b&gt;">PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==</script>`,
		`<template id="end"></template>`, "</html>",
	} {
		at := bytes.Index(out.Bytes()[last:], []byte(want))
		if at < 0 {
			t.Fatalf("%.60s is missing, or too early", want)
		}
		last += at + len(want)
	}
	bad := errors.New("bad")
	page.Parts[0].Write = func(io.Writer) error { return bad }
	if err := page.Write(io.Discard); !errors.Is(err, bad) {
		t.Errorf("a part that cannot be written: %v", err)
	}
}
