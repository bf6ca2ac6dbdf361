/// A source of evidence about the running service.
///
/// Chosen by name on the command line; there is no default and no fallback from one to another.
public protocol Attester: Sendable {
    /// The format of what `evidence` returns.
    var format: EvidenceFormat { get }

    /// Evidence that binds a TLS key, a caller's nonce and a statement.
    /// - Parameters:
    ///   - spki: DER of the SubjectPublicKeyInfo of the connection's certificate.
    ///   - nonce: the 32 bytes that the caller chose.
    ///   - statement: what the service says about itself on this connection.
    /// - Throws: `AttesterError`.
    func evidence(spki: [UInt8], nonce: [UInt8], statement: Statement) async throws -> Evidence
}
