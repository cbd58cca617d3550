#!/usr/bin/env bash
# npm run check: lint, types and the fast tests. The types are checked while the tests run, so that both cores are used.
set -euo pipefail
cd "$(dirname "$0")/.."

FAST=(test/{floors,address,errors,struct,coverage}.test.ts test/{wire,simulated,streams,connectx})
types=$(mktemp)
trap 'rm -f "$types"' EXIT

npm run --silent lint
npm run --silent typecheck >"$types" 2>&1 &
checker=$!
failed=0
node_modules/.bin/vitest run "${FAST[@]}" || failed=1
wait "$checker" || failed=1
cat "$types"
exit "$failed"
