package view

// A page holds no second page.
var script, style []byte
