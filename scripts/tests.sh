# shellcheck shell=bash
# Lint, type check and tests. build.sh reads this file.
# shellcheck disable=SC2154 # build.sh sets source_dir, the usrsctp to build

# Native peers, browsers, tools that check our packets and our C code, and packages that build and run the Linux guest
# and pion.
readonly test_packages=(libusrsctp-examples libusrsctp-dev tshark iproute2 nftables gcc libc6-dev nginx caddy
  chromium firefox-esr webkit2gtk-driver xvfb qemu-system-x86 libsctp-dev cpio openssl
  golang-go golang-github-pion-sctp-dev clang libclang-rt-dev)

need_test_packages() {
  if can_install; then
    install_packages tests "${test_packages[@]}"
    return
  fi
  local missing
  missing=$(missing_packages "${test_packages[@]}" | tr '\n' ' ')
  [ -z "$missing" ] || say "not installed, though some tests need them: $missing"
}

lint() {
  step lint 'lint' biome.json biome.json package.json package-lock.json tsconfig.json tsconfig.test.json vitest.config.ts \
    src test scripts examples -- node_modules/.bin/biome check --error-on-warnings
}

check_types() {
  step types 'types' tsconfig.test.json package-lock.json tsconfig.json tsconfig.test.json vitest.config.ts src test examples -- \
    node_modules/.bin/tsc -p tsconfig.test.json
}

# The documents and the reference of the typed API, as a site. Fails if something public has no description, or if a link leads
# nowhere.
build_site() {
  step docs 'documentation' build/site/index.html package-lock.json typedoc.json tsconfig.json src docs examples bench/README.md \
    usrsctp/README.md CHANGELOG.md CONTRIBUTING.md NOTICE.md SECURITY.md scripts/site.mjs scripts/site -- node scripts/site.mjs
}

# The C side, compiled natively: with the address sanitizer, which also finds leaks, and with upstream's INVARIANTS,
# which check locks and states, and the undefined behaviour sanitizer.
build_native_checks() {
  native_check asan 'C under the address sanitizer' -O1 -fsanitize=address
  native_check invariants 'C with INVARIANTS' -O1 -DINVARIANTS -fsanitize=undefined -fno-sanitize=alignment
}

native_check() { # NAME LABEL FLAG…
  local name=$1 label=$2
  shift 2
  step "$name" "$label" "build/$name/mutate" wasm test/native "$source_dir/usrsctplib" -- \
    test/native/compile.sh "$source_dir" "build/$name" "$@"
}

# The C side for libFuzzer. Only clang has it.
build_fuzz_targets() {
  step fuzz 'C for libFuzzer' build/fuzz/conn wasm test/native/bridge.h test/fuzz/native "$source_dir/usrsctplib" -- \
    test/fuzz/native/compile.sh "$source_dir" build/fuzz
}

# Programs that only tests use: other runtimes, and tools that check the package. They aren't dependencies of ours: each
# group has a package.json and a lock file of its own.
install_tools() { # NAME LABEL
  step "$1" "$2" "build/$1/node_modules" "test/$1/tools" -- npm_tools "$1"
}

npm_tools() { # NAME
  mkdir -p "build/$1"
  cp "test/$1/tools/package.json" "test/$1/tools/package-lock.json" "build/$1"
  cd "build/$1"
  npm ci --ignore-scripts
}

# A QEMU guest with a Linux kernel that has SCTP, and the telecom software that test/peers talks to.
build_guest() {
  step guest 'Linux guest with SCTP' build/guest/initrd.img test/peers/guest -- test/peers/guest/build.sh build/guest
}

# Another WebRTC stack, from Debian's packages of Go sources.
build_pion() {
  step pion 'pion' build/pion/pion test/peers/pion -- compile_pion
}

compile_pion() {
  export GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$PWD/build/pion/cache
  go build -o build/pion/pion ./test/peers/pion
}

run_vitest() { # NAME CONFIG ARGUMENT… -- PREFIX…
  local name=$1 config=$2 arguments=()
  shift 2
  while [ "$1" != -- ]; do
    arguments+=("$1")
    shift
  done
  shift
  "$@" node_modules/.bin/vitest run --config "$config" --passWithNoTests --reporter=default --reporter=json \
    --outputFile.json="build/$name.json" ${arguments[@]+"${arguments[@]}"}
}

run_tests() { # ARGUMENT…
  need_test_packages
  install_tools runtimes 'Node 20 to 26, Deno, Bun, workerd, edge-runtime'
  install_tools package 'jest, Vite, publint, arethetypeswrong, TypeScript 5.2 to 5.9'
  lint
  check_types
  build_site
  build_native_checks
  build_fuzz_targets
  if can_install; then
    build_guest
    build_pion
  fi
  local status=0
  rm -f build/vitest.json build/peers.json
  run_vitest vitest vitest.config.ts "$@" -- || status=$?
  # These have a network namespace of their own, which ends with them. They run last, because a guest occupies a
  # processor.
  run_vitest peers test/peers/vitest.config.ts "$@" -- unshare --net || status=$?
  node scripts/verdict.mjs $status build/vitest.json build/peers.json
}
