# shellcheck shell=bash
# Steps that run only when they are due. Sourced by build.sh.

say() { printf '· %s\n' "$*"; }

fail() {
  printf '\n' >&2
  printf '%s\n' "$@" >&2
  exit 1
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }

# One hash over texts (`=text`) and over the names and contents of files and directories.
fingerprint() { # INPUT…
  local input
  for input in "$@"; do
    if [[ $input == =* ]]; then
      echo "$input"
    else
      find "$input" -type f | LC_ALL=C sort | while IFS= read -r file; do
        echo "$file"
        cat "$file"
      done
    fi
  done | sha256
}

# step NAME LABEL OUTPUT INPUT… -- COMMAND…
# Runs COMMAND when OUTPUT is missing or when an input differs from the last time it succeeded. Its output goes to
# build/NAME.log, which is shown when it fails.
step() {
  local stamp=build/$1.stamp log=build/$1.log label=$2 output=$3 inputs=() hash status started=$SECONDS
  shift 3
  while [ "$1" != -- ]; do
    inputs+=("$1")
    shift
  done
  shift
  hash=$(fingerprint "${inputs[@]}" "=$*")
  printf '· %s … ' "$label"
  if [ -e "$output" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ]; then
    echo 'up to date'
    return
  fi
  rm -f "$stamp"
  # In a subshell outside of any condition, so that `set -e` holds within a COMMAND that is a function.
  set +e
  (set -e; "$@") >"$log" 2>&1
  status=$?
  set -e
  if [ $status != 0 ]; then
    echo "failed ($log)"
    cat "$log" >&2
    exit 1
  fi
  echo "$hash" >"$stamp"
  echo "$((SECONDS - started)) s"
}
