#if defined(__x86_64__)
#include <cpuid.h>
#endif

struct entrepot_registers { unsigned int eax, ebx, ecx, edx; };

// What the instruction CPUID says of a leaf; zeros where the processor does not know the leaf.
static inline struct entrepot_registers entrepot_cpuid(unsigned int leaf, unsigned int subleaf) {
    struct entrepot_registers found = {0, 0, 0, 0};
#if defined(__x86_64__)
    if (!__get_cpuid_count(leaf, subleaf, &found.eax, &found.ebx, &found.ecx, &found.edx)) {
        struct entrepot_registers none = {0, 0, 0, 0};
        return none;
    }
#endif
    return found;
}

// Which registers the operating system saves (XCR0). Only where CPUID has OSXSAVE.
static inline unsigned int entrepot_saved_registers(void) {
#if defined(__x86_64__)
    unsigned int low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
#else
    return 0;
#endif
}
