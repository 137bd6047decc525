/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/running.h"

struct _MadoRunning {
    GMutex lock;
    GHashTable *bodies; /* owned: "terminal/key" (owned) to its GBytes (owned) */
};

MadoRunning *
mado_running_new(void)
{
    MadoRunning *self = g_new0(MadoRunning, 1);

    g_mutex_init(&self->lock);
    self->bodies =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    return self;
}

void
mado_running_free(MadoRunning *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->bodies);
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* (transfer full): neither part holds a slash. */
static char *
name_of(const char *terminal, const char *key)
{
    return g_strconcat(terminal, "/", key, NULL);
}

gboolean
mado_running_enter(
    MadoRunning *self, const char *terminal, const char *key, GBytes *body, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    g_autofree char *name = name_of(terminal, key);
    GBytes *running = g_hash_table_lookup(self->bodies, name);

    if (running == NULL) {
        g_hash_table_insert(self->bodies, g_steal_pointer(&name), g_bytes_ref(body));
        return TRUE;
    }
    if (g_bytes_equal(running, body))
        g_set_error_literal(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_RUNNING,
                            "the first of these is still being worked on");
    else
        g_set_error_literal(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_KEY_REUSED,
                            "another body is being worked on under this key");
    return FALSE;
}

void
mado_running_leave(MadoRunning *self, const char *terminal, const char *key)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    g_autofree char *name = name_of(terminal, key);

    (void)g_hash_table_remove(self->bodies, name);
}
