#!/usr/bin/env bash
# Compiles usrsctp and the C side of the bridge.
#
#   wasm/compile.sh wasm SOURCE OUT      OUT/usrsctp.wasm, by emcc
#   wasm/compile.sh native SOURCE OUT    OUT/libusrsctp-link.a, by gcc: the same sources, for sanitizers and benchmarks
#   wasm/compile.sh layout SOURCE OUT    OUT/{constants,errno,layouts,sysctls}.ts
#
# SOURCE is a checkout of usrsctp. CFLAGS_EXTRA is added to every compilation. REDIRECTIONS=write records how often each
# redirection takes effect (upstream/redirections.txt) instead of checking it.
set -euo pipefail

readonly here=$(cd "$(dirname "$0")" && pwd)
readonly target=$1 source=$2/usrsctplib out=$3

# Two releases are known: the pinned one, and upstream's main, whose usrsctp.h has the socket option of RFC 9653.
release=0.9.5.0
! grep -q SCTP_ACCEPT_ZERO_CHECKSUM "$source/usrsctp.h" || release=main
readonly release

# Upstream's files, except those that ours replace (user_environment.c, user_recv_thread.c, netinet/sctp_callout.c,
# netinet/sctp_crc32.c, netinet/sctp_sha1.c, netinet/sctp_userspace.c) and those that ours include
# (netinet/sctp_usrreq.c, netinet/sctp_cc_functions.c).
readonly upstream=(
  user_socket.c user_mbuf.c netinet6/sctp6_usrreq.c
  netinet/sctp_{asconf,auth,bsd_addr,indata,input,output,pcb,peeloff,ss_functions,sysctl,timer}.c
  netinet/sctputil.c
)
readonly including=(api/setopt.c tuning/congestion.c)
# Our files that include usrsctp's internal headers, and those that include usrsctp.h. No file can include both.
readonly internals=(
  os/environment.c os/timers.c network/{packets,interfaces,returned_links}.c api/socket.c api/association.c api/abort.c
  api/set_aside.c api/statistics.c
  tuning/{buffers,buffer_quota,burst,bundling,small_window,min_rtt,sack_frequency,path_mtu}.c
  tuning/{association_tables,association_limits,crc32c,sha1,cookie_mac,tag_share,tag_timewait,init_ack_rate}.c
  fixes/{added_addresses,deleted_addresses,late_packets,pending_addresses,readded_addresses,reconfiguration,restart}.c
  fixes/{address_translation,retransmission,round_trips,schedulers,shutdown,extra_fields,path_selection,error_counters}.c
  fixes/{association_validation,fragment_size,packet_validation,gap_blocks,asockill_timer}.c
  fixes/{unrecognized_parameters,interleaving}.c
  fixes/{process_data,unread_limit,accept_fragment,reassembly,delivery,forward_tsn}.c
  fixes/{stream_reset,restarted_streams,ended_association,shared_keys}.c
  fixes/{send_buffer,lifetimes,abandoned,unfinished_messages,sent_abort}.c
)
readonly bridge=(api/bridge.c api/messages.c api/handles.c os/memory.c os/snprintf.c os/sha256.c)

readonly includes=(-I"$source" -I"$source/netinet" -I"$here" -I"$out")
common=(
  -std=gnu11 -ffunction-sections -fdata-sections -fno-strict-aliasing "${includes[@]}"
  -D__Userspace__ -DSCTP_SIMPLE_ALLOCATOR -DSCTP_PROCESS_LEVEL_LOCKS -DINET -DINET6 -DHAVE_STDATOMIC_H
)
[ "$release" != main ] || common+=(-DUPSTREAM_MAIN)
readonly strict=(-Wall -Wextra -Werror)
# usrsctp's internal headers cause these warnings; our own code must cause none.
readonly tolerated=(-Wno-unused-parameter -Wno-sign-compare -Wno-address-of-packed-member -Wno-unused-value)

# We ignore the warnings of upstream's files, except about the types of what redirected calls pass to our functions.
# Only clang can do that; gcc can't.
readonly upstream_warnings=(-Wno-everything -Werror=incompatible-pointer-types -Werror=int-conversion
  -Werror=implicit-function-declaration)

# Prints SYSCTL(name), TUNABLE(name) or READ_ONLY(name) for each sysctl that user_socket.c defines: usrsctp.h declares
# more. sctp_debug_on exists in debugging builds only.
list_sysctls() {
  local name definitions=$source/user_socket.c
  sed -nE '/sctp_debug_on/d; s/^USRSCTP_SYSCTL_GET_DEF\((\w+)\)$/\1/p' "$definitions" | while read -r name; do
    if grep -q "^USRSCTP_SYSCTL_SET_DEF($name," "$definitions"; then echo "SYSCTL($name)"
    elif grep -q "^USRSCTP_TUNABLE_SET_DEF($name," "$definitions"; then echo "TUNABLE($name)"
    else echo "READ_ONLY($name)"; fi
  done
}

# A JavaScript engine compiles a function as a whole when it is first called. Functions with much inlined code made a
# cold start 2 ms longer. So in these files clang inlines only what is marked `inline`, and code that no message passes
# through is optimized for size.
flags_for() { # FILE
  [ "$target" = wasm ] || return 0
  case $(basename "$1" .c) in
    sctp_input | sctp_output) echo -finline-hint-functions -O2 ;;
    sctp_indata | sctputil | user_mbuf | sctp_ss_functions) echo -O2 ;;
    setopt | sctp6_usrreq | sctp_pcb | sctp_auth | sctp_asconf | sctp_bsd_addr | sctp_peeloff | sctp_sysctl)
      echo -finline-hint-functions -Oz ;;
    user_socket | sctp_timer | congestion) echo -Oz ;;
    bridge | association | statistics | abort | set_aside | sent_abort | snprintf | interfaces | socket | path_mtu)
      echo -Oz ;;
    late_packets | *_addresses | ended_association | asockill_timer | unfinished_messages | tag_timewait) echo -Oz ;;
    reconfiguration | restart | restarted_streams | stream_reset | forward_tsn | shutdown) echo -Oz ;;
    error_counters | path_selection | retransmission | round_trips | lifetimes | abandoned | fragment_size) echo -Oz ;;
    gap_blocks | buffer_quota | init_ack_rate | association_tables | shared_keys) echo -Oz ;;
    crc32c) echo -msimd128 ;;
    sha1 | sha256 | environment | association_validation | unrecognized_parameters | send_buffer | schedulers) echo -Oz ;;
  esac
}

compile_all() { # compiler and its flags
  local file name objects=$out/objects warnings=-w
  [ "$target" != wasm ] || warnings=${upstream_warnings[*]}
  rm -rf "$objects"
  mkdir -p "$objects"
  list_sysctls >"$out/sysctls.def"
  # In two steps, because upstream/redirections.mjs counts names in the preprocessor's output.
  for file in "${upstream[@]/#/$source/}" "${including[@]/#/$here/}"; do
    name=$(basename "$file" .c)
    echo "$* $(flags_for "$file") -w -include $(header_of "$name") -E $file -o $objects/$name.i &&" \
      "$* $(flags_for "$file") $warnings -c $objects/$name.i -o $objects/$name.o"
  done >"$out/jobs"
  for file in "${internals[@]}"; do
    echo "$* $(flags_for "$file") ${strict[*]} ${tolerated[*]} -include $here/upstream/environment.h -c $here/$file" \
      "-o $(object_of "$file")"
  done >>"$out/jobs"
  for file in "${bridge[@]}"; do
    echo "$* $(flags_for "$file") ${strict[*]} -c $here/$file -o $(object_of "$file")"
  done >>"$out/jobs"
  xargs -P "$(nproc)" -I '{}' sh -c '{}' <"$out/jobs"
}

# The header that lists what is redirected in a file of upstream's.
header_of() { # NAME
  case $1 in
    setopt) echo "$here/upstream/sctp_usrreq.h" ;;
    congestion) echo "$here/upstream/sctp_cc_functions.h" ;;
    *) echo "$here/upstream/$1.h" ;;
  esac
}

object_of() { # one of our files
  echo "$out/objects/our_$(basename "$1" .c).o"
}

compile_wasm() {
  # __EMSCRIPTEN_PTHREADS__ silences upstream's #error; no thread is used.
  compile_all emcc "${common[@]}" -D__EMSCRIPTEN_PTHREADS__=1 -O3 -mbulk-memory ${CFLAGS_EXTRA:-}
  node "$here/upstream/redirections.mjs" "$release" "$out"/objects/*.i ${REDIRECTIONS:+--write}
  local link=(
    -O3 --no-entry
    -sSTANDALONE_WASM=1          # no JavaScript of Emscripten's: instance.ts loads the module
    -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=4MB -sMAXIMUM_MEMORY=1GB
    -sTOTAL_STACK=256KB          # connectx alone keeps 2 KB on it
    -sMALLOC=emmalloc            # 7 % faster than dlmalloc here, and smaller
    -Wl,--wrap=emscripten_resize_heap # by how much the memory grows: os/memory.c
    -mbulk-memory                # memory.copy: 9 % at 16 KB messages
    # Binaryen would inline every function with a single caller, whatever its size: see flags_for.
    -sBINARYEN_EXTRA_PASSES=--one-caller-inline-max-function-size=100
    -sEXPORTED_FUNCTIONS=_malloc,_free
    -sERROR_ON_UNDEFINED_SYMBOLS=0 -sWARN_ON_UNDEFINED_SYMBOLS=0 # host.h declares imports; check_imports finds others
    # Upstream's files are compiled without warnings, so a redirected function without a prototype shows up only here.
    -Wl,--fatal-warnings
  )
  emcc "$out"/objects/*.o "${link[@]}" ${LDFLAGS_EXTRA:-} -o "$out/usrsctp.wasm"
  check_imports
  cp "$source/usrsctp.h" "$out/usrsctp.h" # tests compare the API with the header of what was built
}

# Fails unless the module's imports are exactly those that imports.txt lists.
check_imports() {
  local list='WebAssembly.Module.imports(new WebAssembly.Module(require("fs").readFileSync(process.argv[1])))'
  node -e "for (const { module, name } of $list) console.log(module + '.' + name)" "$out/usrsctp.wasm" | sort |
    diff - <(sed 's/ *#.*//' "$here/imports.txt" | sort) >&2 || { echo 'wasm/imports.txt: the imports differ' >&2; exit 1; }
}

compile_native() {
  compile_all "${CC:-gcc}" "${common[@]}" -O3 -g ${CFLAGS_EXTRA:-}
  rm -f "$out/libusrsctp-link.a"
  ar rcs "$out/libusrsctp-link.a" "$out"/objects/*.o
}

mkdir -p "$out"
case $target in
  wasm | native) "compile_$target" ;;
  layout)
    # shellcheck source=wasm/layout/layout.sh
    . "$here/layout/layout.sh"
    compile_layout "$2" "$out"
    {
      echo "// Generated by wasm/compile.sh: don't edit."
      echo
      echo '/** The sysctls of usrsctp; a place in this list is the index that the bridge takes. */'
      echo 'export const sysctls = ['
      list_sysctls | sed -E "s/.*\\((sctp_)?(\\w+)\\)/  'sctp_\\2',/"
      echo '] as const;'
    } >"$out/sysctls.ts"
    ;;
  *) echo "wasm/compile.sh: unknown target '$target'" >&2; exit 2 ;;
esac
