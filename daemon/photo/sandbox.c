/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/photo/sandbox.h"

#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A sanitizer's shadow of memory is larger than any limit. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SHADOW true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SHADOW true
#endif
#endif
#ifndef HAS_SHADOW
#define HAS_SHADOW false
#endif

static bool
limit(int resource, rlim_t value)
{
    const struct rlimit both = {value, value};

    return setrlimit((__rlimit_resource_t)resource, &both) == 0;
}

static bool
limit_all(const MadoSandboxLimits *limits)
{
    /* The parent may block signals; this one has to come through. */
    sigset_t none;

    (void)sigemptyset(&none);
    (void)signal(SIGALRM, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)alarm(limits->alarm_s);
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 0) &&
           limit(RLIMIT_CPU, limits->cpu_s) &&
           (HAS_SHADOW || limit(RLIMIT_AS, limits->memory)) &&
           prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static bool
allow_calls(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(read),    SCMP_SYS(write),  SCMP_SYS(munmap),       SCMP_SYS(brk),
        SCMP_SYS(exit),    SCMP_SYS(mremap), SCMP_SYS(rt_sigreturn), SCMP_SYS(exit_group),
        SCMP_SYS(futex), /* a lock of the C library */
        SCMP_SYS(madvise),
    };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0) {
            return false;
        }
    }
    /* Memory, but nothing that could be run. */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
}

bool
mado_sandbox_enter(const MadoSandboxLimits *limits)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool entered;

    if (filter == NULL) {
        return false;
    }
    /* seccomp_load sets no-new-privs first (SCMP_FLTATR_CTL_NNP, on by default). */
    entered = allow_calls(filter) && limit_all(limits) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return entered;
}
