import Bytes
import Crypto
import CryptoExtras
import Foundation

@testable import Attestation

/// A machine under a vendor of the test's own, which makes evidence of a moment exactly as Intel's and AMD's do.
struct MadeMachine {
    let format: EvidenceFormat
    /// DER of the vendor's root.
    let root: [UInt8]
    let roots: TrustRoots
    /// DER of what lies beside the evidence.
    let certificates: [[UInt8]]
    /// The measurements that its evidence shows.
    let measurements: [String: String]
    /// The evidence over 64 bytes.
    let evidence: @Sendable ([UInt8]) throws -> [UInt8]
    /// A revocation list of the root, from a minute before the moment to an hour after; nil where no key of the test can
    /// sign one.
    let revocationList: [UInt8]?

    private static let digest = [UInt8](repeating: 0x5A, count: 48)
    private static func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    // MARK: - Intel

    static func tdx(at time: Int64) throws -> MadeMachine {
        let keys = (0..<4).map { _ in P256.Signing.PrivateKey() }
        let (top, middle) = (MadeSigner("Root CA", keys[0]), MadeSigner("Platform CA", keys[1]))
        let root = try top.root(at: time)
        let platform = try top.certify(middle.name, middle.publicKeyInfo, isAuthority: true, at: time)
        let leaf = try middle.certify(
            "PCK", Array(keys[2].publicKey.derRepresentation), isAuthority: false, at: time,
            extensions: [([1, 2, 840, 113_741, 1, 13, 1], platformExtension)])
        let chain = CertificateFile.pem([leaf, platform, root])
        let (platformKey, attestationKey) = (keys[2], keys[3])
        return MadeMachine(
            format: .tdx, root: root, roots: TrustRoots(intelFingerprints: [Array(SHA256.hash(data: root))]),
            certificates: [],
            measurements: Dictionary(
                uniqueKeysWithValues: ["MRTD", "RTMR0", "RTMR1", "RTMR2"].map { ($0, Hex.encode(digest)) }),
            evidence: { try quote($0, chain, platformKey, attestationKey) },
            revocationList: try RevocationListMaker.list(
                issuer: MadeDER.name(top.name), number: [1, 2, 3], madeAt: time - 60, nextAt: time + 3_600, key: keys[0]
            )
        )
    }

    /// Which platform it is (Intel "SGX PCK Certificate and CRL Profile Specification" §1.3.5).
    private static var platformExtension: [UInt8] {
        let field = { (place: [Int], value: [UInt8]) in
            MadeDER.sequence(MadeDER.identifier([1, 2, 840, 113_741, 1, 13, 1] + place), value)
        }
        let levels = (1...17).flatMap { field([2, $0], MadeDER.integer(3)) }
        return MadeDER.sequence(
            field([2], MadeDER.node(0x30, levels)), field([3], MadeDER.octets([0, 0])),
            field([4], MadeDER.octets([1, 2, 3, 4, 5, 6])))
    }

    private static func quote(
        _ reportData: [UInt8], _ chain: [UInt8], _ platformKey: P256.Signing.PrivateKey,
        _ attestationKey: P256.Signing.PrivateKey
    ) throws -> [UInt8] {
        let header =
            little(4, 2) + little(2, 2) + little(0x81, 4) + little(0, 4) + TDXQuote.intelVendor
            + [UInt8](repeating: 0, count: 20)
        var body = [UInt8](repeating: 0, count: 584)
        body.replaceSubrange(0..<16, with: [UInt8](repeating: 5, count: 16))
        body.replaceSubrange(120..<128, with: little(1 << 28, 8))
        body.replaceSubrange(136..<184, with: digest)
        for index in 0..<4 { body.replaceSubrange(328 + 48 * index..<376 + 48 * index, with: digest) }
        body.replaceSubrange(520..<584, with: reportData)
        let key = Array(attestationKey.publicKey.rawRepresentation)
        let added = [UInt8](repeating: 8, count: 32)
        var enclave = [UInt8](repeating: 0, count: 384)
        let signer = "dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5"
        enclave.replaceSubrange(128..<160, with: Hex.decode(signer.utf8) ?? [])
        enclave[256] = 2
        enclave.replaceSubrange(320..<352, with: Array(SHA256.hash(data: key + added)))
        let inner =
            enclave + Array(try platformKey.signature(for: SHA256.hash(data: enclave)).rawRepresentation)
            + little(added.count, 2) + added + little(5, 2) + little(chain.count, 4) + chain
        let data =
            Array(try attestationKey.signature(for: SHA256.hash(data: header + body)).rawRepresentation) + key
            + little(6, 2) + little(inner.count, 4) + inner
        return header + body + little(data.count, 4) + data
    }

    // MARK: - AMD

    /// RSASSA-PSS with SHA-384, its mask and a salt of 48 bytes.
    private static let pss: [UInt8] = {
        let hash = MadeDER.sequence(MadeDER.identifier([2, 16, 840, 1, 101, 3, 4, 2, 2]), [0x05, 0x00])
        let mask = MadeDER.sequence(MadeDER.identifier([1, 2, 840, 113_549, 1, 1, 8]), hash)
        let parameters = MadeDER.sequence(
            MadeDER.node(0xA0, hash), MadeDER.node(0xA1, mask), MadeDER.node(0xA2, MadeDER.integer(48)))
        return MadeDER.sequence(MadeDER.identifier([1, 2, 840, 113_549, 1, 1, 10]), parameters)
    }()

    private static func amdSigner(_ name: String) throws -> MadeSigner {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits4096)
        return MadeSigner(name, algorithm: pss, publicKeyInfo: Array(key.publicKey.derRepresentation)) {
            Array(try key.signature(for: SHA384.hash(data: $0), padding: .PSS).rawRepresentation)
        }
    }

    static func sevSNP(at time: Int64) throws -> MadeMachine {
        let (top, middle) = (try amdSigner("ARK-Milan"), try amdSigner("SEV-Milan"))
        let key = P384.Signing.PrivateKey()
        let chip = (0..<64).map { UInt8($0 + 1) }
        let levels = [(1, 4), (2, 0), (3, 24), (8, 219)].map {
            ([1, 3, 6, 1, 4, 1, 3704, 1, 3, $0], MadeDER.integer($1))
        }
        let root = try top.root(at: time)
        let authority = try top.certify(middle.name, middle.publicKeyInfo, isAuthority: true, at: time)
        let leaf = try middle.certify(
            "SEV-VCEK", Array(key.publicKey.derRepresentation), isAuthority: false, at: time, usage: false,
            extensions: levels + [([1, 3, 6, 1, 4, 1, 3704, 1, 4], chip)])
        return MadeMachine(
            format: .sevSNP, root: root, roots: TrustRoots(amdFingerprints: [Array(SHA256.hash(data: root))]),
            certificates: [leaf, authority, root], measurements: ["MEASUREMENT": Hex.encode(digest)],
            evidence: { try report($0, chip, key) }, revocationList: nil)
    }

    private static func report(
        _ reportData: [UInt8], _ chip: [UInt8], _ key: P384.Signing.PrivateKey
    ) throws -> [UInt8] {
        var report = [UInt8](repeating: 0, count: SNPReport.byteCount)
        report[0] = 2
        report.replaceSubrange(0x08..<0x10, with: little(1 << 17, 8))
        report[0x34] = 1
        for place in [0x38, 0x180, 0x1E0, 0x1F0] {
            report.replaceSubrange(place..<place + 8, with: [4, 0, 0, 0, 0, 0, 24, 219])
        }
        report.replaceSubrange(0x50..<0x90, with: reportData)
        report.replaceSubrange(0x90..<0xC0, with: digest)
        report.replaceSubrange(0x1A0..<0x1E0, with: chip)
        let signed = Array(report[..<SNPReport.signedByteCount])
        let signature = Array(try key.signature(for: SHA384.hash(data: signed)).rawRepresentation)
        report.replaceSubrange(0x2A0..<0x2D0, with: signature[..<48].reversed())
        report.replaceSubrange(0x2E8..<0x318, with: signature[48...].reversed())
        return report
    }
}
