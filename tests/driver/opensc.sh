#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# OpenSC from the distribution, unmodified, on an issued training card through a real pcscd: lists it, signs with
# both keys, openssl verifies, and a wrong PIN costs one try on the card itself.
set -u

build=${MADO_TOP_BUILDDIR:-.}
source=${MADO_TOP_SRCDIR:-.}
for tool in opensc-tool pkcs15-tool pkcs11-tool pcscd openssl; do
    if ! PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null; then
        echo "1..0 # SKIP $tool is not installed"
        exit 0
    fi
done

if [ -n "${MADO_SANITIZED-}" ]; then
    echo "1..0 # SKIP pcscd cannot load an instrumented handler"
    exit 0
fi
pcscd_user=65534
work=$(mktemp -d "${TMPDIR:-/tmp}/mado-opensc.XXXXXX") || exit 99
mkdir "$work/slot" "$work/cards" "$work/readers" "$work/keys"
chmod 755 "$work"
pcscd_pid=
finish() {
    if [ -n "$pcscd_pid" ]; then
        kill "$pcscd_pid" 2>/dev/null
        wait "$pcscd_pid" 2>/dev/null
    fi
    rm -rf "$work"
}
trap finish EXIT

n=0
failed=0
# check NAME COMMAND...: one test; the command's output is shown when it fails
check() {
    name=$1
    shift
    n=$((n + 1))
    if "$@" >"$work/output" 2>&1; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        sed 's/^/# /' "$work/output"
        failed=1
    fi
}

training=$build/drivers/training/madoguchi-training
card=$work/cards/card
make_card() {
    "${PYTHON:-python3}" "$source/tests/support/training-order.py" "$work/keys" |
        "$training" make-card --out "$card" &&
        "$build/tests/support/issue-card" "$card" "$work/keys"
}
check "a card is made and issued" make_card

# A copy, since pcscd's user may not be allowed into the folder that was built in.
handler=$work/handler.so
cp "$build/drivers/training/.libs/libifd-training.so" "$handler" && chmod 755 "$handler"
cat >"$work/readers/training" <<END
FRIENDLYNAME "Madoguchi Training 01"
DEVICENAME $work/slot
LIBPATH $handler
END
if [ "$(id -u)" = 0 ]; then
    chown -R "$pcscd_user" "$work/slot" "$work/cards"
fi
"$training" insert "$work/slot" "$card"
PCSCLITE_CSOCK_NAME=$work/pcscd.comm
export PCSCLITE_CSOCK_NAME
"$build/tests/support/private-pcscd" --user "$pcscd_user" "$work/pcscd.comm" "$work/readers" \
    >"$work/pcscd.log" 2>&1 &
pcscd_pid=$!
# The socket listens before pcscd serves it, so the first client simply waits.
while [ ! -S "$work/pcscd.comm" ]; do
    if ! kill -0 "$pcscd_pid" 2>/dev/null; then
        wait "$pcscd_pid"
        status=$?
        pcscd_pid=
        if [ "$status" = 77 ]; then
            echo "1..0 # SKIP pcscd cannot run beside another one here"
            exit 0
        fi
        sed 's/^/# /' "$work/pcscd.log"
        echo "Bail out! pcscd ended with $status"
        exit 99
    fi
done

is_jpki() {
    opensc-tool --name | tee "$work/name" && grep -qx jpki "$work/name"
}
check "opensc-tool names the card" is_jpki

lists() {
    pkcs15-tool --list-certificates --list-keys --list-pins --list-public-keys >"$work/list" 2>&1
    cat "$work/list"
    [ "$(grep -c '^X.509 Certificate' "$work/list")" = 4 ] &&
        [ "$(grep -c '^Private RSA Key' "$work/list")" = 2 ] &&
        [ "$(grep -c '^PIN' "$work/list")" = 2 ]
}
check "pkcs15-tool lists four certificates, two keys and two PINs" lists

# The tool's exit status alone would also be 0 when it skipped everything.
tests_key() {
    pkcs11-tool --slot-index "$1" --login --pin "$2" --test >"$work/test" 2>&1
    status=$?
    cat "$work/test"
    [ "$status" = 0 ] && grep -q "testing key 0 ($3)" "$work/test" &&
        sed -n '/^Verify/,$p' "$work/test" | grep -q 'RSA-PKCS: OK'
}
check "pkcs11-tool --test verifies an RSA signature of the authentication key" \
    tests_key 0 1234 "User Authentication Key"
check "pkcs11-tool --test verifies an RSA signature of the signature key" \
    tests_key 1 ABC123 "Digital Signature Key"

# certificate SLOT CA-NAME ID: the certificate chains to its CA, and verifies what its key signed
signs() {
    slot=$1 pin=$2 id=$3 ca=$4
    printf 'to be signed' >"$work/data"
    pkcs11-tool --slot-index "$slot" --login --pin "$pin" --sign --mechanism SHA256-RSA-PKCS \
        --id "$id" --input-file "$work/data" --output-file "$work/signature" || return 1
    pkcs11-tool --slot-index "$slot" --login --pin "$pin" --read-object --type cert --id "$id" \
        --output-file "$work/cert.der" || return 1
    openssl x509 -inform DER -in "$work/cert.der" -out "$work/cert.pem" &&
        openssl verify -no-CApath -CAfile "$work/keys/$ca.pem" "$work/cert.pem" &&
        openssl x509 -in "$work/cert.pem" -noout -pubkey >"$work/public.pem" &&
        openssl dgst -sha256 -verify "$work/public.pem" -signature "$work/signature" "$work/data"
}
check "openssl verifies what OpenSC signed with the authentication key" signs 0 1234 01 auth-ca
check "openssl verifies what OpenSC signed with the signature key" signs 1 ABC123 02 sign-ca

# The card's own counter, from its file: not what OpenSC believes.
tries() {
    "$training" show "$card" | sed -n "s/^PIN  *jpki *$1 .* \([0-9]*\) of .*/\1/p"
}
wrong_pin() {
    before=$(tries 0018)
    if pkcs11-tool --slot-index 0 --login --pin 9999 --list-objects; then
        echo "a wrong PIN was accepted"
        return 1
    fi
    after=$(tries 0018)
    echo "tries: $before, then $after"
    [ "$before" = 3 ] && [ "$after" = 2 ]
}
check "a wrong PIN lowers the card's own counter by one" wrong_pin
right_pin() {
    pkcs11-tool --slot-index 0 --login --pin 1234 --list-objects && [ "$(tries 0018)" = 3 ]
}
check "the right PIN gives the try back" right_pin

# On a contact reader the card has the ATR that OpenSC's driver knows; above it was found by its application.
by_contact() {
    "$training" remove "$work/slot" && "$training" knob "$work/slot" interface=contact &&
        "$training" insert "$work/slot" "$card" &&
        opensc-tool --atr | tee "$work/atr" && grep -qi '^3b:e0:00:ff:81:31:fe:45:14' "$work/atr" &&
        is_jpki
}
check "OpenSC knows the card by its contact ATR too" by_contact

echo "1..$n"
exit "$failed" # the TAP lines say more
