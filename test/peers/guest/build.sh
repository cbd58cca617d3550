#!/usr/bin/env bash
# test/peers/guest/build.sh OUT: writes OUT/vmlinuz and OUT/initrd.img, a Linux guest with SCTP and the programs that the
# tests talk to. All of it is Debian's: the packages are downloaded and unpacked, not installed.
set -euo pipefail
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"
readonly out files=$out/files root=$out/root

readonly packages=(
  busybox-static ethtool libmnl0 libsctp1
  freediameterd freediameter-extensions libfdcore6 libfdproto6 libidn12
  osmo-stp libosmo-sigtran7 libosmocore19 libosmogsm18 libosmonetif8 libosmovty9 libtalloc2
  erlang-base erlang-diameter
  iperf3 libiperf0
)
readonly programs=(freeDiameterd osmo-stp iperf3 ethtool)
readonly modules=(virtio_pci virtio_net crc32c_intel sctp)

main() {
  rm -rf "$out"
  mkdir -p "$out/packages" "$files" "$root"/{bin,dev,etc,lib,lib64,lib/modules,proc,sys,tmp,usr/bin}
  download
  # where the packages' libraries are, for ldd
  export LD_LIBRARY_PATH=$files/usr/lib/x86_64-linux-gnu:$files/lib/x86_64-linux-gnu
  install_kernel
  install_programs
  install_erlang
  install_configuration
  (cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$out/initrd.img"
  rm -rf "$out/packages" "$files" "$root"
}

download() {
  apt-get update
  local image
  image=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p')
  (cd "$out/packages" && apt-get download "$image" "${packages[@]}")
  for package in "$out"/packages/*.deb; do dpkg-deb -x "$package" "$files"; done
}

install_kernel() {
  cp "$files"/boot/vmlinuz-* "$out/vmlinuz"
  for module in "${modules[@]}"; do add_module "$module"; done
}

# Adds a module after the modules that it depends on.
add_module() { # NAME
  local file dependency
  file=$(find "$files/lib/modules" -name "${1//[-_]/[-_]}.ko")
  [ -n "$file" ] || return 0 # it is a part of the kernel
  for dependency in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr , ' '); do add_module "$dependency"; done
  cp "$file" "$root/lib/modules/"
  grep -qsx "${file##*/}" "$root/modules" || echo "${file##*/}" >>"$root/modules"
}

install_programs() {
  cp "$files/bin/busybox" "$root/bin/"
  ln -s busybox "$root/bin/sh"
  gcc -O2 -static -Wall -Wextra -Werror -o "$root/bin/peer" ./*.c -lsctp
  for program in "${programs[@]}"; do
    install_program "$(find "$files"/{usr/bin,usr/sbin,sbin} -name "$program" 2>/dev/null)"
  done
  for extension in dbg_msg_dumps acl_wl; do install_library "$files/usr/lib/freeDiameter/$extension.fdx"; done
  install_library "$files/usr/lib/x86_64-linux-gnu/libsctp.so.1" # Erlang loads it when it runs
}

install_program() { # FILE
  cp -L "$1" "$root/usr/bin/"
  install_libraries_of "$1"
}

install_library() { # FILE
  cp -L "$1" "$root/lib/"
  install_libraries_of "$1"
}

install_libraries_of() { # FILE
  local library needed
  needed=$(ldd "$1" 2>/dev/null) || return 0 # it is a script, or static
  if grep 'not found' <<<"$needed"; then exit 1; fi
  for library in $(grep -o '/[^ ]*' <<<"$needed"); do
    case $library in
      */ld-linux*) cp -L "$library" "$root/lib64/" ;;
      *) cp -L "$library" "$root/lib/" ;;
    esac
  done
}

# Erlang without its compiler, which compiles our modules here.
install_erlang() {
  local erlang=$files/usr/lib/erlang machine
  machine=$(echo "$erlang"/erts-*)
  mkdir -p "$root/erlang" "$root/usr/lib/erlang"
  cp erlang/*.erl "$root/erlang/"
  (cd "$root/erlang" && ROOTDIR=$erlang BINDIR=$machine/bin EMU=beam "$machine/bin/erlexec" -noshell -eval '
    halt(case lists:usort([compile:file(F, [report]) || F <- filelib:wildcard("*.erl")]) of [error | _] -> 1; _ -> 0 end).')
  tar -C "$erlang" -c --exclude=src --exclude=include --exclude='compiler-*' bin "${machine##*/}" lib releases |
    tar -C "$root/usr/lib/erlang" -x
  for program in "$root"/usr/lib/erlang/erts-*/bin/*; do install_libraries_of "$program"; done
}

install_configuration() {
  cp init "$root/"
  cp -r etc/. "$root/etc/"
  # freeDiameter wants a certificate, though it uses no TLS here.
  (
    cd "$root/etc/freeDiameter"
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=freediameter.guest -keyout key.pem -out certificate.pem
    openssl dhparam -out dh.pem 1024
  ) 2>/dev/null
}

main
