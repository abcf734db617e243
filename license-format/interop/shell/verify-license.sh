#!/bin/sh
# Verifies the signature of one Waybill license with OpenSSL's command line, and nothing else of Waybill.
#
#   verify-license.sh LICENSE --trust TRUST-FILE     the key is looked up in the trust bundle
#   verify-license.sh LICENSE --key KEY              the issuing key itself: 64 hexadecimal digits, or a PEM file
#
# It cuts the files at the fixed bytes of FORMAT.md, joins the to-be-signed bytes, and lets `openssl pkeyutl` decide. It reads no
# payload of a license. So it says who signed the file, and neither what the license grants nor whether it is honored still.
#
# Prints `accept`, an error code of FORMAT.md, or `could-not-tell` alone in the first line, and sentences behind it.
# Ends with 0: accepted, 1: refused, 2: called wrongly, 3: could not tell.
#
# Needs a POSIX shell, GNU's od, head, tail, cut, wc, cat, mktemp, base64 and sha256sum, and OpenSSL 3.0 or newer.
#
# One file on purpose, although a long one: who must carry it to a machine and read it first, carries and reads one.

set -uf
LC_ALL=C
export LC_ALL

refuse() { printf '%s\n%s\n' "$1" "$2"; exit 1; } # CODE SENTENCE
could_not_tell() { printf 'could-not-tell\n%s\n' "$1"; exit 3; }
misuse() { printf '%s\nusage: %s LICENSE --trust TRUST-FILE | --key KEY\n' "$1" "$0" >&2; exit 2; }

# --- A file and a place in it: $file, $at -----------------------------------------------------------------------------

take() { # N: the next bytes, into $got, as "d9 d9 f7"
    want=$1
    # shellcheck disable=SC2046 # each byte is to be a word
    set -- $(od -An -v -tx1 -j "$at" -N "$want" "$file" 2>/dev/null)
    [ $# -eq "$want" ] || refuse cbor-truncated "The file ends too early. Fetch it again."
    got=$*
    at=$((at + want))
}

expect() { # CODE BYTE…: the next bytes are these
    code=$1
    shift
    take $#
    [ "$got" = "$*" ] || refuse "$code" "Before byte $at of the file stands \"$got\" and not \"$*\"."
}

byte_string() { # CODE: its head, and the length into $length
    take 1
    case $got in
        4? | 5[0-7]) length=$((0x$got - 0x40)) ;;
        58) take 1 && length=$((0x$got)) && at_least 24 ;;
        59) take 2 && length=$((0x${got% *} * 256 + 0x${got#* })) && at_least 256 ;;
        5a) could_not_tell "Before byte $at of the file begins a part of 64 KiB or more." ;;
        5f) refuse cbor-indefinite "Before byte $at of the file stands no length." ;;
        *) refuse "$1" "Before byte $at of the file stands no byte string." ;;
    esac
}

at_least() { [ "$length" -ge "$1" ] || refuse cbor-long-head "Before byte $at of the file, a length could be written shorter."; }

pass_number() { # CODE
    take 1
    case $got in
        0? | 1[0-7]) ;;
        18) take 1 ;;
        19) take 2 ;;
        1a) take 4 ;;
        1b) take 8 ;;
        *) refuse "$1" "Before byte $at of the file stands no number." ;;
    esac
}

piece() { tail -c +$(($1 + 1)) "$file" | head -c "$2"; } # START LENGTH

sha256() { sha256sum | cut -c 1-64; }

joined() { (IFS='' && printf '%s' "$*"); } # "d9 d9 f7" as words: d9d9f7

# --- FORMAT.md, "The file" and "Armour" -------------------------------------------------------------------------------

open_file() { # FILE LABEL: $file becomes the binary file that is inside
    file=$dir/brought
    cat <"$1" >"$file" || could_not_tell "$1 cannot be read."
    size=$(wc -c <"$file")
    [ "$size" -gt 0 ] || refuse empty "$1 has no bytes."
    case $(od -An -v -tx1 -N 8 "$file") in
        ' d9 d9 f7'*) ;;
        ' fe ff'* | ' ff fe'* | ' 00'* | ' '??' 00'*) could_not_tell "$1 is UTF-16 text, or none. Save it as UTF-8 and come again." ;;
        *)
            [ "$size" -le 830120 ] || refuse too-large "$1 is larger than a Waybill text can be."
            open_armour "$1" "$2"
            size=$(wc -c <"$file")
            ;;
    esac
    [ "$size" -le 262144 ] || refuse too-large "$1 is larger than 256 KiB."
    at=0
    expect not-waybill d9 d9 f7
}

# The base 64 is all words from the first that begins with 2dn3 to the END line. The words before it are for people, and the caller says
# that nobody compared them.
open_armour() { # FILE LABEL
    blocks=0 state=outside first='' before='' begin='' end='' text='' mark=$(printf '\357\273\277')
    IFS=$(printf ' \t\n\r\v\f')
    # shellcheck disable=SC2013 # words are wanted
    for word in $(cat "$file"); do
        word=${word#"$mark"}
        while [ "${word#>}" != "$word" ]; do word=${word#>}; done
        [ -n "$word" ] || continue
        case "$before $word:$state" in
            '-----BEGIN WAYBILL:'*) blocks=$((blocks + 1)) state=begin ;;
            '-----END WAYBILL:lines' | '-----END WAYBILL:base64') text=${text%-----END} state=end ;;
            *:begin) begin="$begin $word" && case $word in *-----) state=lines ;; esac ;;
            *:end) end="$end $word" && case $word in *-----) state=closed ;; esac ;;
            *:lines) case $word in 2dn3*) text=$word state=base64 ;; esac ;;
            *:base64) text=$text$word ;;
        esac
        before=$word first=${first:-$word}
    done
    unset IFS
    case $first in WAYBILL:*) could_not_tell "$1 is the text of a QR code, which this script does not read." ;; esac
    [ $blocks -gt 0 ] || refuse not-waybill "$1 is neither a Waybill file nor a block of text with one."
    [ $blocks -eq 1 ] || refuse armour-several-blocks "$1 holds $blocks blocks. Bring one at a time."
    [ $state = closed ] || refuse armour-no-end "$1 ends inside the block. Copy all of it."
    [ "$begin:$end" = " $2-----: $2-----" ] || refuse armour-label "The block's lines do not both say that it is a $2."
    [ -n "$text" ] || refuse armour-base64 "The base 64 of $1 is missing."
    armoured=yes file=$dir/inside
    printf '%s' "$text" | base64 -d >"$file" 2>/dev/null
    [ "$(base64 -w 0 "$file")" = "$text" ] || refuse armour-base64 "The base 64 of $1 is damaged."
}

# Cuts all documents: $dir/NAME.1 and so on travel along, $dir/NAME.0 is what the file is about. Their number is in $along.
cut_file() { # NAME
    along=0
    take 1
    case $got in a1 | a2 | a3) fields=$((0x$got - 0xa0)) ;; *) refuse container-shape "The file is no map of one to three fields." ;; esac
    take 1
    if [ $fields -gt 1 ] && [ "$got" = 65 ]; then
        take 5
        if [ "$got" = "70 72 6f 6f 66" ]; then
            fields=$((fields - 1))
            pass_proof
            take 1
            [ $fields -eq 1 ] || take 5
        fi
        if [ "$got" = "74 72 75 73 74" ]; then
            fields=$((fields - 1))
            take 1
            case $got in 8[1-9a-f] | 9[0-7]) along=$((0x$got - 0x80)) ;; *) refuse container-trust "Not one to twenty-three documents travel along." ;; esac
            n=1
            while [ $n -le $along ]; do cut_document "$1.$n"; n=$((n + 1)); done
            take 1
        fi
    fi
    [ "$fields:$got" = 1:68 ] || refuse container-shape "The file has fields other than \"proof\", \"trust\" and \"document\"."
    expect container-shape 64 6f 63 75 6d 65 6e 74 # document
    cut_document "$1.0"
    [ $at -eq "$size" ] || refuse cbor-trailing "$((size - at)) bytes follow the file."
}

pass_proof() {
    expect container-proof a3 64 70 61 74 68 # path
    take 1
    case $got in
        8? | 9[0-7]) hashes=$((0x$got - 0x80)) ;;
        98) take 1 && hashes=$((0x$got)) ;;
        *) refuse container-proof "The proof has no path." ;;
    esac
    while [ "$hashes" -gt 0 ]; do expect container-proof 58 20; take 32; hashes=$((hashes - 1)); done
    expect container-proof 64 73 69 7a 65 # size
    pass_number container-proof
    expect container-proof 65 69 6e 64 65 78 # index
    pass_number container-proof
}

# --- FORMAT.md, "The document" ----------------------------------------------------------------------------------------

# Cuts one document: $dir/NAME.kid, .kind, .payload, .signature, and .tbs, which is what the signature covers.
cut_document() { # NAME
    expect envelope-shape d2 84
    header=$at
    byte_string envelope-shape
    [ "$length" -ge 50 ] || refuse header-shape "The protected header is too short."
    end=$((at + length))
    expect header-shape a3 01
    expect header-algorithm 32
    expect header-shape 04
    expect header-kid 58 20
    take 32
    # shellcheck disable=SC2086
    joined $got >"$dir/$1.kid"
    expect header-shape 10 78
    take 1
    [ $((0x$got)) -eq $((end - at)) ] || refuse header-shape "The protected header has another length than it says."
    typ=$(piece $at $((end - at)))
    kind=${typ#application/vnd.waybill.} && kind=${kind%+cose}
    case $kind in
        activation-request | refresh-request | deactivation-request | license | deactivation-receipt | refusal) ;;
        trust-bundle | revocation-list | checkpoint | support-bundle) ;;
        *) typ='' ;;
    esac
    # The length too: a shell drops line ends and zeros at a text's end.
    [ "application/vnd.waybill.$kind+cose:$((end - at))" = "$typ:${#typ}" ] || refuse header-type "This is no document of Waybill."
    printf '%s' "$kind" >"$dir/$1.kind"
    at=$end
    header_length=$((end - header))
    take 1
    case $got in
        a0) ;;
        a? | b?) refuse envelope-unprotected "The unprotected header is not empty." ;;
        *) refuse envelope-shape "The unprotected header is no map." ;;
    esac
    payload=$at
    byte_string envelope-payload
    piece $at "$length" >"$dir/$1.payload"
    at=$((at + length))
    { printf '\204\152Signature1' && piece $header $header_length && printf '\100' && piece $payload $((at - payload)); } >"$dir/$1.tbs"
    byte_string envelope-shape
    [ "$length" -eq 64 ] || refuse envelope-signature "The signature has $length bytes and not 64."
    piece $at 64 >"$dir/$1.signature"
    take 64
}

# --- FORMAT.md, "Signatures" ------------------------------------------------------------------------------------------

# OpenSSL asks whether S < L, and compares R with what it computes. Small order and second spellings are asked here. Whether the key is a
# point of the curve a shell does not compute: OpenSSL takes no signature for good then.
check_signature() { # NAME KEY
    case $2 in
        e[def]"$ff"[7f]f | f?"$ff"[7f]f | 01"$oo"80 | ec"$ff"ff) refuse key-encoding "The key $2 is a second spelling of another." ;;
    esac
    if small_order "$2"; then refuse key-weak "The key $2 fits many messages."; fi
    # shellcheck disable=SC2046 # each byte is to be a word
    if small_order "$(joined $(od -An -v -tx1 -N 32 "$dir/$1.signature"))"; then return 1; fi
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000' && unhex "$2"; } >"$dir/key.der" # RFC 8410
    said=$(openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$dir/key.der" -sigfile "$dir/$1.signature" -in "$dir/$1.tbs" 2>&1)
    case $said in
        'Signature Verified Successfully') ;;
        'Signature Verification Failure'*) return 1 ;;
        *) could_not_tell "OpenSSL answered: $said" ;;
    esac
}

ff=ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
oo=000000000000000000000000000000000000000000000000000000000000

small_order() { # POINT
    case $1 in
        0[01]"$oo"[08]0 | ec"$ff"[7f]f) ;;
        26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc[08]5) ;;
        c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03[7f]a) ;;
        *) return 1 ;;
    esac
}

unhex() {
    hex=$1 bytes=''
    while [ -n "$hex" ]; do
        rest=${hex#??} && bytes="$bytes 0x${hex%"$rest"}" && hex=$rest
    done
    # shellcheck disable=SC2059,SC2086 # the format is the bytes, and each is to be a word
    printf "$(printf '\\%03o' $bytes)"
}

thumbprint() { { printf '\243\001\001\040\006\041\130\040' && unhex "$1"; } | sha256; } # KEY

short() { # THUMBPRINT: as people see it, in small letters
    printf '%s' "$1" | cut -c 1-4,5-8,9-12,13-16 --output-delimiter=-
}

# --- The trust bundle -------------------------------------------------------------------------------------------------

# Finds in the bundle's payload the key whose thumbprint is KID, into $key, with the kinds that it signs in $signs; and whether the
# bundle's own root keys signed it.
search_bundle() { # KID
    file=$dir/trust.0.payload at=0 key=''
    take 1
    case $got in a7 | a8) ;; *) refuse payload-shape "The trust bundle has not the fields of a trust bundle." ;; esac
    expect payload-shape 64 6b 65 79 73 # keys
    take 1
    case $got in 8? | 90) entries=$((0x$got - 0x80)) ;; *) refuse payload-shape "The trust bundle's keys are no list." ;; esac
    while [ $entries -gt 0 ]; do pass_entry "$1"; entries=$((entries - 1)); done
    expect payload-shape 65 72 6f 6f 74 73 # roots
    take 1
    case $got in 8[1-5]) roots=$((0x$got - 0x80)) ;; *) refuse payload-shape "The trust bundle has no root keys." ;; esac
    signed=0 fingerprints=''
    while [ $roots -gt 0 ]; do pass_root; roots=$((roots - 1)); done
    at=$(($(wc -c <"$file") - 11))
    expect payload-shape 69 74 68 72 65 73 68 6f 6c 64 # threshold, the last field
    take 1
    [ $signed -ge $((0x$got)) ] || refuse trust-threshold "The trust bundle needs the signatures of $((0x$got)) root keys, and has $signed."
}

pass_entry() { # KID
    take 1
    entry=$got signs_here=''
    case $entry in a4 | a5) ;; *) refuse payload-shape "A key of the trust bundle has not the fields of a key." ;; esac
    expect payload-shape 64 66 72 6f 6d # from
    pass_number payload-shape
    expect payload-shape 65 73 69 67 6e 73 # signs
    take 1
    case $got in 8[1-5]) kinds=$((0x$got - 0x80)) ;; *) refuse payload-shape "A key of the trust bundle may sign nothing." ;; esac
    while [ $kinds -gt 0 ]; do
        take 1
        case $got in
            6? | 7[0-7]) length=$((0x$got - 0x60)) && signs_here="$signs_here $(piece $at $length)" && at=$((at + length)) ;;
            *) refuse payload-shape "A kind that a key may sign is no text." ;;
        esac
        kinds=$((kinds - 1))
    done
    expect payload-shape 65 75 6e 74 69 6c # until
    pass_number payload-shape
    expect payload-shape 6a 70 75 62 6c 69 63 2d 6b 65 79 58 20 # public-key
    take 32
    # shellcheck disable=SC2086
    candidate=$(joined $got)
    if [ "$(thumbprint "$candidate")" = "$1" ]; then key=$candidate signs="$signs_here "; fi
    if [ "$entry" = a5 ]; then
        expect payload-shape 70 64 69 73 74 72 75 73 74 65 64 2d 73 69 6e 63 65 # distrusted-since
        pass_number payload-shape
    fi
}

# A root key counts once, with a good signature of a document that has the bundle's payload.
pass_root() {
    expect payload-shape 58 20
    take 32
    # shellcheck disable=SC2086
    root=$(joined $got)
    name=$(thumbprint "$root") counted=0 n=0
    fingerprints="$fingerprints $(short "$name")"
    while [ $n -le "$along" ]; do
        if [ "$(cat "$dir/trust.$n.kid")" = "$name" ] && [ "$(cat "$dir/trust.$n.kind")" = trust-bundle ] \
            && [ "$(sha256 <"$dir/trust.$n.payload")" = "$(sha256 <"$dir/trust.0.payload")" ]; then
            check_signature "trust.$n" "$root" || refuse signature "A root key's signature of the trust bundle is not good."
            counted=1
        fi
        n=$((n + 1))
    done
    signed=$((signed + counted))
}

# --- What was asked ---------------------------------------------------------------------------------------------------

[ $# -eq 3 ] || misuse "Three arguments are needed."
[ -f "$1" ] || misuse "$1 is no file."
for tool in od head tail cut wc cat mktemp base64 sha256sum openssl; do
    command -v $tool >/dev/null || could_not_tell "The program $tool is missing."
done
dir=$(mktemp -d) || could_not_tell "No folder for scratch files could be made."
trap 'rm -rf "$dir"' EXIT
trap 'exit 3' HUP INT TERM

armoured=no
case $2 in
    --trust)
        [ -f "$3" ] || misuse "$3 is no file."
        open_file "$3" "TRUST BUNDLE"
        cut_file trust
        [ "$(cat "$dir/trust.0.kind")" = trust-bundle ] || refuse wrong-kind "$3 holds no trust bundle."
        trust_along=$along
        ;;
    --key)
        key=$3
        # shellcheck disable=SC2046 # each byte is to be a word
        case $3 in *[!0-9a-f]*) key=$(joined $(openssl pkey -pubin -in "$3" -outform DER 2>/dev/null | od -An -v -tx1)) ;; esac
        key=${key#302a300506032b6570032100} # RFC 8410
        [ ${#key} -eq 64 ] || misuse "$3 is no Ed25519 public key: 64 hexadecimal digits in small letters, or a PEM file."
        ;;
    *) misuse "$2 is not known." ;;
esac

open_file "$1" LICENSE
cut_file license
kind=$(cat "$dir/license.0.kind")
[ "$kind" = license ] || refuse wrong-kind "$1 holds a $kind and no license."
license_along=$along
kid=$(cat "$dir/license.0.kid")

if [ "$2" = --trust ]; then
    along=$trust_along
    search_bundle "$kid"
    [ -n "$key" ] || [ $((license_along + trust_along)) -eq 0 ] \
        || could_not_tell "The trust bundle does not name the license's key. A newer bundle may have come along, which is not read."
    [ -n "$key" ] || refuse key-unknown "The license names the key $(short "$kid"), which the trust bundle does not."
    case $signs in *' license '*) ;; *) refuse key-not-for-kind "The key $(short "$kid") may not sign licenses." ;; esac
else
    [ "$(thumbprint "$key")" = "$kid" ] || refuse key-unknown "The license names the key $(short "$kid"), and not yours."
fi
check_signature license.0 "$key" || refuse signature "The license was changed, or the key $(short "$kid") never signed it."

echo accept
echo "The key $(short "$kid") signed this license, and not one of its signed bytes was changed."
[ "$2" = --key ] || echo "The trust bundle names that key for licenses. Compare with what the vendor told you by another way:
  root key:$fingerprints
  SHA-256 of the bundle's payload: $(sha256 <"$dir/trust.0.payload")"
echo "Not looked at: what the license grants, to whom and until when; whether it or its key was revoked, or its key out of its time."
[ "$license_along" -eq 0 ] || echo "$license_along documents travel along with it (news of keys and revocations), and were not looked at."
[ "$armoured" = no ] || echo "The lines for people in the text were not compared with what is signed, and may say anything."
exit 0
