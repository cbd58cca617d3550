#!/usr/bin/env bash
# test/fuzz/native/compile.sh SOURCE OUT: compiles the C side by clang for libFuzzer, with the sanitizers for addresses
# and undefined behaviour, and with it OUT/listening, OUT/association and OUT/conn.
set -euo pipefail

readonly source=$1 out=$2
# __SANITIZE_ADDRESS__ is gcc's name: it turns the caches of freed blocks off.
readonly flags=(-O1 -g -fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=undefined
  -D__SANITIZE_ADDRESS__ -D__Userspace__)
CC=clang CFLAGS_EXTRA="${flags[*]} -fsanitize=fuzzer-no-link -DOPEN_WINDOWS=0" wasm/compile.sh native "$source" "$out"
for target in listening association conn; do # conn is last: scripts/tests.sh looks for it
  clang -std=gnu11 -Wall -Wextra -Werror -Wno-gnu-variable-sized-type-not-at-end "${flags[@]}" -fsanitize=fuzzer "-DFUZZ_${target^^}" -Iwasm -Itest/native \
    -I"$source/usrsctplib" test/fuzz/native/{target,live,network}.c "$out/libusrsctp-link.a" -lpthread -o "$out/$target"
done
