/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/visit-card.h"

#include "common/apdu.h"
#include "common/error.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <string.h>

typedef struct {
    MadoTransport base; /* first */
    VisitCard *card;    /* borrowed */
} Connection;

static const struct {
    MadoAp ap;
    guint16 ef;
} places[] = {
    {MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN}, {MADO_AP_JPKI, MADO_EF_JPKI_SIGN_PIN},
    {MADO_AP_TEXT, MADO_EF_TEXT_PIN},      {MADO_AP_JUKI, MADO_EF_JUKI_PIN},
    {MADO_AP_COMMON, MADO_EF_JUKI_PIN},
};

void
visit_card_init(VisitCard *self, guint8 id, EVP_PKEY *auth_key, EVP_PKEY *sign_key)
{
    *self = (VisitCard){.staged = {auth_key, sign_key}};
    memset(self->card_id, id, sizeof self->card_id);
    self->record = (MadoRecord){.profile = MADO_PROFILE_VERSION,
                                .life = MADO_LIFE_PREPARED,
                                .phase = MADO_PHASE_IDLE,
                                .n_pins = G_N_ELEMENTS(places)};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        self->record.pins[i] = (MadoRecordPin){
            .ap = places[i].ap, .ef = places[i].ef, .flags = MADO_PIN_FLAG_UNSET};
}

GBytes *
visit_card_template(EVP_PKEY *key)
{
    guint8 modulus[256];
    guint8 buffer[300];
    const guint8 exponent[3] = {1, 0, 1};
    BIGNUM *n = NULL;
    MadoWriter writer;
    size_t mark;

    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n);
    BN_bn2binpad(n, modulus, sizeof modulus);
    BN_free(n);
    mado_writer_init(&writer, buffer, sizeof buffer);
    mark = mado_writer_begin(&writer, 0x7F49);
    mado_writer_tlv(&writer, 0x81, modulus, sizeof modulus);
    mado_writer_tlv(&writer, 0x82, exponent, sizeof exponent);
    mado_writer_end(&writer, mark);
    return g_bytes_new(buffer, mado_writer_len(&writer));
}

/* ---- what the commands do; each answers a status word and may write data ---- */

static MadoRecordSlot *
find_staged(VisitCard *self, MadoSlot slot)
{
    for (gsize i = 0; i < self->record.n_staged; i++)
        if (self->record.staged[i].slot == slot)
            return &self->record.staged[i];
    self->record.staged[self->record.n_staged] = (MadoRecordSlot){.slot = slot};
    return &self->record.staged[self->record.n_staged++];
}

static guint16
begin(VisitCard *self, const MadoCommand *command)
{
    if (command->data_len < MADO_TRANSACTION_LEN)
        return 0x6A80;
    self->record.phase = MADO_PHASE_OPEN;
    self->record.has_transaction = true;
    memcpy(self->record.transaction, command->data, MADO_TRANSACTION_LEN);
    self->record.fencing++;
    return 0x9000;
}

static guint16
commit(VisitCard *self)
{
    if (self->record.phase == MADO_PHASE_IDLE)
        return 0x9000;
    if (mado_record_has_transport(&self->record))
        return 0x6985;
    self->record.phase = MADO_PHASE_IDLE;
    self->record.has_transaction = false;
    self->record.has_committed = true;
    memcpy(self->record.committed, self->record.transaction, MADO_TRANSACTION_LEN);
    memcpy(self->record.live, self->record.staged, sizeof self->record.live);
    self->record.n_live = self->record.n_staged;
    self->record.n_staged = 0;
    self->record.life = MADO_LIFE_ACTIVE;
    return 0x9000;
}

static guint16
roll_back(VisitCard *self)
{
    self->record.phase = MADO_PHASE_IDLE;
    self->record.has_transaction = false;
    self->record.n_staged = 0;
    for (gsize i = 0; i < self->record.n_pins; i++)
        self->record.pins[i].flags = MADO_PIN_FLAG_UNSET;
    return 0x9000;
}

static guint16
set_transport(VisitCard *self, const MadoCommand *command)
{
    gsize place = command->data_len > 0 ? command->data[0] : G_MAXSIZE;
    gsize len = command->data_len - 1;

    if (place >= self->record.n_pins || len > MADO_LIMIT_PIN_LEN)
        return 0x6A88;
    self->record.pins[place].flags = MADO_PIN_FLAG_TRANSPORT;
    self->record.pins[place].tries = 3;
    memset(self->pin_values[place], 0, sizeof self->pin_values[place]);
    memcpy(self->pin_values[place], command->data + 1, len);
    return 0x9000;
}

static guint16
run_scripted(VisitCard *self, const MadoCommand *command)
{
    guint16 object = (guint16)(command->p1 << 8 | command->p2);

    if (!self->has_channel)
        return 0x6982;
    if (self->refuse_ins == command->ins)
        return 0x6985;
    if (command->ins == MADO_INS_PUT_DATA && object == MADO_OBJECT_BEGIN)
        return begin(self, command);
    if (command->ins == MADO_INS_PUT_DATA && object == MADO_OBJECT_COMMIT)
        return commit(self);
    if (command->ins == MADO_INS_PUT_DATA && object == MADO_OBJECT_ROLLBACK)
        return roll_back(self);
    if (command->ins == MADO_INS_RESET_RETRY)
        return set_transport(self, command);
    if (command->ins == MADO_INS_GENERATE && command->data_len == 1)
        find_staged(self, command->data[0])->key_hash[0] = command->data[0];
    if (command->ins == MADO_INS_UPDATE_STAGED && command->data_len == 1)
        find_staged(self, command->data[0])->has_cert_hash = true;
    return 0x9000;
}

static guint16
initialize(VisitCard *self, const MadoCommand *command, MadoWriter *answer)
{
    static const guint8 challenge[16] = {0xC0};

    mado_writer_bytes(answer, self->card_id, sizeof self->card_id);
    mado_writer_u8(answer, command->p1);
    mado_writer_u8(answer, 3);
    mado_writer_u8(answer, MADO_SCP03_I);
    mado_writer_bytes(answer, challenge, sizeof challenge);
    self->is_initialized = TRUE;
    self->has_channel = FALSE;
    return 0x9000;
}

static guint16
authenticate(VisitCard *self)
{
    self->has_channel = self->is_initialized;
    self->is_initialized = FALSE;
    return self->has_channel ? 0x9000 : 0x6985;
}

static guint16
get_data(VisitCard *self, const MadoCommand *command, MadoWriter *answer)
{
    guint16 object = (guint16)(command->p1 << 8 | command->p2);
    guint index = object == MADO_OBJECT_STAGED_SIGN ? 1 : 0;
    g_autoptr(GBytes) key = NULL;

    if (object == 0x0045)
        mado_writer_tlv(answer, 0x45, self->card_id, sizeof self->card_id);
    if (object == MADO_OBJECT_RECORD)
        mado_record_format(&self->record, answer);
    if (object != MADO_OBJECT_STAGED_AUTH && object != MADO_OBJECT_STAGED_SIGN)
        return 0x9000;
    if (mado_record_staged(&self->record, index == 1 ? MADO_SLOT_SIGN : MADO_SLOT_AUTH) == NULL)
        return 0x6A88;
    key = visit_card_template(self->staged[index]);
    mado_writer_bytes(answer, g_bytes_get_data(key, NULL), g_bytes_get_size(key));
    return 0x9000;
}

static guint16
select_application(VisitCard *self, const MadoCommand *command)
{
    static const struct {
        MadoAp ap;
        guint8 aid[10];
        gsize len;
    } rows[] = {
        {MADO_AP_ISD, {MADO_AID_ISD}, 7},        {MADO_AP_JPKI, {MADO_AID_JPKI}, 10},
        {MADO_AP_VISUAL, {MADO_AID_VISUAL}, 10}, {MADO_AP_TEXT, {MADO_AID_TEXT}, 10},
        {MADO_AP_JUKI, {MADO_AID_JUKI}, 10},     {MADO_AP_COMMON, {MADO_AID_COMMON}, 10},
    };

    self->has_channel = self->is_initialized = FALSE;
    self->verified = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (command->data_len == rows[i].len &&
            memcmp(command->data, rows[i].aid, rows[i].len) == 0) {
            self->ap = rows[i].ap;
            return 0x9000;
        }
    return 0x6A82;
}

/* -1 when there is none. */
static int
find_place(const VisitCard *self, guint16 ef)
{
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
        if (places[i].ap == self->ap && places[i].ef == ef)
            return (int)i;
    return -1;
}

static guint16
change(VisitCard *self, const MadoCommand *command)
{
    int place = find_place(self, self->ef);
    MadoRecordPin *pin = place < 0 ? NULL : &self->record.pins[place];
    gsize old_len = pin == NULL ? 0 : strlen(self->pin_values[place]);
    gsize new_len = command->data_len - old_len;

    if (pin == NULL || (pin->flags & MADO_PIN_FLAG_TRANSPORT) == 0)
        return 0x6985;
    if (command->data_len <= old_len || new_len > MADO_LIMIT_PIN_LEN)
        return 0x6700;
    if (memcmp(command->data, self->pin_values[place], old_len) != 0)
        return 0x63C2;
    memset(self->pin_values[place], 0, sizeof self->pin_values[place]);
    memcpy(self->pin_values[place], command->data + old_len, new_len);
    pin->flags = 0;
    pin->changes++;
    return self->change_sw != 0 ? self->change_sw : 0x9000;
}

static guint16
verify(VisitCard *self, const MadoCommand *command)
{
    int place = find_place(self, command->p2 & 0x1F);

    self->n_verifies++;
    if (place < 0 || (self->record.pins[place].flags & MADO_PIN_FLAG_TRANSPORT) != 0)
        return 0x6985;
    if (command->data_len != strlen(self->pin_values[place]) ||
        memcmp(command->data, self->pin_values[place], command->data_len) != 0)
        return 0x63C2;
    self->verified |= 1U << place;
    return 0x9000;
}

static guint16
sign(VisitCard *self, const MadoCommand *command, MadoWriter *answer)
{
    guint index = self->ef == MADO_EF_JPKI_STAGED_SIGN_KEY ? 1 : 0;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(self->staged[index], NULL);
    guint8 signature[256];
    size_t len = sizeof signature;

    if ((self->verified & 1U << index) == 0) {
        EVP_PKEY_CTX_free(context);
        return 0x6982;
    }
    self->n_signatures++;
    EVP_PKEY_sign_init(context);
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
    EVP_PKEY_sign(context, signature, &len, command->data, command->data_len);
    EVP_PKEY_CTX_free(context);
    mado_writer_bytes(answer, signature, len);
    return 0x9000;
}

static guint16
run(VisitCard *self, const MadoCommand *command, MadoWriter *answer)
{
    static const char face[] = "\x01\x1C"
                               "000000000000001"
                               "99999"
                               "20351231";

    if (command->cla == 0x84 && command->ins == 0x82)
        return authenticate(self);
    if (command->cla == 0x84)
        return run_scripted(self, command);
    if (command->ins == 0x50)
        return initialize(self, command, answer);
    if (command->ins == 0xA4 && command->p1 == 0x04)
        return select_application(self, command);
    if (command->ins == 0xA4 && command->data_len == 2) {
        self->ef = (guint16)(command->data[0] << 8 | command->data[1]);
        return 0x9000;
    }
    if (command->ins == MADO_INS_GET_DATA)
        return get_data(self, command, answer);
    if (command->ins == 0xB2) {
        mado_writer_bytes(answer, (const guint8 *)face, sizeof face - 1);
        return 0x9000;
    }
    if (command->ins == 0x24)
        return change(self, command);
    if (command->ins == 0x20)
        return verify(self, command);
    return command->ins == 0x2A ? sign(self, command, answer) : 0x6D00;
}

/* ---- the transport ---- */

static gboolean
connection_open(MadoTransport *transport, const char *reader, GError **error)
{
    VisitCard *card = ((Connection *)transport)->card;

    if (card->is_absent) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_ABSENT, "no card");
        return FALSE;
    }
    card->is_powered = TRUE;
    card->has_channel = card->is_initialized = FALSE;
    card->verified = 0;
    card->ap = MADO_AP_ISD;
    return TRUE;
}

static gboolean
is_change(const MadoCommand *command)
{
    return (command->cla == 0x84 && command->ins != 0x82) || command->ins == 0x24;
}

static gboolean
tear_out(VisitCard *card, GError **error)
{
    card->is_absent = TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_REMOVED, "removed");
    return FALSE;
}

static gboolean
connection_exchange(MadoTransport *transport,
                    const MadoSecret *command_bytes,
                    MadoSecret *response,
                    GError **error)
{
    VisitCard *card = ((Connection *)transport)->card;
    MadoCommand command;
    MadoWriter answer;
    gboolean is_faulty;
    guint16 sw = 0x6700;

    mado_writer_init(&answer, mado_secret_peek_writable(response),
                     mado_secret_capacity(response));
    if (card->is_absent || !card->is_powered)
        return tear_out(card, error);
    if (mado_apdu_decode(mado_secret_peek(command_bytes), mado_secret_len(command_bytes),
                         &command) == MADO_BYTES_OK) {
        card->n_changes += is_change(&command) ? 1 : 0;
        is_faulty = is_change(&command) && card->n_changes == card->fault_at;
        if (is_faulty && card->fault == VISIT_CARD_GONE_BEFORE)
            return tear_out(card, error);
        sw = run(card, &command, &answer);
        if (is_faulty && card->fault == VISIT_CARD_GONE_AFTER)
            return tear_out(card, error);
    }
    mado_writer_u16(&answer, sw);
    mado_secret_set_len(response, mado_writer_len(&answer));
    return TRUE;
}

static void
connection_close(MadoTransport *transport)
{
    ((Connection *)transport)->card->is_powered = FALSE;
}

static void
connection_free(MadoTransport *transport)
{
    g_free(transport);
}

MadoTransport *
visit_card_connect(VisitCard *self)
{
    static const MadoTransportOps ops = {
        .name = "test",
        .open = connection_open,
        .exchange = connection_exchange,
        .close = connection_close,
        .free = connection_free,
    };
    Connection *connection = g_new0(Connection, 1);

    connection->base.ops = &ops;
    connection->card = self;
    return &connection->base;
}
