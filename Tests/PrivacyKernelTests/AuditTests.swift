import Testing

@testable import PrivacyKernel

@Suite("Kernel audit")
struct AuditTests {
    @Test("the claim holds", arguments: AuditCheck.all)
    func claim(_ check: AuditCheck) throws {
        #expect(try check.holds())
    }

    #if ENTREPOT_MUTATIONS
        /// Each bug must break at least one claim. Noise comes from fixed keys, so this never turns by chance.
        @Test("a planted bug is caught", arguments: Mutation.allCases)
        func mutation(_ mutation: Mutation) {
            let caught = Mutation.$active.withValue(mutation) {
                AuditCheck.all.first { check in !((try? check.holds()) ?? false) }
            }
            #expect(caught != nil, "no claim breaks under \(mutation.rawValue)")
        }
    #endif
}
