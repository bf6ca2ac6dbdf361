import Attestation
import HTTPTypes
import Synchronization

/// Makes evidence for connections, a few at a time: hardware answers one by one.
final class EvidenceDesk: Sendable {
    private let attester: any Attester
    private let buildManifestDigest: [UInt8]
    private let underWay = Mutex(0)
    private static let limit = 8

    init(attester: any Attester, buildManifestDigest: [UInt8]) {
        self.attester = attester
        self.buildManifestDigest = buildManifestDigest
    }

    var format: EvidenceFormat { attester.format }

    /// Evidence that binds one connection, a caller's nonce, the task and the ledger head that the caller may know.
    ///
    /// - Throws: 503 where the connection gives nothing to bind to; never an unbound document.
    func evidence(
        session: ConnectionSession, nonce: [UInt8], identity: ServerIdentity, task: [UInt8], boot: Boot,
        head: LedgerHead
    ) async throws -> Evidence {
        guard let exporter = session.exporter else {
            throw Problem(
                .serviceUnavailable, code: "no_binding", detail: "This connection gives nothing to bind evidence to.",
                hint: "Connect directly with TLS 1.3; nothing may end TLS in between.", audience: .everyone)
        }
        let isAdmitted = underWay.withLock { count in
            guard count < EvidenceDesk.limit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { throw Problem.busy("Too many callers ask for evidence at once.", retryAfter: 1) }
        defer { underWay.withLock { $0 -= 1 } }
        var flags: Statement.Flags = attester.format == .simulated ? .simulated : []
        #if DEBUG
            flags.insert(.debugBuild)
        #endif
        let statement = try Statement(
            flags: flags, taskDigest: task, bootID: boot.id, ledgerHead: head.hash, ledgerSequence: head.sequence,
            bootTime: boot.time,
            channelBinding: ChannelBinding.binding(exporter: exporter, nonce: nonce, spki: identity.publicKeyInfo),
            buildManifestDigest: buildManifestDigest)
        return try await attester.evidence(spki: identity.publicKeyInfo, nonce: nonce, statement: statement)
    }
}
