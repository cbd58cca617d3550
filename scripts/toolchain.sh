# shellcheck shell=bash
# What the build needs from outside: Node, Debian packages, Emscripten. Sourced by build.sh.

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

# Does nothing when all are there.
install_packages() { # NAME PACKAGE…
  local name=$1 missing
  shift
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} = 0 ] || step "apt-$name" "Debian packages ${missing[*]}" '' =always -- apt_install "${missing[@]}"
}

# An emsdk that is named, then what PATH has, then Debian's.
need_emscripten() {
  if [ -n "${EMSDK:-}" ] && [ -x "$EMSDK/upstream/emscripten/emcc" ]; then
    PATH=$EMSDK/upstream/emscripten:$PATH
  elif ! command -v emcc >/dev/null; then
    can_install || fail 'Emscripten is missing (there is no emcc on PATH). Either of these gets it:' \
      '  Debian, Ubuntu    sudo apt-get install emscripten node-acorn' \
      "  anywhere          ./build.sh --emsdk     (installs emsdk $emsdk_version into build/emsdk)"
    install_packages emscripten emscripten node-acorn
  elif can_install && [ -z "$(missing_packages emscripten)" ]; then
    install_packages emscripten node-acorn # Debian's emcc only recommends it, and can't write JavaScript without
  fi
  emscripten=$(emcc --version) || fail 'emcc does not run: see above.'
  emscripten=${emscripten%%$'\n'*} # not by head, which may close the pipe while emcc still writes
  say "$emscripten"
}

# No test of ours can show this one: it needs the internet.
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
