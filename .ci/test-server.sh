#!/usr/bin/env bash
# Sends runs through a real program, and compares what it makes of them with the file; for flags of the
# test, see traces/servers/programs_test.go.
#
#   bash .ci/test-server.sh jaeger|collector [FLAG...]
set -euo pipefail
cd "$(dirname "$0")/.."
bash ".ci/$1.sh" prepare
go test -tags "$1" -count=1 -run "^Test${1^}Server" -v ./traces/servers -args "${@:2}"
