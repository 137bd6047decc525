/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The denominator of the reading benchmark: sends a list of APDUs by SCardTransmit and nothing
 * else. Uses none of our libraries on purpose.
 *
 *   bare READER ROUNDS|probe <LIST
 *
 * LIST: a line for each command APDU, in hex; behind it, if it is not 9000, the status word
 * that the card must answer.
 *
 * Prints, per round, the number of APDUs, the seconds from SCardConnect to the last answer and
 * the bytes of data received.
 */
#include <winscard.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_COMMANDS 1024
#define MAX_COMMAND  512
#define MAX_ANSWER   65538

typedef struct {
    unsigned char bytes[MAX_COMMAND];
    DWORD len;
    unsigned sw; /* what it must be answered */
} Command;

typedef struct {
    size_t n_commands;
    Command commands[MAX_COMMANDS];
} List;

static bool
parse_line(const char *line, Command *ret_command)
{
    size_t n_digits = strspn(line, "0123456789ABCDEFabcdef");
    char digits[3] = "";
    const char *behind = line + n_digits;

    if (n_digits < 8 || n_digits % 2 != 0 || n_digits / 2 > MAX_COMMAND)
        return false;
    for (size_t i = 0; i < n_digits / 2; i++) {
        memcpy(digits, line + 2 * i, 2);
        ret_command->bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    ret_command->len = n_digits / 2;
    ret_command->sw = *behind == ' ' ? (unsigned)strtoul(behind, NULL, 16) : 0x9000u;
    return true;
}

static bool
read_list(FILE *file, List *ret_list)
{
    char line[2 * MAX_COMMAND + 8];

    ret_list->n_commands = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (ret_list->n_commands == MAX_COMMANDS ||
            !parse_line(line, &ret_list->commands[ret_list->n_commands])) {
            fprintf(stderr, "bare: bad line %zu\n", ret_list->n_commands + 1);
            return false;
        }
        ret_list->n_commands++;
    }
    return ret_list->n_commands > 0;
}

static double
now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool
send_list(SCARDHANDLE card, const List *list, size_t *ret_n_bytes)
{
    static unsigned char answer[MAX_ANSWER];
    size_t n_bytes = 0;

    for (size_t i = 0; i < list->n_commands; i++) {
        const Command *command = &list->commands[i];
        DWORD len = sizeof answer;
        LONG result =
            SCardTransmit(card, SCARD_PCI_T1, command->bytes, command->len, NULL, answer, &len);

        if (result != SCARD_S_SUCCESS || len < 2 ||
            (answer[len - 2] << 8 | answer[len - 1]) != (int)command->sw) {
            fprintf(stderr, "bare: command %zu: %s, %lu bytes, %02X%02X\n", i + 1,
                    pcsc_stringify_error(result), len, len < 2 ? 0u : answer[len - 2],
                    len < 2 ? 0u : answer[len - 1]);
            return false;
        }
        n_bytes += len - 2;
    }
    *ret_n_bytes = n_bytes;
    return true;
}

/* What the card says to each; for finding out how long its files are. */
static bool
probe_list(SCARDHANDLE card, const List *list)
{
    static unsigned char answer[MAX_ANSWER];

    for (size_t i = 0; i < list->n_commands; i++) {
        DWORD len = sizeof answer;

        if (SCardTransmit(card, SCARD_PCI_T1, list->commands[i].bytes, list->commands[i].len,
                          NULL, answer, &len) != SCARD_S_SUCCESS)
            return false;
        for (DWORD at = 0; at < len; at++)
            printf("%02X", answer[at]);
        putchar('\n');
    }
    return true;
}

/* From a powered-down card each time, as a desk finds it. */
static bool
run_round(SCARDCONTEXT context, const char *reader, const List *list, bool is_probe)
{
    static const unsigned char select_isd[] = {0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0,
                                               0x00, 0x00, 0x01, 0x51, 0x00, 0x00};
    unsigned char discarded[258];
    DWORD discarded_len = sizeof discarded;
    SCARDHANDLE card;
    DWORD protocol;
    size_t n_bytes = 0;
    double start_s = now_s();
    bool done;
    LONG result = SCardConnect(context, reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &card,
                               &protocol);

    if (result != SCARD_S_SUCCESS) {
        fprintf(stderr, "bare: %s: %s\n", reader, pcsc_stringify_error(result));
        return false;
    }
    /* The first command after power-up is answered 6F00 whatever it is. */
    SCardTransmit(card, SCARD_PCI_T1, select_isd, sizeof select_isd, NULL, discarded,
                  &discarded_len);
    done = is_probe ? probe_list(card, list) : send_list(card, list, &n_bytes);
    if (done && !is_probe)
        printf("%zu %.6f %zu\n", list->n_commands + 1, now_s() - start_s, n_bytes);
    SCardDisconnect(card, SCARD_UNPOWER_CARD);
    return done;
}

int
main(int argc, char **argv)
{
    static List list;
    SCARDCONTEXT context;
    bool is_probe;
    long n_rounds;
    bool done = true;

    if (argc != 3) {
        fprintf(stderr, "usage: bare READER ROUNDS|probe <LIST\n");
        return 2;
    }
    is_probe = strcmp(argv[2], "probe") == 0;
    n_rounds = is_probe ? 1 : strtol(argv[2], NULL, 10);
    if (!read_list(stdin, &list))
        return 2;
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS) {
        fprintf(stderr, "bare: no pcscd\n");
        return 1;
    }
    for (long i = 0; i < n_rounds && done; i++)
        done = run_round(context, argv[1], &list, is_probe);
    SCardReleaseContext(context);
    return done ? 0 : 1;
}
