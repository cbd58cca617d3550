# shellcheck shell=bash
# The products of the build, in order, with a function for each step. build.sh reads this file.
# shellcheck disable=SC2154 # build.sh sets source_dir, the usrsctp to build; toolchain.sh sets emscripten, the
# compiler's version

readonly pinned_source=usrsctp/source

fetch_usrsctp() {
  local version
  version=$(sed -n 's/^version=//p' usrsctp/pin)
  step usrsctp "usrsctp $version" "$pinned_source" usrsctp/pin usrsctp/fetch.sh -- usrsctp/fetch.sh
}

install_npm_packages() {
  step npm 'npm packages' node_modules package-lock.json -- npm ci --include=dev
}

build_wasm() {
  step wasm 'wasm' build/wasm/usrsctp.wasm "=$emscripten" wasm "$source_dir/usrsctplib" -- \
    wasm/compile.sh wasm "$source_dir" build/wasm
}

# Writes to build/ first, and to src/generated/, which is committed, only if something differs.
generate_layouts() {
  step layout 'constants and layouts' build/layout "=$emscripten" wasm/compile.sh wasm/layout wasm/link.h "$source_dir/usrsctplib" -- \
    write_layouts
  ! diff -r build/layout src/generated >build/drift.diff 2>&1 || return 0
  if [ -n "${CI:-}" ] && [ "$source_dir" = "$pinned_source" ]; then
    cat build/drift.diff >&2
    fail 'src/generated/ is out of date: run ./build.sh and commit what it changes there.'
  fi
  rm -rf src/generated
  cp -R build/layout src/generated
  say 'src/generated/ has changed'
}

write_layouts() {
  rm -rf build/layout
  wasm/compile.sh layout "$source_dir" build/layout
}

build_typescript() {
  step dist 'TypeScript' dist/index.js package-lock.json tsconfig.json scripts/bundle.mjs src build/wasm/usrsctp.wasm \
    "$source_dir/LICENSE.md" -- write_dist
}

write_dist() {
  rm -rf dist
  node_modules/.bin/tsc -p tsconfig.json
  node scripts/bundle.mjs
  cp "$source_dir/LICENSE.md" dist/LICENSE.usrsctp.md
}

report_sizes() {
  step sizes 'sizes' build/sizes.log scripts/sizes.mjs scripts/budget.json build/wasm/usrsctp.wasm dist -- node scripts/sizes.mjs
}
