#!/bin/sh
# Fails if the bundle of the page in git is not what its sources make. Needs Node.js and npm.
set -eu
cd "$(dirname "$0")/../traces/view/page"
[ -d node_modules ] || npm ci --no-audit --no-fund
npx tsc
node build.mjs
git diff --exit-code --stat -- bundle.js bundle.css worker.js || {
	echo "the page's bundle is not what its sources make: run 'make page' and commit bundle.js, bundle.css and worker.js"
	exit 1
}
