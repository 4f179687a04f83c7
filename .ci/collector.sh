#!/usr/bin/env bash
# Builds an OpenTelemetry Collector with what the tests send through it: the OTLP receiver, the batch processor and the file exporter. It is made as anybody makes one of their own,
# by the Collector's builder, and needs nothing but Go; bin/otelcol-VERSION is what comes of it.
#
#   bash .ci/collector.sh prepare
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/compile.sh

readonly version=v0.165.0 stable=v1.71.0 # the same release by its two numbers
readonly built=bin/otelcol-$version

prepare() {
	[ -x "$built" ] && return
	echo "Building an OpenTelemetry Collector $version from source, once, into $built."
	echo "This takes some minutes, and about 900 packages."
	folder=$(mktemp -d) # not local: the trap is for the end of the script
	trap 'rm -rf "$folder"' EXIT
	local core=go.opentelemetry.io/collector contrib=github.com/open-telemetry/opentelemetry-collector-contrib
	manifest >"$folder/manifest.yaml"
	theirs go run "$core/cmd/builder@$version" --config "$folder/manifest.yaml" --skip-get-modules --skip-compilation 2>"$folder/log" || { cat "$folder/log" && return 1; }
	# The builder writes the program, and could do the rest, but for its `go mod tidy`, which downloads what the tests of all modules need. -mod=mod finds what the program needs.
	(cd "$folder/made" && theirs go mod init otelcol && theirs go mod edit "-require=$core/otelcol@$version" \
		$(sed -n 's/.*gomod: \(.*\) \(.*\)/-require=\1@\2/p' "$folder/manifest.yaml")) 2>"$folder/log" || { cat "$folder/log" && return 1; }
	flags=-mod=mod compile "$built" "$folder/made" .
}

manifest() {
	cat <<-END
		dist: {name: otelcol, output_path: "$folder/made"}
		receivers:
		  - gomod: $core/receiver/otlpreceiver $version
		processors:
		  - gomod: $core/processor/batchprocessor $version
		exporters:
		  - gomod: $contrib/exporter/fileexporter $version
		providers: # the program wants the first
		  - gomod: $core/confmap/provider/envprovider $stable
		  - gomod: $core/confmap/provider/fileprovider $stable
	END
}

prepare
