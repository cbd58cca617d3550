#!/usr/bin/env bash
# bench/native/compile.sh SOURCE OUT: compiles the native programs of the bench by gcc -O3.
#
#   OUT/upstream   memory.c with upstream's usrsctp (AF_CONN, no threads)
#   OUT/link       memory.c with usrsctp and our C side
#   OUT/udp        udp.c with Debian's libusrsctp and its threads
#   OUT/echo       echo.c with the same
set -euo pipefail

readonly source=$1/usrsctplib out=$2 here=$(cd "$(dirname "$0")" && pwd)
readonly common=(-std=gnu11 -O3 -Wall -Wextra -Werror -I"$here")

mkdir -p "$out/objects"
for file in "$source"/{,netinet,netinet6}/*.c; do # the flags are those of upstream's CMakeLists.txt
  echo "gcc -std=gnu11 -O3 -w -D__Userspace__ -DSCTP_SIMPLE_ALLOCATOR -DSCTP_PROCESS_LEVEL_LOCKS -DINET -DINET6" \
    "-DHAVE_STDATOMIC_H -D_GNU_SOURCE -I$source -I$source/netinet -c $file -o $out/objects/$(basename "$file" .c).o"
done | xargs -P "$(nproc)" -I '{}' sh -c '{}'
gcc "${common[@]}" -I"$source" "$here"/{memory,conn}.c "$out"/objects/*.o -lpthread -o "$out/upstream"

"$here/../../wasm/compile.sh" native "$1" "$out/ours"
gcc "${common[@]}" -I"$source" -I"$here"/../../{wasm,test/native} "$here"/{memory,link}.c "$out/ours/libusrsctp-link.a" -lpthread -o "$out/link"

gcc "${common[@]}" "$here/echo.c" -lusrsctp -lpthread -o "$out/echo"
gcc "${common[@]}" "$here/udp.c" -lusrsctp -lpthread -o "$out/udp"
