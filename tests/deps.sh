#!/bin/sh
# Installs what packages.txt lists and is missing; says nothing when all is there.  An optional package that
# could not be had is noted in $O/deps.declined and not asked for again until `make clean`.
set -u
list=${1:-packages.txt}
declined=${O:-build}/deps.declined
command -v dpkg-query >/dev/null 2>&1 || exit 0 # not Debian: the compiler will say what is missing

missing() {
    for package in $1; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}
required=$(missing "$(grep -Ev '^(#|optional |$)' "$list")")
optional=
for package in $(missing "$(sed -n 's/^optional //p' "$list")"); do
    grep -qsxF "$package" "$declined" || optional="$optional$package "
done
[ -z "$required$optional" ] && exit 0

root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        [ -z "$required" ] && exit 0
        echo "Please install as root: apt-get install $required$optional" >&2
        exit 1
    fi
    root=sudo
fi
complaints=$(mktemp) || exit 1
trap 'rm -f "$complaints"' EXIT
# Waits for a machine that is installing something else just now.
install() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq \
        --no-install-recommends "$@" >/dev/null 2>"$complaints"
}
echo "Installing (it takes a minute or two): $required$optional" >&2
$root apt-get update -qq >/dev/null 2>"$complaints" || cat "$complaints" >&2
# All at once is quickest; if that cannot be, what must be there, and then each of the others by itself.
# shellcheck disable=SC2086
install $required $optional && exit 0
# shellcheck disable=SC2086
if [ -n "$required" ] && ! install $required; then
    cat "$complaints" >&2
    echo "Could not install: $required" >&2
    exit 1
fi
for package in $optional; do
    install "$package" && continue
    echo "Going on without $package (\`make clean\`, and it is tried again)." >&2
    mkdir -p "${declined%/*}" && echo "$package" >>"$declined"
done
exit 0
