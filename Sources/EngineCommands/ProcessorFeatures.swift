import CProcessor
import Foundation

/// What a processor of x86-64 says that it can do, as the bits of CPUID.
///
/// `VectorMath` is compiled for the level x86-64-v3 (System V psABI for AMD64, table 3.1). On an older processor its
/// first loop would end the program with an illegal instruction, so the command line asks before anything else.
package struct ProcessorFeatures: Sendable, Equatable {
    /// Leaf 1, register ECX.
    package var leaf1: UInt32
    /// Leaf 7, register EBX.
    package var leaf7: UInt32
    /// Leaf 0x8000_0001, register ECX.
    package var extended: UInt32
    /// XCR0: which registers the operating system saves.
    package var savedRegisters: UInt32

    package init(leaf1: UInt32, leaf7: UInt32, extended: UInt32, savedRegisters: UInt32) {
        self.leaf1 = leaf1
        self.leaf7 = leaf7
        self.extended = extended
        self.savedRegisters = savedRegisters
    }

    /// Those of this machine.
    package init() {
        leaf1 = entrepot_cpuid(1, 0).ecx
        leaf7 = entrepot_cpuid(7, 0).ebx
        extended = entrepot_cpuid(0x8000_0001, 0).ecx
        savedRegisters = leaf1 & Self.savesRegisters != 0 ? entrepot_saved_registers() : 0
    }

    private static let savesRegisters: UInt32 = 1 << 27
    /// XMM and YMM.
    private static let vectorRegisters: UInt32 = 0b110

    /// What x86-64-v3 asks for and this processor, or its operating system, does not have.
    package var missing: [String] {
        let needed: [(String, UInt32, bit: UInt32)] = [
            ("SSE3", leaf1, 0), ("SSSE3", leaf1, 9), ("FMA", leaf1, 12), ("CMPXCHG16B", leaf1, 13),
            ("SSE4.1", leaf1, 19), ("SSE4.2", leaf1, 20), ("MOVBE", leaf1, 22), ("POPCNT", leaf1, 23),
            ("OSXSAVE", leaf1, 27), ("AVX", leaf1, 28), ("F16C", leaf1, 29), ("BMI1", leaf7, 3), ("AVX2", leaf7, 5),
            ("BMI2", leaf7, 8), ("LAHF", extended, 0), ("LZCNT", extended, 5),
        ]
        var missing = needed.filter { $0.1 & (1 << $0.bit) == 0 }.map { $0.0 }
        if savedRegisters & Self.vectorRegisters != Self.vectorRegisters { missing.append("saved YMM registers") }
        return missing
    }

    /// Why the program cannot run on this processor; nil if it can.
    package var refusal: String? {
        let missing = missing
        guard !missing.isEmpty else { return nil }
        return "this processor is too old: entrepot needs x86-64-v3 (AVX2, FMA, BMI; made since 2013), and it lacks "
            + missing.joined(separator: ", ")
    }

    /// Ends the program with one sentence and exit code 1 where the processor is too old for it. On other architectures
    /// nothing is asked: the code is built for what every processor of them has.
    package static func exitWhereTooOld() {
        #if arch(x86_64)
            guard let refusal = ProcessorFeatures().refusal else { return }
            Console.say("entrepot: \(refusal)")
            exit(1)
        #endif
    }
}
