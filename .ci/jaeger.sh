#!/usr/bin/env bash
# Starts a Jaeger on loopback, prints its address and runs until it is stopped.
#
#   bash .ci/jaeger.sh          start
#   bash .ci/jaeger.sh prepare  only see to it that there is one to be started
#
# Taken is the first of: `jaeger` (v2) on PATH; Docker, if its engine answers; a build of Jaeger's own source from the Go module cache, which needs nothing but Go.
# JAEGER_PORT, JAEGER_OTLP_HTTP_PORT and JAEGER_OTLP_GRPC_PORT move it from the ports that it has otherwise: 16686, 4318 and 4317.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/compile.sh

readonly version=v1.76.0 image=jaegertracing/jaeger:2.13.0 # the same release by its two numbers
readonly built=bin/jaeger-all-in-one-$version
readonly page=${JAEGER_PORT:-16686} http=${JAEGER_OTLP_HTTP_PORT:-4318} grpc=${JAEGER_OTLP_GRPC_PORT:-4317}

kind() {
	if command -v jaeger >/dev/null; then
		echo installed
	elif command -v docker >/dev/null && timeout 10 docker version >/dev/null 2>&1; then
		echo docker
	else
		echo built
	fi
}

# The v2 binary would take three times as long to build as the v1 all-in-one of the same release.
build() {
	[ -x "$built" ] && return
	echo "There is no jaeger on PATH and no Docker engine: building Jaeger $version from source, once, into $built."
	echo "This takes some minutes, and about 1700 packages. Its receivers and its query API are the real ones; it has no web pages, for these need Node.js to be built."
	local source
	source=$(cd / && theirs go mod download -json "github.com/jaegertracing/jaeger@$version" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p')
	compile "$built" "$source" ./cmd/all-in-one
}

prepare() {
	case $(kind) in
	installed) ;;
	docker) docker image inspect $image >/dev/null 2>&1 || docker pull $image ;;
	built) build ;;
	esac
}

launch() {
	export OTEL_TRACES_SAMPLER=always_off # or it would trace itself, into itself
	case $(kind) in
	installed)
		exec jaeger --config "$(config)"
		;;
	docker)
		exec docker run --rm -e OTEL_TRACES_SAMPLER -p "127.0.0.1:$page:16686" -p "127.0.0.1:$http:4318" -p "127.0.0.1:$grpc:4317" $image
		;;
	built)
		# Every port is named, for it would be opened on all interfaces otherwise; 0 is any free one.
		exec "$built" --query.http-server.host-port="127.0.0.1:$page" --collector.otlp.http.host-port="127.0.0.1:$http" \
			--collector.otlp.grpc.host-port="127.0.0.1:$grpc" --query.grpc-server.host-port=127.0.0.1:0 --collector.grpc-server.host-port=127.0.0.1:0 \
			--collector.http-server.host-port=127.0.0.1:0 --admin.http.host-port=127.0.0.1:0 --log-level=warn 2>"bin/jaeger-$page.log"
		;;
	esac
}

# config is that of a v2 which opens no other ports than those it is told.
config() {
	mkdir -p bin
	cat >"bin/jaeger-$page.yaml" <<-END
		service:
		  extensions: [jaeger_storage, jaeger_query]
		  pipelines:
		    traces: {receivers: [otlp], exporters: [jaeger_storage_exporter]}
		  telemetry:
		    metrics: {level: none}
		    logs: {level: warn}
		extensions:
		  jaeger_storage:
		    backends: {memory: {memory: {max_traces: 100000}}}
		  jaeger_query:
		    storage: {traces: memory}
		    http: {endpoint: "127.0.0.1:$page"}
		    grpc: {endpoint: "127.0.0.1:0"}
		receivers:
		  otlp:
		    protocols:
		      http: {endpoint: "127.0.0.1:$http"}
		      grpc: {endpoint: "127.0.0.1:$grpc"}
		exporters:
		  jaeger_storage_exporter: {trace_storage: memory}
	END
	echo "bin/jaeger-$page.yaml"
}

listening() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start() {
	if listening "$page"; then
		echo "something listens on 127.0.0.1:$page already: stop it, or set JAEGER_PORT"
		return 1
	fi
	launch &
	local pid=$!
	trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null; rm -f "bin/jaeger-$page".{log,yaml}' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	until listening "$page" && listening "$http" && listening "$grpc"; do
		if ! kill -0 $pid 2>/dev/null || [ $SECONDS -gt "$deadline" ]; then
			echo "Jaeger did not start"
			[ ! -f "bin/jaeger-$page.log" ] || tail "bin/jaeger-$page.log"
			return 1
		fi
		sleep 0.2
	done
	echo "Jaeger is at http://127.0.0.1:$page"
	echo "Push a run to it: go run ./cmd/run -otlp http://127.0.0.1:$http"
	wait $pid
}

prepare
readonly deadline=$((SECONDS + 60))
[ "${1:-}" = prepare ] || start
