import Crypto
import Foundation

@testable import Attestation

/// DER as vendors and time-stamping authorities write it, put together by hand: no library signs with AMD's algorithm.
enum MadeDER {
    static func node(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        let length: [UInt8] =
            count < 128
            ? [UInt8(count)]
            : count < 256 ? [0x81, UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
        return [tag] + length + content
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { node(0x30, parts.flatMap(\.self)) }
    static func octets(_ bytes: [UInt8]) -> [UInt8] { node(0x04, bytes) }

    /// A number that is not negative.
    static func integer(_ value: Int) -> [UInt8] {
        var bytes = [UInt8(truncatingIfNeeded: value)]
        var rest = value >> 8
        while rest > 0 {
            bytes.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        return node(0x02, bytes[0] < 0x80 ? bytes : [0] + bytes)
    }

    static func identifier(_ numbers: [Int]) -> [UInt8] {
        var bytes = [UInt8(numbers[0] * 40 + numbers[1])]
        for number in numbers.dropFirst(2) {
            var groups = [UInt8(number & 0x7F)]
            var rest = number >> 7
            while rest > 0 {
                groups.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
                rest >>= 7
            }
            bytes += groups
        }
        return node(0x06, bytes)
    }

    static func name(_ text: String) -> [UInt8] {
        sequence(node(0x31, sequence(identifier([2, 5, 4, 3]), node(0x0C, Array(text.utf8)))))
    }

    /// `20260102030405Z` of a GeneralizedTime, or the same without century.
    static func time(_ seconds: Int64, isGeneral: Bool = false) -> [UInt8] {
        let digits = UnixTime.text(seconds).filter(\.isNumber) + "Z"
        return isGeneral ? node(0x18, Array(digits.utf8)) : node(0x17, Array(digits.dropFirst(2).utf8))
    }

    static let sha256 = sequence(identifier([2, 16, 840, 1, 101, 3, 4, 2, 1]))
}

/// A key that signs certificates, with its name and the algorithm's DER.
struct MadeSigner {
    let name: String
    let algorithm: [UInt8]
    let publicKeyInfo: [UInt8]
    let sign: @Sendable ([UInt8]) throws -> [UInt8]

    /// ECDSA over P-256 with SHA-256.
    init(_ name: String, _ key: P256.Signing.PrivateKey) {
        self.name = name
        algorithm = MadeDER.sequence(MadeDER.identifier([1, 2, 840, 10045, 4, 3, 2]))
        publicKeyInfo = Array(key.publicKey.derRepresentation)
        sign = { Array(try key.signature(for: SHA256.hash(data: $0)).derRepresentation) }
    }

    init(
        _ name: String, algorithm: [UInt8], publicKeyInfo: [UInt8],
        sign: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) {
        (self.name, self.algorithm, self.publicKeyInfo, self.sign) = (name, algorithm, publicKeyInfo, sign)
    }

    /// DER of a certificate, for a day.
    /// - Parameter extensions: identifiers and values beside the usual two.
    func certify(
        _ subject: String, _ publicKeyInfo: [UInt8], isAuthority: Bool, at time: Int64, usage: Bool = true,
        extensions: [([Int], [UInt8])] = []
    ) throws -> [UInt8] {
        let critical: [UInt8] = [0x01, 0x01, 0xFF]
        var list = MadeDER.sequence(
            MadeDER.identifier([2, 5, 29, 19]), critical,
            MadeDER.octets(isAuthority ? MadeDER.sequence(critical) : MadeDER.sequence()))
        if usage {
            let bits: [UInt8] = isAuthority ? [0x03, 0x02, 0x02, 0x04] : [0x03, 0x02, 0x07, 0x80]
            list += MadeDER.sequence(MadeDER.identifier([2, 5, 29, 15]), critical, MadeDER.octets(bits))
        }
        for (identifier, value) in extensions {
            list += MadeDER.sequence(MadeDER.identifier(identifier), MadeDER.octets(value))
        }
        let body = MadeDER.sequence(
            [0xA0, 0x03, 0x02, 0x01, 0x02], MadeDER.integer(.random(in: 1...(1 << 60))), algorithm, MadeDER.name(name),
            MadeDER.sequence(MadeDER.time(time - 60), MadeDER.time(time + 86_400)), MadeDER.name(subject),
            publicKeyInfo,
            MadeDER.node(0xA3, MadeDER.node(0x30, list)))
        return MadeDER.sequence(body, algorithm, MadeDER.node(0x03, [0] + (try sign(body))))
    }

    /// Its own certificate.
    func root(at time: Int64) throws -> [UInt8] { try certify(name, publicKeyInfo, isAuthority: true, at: time) }
}

/// A time-stamping authority that stamps for any moment (RFC 3161 §2.4.2, RFC 5652 §5).
struct MadeStamps {
    private let root = MadeSigner("stamps", P256.Signing.PrivateKey())
    private let key = P256.Signing.PrivateKey()
    private static let content = MadeDER.identifier([1, 2, 840, 113_549, 1, 9, 16, 1, 4])

    func rootCertificate(at time: Int64) throws -> [UInt8] { try root.root(at: time) }

    func token(of document: [UInt8], at time: Int64) throws -> [UInt8] {
        let purpose = MadeDER.sequence(MadeDER.identifier([1, 3, 6, 1, 5, 5, 7, 3, 8]))
        let signer = MadeSigner("a stamp", key)
        let certificate = try root.certify(
            signer.name, signer.publicKeyInfo, isAuthority: false, at: time, extensions: [([2, 5, 29, 37], purpose)])
        let information = MadeDER.sequence(
            MadeDER.integer(1), MadeDER.identifier([1, 2, 3, 4]),
            MadeDER.sequence(MadeDER.sha256, MadeDER.octets(Array(SHA256.hash(data: document)))), MadeDER.integer(7),
            MadeDER.time(time, isGeneral: true))
        let digest = MadeDER.octets(Array(SHA256.hash(data: information)))
        let attributes =
            MadeDER.sequence(MadeDER.identifier([1, 2, 840, 113_549, 1, 9, 3]), MadeDER.node(0x31, Self.content))
            + MadeDER.sequence(MadeDER.identifier([1, 2, 840, 113_549, 1, 9, 4]), MadeDER.node(0x31, digest))
        let signature = try signer.sign(MadeDER.node(0x31, attributes))
        let who = MadeDER.sequence(MadeDER.name(root.name), MadeDER.integer(1))
        let signers = MadeDER.node(
            0x31,
            MadeDER.sequence(
                MadeDER.integer(1), who, MadeDER.sha256, MadeDER.node(0xA0, attributes), signer.algorithm,
                MadeDER.octets(signature)))
        let data = MadeDER.sequence(
            MadeDER.integer(3), MadeDER.node(0x31, MadeDER.sha256),
            MadeDER.sequence(Self.content, MadeDER.node(0xA0, MadeDER.octets(information))),
            MadeDER.node(0xA0, certificate),
            signers)
        return MadeDER.sequence(MadeDER.identifier([1, 2, 840, 113_549, 1, 7, 2]), MadeDER.node(0xA0, data))
    }
}
