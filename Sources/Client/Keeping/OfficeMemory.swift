import Foundation

/// What a user's machine remembers of a secure sum beside the office's state folder: in which folder ε of a task was set
/// aside with a key. Another folder, or an older copy, would spend ε again without a word.
///
/// One file a task and key, in the folder of the client's own memory.
public struct OfficeMemory: Codable, Sendable, Equatable {
    /// The hash of the entry that set ε aside, hexadecimal.
    public var reservation: String
    /// Where its ledger lay.
    public var folder: String
    /// Reservations before it, where the user went on although ε may be spent twice.
    public var before: [String]?

    /// - Parameters:
    ///   - task: the digest, hexadecimal.
    ///   - key: the digest of the office's public key, hexadecimal.
    ///   - stateFile: the file of what the client remembers.
    public static func file(task: String, key: String, beside stateFile: String) -> String {
        URL(fileURLWithPath: stateFile).deletingLastPathComponent()
            .appendingPathComponent("offices/\(task)-\(key.prefix(32)).json").path
    }

    /// Reads the file of an earlier start; nil where there is none.
    public static func read(file path: String) throws(ClientError) -> OfficeMemory? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path),
            let memory = try? JSONDecoder().decode(OfficeMemory.self, from: data)
        else { throw .remembered(.unreadable(path)) }
        return memory
    }

    /// Whether an office may go on in a folder.
    ///
    /// - Parameters:
    ///   - standing: the folder's own reservation, hexadecimal; nil where it has none.
    ///   - measureAgain: whether the user goes on although ε may be spent twice.
    public static func admit(
        standing: String?, folder: String, file path: String, measureAgain: Bool
    ) throws(ClientError) {
        guard let memory = try read(file: path), memory.reservation != standing, !measureAgain else { return }
        throw .remembered(.reservedElsewhere(remembered: memory.folder, found: absolute(folder)))
    }

    private static func absolute(_ folder: String) -> String { URL(fileURLWithPath: folder).standardizedFileURL.path }

    /// Remembers a reservation, before its noise is drawn.
    ///
    /// - Throws: `RememberedConflict.reservedElsewhere`, where another process was first.
    public static func claim(
        _ reservation: String, folder: String, file path: String, measureAgain: Bool
    ) throws(ClientError) {
        try admit(standing: reservation, folder: folder, file: path, measureAgain: measureAgain)
        let earlier = try read(file: path)
        var memory = OfficeMemory(reservation: reservation, folder: absolute(folder), before: earlier?.before)
        if let earlier, earlier.reservation != reservation {
            memory.before = (earlier.before ?? []) + [earlier.reservation]
        }
        guard memory != earlier else { return }
        try memory.write(file: path, isFirst: earlier == nil)
        guard try read(file: path) == memory else {
            throw .remembered(.reservedElsewhere(remembered: try read(file: path)?.folder ?? path, found: folder))
        }
    }

    /// In one step, durably; a first one never over another.
    private func write(file path: String, isFirst: Bool) throws(ClientError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let beside = "\(path).\(UUID().uuidString)"
        defer { unlink(beside) }
        do {
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            let data = try encoder.encode(self)
            let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw ClientError.unwritable(path: path) }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: data)
            try handle.synchronize()
            try handle.close()
        } catch {
            throw .unwritable(path: path)
        }
        if isFirst {
            guard link(beside, path) == 0 || errno == EEXIST else { throw .unwritable(path: path) }
        } else {
            guard rename(beside, path) == 0 else { throw .unwritable(path: path) }
        }
    }
}
