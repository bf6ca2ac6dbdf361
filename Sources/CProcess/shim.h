#include <sys/prctl.h>
#include <sys/resource.h>

// Swift cannot call functions with a variable number of arguments, which prctl is.
static inline int entrepot_forbid_core_dumps(void) {
    struct rlimit none = {0, 0};
    int limited = setrlimit(RLIMIT_CORE, &none);
    int undumpable = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return limited == 0 && undumpable == 0 ? 0 : -1;
}

static inline int entrepot_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }
