internal import Bytes
internal import Foundation

/// The two files of a party's key, as `entrepot keygen NAME` writes them.
///
/// `NAME.key` is PEM of PKCS#8 and readable by its owner only; `NAME.pub` is the one line that a task lists.
public enum KeyFiles {
    /// Where the two files of a key are.
    public struct Paths: Sendable, Equatable {
        /// Of `NAME.key`.
        public let privateKey: String
        /// Of `NAME.pub`.
        public let publicKey: String
    }

    /// Writes both files, and neither if one is there already.
    ///
    /// - Parameter name: the name of a file, not a path.
    @discardableResult
    public static func write(_ key: PartyPrivateKey, name: String, directory: String) throws(TaskError) -> Paths {
        guard !name.isEmpty, name.utf8.count <= 100, !name.hasPrefix("."), !name.contains("/"),
            !ShownText.hasHidden(name)
        else { throw .keyFileUnwritable("\(directory)/\(ShownText.line(name))") }
        let paths = Paths(privateKey: "\(directory)/\(name).key", publicKey: "\(directory)/\(name).pub")
        for path in [paths.privateKey, paths.publicKey] where FileManager.default.fileExists(atPath: path) {
            throw .keyFileExists(path)
        }
        try create(paths.privateKey, mode: 0o600, key.pemRepresentation)
        try create(paths.publicKey, mode: 0o644, key.publicKey.base64 + "\n")
        return paths
    }

    /// Whether other users of the machine can read or change a file.
    public static func isOpenToOthers(_ path: String) -> Bool {
        let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? NSNumber
        return mode.map { $0.intValue & 0o077 != 0 } ?? false
    }

    public static func privateKey(at path: String) throws(TaskError) -> PartyPrivateKey {
        let file = try bytes(at: path)
        do {
            return try PartyPrivateKey(file: file)
        } catch .unreadablePrivateKey {
            throw .notAPrivateKey(path: path, isPublic: (try? publicKey(at: path)) != nil)
        }
    }

    /// Reads a public key from its base64, from PEM or DER, or out of a private key's file.
    public static func publicKey(at path: String) throws(TaskError) -> PartyKey {
        let bytes = try bytes(at: path)
        if let key = try? PartyPrivateKey(file: bytes) { return key.publicKey }
        guard let text = String(validating: bytes, as: UTF8.self), !text.contains("\0") else {
            return try PartyKey(derRepresentation: bytes)
        }
        return try PartyKey(text: text)
    }

    /// No key's file comes near to this.
    private static let byteLimit = 64 << 10

    private static func bytes(at path: String) throws(TaskError) -> [UInt8] {
        let file = FileHandle(forReadingAtPath: path)
        defer { try? file?.close() }
        guard let file, let data = try? file.read(upToCount: byteLimit + 1) else {
            throw FileManager.default.fileExists(atPath: path)
                ? .unreadableKey("the file \(path) cannot be read") : .noKeyFile(path)
        }
        guard data.count <= byteLimit else { throw .unreadableKey("the file \(path) is too long for a key") }
        return Array(data)
    }

    /// Makes a file that was not there, with its mode from the first moment.
    private static func create(_ path: String, mode: mode_t, _ text: String) throws(TaskError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw errno == EEXIST ? .keyFileExists(path) : .keyFileUnwritable(path) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.close()
        } catch {
            throw .keyFileUnwritable(path)
        }
    }
}
