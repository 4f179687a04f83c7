//go:build !race

package main

const bugStride = 1
