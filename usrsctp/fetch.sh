#!/usr/bin/env bash
# Unpacks the pinned release of usrsctp into usrsctp/source. If apt is available, it comes from Debian's source package
# `libusrsctp`; otherwise curl gets the same file from the release page of the usrsctp project. apt uses the package
# sources that the machine is configured for, but lists of our own. So the machine's apt configuration isn't changed,
# and root isn't needed.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=usrsctp/pin
. ./pin

fail() { printf '%s\n' "$@" >&2; exit 1; }

source_lines() {
  # shellcheck disable=SC2016 # apt-get fills these in
  apt-get indextargets --format 'deb-src $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | sort -u
}

# A fresh Debian has no package lists, and without them apt doesn't report its sources.
list_sources() { # FILE
  source_lines >"$1"
  [ -s "$1" ] && return
  [ "$(id -u)" = 0 ] || fail 'apt has no package lists yet. Run this, and then repeat your command: sudo apt-get update'
  apt-get update
  source_lines >"$1"
  [ -s "$1" ] || fail 'apt-get has no package sources configured.'
}

download_by_apt() { # DIRECTORY
  local apt=(apt-get -o Dir::Etc::sourcelist="$1/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State::lists="$1/lists" -o Dir::Cache="$1/cache")
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
  list_sources "$1/sources.list"
  # A third party's archive without sources doesn't matter if Debian's has them. The next command fails if it hasn't.
  "${apt[@]}" update || echo 'Some sources could not be read.' >&2
  (cd "$1" && "${apt[@]}" source --download-only "libusrsctp=$version-$debian_revision") ||
    fail "The machine's package sources don't offer libusrsctp $version-$debian_revision." \
      'Get usrsctp elsewhere and name its directory: ./build.sh --source DIR'
}

# No test covers a successful download, because that needs the internet.
download_by_curl() { # DIRECTORY
  command -v curl >/dev/null ||
    fail "Neither apt-get nor curl is installed, so usrsctp $version can't be fetched." \
      'Get its sources from the usrsctp project and name their directory: ./build.sh --source DIR'
  curl --fail --location --silent --show-error --output "$1/libusrsctp_$version.orig.tar.gz" \
    "https://github.com/sctplab/usrsctp/archive/refs/tags/$version.tar.gz" ||
    fail "usrsctp $version could not be downloaded: see above." \
      'Get its sources elsewhere and name their directory: ./build.sh --source DIR'
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi; }

work=$PWD/download
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT
if command -v apt-get >/dev/null; then download_by_apt "$work"; else download_by_curl "$work"; fi

tarball=$(echo "$work"/libusrsctp_"$version".orig.tar.*)
[ "$(sha256 "$tarball" | cut -d ' ' -f 1)" = "$sha256" ] ||
  fail "$(basename "$tarball") doesn't have the SHA-256 in usrsctp/pin, so it wasn't unpacked."
mkdir "$work/source"
tar -xf "$tarball" -C "$work/source" --strip-components=1
rm -rf source
mv "$work/source" source
