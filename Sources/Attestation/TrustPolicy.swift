/// What a relying party trusts, and at which moment: the same for a live service, a saved document, a receipt, a report.
///
/// It reads no clock: the moment is part of the value.
public struct TrustPolicy: Sendable {
    /// Unix seconds at which certificates must be valid; nil for the time that the evidence gives for itself.
    public var at: Int64?
    /// The present, in unix seconds: for a live connection, and for evidence that carries no time of its own.
    public var now: Int64
    /// The roots to trust; simulated evidence needs one of theirs in it.
    public var roots: TrustRoots
    /// The releases that are accepted. nil looks at no measurement, for reading a document without trusting it; of a live
    /// service nil accepts none.
    public var allowed: ReleaseManifest?
    /// Accept evidence that no hardware made.
    public var allowSimulated: Bool
    /// Accept a debug build or platform.
    public var allowDebug: Bool
    /// Refuse a service whose state lies on a disk.
    public var demandsStateInMemory = false
    /// Accept Intel TDX although TCB level and revocation are not evaluated.
    public var allowUnevaluatedTCB: Bool
    /// What vendors publish about their platforms: Intel's TCB levels and identities, revocation lists.
    public var collateral: Collateral
    /// DER of certificates beside those that come with evidence (AMD's VCEK, a TPM's key).
    public var certificates: [[UInt8]]

    /// - Parameter allowSimulated: where absent, whether `roots` holds a simulated root: whoever names one has asked for a
    ///   simulation.
    public init(
        at: Int64? = nil, now: Int64, roots: TrustRoots, allowed: ReleaseManifest? = nil, allowSimulated: Bool? = nil,
        allowDebug: Bool = false, allowUnevaluatedTCB: Bool = false, collateral: Collateral = Collateral(),
        certificates: [[UInt8]] = []
    ) {
        self.at = at
        self.now = now
        self.roots = roots
        self.allowed = allowed
        self.allowSimulated = allowSimulated ?? !roots.simulated.isEmpty
        self.allowDebug = allowDebug
        self.allowUnevaluatedTCB = allowUnevaluatedTCB
        self.collateral = collateral
        self.certificates = certificates
    }

    /// The same trust at another moment.
    public func at(_ time: Int64?, now: Int64) -> TrustPolicy {
        var policy = self
        policy.at = time
        policy.now = now
        return policy
    }
}
