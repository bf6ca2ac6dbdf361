import EngineCommands
import Testing

@Suite("processor check")
struct ProcessorTests {
    /// CPUID of an Intel Haswell, the first generation of x86-64-v3.
    private let haswell = ProcessorFeatures(
        leaf1: 0x7FFA_FBFF, leaf7: 0x0000_27AB, extended: 0x0000_0021, savedRegisters: 0b111)

    @Test("a processor of 2013 is taken")
    func haswellIsTaken() {
        #expect(haswell.missing == [])
        #expect(haswell.refusal == nil)
    }

    @Test(
        "each feature of x86-64-v3 is asked for, and named where it is missing",
        arguments: [
            ("SSE3", 1, 0), ("SSSE3", 1, 9), ("FMA", 1, 12), ("CMPXCHG16B", 1, 13), ("SSE4.1", 1, 19),
            ("SSE4.2", 1, 20), ("MOVBE", 1, 22), ("POPCNT", 1, 23), ("AVX", 1, 28), ("F16C", 1, 29), ("BMI1", 7, 3),
            ("AVX2", 7, 5), ("BMI2", 7, 8), ("LAHF", 8, 0), ("LZCNT", 8, 5),
        ])
    func oneIsMissing(name: String, leaf: Int, bit: UInt32) throws {
        var features = haswell
        switch leaf {
        case 1: features.leaf1 &= ~(1 << bit)
        case 7: features.leaf7 &= ~(1 << bit)
        default: features.extended &= ~(1 << bit)
        }
        #expect(features.missing == [name])
        let refusal = try #require(features.refusal)
        #expect(refusal.hasSuffix("it lacks \(name)") && refusal.contains("x86-64-v3"))
    }

    @Test("AVX that the operating system does not save is no AVX")
    func unsavedRegisters() {
        var features = haswell
        features.savedRegisters = 0b011
        #expect(features.missing == ["saved YMM registers"])
        features.leaf1 &= ~(1 << 27)
        features.savedRegisters = 0
        #expect(features.missing == ["OSXSAVE", "saved YMM registers"])
    }

    #if arch(x86_64)
        @Test("the machine that runs the tests is taken: they compute with VectorMath")
        func thisMachine() {
            #expect(ProcessorFeatures().missing == [])
        }
    #endif
}
