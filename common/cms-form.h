/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The form of the two CMS structures that envelope.c writes, object by object. OpenSSL reads
 * much more than we write and ignores some of what it reads (versions, the length of GCM's tag,
 * the signature algorithm's name): whatever is not signed or encrypted must be exactly ours, or
 * two different byte strings would be the same message.
 */
#pragma once

#include "common/tlv.h"

#include <stddef.h>
#include <stdint.h>

/* RFC 5083 AuthEnvelopedData: one KeyAgreeRecipientInfo (RFC 5753: ECDH, X9.63 with SHA-256,
 * AES-256 wrap), AES-256-GCM with a tag of 16 bytes. OK or what is wrong first. *ret_name: the
 * IssuerAndSerialNumber object of the recipient, whose spelling the caller compares (OpenSSL
 * takes two names for equal that differ in case or string type). */
MadoBytesStatus
mado_cms_form_check_encrypted(const uint8_t *der,
                              size_t len,
                              MadoTlv *ret_name) MADO_MUST_CHECK;

/* RFC 5652 SignedData: data inside, one certificate, one signer by issuer and serial number,
 * SHA-256, signed attributes, ECDSA. *ret_name: the signer's, as above. */
MadoBytesStatus
mado_cms_form_check_signed(const uint8_t *der, size_t len, MadoTlv *ret_name) MADO_MUST_CHECK;
