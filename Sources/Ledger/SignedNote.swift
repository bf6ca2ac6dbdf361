import Bytes
internal import Crypto
internal import Foundation

/// A text with Ed25519 signatures under it: a C2SP signed note (https://c2sp.org/signed-note).
public struct SignedNote: Sendable, Equatable {
    /// One line `— name base64`.
    public struct Signature: Sendable, Equatable {
        /// Who signed: the name of the key.
        public let name: String
        /// The first four bytes of the key's hash.
        public let keyID: [UInt8]
        /// The 64 bytes of the signature.
        public let bytes: [UInt8]
    }

    /// What is signed, with the line break at its end.
    public let text: String
    /// One line each, in the order of the note.
    public let signatures: [Signature]

    /// The whole note: text, an empty line, the signatures.
    public var encoded: String {
        let lines = signatures.map { "— \($0.name) \(Base64.text(of: $0.keyID + $0.bytes))\n" }
        return text + "\n" + lines.joined()
    }

    /// Reads a note; nil if it is not one. Nothing is verified by this.
    public init?(encoded: String) {
        guard encoded.utf8.count <= 1_000_000, encoded.hasSuffix("\n"),
            encoded.unicodeScalars.allSatisfy({ $0 == "\n" || $0.value >= 0x20 }),
            let gap = encoded.range(of: "\n\n", options: .backwards)
        else { return nil }
        text = String(encoded[..<gap.lowerBound]) + "\n"
        let lines = encoded[gap.upperBound...].dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard !lines.isEmpty, lines.count <= 100 else { return nil }
        var signatures: [Signature] = []
        for line in lines {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "—", !parts[1].isEmpty, !parts[1].contains("+"),
                let bytes = Base64.bytes(of: String(parts[2])), bytes.count >= 5
            else { return nil }
            signatures.append(
                Signature(name: String(parts[1]), keyID: Array(bytes.prefix(4)), bytes: Array(bytes.dropFirst(4))))
        }
        self.signatures = signatures
    }

    fileprivate init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }
}

/// The key that signs checkpoints, with its name.
public struct NoteSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    /// The public half of the key.
    public let verifier: NoteVerifier

    /// - Parameters:
    ///   - name: not empty, without spaces and plus signs; by custom the origin of the ledger.
    ///   - seed: 32 random bytes, which are the private key.
    public init?(name: String, seed: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let verifier = NoteVerifier(name: name, publicKey: Array(key.publicKey.rawRepresentation))
        else { return nil }
        self.key = key
        self.verifier = verifier
    }

    /// Signs `text`, which ends in a line break.
    public func sign(_ text: String) throws -> SignedNote {
        let signature = Array(try key.signature(for: Array(text.utf8)))
        return SignedNote(
            text: text,
            signatures: [SignedNote.Signature(name: verifier.name, keyID: verifier.keyID, bytes: signature)])
    }

    /// Signs a checkpoint.
    public func sign(_ checkpoint: Checkpoint) throws -> SignedNote { try sign(checkpoint.text) }
}

/// The public half: a name and an Ed25519 key, written `name+keyid+base64`.
public struct NoteVerifier: Sendable, Equatable {
    /// The name of the key.
    public let name: String
    /// The 32 bytes of the Ed25519 key.
    public let publicKey: [UInt8]

    private static let ed25519: UInt8 = 1

    /// - Returns: nil for an empty name, one with spaces or plus signs, or a key that is not 32 bytes long.
    public init?(name: String, publicKey: [UInt8]) {
        guard !name.isEmpty, !name.contains("+"), !name.contains(where: \.isWhitespace), publicKey.count == 32 else {
            return nil
        }
        self.name = name
        self.publicKey = publicKey
    }

    /// Reads `name+keyid+base64` and checks that the key id is that of the key.
    public init?(encoded: String) {
        let parts = encoded.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let bytes = Base64.bytes(of: parts[2]), bytes.first == Self.ed25519 else { return nil }
        self.init(name: parts[0], publicKey: Array(bytes.dropFirst()))
        guard encoded == self.encoded else { return nil }
    }

    /// `name+keyid+base64`: one line, as it is handed to whoever verifies.
    public var encoded: String {
        "\(name)+\(Hex.encode(keyID))+\(Base64.text(of: [Self.ed25519] + publicKey))"
    }

    /// The first four bytes of SHA-256 of name, line break, algorithm and key.
    public var keyID: [UInt8] {
        Array(LedgerHash(of: Array("\(name)\n".utf8) + [Self.ed25519] + publicKey).bytes.prefix(4))
    }

    /// Whether the note bears a valid signature of this key. Signatures of other keys do not count either way.
    public func verifies(_ note: SignedNote) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        let own = note.signatures.filter { $0.name == name && $0.keyID == keyID }
        return !own.isEmpty && own.allSatisfy { key.isValidSignature($0.bytes, for: Array(note.text.utf8)) }
    }

    /// The checkpoint of a note that bears a valid signature of this key.
    public func checkpoint(of note: SignedNote) -> Checkpoint? {
        verifies(note) ? Checkpoint(text: note.text) : nil
    }
}

/// Base64 with padding, strictly read.
enum Base64 {
    static func text(of bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    static func bytes(of text: String) -> [UInt8]? {
        guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else { return nil }
        return Array(data)
    }
}
