/// The roots that evidence may chain to, a set for each format. A root of one format never vouches for another.
public struct TrustRoots: Sendable, Equatable {
    /// DER of AWS Nitro roots.
    public var nitro: [[UInt8]]
    /// SHA-256 of the DER of AMD root keys (ARK).
    public var amdFingerprints: [[UInt8]]
    /// SHA-256 of the DER of Intel SGX roots.
    public var intelFingerprints: [[UInt8]]
    /// DER of simulated roots: empty unless somebody chose one by name.
    public private(set) var simulated: [[UInt8]]

    public init(nitro: [[UInt8]], amdFingerprints: [[UInt8]], intelFingerprints: [[UInt8]]) {
        self.nitro = nitro
        self.amdFingerprints = amdFingerprints
        self.intelFingerprints = intelFingerprints
        simulated = []
    }

    /// These roots and one simulated root, which somebody chose by name and file.
    public func trustingSimulated(root: [UInt8]) -> TrustRoots {
        var roots = self
        roots.simulated.append(root)
        return roots
    }
}
