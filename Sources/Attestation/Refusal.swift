/// One reason why authentic evidence is not accepted. Safe to log.
public enum Refusal: Error, Sendable, Equatable, Hashable {
    /// The allow-list is empty, which accepts nothing.
    case noReleaseAllowed
    /// No release in the allow-list has measurements of this format.
    case noReleaseForFormat(EvidenceFormat)
    /// The measurements are of no release in the allow-list.
    case measurementsUnknown
    /// The measurements are of a release that is known to be bad.
    case releaseRefused(version: String)
    /// The platform lets its host look inside.
    case debug
    /// The service says that it is a debug build.
    case debugBuild
    case simulated
    /// The guest may be moved by a migration agent, whose code was not attested.
    case migrationAgent
    /// Intel's TCB level and revocation lists were not evaluated.
    case tcbNotEvaluated
    /// A field that must hold a key is there and empty.
    case emptyPublicKey
    /// The evidence's own time is too far from now.
    case stale(seconds: Int64)
    case nonceMissing
    /// The evidence answers another challenge: it is a replay, or meant for somebody else.
    case nonceMismatch
    case publicKeyMissing
    /// The evidence vouches for another key than this connection showed.
    case publicKeyMismatch
    /// The evidence was made for another connection.
    case channelBindingMismatch
    /// SEV-SNP and TDX: the report does not bind this key, nonce and statement.
    case reportDataMismatch
    case statementMissing
    /// The service runs another task.
    case taskMismatch
    /// PCR16 is not the measurement of the task.
    case taskRegisterMismatch

    /// 2 stale or replayed, 3 refused by policy, 4 not this channel (DESIGN 4.1).
    public var exitCode: Int32 {
        switch self {
        case .noReleaseAllowed, .noReleaseForFormat, .measurementsUnknown, .releaseRefused, .debug, .debugBuild,
            .simulated, .migrationAgent, .tcbNotEvaluated, .emptyPublicKey, .taskMismatch, .taskRegisterMismatch:
            3
        case .stale, .nonceMissing, .nonceMismatch, .statementMissing: 2
        case .publicKeyMissing, .publicKeyMismatch, .channelBindingMismatch, .reportDataMismatch: 4
        }
    }
}

extension [Refusal] {
    /// The exit code of several reasons: the lowest, because evidence that is not for us says nothing about policy,
    /// and 0 for none.
    public var exitCode: Int32 { map(\.exitCode).min() ?? 0 }
}
