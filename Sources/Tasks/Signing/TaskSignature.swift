import Bytes
internal import Foundation

/// One party's signature of one task: the content of `TASK.<party>.sig`.
///
/// Signed is `"ENTREPOT-TASK1\0"` followed by the 32 bytes of the task's digest.
public struct TaskSignature: Sendable, Equatable {
    /// How signatures are made: by the kind of the party's key.
    public enum Algorithm: String, Sendable {
        /// RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt of 32 bytes.
        case rsaPSS = "rsa-pss-sha256"
        /// ECDSA over P-256 with SHA-256, the signature in DER.
        case ecdsa = "ecdsa-p256-sha256"
    }

    /// In whose name.
    public let party: String
    /// What was signed.
    public let task: TaskDigest
    /// Follows from the key's kind.
    public let algorithm: Algorithm
    /// Fingerprint of the key that signed.
    public let fingerprint: String
    /// As the algorithm writes it.
    public let signature: [UInt8]

    static func message(for task: TaskDigest) -> [UInt8] { Array("ENTREPOT-TASK1\0".utf8) + task.bytes }
}

extension TaskSignature {
    /// Signs `task` in the name of `party`.
    public static func sign(
        _ task: TaskDigest, as party: String, with key: PartyPrivateKey
    ) throws -> TaskSignature {
        TaskSignature(
            party: party, task: task, algorithm: key.publicKey.algorithm == .rsa ? .rsaPSS : .ecdsa,
            fingerprint: key.publicKey.fingerprint, signature: try key.signature(of: message(for: task)))
    }

    /// Checks that the listed key of `party` signed this very task.
    public func verify(task: TaskDigest, key: PartyKey) throws(TaskError) {
        guard self.task == task else {
            throw .signatureForAnotherTask(party: party, signed: self.task.hex, expected: task.hex)
        }
        guard fingerprint == key.fingerprint, (algorithm == .rsaPSS) == (key.algorithm == .rsa) else {
            throw .keyOfAnotherParty(party: party)
        }
        guard key.isValid(signature, of: Self.message(for: task)) else { throw .signatureInvalid(party: party) }
    }
}

extension TaskSignature {
    /// The content of a signature file: canonical JSON and a line break.
    public var fileBytes: [UInt8] {
        JSONValue.object([
            "algorithm": .text(algorithm.rawValue), "fingerprint": .text(fingerprint), "party": .text(party),
            "signature": .text(Data(signature).base64EncodedString()), "task": .text(task.hex),
        ]).canonicalBytes + [UInt8(ascii: "\n")]
    }

    /// Reads a signature file; an unknown or missing key is refused.
    public init(fileBytes: [UInt8]) throws(TaskError) {
        guard fileBytes.count <= 16_384 else { throw .unreadableSignature("it is too long") }
        let fault = JSONForm.fault(of: fileBytes)
        guard fault != .duplicateName else { throw .unreadableSignature("it has one key twice") }
        guard fault == nil, let value = try? JSONDecoder().decode(JSONValue.self, from: Data(fileBytes)),
            case .object(let members) = value
        else { throw .unreadableSignature("it is not a JSON object") }
        let expected: Set = ["algorithm", "fingerprint", "party", "signature", "task"]
        guard Set(members.keys) == expected else {
            throw .unreadableSignature("its keys are not \(expected.sorted().joined(separator: ", "))")
        }
        guard case .text(let party)? = members["party"], case .text(let fingerprint)? = members["fingerprint"] else {
            throw .unreadableSignature("party or fingerprint is not a text")
        }
        guard case .text(let word)? = members["algorithm"], let algorithm = Algorithm(rawValue: word) else {
            throw .unreadableSignature("the algorithm is unknown")
        }
        guard case .text(let hex)? = members["task"], let task = TaskDigest(hex: hex) else {
            throw .unreadableSignature("the task is not a SHA-256")
        }
        guard case .text(let base64)? = members["signature"], let signature = Data(base64Encoded: base64) else {
            throw .unreadableSignature("the signature is not base64")
        }
        self.init(
            party: party, task: task, algorithm: algorithm, fingerprint: fingerprint, signature: Array(signature))
    }
}
