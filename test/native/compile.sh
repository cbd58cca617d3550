#!/usr/bin/env bash
# test/native/compile.sh SOURCE OUT FLAG…: the C side by gcc with these flags, and OUT/mutate on it.
set -euo pipefail

readonly source=$1 out=$2
shift 2
CFLAGS_EXTRA="$*" wasm/compile.sh native "$source" "$out"
gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror "$@" -Iwasm -I"$source/usrsctplib" test/native/mutate.c \
  "$out/libusrsctp-link.a" -lpthread -o "$out/mutate"
