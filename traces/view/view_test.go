package view

import "testing"

// The bundle lies in the page as it is: it holds nothing that ends a script, a style or the page.
func TestBundleIsSound(t *testing.T) {
	if len(script) == 0 || len(style) == 0 || !sound(script) || !sound(style) {
		t.Errorf("the bundle of %d and %d bytes cannot stand in a page", len(script), len(style))
	}
	if sound([]byte("x</SCRIPT>")) || sound([]byte("<!-- x")) {
		t.Error("what ends a script is taken for sound")
	}
}
