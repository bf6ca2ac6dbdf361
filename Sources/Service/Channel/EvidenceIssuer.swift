import Attestation
import HTTPTypes
import Synchronization

/// Makes evidence for connections, two at a time: hardware answers one by one. Other callers wait their turn.
final class EvidenceIssuer: Sendable {
    private let attester: any Attester
    let buildManifestDigest: [UInt8]
    let isStateOnDisk: Bool
    private let queue = AsyncSemaphore(places: 2, waiting: 256)
    /// All strangers together use one of the two places, so that parties find the other.
    private let strangers = AsyncSemaphore(places: 1, waiting: 128)

    /// - Parameter isStateOnDisk: whether ledger and releases lie on a disk of the host, which every statement says.
    init(attester: any Attester, buildManifestDigest: [UInt8], isStateOnDisk: Bool = false) {
        self.isStateOnDisk = isStateOnDisk
        self.attester = attester
        self.buildManifestDigest = buildManifestDigest
    }

    var format: EvidenceFormat { attester.format }

    /// Evidence that binds one connection, a caller's nonce, the task and the ledger head that the caller may know.
    ///
    /// - Throws: 503 if the connection gives nothing to bind to; never an unbound document.
    func evidence(
        session: ConnectionSession, nonce: [UInt8], identity: ServerIdentity, task: [UInt8], boot: Boot,
        head: LedgerHead, isStranger: Bool = false
    ) async throws -> Evidence {
        guard let exporter = session.exporter else {
            throw Problem(
                .serviceUnavailable, code: "no_binding", detail: "This connection gives nothing to bind evidence to.",
                hint: "Connect directly with TLS 1.3; nothing may end TLS in between.", audience: .everyone)
        }
        if isStranger {
            guard await strangers.enter() else {
                throw Problem.busy("Too many callers ask for evidence at once.", retryAfter: 1)
            }
        }
        defer { if isStranger { strangers.leave() } }
        let binding = ChannelBinding.binding(exporter: exporter, nonce: nonce, spki: identity.publicKeyInfo)
        return try await evidence(
            key: identity.publicKeyInfo, nonce: nonce, binding: binding, task: task, boot: boot, head: head)
    }

    /// Evidence for the key that signs checkpoints, which is tied to no connection.
    func evidence(for key: LedgerKey, task: [UInt8], boot: Boot, head: LedgerHead) async throws -> Evidence {
        try await evidence(
            key: key.publicKeyInfo, nonce: boot.id, binding: key.binding, task: task, boot: boot, head: head)
    }

    /// Evidence for the key that signs reports.
    func evidence(for key: ReportKey, task: [UInt8], boot: Boot, head: LedgerHead) async throws -> Evidence {
        try await evidence(
            key: key.publicKeyInfo, nonce: boot.id, binding: key.binding, task: task, boot: boot, head: head)
    }

    /// Evidence for a key that this service shows a shard, over what binds it to that connection.
    func evidence(
        forShard key: [UInt8], nonce: [UInt8], binding: [UInt8], task: [UInt8], boot: Boot, head: LedgerHead
    ) async throws -> Evidence {
        try await evidence(key: key, nonce: nonce, binding: binding, task: task, boot: boot, head: head)
    }

    private func evidence(
        key: [UInt8], nonce: [UInt8], binding: [UInt8], task: [UInt8], boot: Boot, head: LedgerHead
    ) async throws -> Evidence {
        guard await queue.enter() else {
            throw Problem.busy("Too many callers ask for evidence at once.", retryAfter: 1)
        }
        defer { queue.leave() }
        var flags: Statement.Flags = attester.format == .simulated ? .simulated : []
        if isStateOnDisk { flags.insert(.stateOnDisk) }
        #if DEBUG
            flags.insert(.debugBuild)
        #endif
        let statement = try Statement(
            flags: flags, taskDigest: task, bootID: boot.id, ledgerHead: head.hash, ledgerSequence: head.sequence,
            bootTime: boot.time, channelBinding: binding, buildManifestDigest: buildManifestDigest)
        return try await attester.evidence(spki: key, nonce: nonce, statement: statement)
    }
}

/// Admits a few callers at a time, in order of arrival, and turns callers away when too many wait.
final class AsyncSemaphore: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let state: Mutex<State>
    private let limit: Int

    init(places: Int, waiting limit: Int) {
        state = Mutex(State(free: places))
        self.limit = limit
    }

    /// Waits for a place.
    ///
    /// - Returns: false if too many wait already; a caller that gets true must call `leave`.
    func enter() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                guard state.waiting.count < limit else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Gives the place to the next caller in the queue.
    func leave() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume(returning: true)
    }
}
