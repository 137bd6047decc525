/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/ca.h"

#include "central/pki.h"
#include "common/error.h"
#include "common/wipe.h"
#include "madoguchi/names.h"

#include <openssl/asn1.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string.h>

#define ROOT_DAYS     3650
#define PSEUDONYM_LEN 26
#define YEARS         5
#define JST_OFFSET_S  (9 * 60 * 60)
#define MS_PER_S      1000

/* Attributes of the holder in the signature certificate, otherName with UTF8String
 * (1.2.392.200149.8.5.5.x); the order is the one seen on cards. */
#define OID_NAME        "1.2.392.200149.8.5.5.1"
#define OID_NAME_SUB    "1.2.392.200149.8.5.5.2"
#define OID_SEX         "1.2.392.200149.8.5.5.3"
#define OID_BIRTH       "1.2.392.200149.8.5.5.4"
#define OID_ADDRESS     "1.2.392.200149.8.5.5.5"
#define OID_ADDRESS_SUB "1.2.392.200149.8.5.5.6"

MadoDate
mado_ca_today(gint64 now_ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(now_ms / MS_PER_S + JST_OFFSET_S);
    MadoDate day = {0, 0, 0};

    if (time != NULL)
        day = (MadoDate){(uint16_t)g_date_time_get_year(time),
                         (uint8_t)g_date_time_get_month(time),
                         (uint8_t)g_date_time_get_day_of_month(time)};
    return day;
}

gboolean
mado_ca_last_day(const MadoDate *birth,
                 const MadoDate *today,
                 const MadoDate *card_expiry,
                 MadoDate *ret_day)
{
    MadoDate this_year;
    MadoDate day;
    unsigned year;

    if (!mado_date_birthday(birth, today->year, &this_year))
        return FALSE;
    /* The first birthday after today counts as one. */
    year = today->year + (mado_date_compare(&this_year, today) > 0 ? YEARS - 1U : YEARS);
    if (!mado_date_birthday(birth, year, &day))
        return FALSE;
    *ret_day = mado_date_compare(card_expiry, &day) < 0 ? *card_expiry : day;
    return TRUE;
}

/* 23:59:59 of that day in Japan. */
static gboolean
set_not_after(X509 *certificate, const MadoDate *day)
{
    g_autoptr(GDateTime) end =
        g_date_time_new_utc(day->year, day->month, day->day, 23, 59, 59.0);

    return end != NULL && ASN1_TIME_adj(X509_getm_notAfter(certificate),
                                        g_date_time_to_unix(end) - JST_OFFSET_S, 0, 0) != NULL;
}

static gboolean
set_validity(X509 *certificate, const MadoCaRequest *request, GError **error)
{
    const MadoResident *resident = request->resident;
    MadoDate today = mado_ca_today(request->now_ms);
    MadoDate birth;
    MadoDate expiry;
    MadoDate last;

    if (!mado_date_parse(resident->birth, strlen(resident->birth), &birth) ||
        !mado_date_parse(request->card_expiry, strlen(request->card_expiry), &expiry) ||
        !mado_ca_last_day(&birth, &today, &expiry, &last) ||
        mado_date_compare(&last, &today) < 0) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CERTIFICATE,
                    "the card is expired: no certificate can be issued");
        return FALSE;
    }
    if (ASN1_TIME_set(X509_getm_notBefore(certificate), request->now_ms / MS_PER_S) == NULL ||
        !set_not_after(certificate, &last))
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "setting the validity");
    return TRUE;
}

/* A name that says nothing: letters and digits without the ones that look alike. */
static gboolean
new_pseudonym(char ret_text[PSEUDONYM_LEN + 1], GError **error)
{
    static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    guint8 bytes[PSEUDONYM_LEN];

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a name");
    for (gsize i = 0; i < PSEUDONYM_LEN; i++)
        ret_text[i] = alphabet[bytes[i] % (sizeof alphabet - 1)];
    ret_text[PSEUDONYM_LEN] = '\0';
    return TRUE;
}

static gboolean
set_subject(X509 *certificate, const MadoCaRequest *request, GError **error)
{
    char pseudonym[PSEUDONYM_LEN + 1];
    const MadoPkiName names[] = {{"C", "JP"},
                                 {"L", request->prefecture},
                                 {"L", request->city},
                                 {"CN", pseudonym},
                                 {NULL, NULL}};
    X509_NAME *name;
    gboolean done;

    if (!new_pseudonym(pseudonym, error))
        return FALSE;
    name = mado_pki_new_name(names, error);
    if (name == NULL)
        return FALSE;
    done = X509_set_subject_name(certificate, name) == 1 &&
           X509_set_issuer_name(certificate, X509_get_subject_name(request->issuer)) == 1;
    X509_NAME_free(name);
    return done || mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "setting names");
}

static ASN1_TYPE *
new_utf8(const char *text)
{
    ASN1_TYPE *type = ASN1_TYPE_new();
    ASN1_UTF8STRING *string = ASN1_UTF8STRING_new();

    if (type == NULL || string == NULL || ASN1_STRING_set(string, text, -1) != 1) {
        ASN1_TYPE_free(type);
        ASN1_UTF8STRING_free(string);
        return NULL;
    }
    ASN1_TYPE_set(type, V_ASN1_UTF8STRING, string);
    return type;
}

static gboolean
add_other_name(GENERAL_NAMES *names, const char *oid, const char *text)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_TYPE *value = new_utf8(text);
    GENERAL_NAME *name = GENERAL_NAME_new();

    if (object == NULL || value == NULL || name == NULL ||
        GENERAL_NAME_set0_othername(name, object, value) != 1) {
        ASN1_OBJECT_free(object);
        ASN1_TYPE_free(value);
        GENERAL_NAME_free(name);
        return FALSE;
    }
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return TRUE;
    GENERAL_NAME_free(name);
    return FALSE;
}

/* E and the Gregorian day: 319800217. */
static gboolean
format_birth(const char *birth, char ret_text[MADO_DATE_LEN + 2])
{
    MadoDate day;
    MadoDateEra era;
    unsigned era_year;

    if (!mado_date_parse(birth, strlen(birth), &day) || !mado_date_era(&day, &era, &era_year))
        return FALSE;
    ret_text[0] = (char)('0' + (int)era);
    memcpy(ret_text + 1, birth, MADO_DATE_LEN + 1);
    return TRUE;
}

/* One "0" per character: none of them stands for another. */
static char *
new_flags(const char *text)
{
    return g_strnfill((gsize)g_utf8_strlen(text, -1), '0');
}

static gboolean
add_holder(X509 *certificate, const MadoResident *resident, GError **error)
{
    g_autofree char *name_flags = new_flags(resident->name);
    g_autofree char *address_flags = new_flags(resident->address);
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    char birth[MADO_DATE_LEN + 2];
    gboolean done;

    done =
        names != NULL && format_birth(resident->birth, birth) &&
        add_other_name(names, OID_NAME, resident->name) &&
        add_other_name(names, OID_BIRTH, birth) &&
        add_other_name(names, OID_SEX, resident->sex) &&
        add_other_name(names, OID_ADDRESS, resident->address) &&
        add_other_name(names, OID_NAME_SUB, name_flags) &&
        add_other_name(names, OID_ADDRESS_SUB, address_flags) &&
        X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    mado_wipe(birth, sizeof birth);
    return done || mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "naming the holder");
}

static const char *
policy_of(MadoRealmCode realm, MadoSlot slot)
{
    if (realm == MADO_REALM_CODE_PRODUCTION)
        return slot == MADO_SLOT_SIGN ? MADO_POLICY_PRODUCTION_SIGN
                                      : MADO_POLICY_PRODUCTION_AUTH;
    return slot == MADO_SLOT_SIGN ? MADO_POLICY_TRAINING_SIGN : MADO_POLICY_TRAINING_AUTH;
}

static gboolean
add_policy(X509 *certificate, const char *oid, GError **error)
{
    CERTIFICATEPOLICIES *policies = sk_POLICYINFO_new_null();
    POLICYINFO *policy = POLICYINFO_new();
    gboolean done = FALSE;

    if (policies != NULL && policy != NULL) {
        ASN1_OBJECT_free(policy->policyid);
        policy->policyid = OBJ_txt2obj(oid, 1);
        done = policy->policyid != NULL && sk_POLICYINFO_push(policies, policy) > 0;
    }
    if (!done)
        POLICYINFO_free(policy);
    done = done && X509_add1_ext_i2d(certificate, NID_certificate_policies, policies, 0,
                                     X509V3_ADD_DEFAULT) == 1;
    CERTIFICATEPOLICIES_free(policies);
    return done || mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "naming the policy");
}

static gboolean
add_extensions(X509 *certificate, const MadoCaRequest *request, GError **error)
{
    const char *usage = request->slot == MADO_SLOT_SIGN
                            ? "critical,digitalSignature,nonRepudiation"
                            : "critical,digitalSignature";

    if (!mado_pki_add_extension(certificate, request->issuer, NID_key_usage, usage, error) ||
        !add_policy(certificate, policy_of(request->realm, request->slot), error) ||
        !mado_pki_add_extension(certificate, request->issuer, NID_authority_key_identifier,
                                "keyid", error) ||
        !mado_pki_add_extension(certificate, request->issuer, NID_subject_key_identifier,
                                "hash", error))
        return FALSE;
    return request->slot != MADO_SLOT_SIGN || add_holder(certificate, request->resident, error);
}

static gboolean
build(X509 *certificate, const MadoCaRequest *request, GError **error)
{
    if (X509_set_version(certificate, X509_VERSION_3) != 1 ||
        X509_set_pubkey(certificate, request->key) != 1)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "filling a certificate");
    if (!mado_pki_set_serial(certificate, error) ||
        !set_validity(certificate, request, error) ||
        !set_subject(certificate, request, error) ||
        !add_extensions(certificate, request, error))
        return FALSE;
    if (X509_sign(certificate, request->issuer_key, EVP_sha256()) <= 0)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "signing a certificate");
    return TRUE;
}

X509 *
mado_ca_issue(const MadoCaRequest *request, GError **error)
{
    X509 *certificate = X509_new();

    if (certificate == NULL || !build(certificate, request, error)) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

X509 *
mado_ca_new_root(EVP_PKEY *key, MadoSlot slot, MadoRealmCode realm, GError **error)
{
    gboolean is_training = realm == MADO_REALM_CODE_TRAINING;
    const MadoPkiName names[] = {
        {"C", "JP"},
        {"O", is_training ? "Madoguchi TRAINING" : "Madoguchi"},
        {"OU", slot == MADO_SLOT_SIGN ? "for digital signature" : "for user authentication"},
        {"OU", is_training ? "TRAINING - names invented people" : "issued without J-LIS"},
        {NULL, NULL}};
    MadoPkiRequest request = {.kind = MADO_PKI_AUTHORITY,
                              .names = names,
                              .key = key,
                              .issuer_key = key,
                              .n_days = ROOT_DAYS};

    return mado_pki_issue(&request, error);
}
