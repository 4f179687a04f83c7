#!/usr/bin/env bash
# Pushes runs into a real Jaeger, over all that it takes, and compares what it answers with the file.
set -euo pipefail
cd "$(dirname "$0")/.."
bash .ci/jaeger.sh prepare
go test -tags jaeger -count=1 -run '^TestJaegerServer' -v ./traces
