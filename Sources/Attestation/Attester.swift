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

extension Attester {
    /// What every attester asks of its input.
    func check(spki: [UInt8], nonce: [UInt8], statement: Statement) throws(AttesterError) {
        guard nonce.count == 32 else { throw .nonceLength(nonce.count) }
        guard (1...NitroDocument.Limits.publicKey).contains(spki.count) else { throw .publicKeyLength(spki.count) }
        guard statement.flags.contains(.simulated) == (format == .simulated) else {
            throw .statementContradictsFormat
        }
    }
}
