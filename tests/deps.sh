#!/bin/sh
# Installs what packages.txt lists and is missing; says nothing when all is there.
set -u
list=${1:-packages.txt}
command -v dpkg-query >/dev/null 2>&1 || exit 0 # not Debian: the compiler will say what is missing

missing() {
    for package in $1; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}
required=$(missing "$(grep -Ev '^(#|optional|$)' "$list")")
optional=$(missing "$(sed -n 's/^optional //p' "$list")")
[ -z "$required$optional" ] && exit 0

root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        [ -z "$required" ] && exit 0
        echo "Please install as root: apt-get install $required" >&2
        exit 1
    fi
    root=sudo
fi
export DEBIAN_FRONTEND=noninteractive
install() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
        >/dev/null 2>"${TMPDIR:-/tmp}/partyline-deps.$$"
}
echo "Installing: $required$optional" >&2
$root apt-get update -qq >/dev/null 2>&1
if [ -n "$required" ] && ! install $required; then
    cat "${TMPDIR:-/tmp}/partyline-deps.$$" >&2
    echo "Could not install: $required" >&2
    exit 1
fi
for package in $optional; do
    install "$package" || echo "Going on without $package." >&2
done
rm -f "${TMPDIR:-/tmp}/partyline-deps.$$"
exit 0
