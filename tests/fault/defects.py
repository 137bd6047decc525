# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeded defects: each is a way in which such systems have lost cards."""
from collections import namedtuple

Change = namedtuple("Change", "file old new")


class Defect:
    """name: what is wrong; program: whose; aim: words that stand in the names of the points that must find it.

    changes: what is spoilt in its sources; lazy: instead, this part's syncs do nothing.
    """

    def __init__(self, name, aim, program=None, changes=(), lazy=None):
        self.name = name
        self.aim = aim
        self.program = program
        self.changes = changes
        self.lazy = lazy
        self.path = None  # of the variant, once it is built

    def is_aimed_at(self, point_name):
        return any(all(word in point_name for word in words.split()) for words in self.aim)


DEFECTS = [
    Defect("the journal is not synced", ["issue: sync daemon cut-before", "issue: sync daemon cut-after"], lazy="daemon"),
    Defect("the centre answers before its commit is durable",
           ["sync centre cut-before", "sync centre cut-after"], lazy="centre"),
    Defect("the intent is written after the command", ["issue: sync daemon cut-before"], "madoguchid", [Change(
        "daemon/visit-work.c",
        """    if (!mado_visit_intend(self, apdu, hash, error) ||
        !mado_card_exchange_bytes(work->card, apdu, len, &response, error) ||""",
        """    if (!mado_card_exchange_bytes(work->card, apdu, len, &response, error) ||
        !mado_visit_intend(self, apdu, hash, error) ||""")]),
    Defect("the card is written though the journal is not", ["issue: sync daemon enospc"], "madoguchid", [Change(
        "daemon/visit-message.c",
        "    return mado_journal_write(self->journal, g_steal_pointer(&self->pending), error);",
        """    mado_journal_write(self->journal, g_steal_pointer(&self->pending), NULL);
    return TRUE;""")]),
    Defect("the card is handed over on its own word", ["exchange lost-after 5", "exchange lost-before 5"],
           "madoguchid", [Change(
               "daemon/visit.c",
               "    mado_visit_tell(self, MADO_STEP_HOLD, mado_visit_tell_end(NULL, code, self->row.reason),",
               """    if (self->row.phase == MADO_SCRIPT_COMMIT) {
        mado_visit_tell(self, MADO_STEP_DONE, mado_visit_tell_end("committed", 0, NULL), ret_step);
        return TRUE;
    }
    mado_visit_tell(self, MADO_STEP_HOLD, mado_visit_tell_end(NULL, code, self->row.reason),""")]),
    Defect("recovery does not see that COMMIT took effect", ["exchange lost-before 5", "exchange lost-before 4 lasting"],
           "madoguchi-central", [Change(
               "central/visit-table.c",
               "    if (mado_record_is_committed(record, facts->transaction))",
               "    if (mado_record_is_committed(record, facts->transaction) && false)")]),
    Defect("a visit is undone without a look at the card", ["exchange lost-before lasting, resident gone"],
           "madoguchi-central", [Change(
               "central/visit-lookup.c",
               """    if (transaction->has_script)
        return mado_visit_parts_ask_record(self, error);""",
               """    if (transaction->has_script && transaction->may_start)
        return mado_visit_parts_ask_record(self, error);""")]),
    Defect("certificates are live before the card has them", ["issue: exchange lost-after lasting"],
           "madoguchi-central", [
               Change("central/visit-scripts.c",
                      "    return need_channel(self, &channel, error) &&\n"
                      "           mado_script_commit(channel,",
                      "    return need_channel(self, &channel, error) &&\n"
                      "           self->centre->store->ops->make_live(self->centre->store,\n"
                      "               self->transaction->id, self->transaction->card_id, error) &&\n"
                      "           mado_script_commit(channel,"),
               Change("central/visit-scripts.c",
                      "record != NULL && record->state == MADO_CERTIFICATE_HELD &&",
                      "record != NULL &&")]),
    Defect("COMMIT is two writes on the card", ["issue: card torn-late"], "libifd-training.so", [Change(
        "drivers/training/card-issuer.c",
        "    memcpy(state->committed, state->transaction, sizeof(state->committed));",
        """    if (mado_card_core_save(self) == MADO_CARD_CORE_MUTE) {
        return MADO_CARD_CORE_MUTE;
    }
    memcpy(state->committed, state->transaction, sizeof(state->committed));""")]),
]
