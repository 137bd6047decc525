/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/body-reply.h"

#include "common/fields.h"
#include "common/scratch.h"
#include "common/wipe.h"

static gboolean
refuse(const char *why, GError **error)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER, "REPLY: %s", why);
    return FALSE;
}

/* ---- SCRIPT {COMMAND {APDU, ALLOWED}*} ---- */

static gboolean
parse_allowed(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyCommand *command = self;
    MadoCursor cursor;
    guint16 sw;

    if (tlv->len == 0 || tlv->len % 2 != 0 || tlv->len > 2 * MADO_BODY_ALLOWED_MAX)
        return refuse("ALLOWED has a wrong length", error);
    mado_cursor_init(&cursor, tlv->value, tlv->len);
    while (mado_cursor_u16(&cursor, &sw))
        command->allowed[command->n_allowed++] = sw;
    return TRUE;
}

static gboolean
format_allowed(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyCommand *command = self;
    const gsize mark = mado_writer_begin(writer, MADO_MSG_ALLOWED);

    for (guint i = 0; i < command->n_allowed; i++)
        mado_writer_u16(writer, command->allowed[i]);
    mado_writer_end(writer, mark);
    return TRUE;
}

static const MadoFieldItem allowed_item = {1, parse_allowed, format_allowed};

static const MadoField command_rows[] = {
    MADO_FIELD_ROW_BYTES(
        MADO_MSG_APDU, "APDU", MadoBodyCommand, apdu, MADO_LIMIT_MESSAGE_LEN, TRUE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_ALLOWED, "ALLOWED", &allowed_item, TRUE),
};

static const MadoFields command_fields = {"COMMAND", MADO_ERROR_CENTRE_ANSWER, command_rows,
                                          G_N_ELEMENTS(command_rows)};

static gboolean
parse_command(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyCommand command = {0};
    gboolean done = mado_fields_parse(&command_fields, tlv->value, tlv->len, &command, error);

    if (done &&
        !mado_body_reply_add_command(self, command.apdu, command.allowed, command.n_allowed))
        done = refuse("too many commands", error);
    g_clear_pointer(&command.apdu, g_bytes_unref);
    return done;
}

static gboolean
format_commands(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyReply *body = self;

    for (guint i = 0; i < body->n_commands; i++) {
        const gsize mark = mado_writer_begin(writer, MADO_MSG_COMMAND);

        if (!mado_fields_format(&command_fields, &body->commands[i], writer, error))
            return FALSE;
        mado_writer_end(writer, mark);
    }
    return TRUE;
}

static const MadoFieldItem command_item = {MADO_LIMIT_SCRIPT_COMMANDS, parse_command,
                                           format_commands};

static const MadoField script_rows[] = {
    MADO_FIELD_ROW_ITEM(MADO_MSG_COMMAND, "COMMAND", &command_item, TRUE),
};

static const MadoFields script_fields = {"SCRIPT", MADO_ERROR_CENTRE_ANSWER, script_rows,
                                         G_N_ELEMENTS(script_rows)};

static gboolean
parse_script(gpointer self, const MadoTlv *tlv, GError **error)
{
    return mado_fields_parse(&script_fields, tlv->value, tlv->len, self, error);
}

static gboolean
format_script(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyReply *body = self;
    gsize mark;

    if (!body->has_script)
        return TRUE;
    mark = mado_writer_begin(writer, MADO_MSG_SCRIPT);
    if (!mado_fields_format(&script_fields, body, writer, error))
        return FALSE;
    mado_writer_end(writer, mark);
    return TRUE;
}

/* ---- TRANSPORT_PIN {PIN_KIND, PIN} ---- */

static gboolean
is_pin_kind(MadoPinKind kind)
{
    return kind == MADO_PIN_SIGN || kind == MADO_PIN_AUTH || kind == MADO_PIN_JUKI ||
           kind == MADO_PIN_TEXT;
}

static gboolean
parse_pin_value(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyPin *pin = self;

    if (tlv->len == 0 || tlv->len > MADO_LIMIT_PIN_LEN)
        return refuse("PIN has a wrong length", error);
    pin->pin = mado_secret_new_from(tlv->value, tlv->len);
    return TRUE;
}

static gboolean
format_pin_value(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyPin *pin = self;

    mado_writer_tlv(writer, MADO_MSG_PIN, mado_secret_peek(pin->pin),
                    mado_secret_len(pin->pin));
    return TRUE;
}

static const MadoFieldItem pin_value_item = {1, parse_pin_value, format_pin_value};

static const MadoField pin_rows[] = {
    MADO_FIELD_ROW_NUMBER(
        MADO_MSG_PIN_KIND, "PIN_KIND", MadoBodyPin, kind, 1, MADO_PIN_TEXT, TRUE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_PIN, "PIN", &pin_value_item, TRUE),
};

static const MadoFields pin_fields = {"TRANSPORT_PIN", MADO_ERROR_CENTRE_ANSWER, pin_rows,
                                      G_N_ELEMENTS(pin_rows)};

static gboolean
parse_pin(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyPin pin = {0};
    gboolean done = mado_fields_parse(&pin_fields, tlv->value, tlv->len, &pin, error);

    if (done && !is_pin_kind(pin.kind))
        done = refuse("PIN_KIND is unknown", error);
    else if (done && !mado_body_reply_add_pin(self, pin.kind, pin.pin))
        done = refuse("a PIN_KIND is there twice", error);
    mado_secret_free(pin.pin);
    return done;
}

static gboolean
format_pins(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyReply *body = self;

    for (guint i = 0; i < body->n_pins; i++) {
        const gsize mark = mado_writer_begin(writer, MADO_MSG_TRANSPORT_PIN);

        if (!mado_fields_format(&pin_fields, &body->pins[i], writer, error))
            return FALSE;
        mado_writer_end(writer, mark);
    }
    return TRUE;
}

/* ---- WANTED, PERSON, CMP, CSR ---- */

static gboolean
parse_wanted(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyReply *body = self;
    MadoCursor cursor;
    guint8 kind;

    if (tlv->len == 0 || tlv->len > MADO_BODY_WANTED_MAX)
        return refuse("WANTED has a wrong length", error);
    mado_cursor_init(&cursor, tlv->value, tlv->len);
    while (mado_cursor_u8(&cursor, &kind)) {
        if (kind == 0 || kind > MADO_DECISION_INSPECTED)
            return refuse("WANTED names an unknown decision", error);
        body->wanted[body->n_wanted++] = kind;
    }
    return TRUE;
}

static gboolean
format_wanted(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyReply *body = self;
    gsize mark;

    if (body->n_wanted == 0)
        return TRUE;
    mark = mado_writer_begin(writer, MADO_MSG_WANTED);
    for (guint i = 0; i < body->n_wanted && i < MADO_BODY_WANTED_MAX; i++)
        mado_writer_u8(writer, (guint8)body->wanted[i]);
    mado_writer_end(writer, mark);
    return TRUE;
}

static gboolean
parse_person(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyReply *body = self;

    body->has_person = TRUE;
    return mado_body_person_parse(tlv->value, tlv->len, &body->person, error);
}

static gboolean
format_person(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyReply *body = self;
    gsize mark;

    if (!body->has_person)
        return TRUE;
    mark = mado_writer_begin(writer, MADO_MSG_PERSON);
    if (!mado_body_person_write(&body->person, writer, error))
        return FALSE;
    mado_writer_end(writer, mark);
    return TRUE;
}

static gboolean
parse_cmp(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyReply *body = self;

    return mado_body_parts_parse_slot_der((MadoBodySlotDers){body->cmp, &body->n_cmp}, tlv,
                                          error);
}

static gboolean
format_cmp(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyReply *body = self;

    return mado_body_parts_format_slot_ders(body->cmp, body->n_cmp, MADO_MSG_CMP, writer,
                                            error);
}

static gboolean
parse_csr(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyReply *body = self;

    return mado_body_parts_parse_slot_der((MadoBodySlotDers){body->csrs, &body->n_csrs}, tlv,
                                          error);
}

static gboolean
format_csrs(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyReply *body = self;

    return mado_body_parts_format_slot_ders(body->csrs, body->n_csrs, MADO_MSG_CSR, writer,
                                            error);
}

/* ---- the body ---- */

static const MadoFieldItem script_item = {1, parse_script, format_script};
static const MadoFieldItem pin_item = {MADO_BODY_PINS_MAX, parse_pin, format_pins};
static const MadoFieldItem wanted_item = {1, parse_wanted, format_wanted};
static const MadoFieldItem person_item = {1, parse_person, format_person};
static const MadoFieldItem cmp_item = {MADO_LIMIT_SLOTS, parse_cmp, format_cmp};
static const MadoFieldItem csr_item = {MADO_LIMIT_SLOTS, parse_csr, format_csrs};

#define ROW_CODE(tag, name, member, max, required)                                             \
    MADO_FIELD_ROW_NUMBER(tag, name, MadoBodyReply, member, 1, max, required)

static const MadoField rows[] = {
    ROW_CODE(MADO_MSG_NEXT, "NEXT", next, MADO_NEXT_HOLD, TRUE),
    ROW_CODE(MADO_MSG_PHASE, "PHASE", phase, MADO_SCRIPT_UNDO, FALSE),
    MADO_FIELD_ROW_FIXED_IF(MADO_MSG_HOST_CHALLENGE,
                            "HOST_CHALLENGE",
                            MadoBodyReply,
                            host_challenge,
                            has_host_challenge,
                            FALSE),
    ROW_CODE(MADO_MSG_KEY_VERSION, "KEY_VERSION", key_version, G_MAXUINT8, FALSE),
    MADO_FIELD_ROW_BYTES(MADO_MSG_AUTHENTICATE,
                         "AUTHENTICATE",
                         MadoBodyReply,
                         authenticate,
                         MADO_BODY_AUTHENTICATE_MAX,
                         FALSE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_SCRIPT, "SCRIPT", &script_item, FALSE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_TRANSPORT_PIN, "TRANSPORT_PIN", &pin_item, FALSE),
    ROW_CODE(
        MADO_MSG_SIGN_SLOTS, "SIGN_SLOTS", sign_slots, MADO_SLOT_AUTH | MADO_SLOT_SIGN, FALSE),
    MADO_FIELD_ROW_FIXED_IF(MADO_MSG_CENTRE_NONCE,
                            "CENTRE_NONCE",
                            MadoBodyReply,
                            centre_nonce,
                            has_centre_nonce,
                            FALSE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_WANTED, "WANTED", &wanted_item, FALSE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_PERSON, "PERSON", &person_item, FALSE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_CMP, "CMP", &cmp_item, FALSE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_CSR, "CSR", &csr_item, FALSE),
    ROW_CODE(MADO_MSG_REQUEST_STATE, "REQUEST_STATE", request_state, MADO_REQUEST_VOID, FALSE),
    ROW_CODE(MADO_MSG_PROCEDURE_OPEN,
             "PROCEDURE_OPEN",
             procedure_open,
             MADO_PROCEDURE_RETURN,
             FALSE),
    MADO_FIELD_ROW_TEXT(
        MADO_MSG_DETAIL, "DETAIL", MADO_FIELD_TEXT, MadoBodyReply, detail, FALSE),
};

static const MadoFields fields = {"REPLY", MADO_ERROR_CENTRE_ANSWER, rows, G_N_ELEMENTS(rows)};

MadoBodyReply *
mado_body_reply_new(MadoNext next)
{
    MadoBodyReply *self = g_new0(MadoBodyReply, 1);

    self->next = next;
    return self;
}

void
mado_body_reply_free(MadoBodyReply *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < self->n_commands; i++)
        g_clear_pointer(&self->commands[i].apdu, g_bytes_unref);
    for (guint i = 0; i < self->n_pins; i++)
        g_clear_pointer(&self->pins[i].pin, mado_secret_free);
    g_clear_pointer(&self->authenticate, g_bytes_unref);
    mado_body_parts_clear_slot_ders(self->cmp, self->n_cmp);
    mado_body_parts_clear_slot_ders(self->csrs, self->n_csrs);
    mado_wipe(self, sizeof *self);
    g_free(self);
}

gboolean
mado_body_reply_add_command(MadoBodyReply *self,
                            GBytes *apdu,
                            const guint16 *allowed,
                            guint n_allowed)
{
    MadoBodyCommand *command;

    if (self->n_commands == MADO_LIMIT_SCRIPT_COMMANDS || n_allowed == 0 ||
        n_allowed > MADO_BODY_ALLOWED_MAX)
        return FALSE;
    command = &self->commands[self->n_commands++];
    command->apdu = g_bytes_ref(apdu);
    for (guint i = 0; i < n_allowed; i++)
        command->allowed[i] = allowed[i];
    command->n_allowed = n_allowed;
    self->has_script = TRUE;
    return TRUE;
}

gboolean
mado_body_reply_add_pin(MadoBodyReply *self, MadoPinKind kind, const MadoSecret *pin)
{
    if (self->n_pins == MADO_BODY_PINS_MAX)
        return FALSE;
    for (guint i = 0; i < self->n_pins; i++)
        if (self->pins[i].kind == kind)
            return FALSE;
    self->pins[self->n_pins].kind = kind;
    self->pins[self->n_pins].pin = mado_secret_dup(pin);
    self->n_pins++;
    return TRUE;
}

gboolean
mado_body_reply_add_cmp(MadoBodyReply *self, MadoSlot slot, GBytes *der)
{
    return mado_body_parts_add_slot_der((MadoBodySlotDers){self->cmp, &self->n_cmp}, slot, der);
}

gboolean
mado_body_reply_add_csr(MadoBodyReply *self, MadoSlot slot, GBytes *der)
{
    return mado_body_parts_add_slot_der((MadoBodySlotDers){self->csrs, &self->n_csrs}, slot,
                                        der);
}

MadoSecret *
mado_body_reply_format(const MadoBodyReply *self, GError **error)
{
    MadoWriter writer;
    g_autoptr(MadoSecret) scratch = mado_scratch_new(&writer);

    if (!mado_fields_format(&fields, self, &writer, error))
        return NULL;
    return mado_scratch_finish(scratch, &writer, fields.what, error);
}

MadoBodyReply *
mado_body_reply_parse(const guint8 *body, gsize len, GError **error)
{
    g_autoptr(MadoBodyReply) self = mado_body_reply_new(0);
    const char *fault = NULL;

    if (!mado_fields_parse(&fields, body, len, self, error))
        return NULL;
    if (self->next == 0)
        fault = "NEXT is unknown";
    else if ((self->next == MADO_NEXT_SCRIPT) != self->has_script)
        fault = "SCRIPT does not go with NEXT";
    else if ((self->phase != 0) != self->has_script)
        fault = "PHASE does not go with SCRIPT";
    if (fault != NULL) {
        (void)refuse(fault, error);
        return NULL;
    }
    return g_steal_pointer(&self);
}
