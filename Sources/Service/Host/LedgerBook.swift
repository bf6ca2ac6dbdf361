import Foundation
import PrivacyKernel
import Synchronization
import Synthesizers
import Tasks

/// The newest entry of the ledger that somebody may know.
struct LedgerHead: Sendable, Equatable {
    let sequence: UInt64
    /// 32 bytes.
    let hash: [UInt8]
}

/// TEMP in-memory stand-in until branch tasks has Ledger.
final class LedgerBook: Sendable {
    private struct State { var n: UInt64 = 1; var releases: [Release] = []; var reserved: [String: String]? }
    private let state = Mutex(State())
    init(directory: String?, specification: TaskSpecification, boot: Boot) throws {}
    var reservedUploads: [String: String]? { state.withLock { $0.reserved } }
    var firstHead: LedgerHead { LedgerHead(sequence: 1, hash: [UInt8](repeating: 1, count: 32)) }
    var head: LedgerHead { LedgerHead(sequence: state.withLock { $0.n }, hash: [UInt8](repeating: 2, count: 32)) }
    func recordUpload(party: String, digest: String) throws { bump() }
    func recordConfirmation(party: String) throws { bump() }
    func recordWithdrawal(party: String) throws { bump() }
    func recordHalt(party: String) throws { bump() }
    func recordRelease(of model: FittedModel) throws { bump() }
    func reserve(plan: MechanismPlan, uploads: [String: String]) throws { state.withLock { $0.reserved = uploads }; bump() }
    func record(_ release: Release) throws { state.withLock { $0.releases.append(release) } }
    private func bump() { state.withLock { $0.n += 1 } }
    var transcript: Transcript { var t = Transcript(); t.releases = state.withLock { $0.releases }; return t }
    func entries() throws -> OrderedJSON { .array([]) }
    func total() throws -> (epsilon: Double, delta: Double) { (0, 0) }
}
