#!/usr/bin/env bash
# Builds everything. A step runs only if its inputs have changed.
set -euo pipefail

usage() {
  cat <<'END'
./build.sh [OPTIONS]                    build: toolchain, usrsctp, wasm, TypeScript
./build.sh [OPTIONS] demo [ARGUMENT…]   build, then run the demo
./build.sh [OPTIONS] page [--port N]    build, then serve a page that shows a live association in the browser
./build.sh [OPTIONS] test [ARGUMENT…]   build, lint, type-check and test; the arguments go to vitest
./build.sh [OPTIONS] fuzz [ARGUMENT…]   build, then fuzz for --minutes N, by default 4

  --source DIR   build the usrsctp checkout in DIR in place of the pinned release
  --emsdk        install a pinned emsdk into build/emsdk and use it (needs the internet)
  --help         print this text

Everything is written below this directory, except Debian packages, whose installation needs root.
Each step writes a log, build/*.log.
END
}

start=$PWD
cd "$(dirname "$0")"
. scripts/steps.sh
. scripts/toolchain.sh
. scripts/products.sh
. scripts/tests.sh

source_dir=$pinned_source emsdk=false command=build

parse_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --source) use_source "${2:-}"; shift ;;
      --emsdk) emsdk=true ;;
      -h | --help) usage; exit ;;
      demo | page | test | fuzz) command=$1; shift; arguments=("$@"); return ;;
      *) usage >&2; fail "build.sh: unknown argument '$1'." ;;
    esac
    shift
  done
}

use_source() { # DIR
  [ -n "$1" ] || fail 'build.sh: --source needs a directory with a checkout of usrsctp.'
  source_dir=$(cd "$start" && cd "$1" 2>/dev/null && pwd) || fail "build.sh: there is no directory $1."
  [ -d "$source_dir/usrsctplib" ] || fail "build.sh: $source_dir isn't a checkout of usrsctp: it has no usrsctplib/."
}

build() {
  need_node
  if $emsdk; then install_emsdk; fi
  need_emscripten
  if [ "$source_dir" = "$pinned_source" ]; then fetch_usrsctp; else say "usrsctp of $source_dir"; fi
  install_npm_packages
  build_wasm
  generate_layouts
  build_typescript
  report_sizes
}

arguments=()
parse_options "$@"
mkdir -p build
build
case $command in
  build) cat build/sizes.log ;;
  demo) exec node dist/cli/demo.js ${arguments[@]+"${arguments[@]}"} ;;
  page) exec node examples/page/serve.mjs ${arguments[@]+"${arguments[@]}"} ;;
  fuzz)
    need_test_packages
    build_fuzz_targets
    exec node scripts/fuzz.mjs ${arguments[@]+"${arguments[@]}"}
    ;;
  test) run_tests ${arguments[@]+"${arguments[@]}"} ;;
esac
