import Bytes
import Crypto
import Foundation

/// What vendors published when receipts were made (revocation lists, Intel's collateral, certificates), kept beside them.
///
/// Vendors replace it within weeks. With it, and with a timestamp that says when, a verification years later sees what a
/// verification on the day saw. Each file lies in the receipts' folder, in a folder for its kind, under the beginning of
/// its digest and its own name.
public struct ReceiptArchive: Sendable, Equatable {
    /// How a verifier is given a file.
    public enum Kind: String, Sendable, CaseIterable {
        case collateral, certificates
    }

    /// One file, as the user has it.
    public struct File: Sendable, Equatable {
        let kind: Kind
        let name: String
        let bytes: [UInt8]

        /// - Parameter name: without folders.
        public init(kind: Kind, name: String, bytes: [UInt8]) {
            self.kind = kind
            self.name = name
            self.bytes = bytes
        }

        fileprivate var storedName: String { "\(Hex.encode(SHA256.hash(data: bytes).prefix(4)))-\(name)" }
    }

    /// The files that the user verifies the service with.
    public var files: [File]

    public init(files: [File] = []) { self.files = files }

    /// Writes the files that are not there yet.
    /// - Throws: `ClientError.unwritable`.
    func write(into folder: String) throws(ClientError) {
        for file in files {
            let place = "\(folder)/\(file.kind.rawValue)"
            let path = "\(place)/\(file.storedName)"
            guard !FileManager.default.fileExists(atPath: path) else { continue }
            do {
                try FileManager.default.createDirectory(
                    atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                try Data(file.bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw .unwritable(path: path)
            }
        }
    }

    /// The paths of what lies beside a receipt.
    public static func paths(_ kind: Kind, besideReceipt receipt: String) -> [String] {
        let folder = URL(fileURLWithPath: receipt).deletingLastPathComponent().appendingPathComponent(kind.rawValue)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted().map { folder.appendingPathComponent($0).path }
    }
}
