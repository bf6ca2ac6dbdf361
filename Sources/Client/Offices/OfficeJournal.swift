public import Foundation
public import SecretSharing

/// What one office keeps of a secure sum in its state folder, so that it can be started again and say the same things.
///
/// The key of its masks, what opens the commitment to its table, and its messages: each is on the disk before it is sent.
/// No count is here without a mask; who has this folder has the office's own table as well.
public struct OfficeJournal: Sendable {
    /// What stays the same from start to start.
    public struct Session: Sendable, Codable, Equatable {
        /// SHA-256 of the task, hexadecimal.
        public var task: String
        /// Secret: ``MaskKey``.
        public var maskKey: Data
        /// Secret: the blinding of the commitment, hexadecimal.
        public var blinding: String
        /// SHA-256 of the table's file, hexadecimal.
        public var file: String

        public init(task: String, maskKey: Data, blinding: String, file: String) {
            self.task = task
            self.maskKey = maskKey
            self.blinding = blinding
            self.file = file
        }
    }

    private let folder: URL

    /// - Parameter directory: the office's state folder, which is there.
    public init(directory: String) throws {
        folder = URL(fileURLWithPath: directory, isDirectory: true).appendingPathComponent("rounds", isDirectory: true)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// What an earlier start wrote; nil where there was none.
    public func session() throws -> Session? {
        guard let data = FileManager.default.contents(atPath: file("session.json").path) else { return nil }
        return try JSONDecoder().decode(Session.self, from: data)
    }

    public func begin(_ session: Session) throws { try keep(try JSONEncoder().encode(session), as: "session.json") }

    /// The messages of earlier starts, in order.
    public func shares() -> [SumShare] {
        var shares: [SumShare] = []
        while let data = FileManager.default.contents(atPath: file("share-\(shares.count)").path),
            case .share(let share)? = SumMessage(bytes: Array(data)), share.round == shares.count
        {
            shares.append(share)
        }
        return shares
    }

    /// Writes a message down, durably, where it is not there.
    public func keep(_ share: SumShare) throws {
        let name = "share-\(share.round)"
        guard !FileManager.default.fileExists(atPath: file(name).path) else { return }
        try keep(Data(SumMessage.share(share).bytes), as: name)
    }

    /// Writes down that all offices agreed that all rounds are over.
    public func keep(_ closings: [SumClosing]) throws {
        try keep(try JSONEncoder().encode(closings), as: "closings.json")
    }

    /// The signed ends of all offices, where an earlier start had them.
    public func closings() throws -> [SumClosing]? {
        guard let data = FileManager.default.contents(atPath: file("closings.json").path) else { return nil }
        return try JSONDecoder().decode([SumClosing].self, from: data)
    }

    /// Removes the key of the masks and the messages: the task is over.
    public func forget() { try? FileManager.default.removeItem(at: folder) }

    private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// Whole or not at all, whenever the process ends.
    private func keep(_ data: Data, as name: String) throws {
        let beside = file(name + ".part")
        guard
            FileManager.default.createFile(
                atPath: beside.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw ClientError.unwritable(path: beside.path) }
        let handle = try FileHandle(forWritingTo: beside)
        try handle.write(contentsOf: data)
        try handle.synchronize()
        try handle.close()
        guard rename(beside.path, file(name).path) == 0 else { throw ClientError.unwritable(path: file(name).path) }
    }
}
