#!/bin/sh
# verify-license.sh as a hand of the conformance protocol (test-vectors/README.md): three lines in, one line out. It knows licenses only.

set -uf
here=$(dirname "$0")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

while read -r kind && read -r trusted && read -r file; do
    if [ "$kind" = license ]; then
        printf '%s' "$trusted" | base64 -d >"$dir/trust"
        printf '%s' "$file" | base64 -d >"$dir/license"
        "$here/verify-license.sh" "$dir/license" --trust "$dir/trust" >"$dir/answer"
        head -n 1 "$dir/answer"
    else
        echo could-not-tell
    fi
done
