# shellcheck shell=bash
# What the build needs on the machine: Node, Debian packages, Emscripten. build.sh reads this file.

readonly emsdk_version=3.1.74

need_node() {
  command -v node >/dev/null || fail 'Node is missing: install version 20 or newer.'
  node -e 'process.exit(Number.parseInt(process.versions.node) < 20 ? 1 : 0)' ||
    fail "Node $(node -p process.versions.node) is too old: version 20 or newer is needed."
}

missing_packages() { # PACKAGE…
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

can_install() { command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; }

apt_install() { # PACKAGE…
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Does nothing if all are installed.
install_packages() { # NAME PACKAGE…
  local name=$1 missing
  shift
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} = 0 ] || step "apt-$name" "Debian packages ${missing[*]}" '' =always -- apt_install "${missing[@]}"
}

# Looks for Emscripten in $EMSDK, then on PATH, then installs Debian's.
need_emscripten() {
  if [ -n "${EMSDK:-}" ] && [ -x "$EMSDK/upstream/emscripten/emcc" ]; then
    PATH=$EMSDK/upstream/emscripten:$PATH
  elif ! command -v emcc >/dev/null; then
    can_install || fail 'Emscripten is missing: there is no emcc on PATH. Install it in one of these ways:' \
      '  Debian, Ubuntu    sudo apt-get install emscripten node-acorn' \
      "  anywhere          ./build.sh --emsdk     (installs emsdk $emsdk_version into build/emsdk)"
    install_packages emscripten emscripten node-acorn
  elif can_install && [ -z "$(missing_packages emscripten)" ]; then
    install_packages emscripten node-acorn # Debian's emcc only recommends node-acorn, but can't write JavaScript without it
  fi
  emscripten=$(emcc --version) || fail 'emcc fails: see above.'
  emscripten=${emscripten%%$'\n'*} # not by `head`, which may close the pipe while emcc is still writing
  say "$emscripten"
}

# No test covers this, because it needs the internet.
install_emsdk() {
  step emsdk "emsdk $emsdk_version" build/emsdk/upstream/emscripten/emcc "=$emsdk_version" -- fetch_emsdk
  EMSDK=$PWD/build/emsdk
}

fetch_emsdk() {
  rm -rf build/emsdk
  git clone --depth 1 --branch "$emsdk_version" https://github.com/emscripten-core/emsdk.git build/emsdk
  build/emsdk/emsdk install "$emsdk_version"
  build/emsdk/emsdk activate "$emsdk_version"
}
