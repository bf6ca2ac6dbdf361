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

    /// 32 bytes of this office alone, the same at each start of the task.
    ///
    /// - Throws: once the key is forgotten.
    public func seed(for purpose: String) throws -> [UInt8] {
        guard let key else { throw CryptoKitError.incorrectKeySize }
        return SumBytes.bytes(
            of: HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: key.rawRepresentation), salt: Data("ENTREPOT-SEED1".utf8),
                info: Data(purpose.utf8), outputByteCount: 32))
    }

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

extension PairSecret {
    /// 32 bytes for another purpose, which both of the pair have and nobody else.
    func key(for purpose: String) -> [UInt8] {
        let key = HKDF<SHA256>.expand(
            pseudoRandomKey: self.key, info: Data("key \(purpose)".utf8), outputByteCount: 32)
        return SumBytes.bytes(of: key)
    }
}

/// Whole numbers as bytes, the least significant first.
enum SumBytes {
    /// Proof: the bytes are copied whole within the call that lends them.
    static func bytes(of key: SymmetricKey) -> [UInt8] { key.withUnsafeBytes { Array($0) } }

    static func word(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }

    static func words(_ bytes: [UInt8]) -> [UInt64] {
        (0..<(bytes.count / 8)).map { place in
            var word: UInt64 = 0
            for byte in 0..<8 { word |= UInt64(bytes[8 * place + byte]) &<< UInt64(8 &* byte) }
            return word
        }
    }

    static func bytes(ofHalves values: [UInt32]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4 * values.count)
        for (place, value) in values.enumerated() {
            for byte in 0..<4 { bytes[4 &* place &+ byte] = UInt8(truncatingIfNeeded: value &>> UInt32(8 &* byte)) }
        }
        return bytes
    }

    static func halves(_ bytes: ArraySlice<UInt8>) -> [UInt32] {
        let first = bytes.startIndex
        return (0..<(bytes.count / 4)).map { place in
            let start = first &+ 4 &* place
            return UInt32(bytes[start]) | UInt32(bytes[start &+ 1]) &<< 8 | UInt32(bytes[start &+ 2]) &<< 16
                | UInt32(bytes[start &+ 3]) &<< 24
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
