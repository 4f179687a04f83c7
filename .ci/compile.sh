# Sourced by jaeger.sh and collector.sh, for what is built from other people's source: with their versions of everything, and none of it in this project's go.mod.

# theirs runs the go command, or what it is given, as if this project were not there.
theirs() { GOFLAGS=${flags:-} GOWORK=off CGO_ENABLED=0 "$@"; }

# compile builds a package of a folder, once: compile PROGRAM FOLDER PACKAGE. It tells how far it has come, and keeps what the compiler said only if it fails.
compile() {
	local target=$PWD/$1 log=$PWD/$1.log
	mkdir -p bin
	if ! (cd "$2" && theirs go build -v -trimpath -o "$target.new" "$3") 2>&1 |
		tee "$log" | awk '/^go: / { next } ++n % 100 == 0 { printf "  %d packages\n", n; fflush() }'; then
		tail -n 20 "$log"
		echo "$1 could not be built; all that was said is in $log"
		return 1
	fi
	mv "$target.new" "$target"
	rm -f "$log"
}
