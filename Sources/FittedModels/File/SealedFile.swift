import Crypto

/// What this program keeps as a file: one line of JSON, `{"<kind>":<version>,"sha256":"…","body":{…}}`. The digest is of the
/// bytes of `body` as written.
package struct SealedFile {
    package let kind: String
    /// The newest version that this program writes; it reads this one and those before.
    package let version: Int

    package static let model = SealedFile(kind: "entrepot-model", version: FittedModel.fileVersion)
    package static let answers = SealedFile(kind: "entrepot-answers", version: 1)

    private static let digestLabel = #","sha256":""#
    private static let bodyLabel = #"","body":"#
    private static let closing = "}\n"

    private var opening: String { #"{"\#(kind)":"# }

    /// Whether bytes begin as files of this kind do.
    package func begins(_ bytes: [UInt8]) -> Bool { bytes.starts(with: opening.utf8) }

    /// A body with version and digest around it.
    package func sealed(_ body: [UInt8], version: Int? = nil) -> [UInt8] {
        let version = version ?? self.version
        let digest = SHA256.hash(data: body).hexadecimal
        return Array("\(opening)\(version)\(Self.digestLabel)\(digest)\(Self.bodyLabel)".utf8) + body
            + Array(Self.closing.utf8)
    }

    /// The body of a file.
    ///
    /// - Throws: `SynthesisError` for bytes of another kind or version, or that do not agree with their digest.
    package func body(of bytes: [UInt8]) throws(SynthesisError) -> [UInt8] {
        guard begins(bytes) else { throw .notAModelFile }
        var rest = bytes.dropFirst(opening.utf8.count)
        let found = rest.prefix(20).prefix { $0 != UInt8(ascii: ",") }
        guard (1...version).contains(where: { found.elementsEqual(String($0).utf8) }) else {
            throw .unknownModelVersion(String(decoding: found, as: UTF8.self))
        }
        rest = rest.dropFirst(found.count)
        guard rest.starts(with: Self.digestLabel.utf8) else { throw .notAModelFile }
        rest = rest.dropFirst(Self.digestLabel.utf8.count)
        let digest = rest.prefix(64)
        rest = rest.dropFirst(64)
        guard rest.starts(with: Self.bodyLabel.utf8) else { throw .notAModelFile }
        rest = rest.dropFirst(Self.bodyLabel.utf8.count)
        guard rest.suffix(Self.closing.utf8.count).elementsEqual(Self.closing.utf8) else { throw .digestMismatch }
        let body = Array(rest.dropLast(Self.closing.utf8.count))
        guard digest.elementsEqual(SHA256.hash(data: body).hexadecimal.utf8) else { throw .digestMismatch }
        return body
    }
}
