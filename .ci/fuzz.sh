#!/bin/sh
# Runs every fuzz target of the project for FUZZTIME (60s), one after the other: `go test -fuzz` takes one target at a time.
set -eu
for file in $(grep -rl --include='*_test.go' '^func Fuzz' .); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz $target in $(dirname "$file")"
		go test "$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-60s}" -fuzzminimizetime 1x
	done
done
