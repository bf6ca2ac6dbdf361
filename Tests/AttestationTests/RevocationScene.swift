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
            let list = try RevocationListMaker.list(
                issuer: ChainCertificate(der: scene.tpm.authority.root).subject, number: number, nextAt: nextAt,
                key: isForged ? .init() : scene.tpm.authority.key)
            collateral = try Collateral(files: [list])
        }
        let verifier = EvidenceVerifier(roots: scene.tpm.roots, now: TPMAuthority.time, collateral: collateral)
        return try verifier.verify(
            document: try scene.tpm.document().encoded, format: .tpm, certificates: [scene.leaf])
    }
}
