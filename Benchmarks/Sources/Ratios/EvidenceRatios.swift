import Attestation
import Crypto
import Foundation

/// The verification of a real machine's evidence (Azure, SEV-SNP and a TPM's quote, `Tests/AttestationTests/Azure`), beside one
/// signature check over P-384, of which the evidence needs one among others by RSA.
func verifyingEvidence() throws -> Ratio {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let file = package.appending(path: "Tests/AttestationTests/Azure/sev-snp.json")
    let evidence = Array(try Data(contentsOf: file))
    // Within the life of all its certificates.
    let trust = TrustPolicy(at: 1_764_000_000, now: 0, roots: .vendors, allowUnevaluatedTCB: true)
    let key = P384.Signing.PrivateKey()
    let message = Data("a report".utf8)
    let signature = try key.signature(for: message)
    let rounds = 200
    return try compare(
        ours: {
            try (0..<rounds).reduce(0) { sum, _ in
                sum + (try DocumentVerification.verify(evidence, trust: trust).refusals.isEmpty ? 1 : 0)
            }
        },
        beside: {
            (0..<rounds).reduce(0) { sum, _ in
                sum + (key.publicKey.isValidSignature(signature, for: message) ? 1 : 0)
            }
        })
}
