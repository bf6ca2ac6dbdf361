import Crypto
import Foundation
import SwiftASN1

@testable import Attestation

/// A TPM's key under an authority that also signs revocation lists.
struct TPMAuthorityFactory {
    struct Scene {
        let tpm: TPMScene
        let leaf: [UInt8]
        /// The leaf's serial number, without a leading zero byte.
        let leafNumber: [UInt8]
    }

    func scene() throws -> Scene {
        let tpm = try TPMScene()
        let leaf = try tpm.authority.leaf(tpm.tpm.key.publicKey)
        return Scene(tpm: tpm, leaf: leaf, leafNumber: try ChainCertificate(der: leaf).serialNumber)
    }

    func verify(
        _ scene: Scene, revoking number: [UInt8]?, nextAt: Int64 = TPMAuthority.time + 60, isForged: Bool = false
    ) throws -> VerifiedEvidence {
        var collateral = Collateral()
        if let number {
            let list = try Self.list(
                issuer: ChainCertificate(der: scene.tpm.authority.root).subject, number: number, nextAt: nextAt,
                key: isForged ? .init() : scene.tpm.authority.key)
            collateral = try Collateral(files: [list])
        }
        let verifier = EvidenceVerifier(roots: scene.tpm.roots, now: TPMAuthority.time, collateral: collateral)
        return try verifier.verify(
            document: try scene.tpm.document().encoded, format: .tpm, certificates: [scene.leaf])
    }

    /// DER of a list with one entry.
    static func list(
        issuer: [UInt8], number: [UInt8], nextAt: Int64, key: P256.Signing.PrivateKey
    ) throws -> [UInt8] {
        let algorithm: [UInt8] = [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
        // A number whose first bit is set has a zero byte before it, or it would be negative.
        let content = (number.first ?? 0) < 0x80 ? number : [0] + number
        let entry = node(0x30, node(0x02, content) + time(TPMAuthority.time - 10))
        let body = node(
            0x30,
            [0x02, 0x01, 0x01] + algorithm + issuer + time(TPMAuthority.time - 10) + time(nextAt) + node(0x30, entry))
        let signature = Array(try key.signature(for: SHA256.hash(data: body)).derRepresentation)
        return node(0x30, body + algorithm + node(0x03, [0] + signature))
    }

    private static func node(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        let length: [UInt8] =
            count < 128
            ? [UInt8(count)]
            : count < 256 ? [0x81, UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
        return [tag] + length + content
    }

    /// A UTCTime.
    private static func time(_ seconds: Int64) -> [UInt8] {
        let text = UnixTime.text(seconds).filter(\.isNumber).dropFirst(2) + "Z"
        return node(0x17, Array(text.utf8))
    }
}
