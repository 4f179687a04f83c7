package view

// A page holds no second page.
var script, style []byte

// Worker is empty.
var Worker []byte
