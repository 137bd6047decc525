/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/doctor.h"

#include "doctor/examination.h"

static const MadoExamine examine[] = {
    [MADO_CHECK_USB] = mado_examine_usb,
    [MADO_CHECK_KERNEL] = mado_examine_kernel,
    [MADO_CHECK_DRIVER] = mado_examine_driver,
    [MADO_CHECK_PCSCD] = mado_examine_pcscd,
    [MADO_CHECK_ACCESS] = mado_examine_access,
    [MADO_CHECK_VERSION] = mado_examine_version,
    [MADO_CHECK_DAEMON] = mado_examine_daemon,
    [MADO_CHECK_LINK] = mado_examine_link,
    [MADO_CHECK_READERS] = mado_examine_readers,
    [MADO_CHECK_ABILITIES] = mado_examine_abilities,
    [MADO_CHECK_WEAR] = mado_examine_wear,
    [MADO_CHECK_CARD] = mado_examine_card,
    [MADO_CHECK_CONFIG] = mado_examine_config,
    [MADO_CHECK_JOURNAL] = mado_examine_journal,
    [MADO_CHECK_CERTIFICATES] = mado_examine_certificates,
    [MADO_CHECK_CENTRE] = mado_examine_centre,
    [MADO_CHECK_CLOCK] = mado_examine_clock,
};
G_STATIC_ASSERT(G_N_ELEMENTS(examine) == MADO_N_CHECKS);

static void
clear(MadoExamination *self)
{
    g_clear_pointer(&self->devices, g_ptr_array_unref);
    g_clear_pointer(&self->drivers, mado_drivers_free);
    g_clear_pointer(&self->readers, g_ptr_array_unref);
    g_clear_pointer(&self->desk, mado_desk_state_free);
    g_clear_pointer(&self->relay, mado_relay_config_free);
    g_clear_pointer(&self->daemon_config, g_key_file_unref);
    g_clear_pointer(&self->daemon_config_folder, g_free);
}

MadoDoctorReport *
mado_doctor_examine(const MadoDoctorSettings *settings)
{
    MadoDoctorReport *report = mado_doctor_report_new();
    MadoExamination self = {
        .settings = settings,
        .report = report,
        .facts = mado_doctor_report_facts(report),
    };

    for (guint i = 0; i < MADO_N_CHECKS; i++) {
        MadoCheck check = (MadoCheck)i;

        if (check == MADO_CHECK_CARD && !settings->tests_card)
            continue;
        if (!mado_doctor_report_begin(report, check))
            continue;
        if (settings->on_check != NULL)
            settings->on_check(check, settings->user_data);
        examine[check](&self);
    }
    clear(&self);
    return report;
}
