import Bytes
internal import Foundation

/// An opening as its owner keeps it: one JSON object, readable by its owner only.
public struct OpeningFile: Sendable, Equatable {
    public let opening: UploadOpening
    /// What the owner called the file, without its folder; nil where nobody said.
    public let name: String?

    public init(_ opening: UploadOpening, name: String? = nil) {
        self.opening = opening
        self.name = name
    }

    /// Why a file is no opening.
    public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        case unreadable
        case otherCommitment
        case unwritable(path: String)

        public var description: String {
            switch self {
            case .unreadable: "It is not an opening: one JSON object with entrepot-opening, random and file_sha256."
            case .otherCommitment: "Its random bytes and its digest do not give the commitment that it names."
            case .unwritable(let path): "\(path) cannot be written."
            }
        }
    }

    /// Reads a file that `json()` wrote.
    public init(json: [UInt8]) throws(Failure) {
        guard JSONForm.isPlain(json), let form = try? JSONDecoder().decode(Form.self, from: Data(json)),
            form.version == 1,
            let blinding = Blinding(hex: form.random), let file = LedgerHash(hex: form.file)
        else { throw .unreadable }
        opening = UploadOpening(blinding: blinding, file: file)
        name = form.name
        guard form.commitment == opening.commitment.hex else { throw .otherCommitment }
    }

    /// The file's bytes.
    public func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let form = Form(
            version: 1, commitment: opening.commitment.hex, random: opening.blinding.hex, file: opening.file.hex,
            name: name)
        return ((try? encoder.encode(form)).map { Array($0) } ?? []) + [0x0A]
    }

    /// Writes it with mode 0600. A file that is there already goes.
    public func write(to path: String) throws(Failure) {
        let part = path + ".part"
        let files = FileManager.default
        do {
            try? files.removeItem(atPath: part)
            // The mode is set while the file is still empty.
            guard files.createFile(atPath: part, contents: nil, attributes: [.posixPermissions: 0o600]),
                let file = FileHandle(forWritingAtPath: part)
            else { throw Failure.unwritable(path: path) }
            try file.write(contentsOf: Data(json()))
            try file.synchronize()
            try file.close()
            try? files.removeItem(atPath: path)
            try files.moveItem(atPath: part, toPath: path)
        } catch {
            throw .unwritable(path: path)
        }
    }

    private struct Form: Codable {
        let version: Int
        let commitment: String
        let random: String
        let file: String
        let name: String?

        enum CodingKeys: String, CodingKey {
            case version = "entrepot-opening"
            case commitment, random
            case file = "file_sha256"
            case name = "file"
        }
    }
}
