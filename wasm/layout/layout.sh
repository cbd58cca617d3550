# shellcheck shell=bash disable=SC2030,SC2031 # the subshell is intended
# Source this file, then: compile_layout SOURCE_DIR OUT_DIR
# Writes OUT_DIR/{constants,errno,layouts}.ts from the headers of the usrsctp release in SOURCE_DIR, and from link.h.
# This script collects names only, because releases define different ones. The compiler supplies the numbers.

# Structs of socket options and notifications that are defined in the stack's own headers only.
LAYOUT_HIDDEN='sctp_sndrcvinfo|sctp_send_failed|sctp_paddrthlds|sctp_pcbinfo|sctp_sockstat'

LAYOUT_HOME="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

# Runs in a subshell with its own options and trap. The variables have a prefix, as the caller may have read-only ones.
compile_layout() (
  set -euo pipefail
  export LC_ALL=C
  layout_work="$(mktemp -d)"
  trap 'rm -rf "$layout_work"' EXIT

  layout_public=(-isystem "$1/usrsctplib") # -isystem: no warnings for upstream's files
  # The macros that the stack's headers test, as in compile.sh.
  layout_stack=("${layout_public[@]}" -DSTACK -D__Userspace__ -D__EMSCRIPTEN_PTHREADS__=1 -DSCTP_PROCESS_LEVEL_LOCKS
    -DSCTP_SIMPLE_ALLOCATOR -DHAVE_STDATOMIC_H -DINET -DINET6)
  layout_ours=(-Wall -Wextra -Werror -I "$LAYOUT_HOME/.." -I "$layout_work")

  layout_lists
  emcc "${layout_ours[@]}" "${layout_public[@]}" -c "$LAYOUT_HOME/table.c" -o "$layout_work/public.o"
  emcc "${layout_ours[@]}" "${layout_stack[@]}" -c "$LAYOUT_HOME/table.c" -o "$layout_work/stack.o"
  # Compiled synchronously, because Emscripten 3.1.6 would otherwise try to fetch() a file path.
  emcc "${layout_ours[@]}" -sWASM_ASYNC_COMPILATION=0 -sENVIRONMENT=node \
    "$LAYOUT_HOME/layout.c" "$layout_work/public.o" "$layout_work/stack.o" -o "$layout_work/layout.cjs"

  for layout_file in constants errno layouts; do
    node "$layout_work/layout.cjs" "$layout_file" > "$layout_work/$layout_file.ts"
  done
  mkdir -p "$2"
  mv "$layout_work"/{constants,errno,layouts}.ts "$2"
  layout_unlisted >&2
)

# Writes the names in the form that table.c and layout.c include.
layout_lists() {
  layout_constants > "$layout_work/constants.inc"
  layout_errno > "$layout_work/errno.inc"
  {
    layout_structs 'sctp.*|sockaddr_conn' "${layout_public[@]}" -include usrsctp.h
    layout_structs 'link_.*' -I "$LAYOUT_HOME/.." -include link.h
  } > "$layout_work/public_structs.inc"
  layout_wanted="$(sed -n 's/^STRUCT(\(sctp.*\))$/\1/p' "$layout_work/public_structs.inc" | paste -sd '|' -)"
  layout_structs "$layout_wanted|$LAYOUT_HIDDEN" "${layout_stack[@]}" -include netinet/sctp_os.h \
    -include netinet/sctp.h > "$layout_work/stack_structs.inc"
}

# constants.txt as C, each name inside an #ifdef.
layout_constants() {
  awk '
    /^##/ { next }
    /^#/  { sub(/^# */, ""); print "GROUP(\"" $0 "\")"; next }
    { for (i = 1; i <= NF; i++) printf "#ifdef %s\nCONSTANT(%s)\n#else\nABSENT(%s)\n#endif\n", $i, $i, $i }
  ' "$LAYOUT_HOME/constants.txt"
}

# Every name in errno.h. A name that is defined as another name is an alias.
layout_errno() {
  emcc -E -dM -include errno.h -x c /dev/null | sort |
    sed -nE -e '/ EMSCRIPTEN/d' \
      -e 's/^#define (E[A-Z0-9]+) E[A-Z]+$/ALIAS(\1)/p' \
      -e 's/^#define (E[A-Z0-9]+) .*/ERRNO(\1)/p'
}

# layout_structs REGEX FLAGS…: the structs whose names match, and their fields.
layout_structs() {
  emcc -E "${@:2}" -include stdint.h -x c /dev/null | awk -v wanted="^($1)\$" -f "$LAYOUT_HOME/structs.awk"
}

# Warns about constants of usrsctp.h that constants.txt lacks: a newer release may add some.
layout_unlisted() {
  emcc -E -dM "${layout_public[@]}" -include usrsctp.h -x c /dev/null |
    sed -nE -e '/ SCTP_(ALIGN_RESV_PAD|DEBUG_)/d' -e 's/^#define (S(CTP|PP)_[A-Z0-9_]+) .*/\1/p' | sort |
    comm -23 - <(grep -v '^#' "$LAYOUT_HOME/constants.txt" | tr -s ' ' '\n' | sort) |
    sed 's/$/: in usrsctp.h, but not in wasm\/layout\/constants.txt/'
}
