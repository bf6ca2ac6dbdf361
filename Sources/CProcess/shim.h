#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

// Swift cannot call functions with a variable number of arguments, which prctl is.
static inline int entrepot_forbid_core_dumps(void) {
    struct rlimit none = {0, 0};
    int limited = setrlimit(RLIMIT_CORE, &none);
    int undumpable = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return limited == 0 && undumpable == 0 ? 0 : -1;
}

// The calling thread gives way to others of the machine: it computes for long, they answer callers.
static inline int entrepot_yield_to_others(void) { return setpriority(PRIO_PROCESS, 0, 10); }

static inline int entrepot_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }

// Keeps every page in memory, once it is there: nothing of a table is swapped to a disk. Not below a limit on locked memory,
// where a later allocation would fail.
static inline int entrepot_lock_memory(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    struct rlimit now = {0, 0};
    setrlimit(RLIMIT_MEMLOCK, &all);
    if (getrlimit(RLIMIT_MEMLOCK, &now) != 0 || now.rlim_cur != RLIM_INFINITY) return -1;
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

// Swift's crash reporter is a handler of these signals; it prints memory behind each register. Without it a crash says
// nothing but its signal.
static inline void entrepot_crash_silently(void) {
    int signals[] = {SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) signal(signals[i], SIG_DFL);
}
