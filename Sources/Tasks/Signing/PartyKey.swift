import Bytes
internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1

/// A party's public key, in one canonical form, so that the same key is equal however it was written.
///
/// RSA of 2048 to 8192 bits with exponent 65537, or P-256. Strict DER only.
public struct PartyKey: Sendable, Hashable {
    /// The kinds of key that a party may have.
    public enum Algorithm: String, Sendable {
        case rsa, p256
    }

    /// The kind of this key.
    public let algorithm: Algorithm
    /// PKCS#1 for RSA, SubjectPublicKeyInfo for P-256: the form that a task lists.
    public let derRepresentation: [UInt8]
    /// SubjectPublicKeyInfo of either: the form that a certificate holds.
    public let subjectPublicKeyInfo: [UInt8]
    /// The length of the RSA modulus, or 256.
    public let bits: Int

    /// Reads PKCS#1 or SubjectPublicKeyInfo.
    public init(derRepresentation bytes: some Collection<UInt8>) throws(TaskError) {
        let bytes = Array(bytes)
        guard bytes.count <= 4096 else { throw .unreadableKey("it is longer than any key") }
        if let rsa = RSAPublicNumbers(pkcs1: bytes) ?? RSAPublicNumbers(subjectPublicKeyInfo: bytes) {
            guard rsa.bits >= 2048 else { throw .weakKey(bits: rsa.bits) }
            guard rsa.bits <= 8192 else { throw .unreadableKey("its RSA modulus has more than 8192 bits") }
            guard rsa.exponent == [1, 0, 1] else { throw .unreadableKey("its RSA exponent is not 65537") }
            guard let key = try? _RSA.Signing.PublicKey(derRepresentation: bytes) else {
                throw .unreadableKey("its RSA numbers are not usable")
            }
            algorithm = .rsa
            bits = rsa.bits
            derRepresentation = Array(key.pkcs1DERRepresentation)
            subjectPublicKeyInfo = Array(key.derRepresentation)
        } else if let key = try? P256.Signing.PublicKey(derRepresentation: bytes) {
            algorithm = .p256
            bits = 256
            derRepresentation = Array(key.derRepresentation)
            subjectPublicKeyInfo = derRepresentation
        } else {
            throw .unreadableKey("it is neither RSA nor P-256")
        }
        guard bytes == derRepresentation || bytes == subjectPublicKeyInfo else {
            throw .unreadableKey("it is not strict DER")
        }
    }

    /// Reads the base64 that a task lists (spaces and line breaks in it do not count), or PEM.
    public init(text: String) throws(TaskError) {
        let lines = text.split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.hasPrefix("-----") }
        let compact = lines.joined().filter { !$0.isWhitespace }
        guard !compact.isEmpty, let data = Data(base64Encoded: compact) else {
            throw .unreadableKey("it is not base64")
        }
        try self.init(derRepresentation: Array(data))
    }

    /// A placeholder key, always the same for a place, for a party that has no key yet.
    ///
    /// It is the point of the curve at the first hash that is one, so nobody has its private half, and a task without keys
    /// has the same digest at each reading.
    ///
    /// - Parameter place: where the key should stand, so that two parties never share one.
    static func ofNobody(at place: String) -> PartyKey? {
        for attempt in 0..<256 {
            let hash = SHA256.hash(data: Data("entrepot: the key of nobody at \(place), \(attempt)".utf8))
            guard let key = try? P256.Signing.PublicKey(compressedRepresentation: [0x02] + Array(hash)) else {
                continue
            }
            let info = Array(key.derRepresentation)
            return PartyKey(algorithm: .p256, derRepresentation: info, subjectPublicKeyInfo: info, bits: 256)
        }
        return nil
    }

    private init(algorithm: Algorithm, derRepresentation: [UInt8], subjectPublicKeyInfo: [UInt8], bits: Int) {
        self.algorithm = algorithm
        self.derRepresentation = derRepresentation
        self.subjectPublicKeyInfo = subjectPublicKeyInfo
        self.bits = bits
    }

    /// The same key is equal in whichever form it was read.
    public static func == (left: PartyKey, right: PartyKey) -> Bool {
        left.subjectPublicKeyInfo == right.subjectPublicKeyInfo
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(subjectPublicKeyInfo) }
}

extension PartyKey {
    /// What a task lists: base64 of `derRepresentation`, without line breaks.
    public var base64: String { Data(derRepresentation).base64EncodedString() }

    /// SHA-256 of `derRepresentation`.
    public var digest: [UInt8] { Array(SHA256.hash(data: derRepresentation)) }

    /// `SHA256:` and the digest in base64 without padding, as ssh writes it.
    public var fingerprint: String {
        var text = Data(digest).base64EncodedString()
        while text.hasSuffix("=") { text.removeLast() }
        return "SHA256:" + text
    }

    /// The first 96 bits of the digest in six groups, to be compared by telephone.
    public var spokenFingerprint: String {
        let hex = Array(Hex.encode(digest.prefix(12)))
        return stride(from: 0, to: hex.count, by: 4).map { String(hex[$0..<$0 + 4]) }.joined(separator: " ")
    }

    /// Whether the private half is public: the keys of the enclave workshop's repository.
    public var isPublishedWorkshopKey: Bool { Self.publishedWorkshopKeys.contains(Hex.encode(digest)) }

    private static let publishedWorkshopKeys: Set<String> = [
        "fd926d32e6e7eb28a285ccf01f14e7ee4af39857c292703960b7abcadd475369",
        "ddb17f6c192b0c8f78769fc3265da45fcae62ad798d6ab6bd3cb22435bd3c57c",
    ]
}

/// The two numbers of an RSA public key, read only to say how long they are; CryptoExtras does the rest.
private struct RSAPublicNumbers {
    let bits: Int
    let exponent: [UInt8]

    init?(pkcs1 bytes: some Collection<UInt8>) {
        guard let root = try? DER.parse(Array(bytes)),
            let numbers = try? DER.sequence(
                root, identifier: .sequence,
                { nodes in
                    let modulus = try ArraySlice<UInt8>(derEncoded: &nodes)
                    let exponent = try ArraySlice<UInt8>(derEncoded: &nodes)
                    return (modulus: Array(modulus.drop { $0 == 0 }), exponent: Array(exponent.drop { $0 == 0 }))
                }),
            let first = numbers.modulus.first
        else { return nil }
        bits = numbers.modulus.count * 8 - first.leadingZeroBitCount
        exponent = numbers.exponent
    }

    init?(subjectPublicKeyInfo bytes: [UInt8]) {
        let rsaEncryption: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 1]
        guard let root = try? DER.parse(bytes),
            let inner = try? DER.sequence(
                root, identifier: .sequence,
                { nodes -> ArraySlice<UInt8>? in
                    guard let algorithm = nodes.next() else { return nil }
                    let identifier = try DER.sequence(algorithm, identifier: .sequence) { parts in
                        let identifier = try ASN1ObjectIdentifier(derEncoded: &parts)
                        _ = parts.next()
                        return identifier
                    }
                    let key = try ASN1BitString(derEncoded: &nodes)
                    return identifier == rsaEncryption ? key.bytes : nil
                })
        else { return nil }
        self.init(pkcs1: inner)
    }
}
