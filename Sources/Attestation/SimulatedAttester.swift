/// Evidence without hardware: a real COSE document under a P-384 chain that this host made itself.
///
/// It exercises every line of the Nitro verifier and gives **no confidentiality against the host**.
public struct SimulatedAttester: Attester {
    public var format: EvidenceFormat { .simulated }
    /// DER of the root, to be given to relying parties by hand.
    public let root: [UInt8]
    /// What this process measures as, for a relying party's allow-list.
    public let release: ReleaseManifest.Release

    /// - Parameters:
    ///   - stateDirectory: the root is kept in its folder `simulated-root`, readable by the owner only; made if absent.
    ///   - taskSpecification: the bytes that `GET /spec` returns; measured into PCR16.
    ///   - buildManifest: measured into PCR2.
    public init(stateDirectory: String, taskSpecification: [UInt8], buildManifest: [UInt8]) throws(AttesterError) {
        throw .stateDirectory
    }

    public func evidence(spki: [UInt8], nonce: [UInt8], statement: Statement) async throws -> Evidence {
        throw AttesterError.stateDirectory
    }
}
