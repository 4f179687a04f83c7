#!/bin/sh
# Compiles all of it for linux/386, where an int has 32 bits, tests the packages that a run is made of, and compares the traces of a run: it has the largest seed, so that a
# number that is cut shows.
set -eu
GO=${GO:-go}
if [ "$($GO env GOHOSTOS)/$($GO env GOHOSTARCH)" != linux/amd64 ]; then
	echo "nothing tested: linux/386 programs run on linux/amd64, and this is another system"
	exit 0
fi
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

GOARCH=386 $GO vet ./...
GOARCH=386 $GO build -o "$runs/run" ./cmd/run
if ! "$runs/run" -h >"$runs/said" 2>&1 && ! grep -q "usage: \|goroutine " "$runs/said"; then
	echo "compiled, and nothing tested: the kernel of this system runs no linux/386 programs"
	exit 0
fi
GOARCH=386 $GO test ./raftkv/client ./raftkv/kv ./raftkv/sim ./raftkv/raft/... ./cmd/internal/config ./cmd/internal/memory
for arch in amd64 386; do
	GOARCH=$arch $GO run ./cmd/run -quiet -out "$runs/$arch" -seed 9223372036854775807 storm
done
diff -r "$runs/amd64" "$runs/386"
echo "a run has the same bytes with 32 bits and with 64"
