/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/bay-trace.h"

#include "common/apdu.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
append(const char *path, const char *line, size_t len)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

    if (fd >= 0) {
        ssize_t n = write(fd, line, len);

        (void)n; /* a trace that cannot be written is not worth a failed exchange */
        close(fd);
    }
}

void
mado_bay_trace_apdu(const char *path, const MadoBayTraceApdu *apdu)
{
    MadoCommand command = {0};
    char line[160];
    const uint8_t *sw;
    int n;

    if (access(path, W_OK) != 0 || apdu->answer_len < 2) {
        return;
    }
    sw = apdu->answer + apdu->answer_len - 2;
    if (mado_apdu_decode(apdu->command, apdu->command_len, &command) != MADO_BYTES_OK) {
        memset(&command, 0, sizeof(command));
    }
    n = snprintf(line, sizeof(line),
                 "%02X %02X %02X %02X %zu %zu %02X%02X %zu %zu %" PRIu64 "\n", command.cla,
                 command.ins, command.p1, command.p2, command.data_len, command.ne, sw[0],
                 sw[1], apdu->command_len, apdu->answer_len, apdu->took_us);
    append(path, line, (size_t)n);
}

void
mado_bay_trace_fault(const char *path, MadoBayFaultKind kind, uint32_t apdu)
{
    static const char *const names[] = {
        [MADO_BAY_FAULT_NONE] = "none",
        [MADO_BAY_FAULT_REMOVE_BEFORE] = "remove before",
        [MADO_BAY_FAULT_REMOVE_INSIDE] = "remove inside",
        [MADO_BAY_FAULT_REMOVE_AFTER] = "remove after",
        [MADO_BAY_FAULT_TORN] = "torn",
        [MADO_BAY_FAULT_MUTE] = "mute",
        [MADO_BAY_FAULT_RESET] = "reset",
    };
    char line[64];
    int n = snprintf(line, sizeof(line), "# %s %" PRIu32 "\n", names[kind], apdu);

    append(path, line, (size_t)n);
}
