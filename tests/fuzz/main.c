/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a target over its kept inputs, tests/fuzz/<target>.in/, as an ordinary TAP test. */
#include "tests/fuzz/target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INPUT_LEN (1024U * 1024U)

static int
run_input(const char *folder, const char *name)
{
    static uint8_t bytes[MAX_INPUT_LEN];
    char path[4096];
    FILE *file;
    uint8_t *exact;
    size_t len;

    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return -1;
    file = fopen(path, "rb");
    if (file == NULL)
        return -1;
    len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    /* A block of the exact size, so that a sanitizer sees one byte too many. */
    exact = malloc(len > 0 ? len : 1);
    if (exact == NULL)
        return -1;
    memcpy(exact, bytes, len);
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return 0;
}

static int
run_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    unsigned n_inputs = 0;
    int result = 0;

    if (dir == NULL)
        return -1;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (run_input(folder, entry->d_name) != 0) {
            printf("not ok %u - %s\n", ++n_inputs, entry->d_name);
            result = -1;
        } else {
            printf("ok %u - %s\n", ++n_inputs, entry->d_name);
        }
        fflush(stdout);
    }
    closedir(dir);
    printf("1..%u\n", n_inputs);
    return n_inputs == 0 ? -1 : result;
}

int
main(int argc, char **argv)
{
    const char *top = getenv("MADO_TOP_SRCDIR");
    const char *name = strrchr(argv[0], '/');
    char folder[4096];

    name = name == NULL ? argv[0] : name + 1;
    /* Run before installation, a program may be started through libtool under this name. */
    if (strncmp(name, "lt-", 3) == 0)
        name += 3;
    if (argc > 1)
        return run_folder(argv[1]) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    if (top == NULL) {
        fprintf(stderr, "usage: %s FOLDER (or set MADO_TOP_SRCDIR)\n", name);
        return EXIT_FAILURE;
    }
    if ((size_t)snprintf(folder, sizeof folder, "%s/tests/fuzz/%s.in", top, name) >=
        sizeof folder)
        return EXIT_FAILURE;
    return run_folder(folder) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
