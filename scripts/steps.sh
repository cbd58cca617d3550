# shellcheck shell=bash
# Steps that run only if their inputs have changed. build.sh reads this file.

say() { printf '· %s\n' "$*"; }

fail() {
  printf '\n' >&2
  printf '%s\n' "$@" >&2
  exit 1
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }

# Prints one hash of all inputs: of texts (`=text`), and of the names and contents of files and directories.
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
# Runs COMMAND if OUTPUT is missing, or if an input has changed since COMMAND last succeeded. What it prints goes to
# build/NAME.log, which is shown if it fails.
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
  # In a subshell that isn't part of a condition: otherwise `set -e` has no effect in a COMMAND that is a function.
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
