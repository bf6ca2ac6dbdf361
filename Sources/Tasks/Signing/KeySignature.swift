internal import Foundation

/// A signature with a party's key as a file holds it, beside what it signs.
struct KeySignature: Sendable, Equatable {
    let algorithm: TaskSignature.Algorithm
    /// Of the key that signed.
    let fingerprint: String
    let bytes: [UInt8]

    /// The members of a file that hold it.
    static let members: Set = ["algorithm", "fingerprint", "signature"]

    /// Signs a message, which begins with a label of its own kind.
    init(of message: [UInt8], with key: PartyPrivateKey) throws {
        algorithm = key.publicKey.algorithm == .rsa ? .rsaPSS : .ecdsa
        fingerprint = key.publicKey.fingerprint
        bytes = try key.signature(of: message)
    }

    /// Reads the members; nil where one is missing or unreadable.
    init?(_ members: [String: JSONValue]) {
        guard case .text(let word)? = members["algorithm"], let algorithm = TaskSignature.Algorithm(rawValue: word),
            case .text(let fingerprint)? = members["fingerprint"],
            case .text(let base64)? = members["signature"], let signature = Data(base64Encoded: base64)
        else { return nil }
        self.algorithm = algorithm
        self.fingerprint = fingerprint
        bytes = Array(signature)
    }

    var json: [String: JSONValue] {
        [
            "algorithm": .text(algorithm.rawValue), "fingerprint": .text(fingerprint),
            "signature": .text(Data(bytes).base64EncodedString()),
        ]
    }

    /// Whether this key signed the message.
    func isValid(of message: [UInt8], by key: PartyKey) -> Bool {
        fingerprint == key.fingerprint && (algorithm == .rsaPSS) == (key.algorithm == .rsa)
            && key.isValid(bytes, of: message)
    }
}
