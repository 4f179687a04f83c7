//go:build !js

package view

import _ "embed"

// The bundle of the program in page, and its looks. `make page` makes them anew, and CI proves that they are current.
var (
	//go:embed page/bundle.js
	script []byte
	//go:embed page/bundle.css
	style []byte
)

// Worker is the program of the laboratory's worker, without Go's own part of it.
//
//go:embed page/worker.js
var Worker []byte
