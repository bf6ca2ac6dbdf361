import Testing

@testable import PrivacyKernel
@testable import Tasks

@Suite("What three parties can share, before and after the signature")
struct ShareLimitTests {
    @Test("lint refuses what the kernel would refuse once a task is signed")
    func alike() {
        #expect(TaskSpecification.Engine.mostSharedCells == ShareLimits.cells)
    }
}
