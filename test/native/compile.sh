#!/usr/bin/env bash
# test/native/compile.sh SOURCE OUT FLAG…: compiles the C side by gcc with these flags, and with it OUT/mutate, OUT/stack,
# OUT/out_of_memory, OUT/ports, OUT/sha1, OUT/sha256 and OUT/siphash.
set -euo pipefail

readonly source=$1 out=$2
shift 2
CFLAGS_EXTRA="$* -DOPEN_WINDOWS=0" wasm/compile.sh native "$source" "$out"
for program in out_of_memory mutate stack ports sha1 sha256 siphash; do
  more=()
  files=("test/native/$program.c")
  case $program in stack | ports) files+=(test/native/simulated_host.c) ;; esac # defines the host's functions
  case $program in out_of_memory) more+=(-Wl,--wrap=malloc,--wrap=realloc) ;; esac
  gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -D__Userspace__ "$@" -Iwasm -I"$source/usrsctplib" "${files[@]}" \
    "$out/libusrsctp-link.a" -lpthread ${more[@]+"${more[@]}"} -o "$out/$program"
done
