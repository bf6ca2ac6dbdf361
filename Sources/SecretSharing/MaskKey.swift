import Crypto
import CryptoExtras
public import Foundation

/// One office's half of the keys that it shares with each other office, for one task.
///
/// X25519 gives each pair a secret that nobody else has. From it HKDF makes one AES-256 key for each round and question,
/// and AES-CTR the stream of words that one of the pair adds and the other takes away. The public halves go over
/// connections on which both ends have proved their keys of the task.
public struct MaskKey: Sendable {
    /// nil once it is forgotten: no mask can be made any more.
    private let key: Curve25519.KeyAgreement.PrivateKey?
    /// What the other offices get: 32 bytes.
    public let publicKey: [UInt8]

    private init(_ key: Curve25519.KeyAgreement.PrivateKey) {
        self.key = key
        publicKey = Array(key.publicKey.rawRepresentation)
    }

    /// A fresh key, from the system's generator.
    public init() { self.init(Curve25519.KeyAgreement.PrivateKey()) }

    /// Reads the 32 bytes of `rawRepresentation`.
    public init(rawRepresentation: Data) throws { self.init(try .init(rawRepresentation: rawRepresentation)) }

    /// What is left of a key whose secret half was thrown away when all rounds were over: enough to say the same greeting.
    public init(forgotten publicKey: [UInt8]) {
        key = nil
        self.publicKey = publicKey
    }

    /// Whether the secret half is gone.
    var isForgotten: Bool { key == nil }

    /// Secret: an office keeps it while the task runs, so that it can come back with the same masks. Empty once forgotten.
    public var rawRepresentation: Data { key?.rawRepresentation ?? Data() }

    /// The secret of a pair.
    ///
    /// - Parameters:
    ///   - peer: the other's public key.
    ///   - pair: the two offices in the order of the task, and the task: the same at both.
    /// - Throws: for a public key that is none, or that makes every secret the same.
    func secret(with peer: [UInt8], pair: [UInt8]) throws -> PairSecret {
        guard let key else { throw CryptoKitError.incorrectKeySize }
        let shared = try key.sharedSecretFromKeyAgreement(with: .init(rawRepresentation: peer))
        // A key of low order makes the same secret with everybody: zero (RFC 7748, section 6.1).
        // Proof: the bytes are read within the call that lends them.
        guard shared.withUnsafeBytes({ $0.contains { $0 != 0 } }) else { throw CryptoKitError.incorrectParameterSize }
        return PairSecret(
            key: shared.hkdfDerivedSymmetricKey(
                using: SHA256.self, salt: Data("ENTREPOT-SUM1".utf8), sharedInfo: pair, outputByteCount: 32))
    }
}

/// What two offices share: the source of the masks between them.
struct PairSecret: Sendable {
    let key: SymmetricKey

    /// The words of one round. Another round or another question has other words.
    func mask(round: Int, question: [UInt8], count: Int) throws -> [UInt64] {
        let info = Data("mask".utf8) + Data(SumBytes.word(UInt64(round))) + Data(question)
        let own = HKDF<SHA256>.expand(pseudoRandomKey: key, info: info, outputByteCount: 32)
        let stream = try AES._CTR.encrypt(
            Data(count: 8 * count), using: own, nonce: AES._CTR.Nonce(nonceBytes: [UInt8](repeating: 0, count: 16)))
        return SumBytes.words(Array(stream))
    }
}

/// Whole numbers as bytes, the least significant first.
enum SumBytes {
    static func word(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }

    static func words(_ bytes: [UInt8]) -> [UInt64] {
        (0..<(bytes.count / 8)).map { place in
            var word: UInt64 = 0
            for byte in 0..<8 { word |= UInt64(bytes[8 * place + byte]) &<< UInt64(8 &* byte) }
            return word
        }
    }

    static func bytes(_ values: [Int64]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 * values.count)
        for value in values {
            let word = UInt64(bitPattern: value)
            for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word &>> UInt64(8 &* byte))) }
        }
        return bytes
    }
}
