public import Foundation
public import SecretSharing

/// What one office keeps of a secure sum in its state folder, so that it can be started again and say the same things.
///
/// The key of its masks, what opens the commitment to its table, and its messages: each is on the disk before it is sent;
/// and digests of what the others sent, before it is used: an office that comes back from an older copy of its disk is
/// caught by every other one. No count is here without a mask; who has this folder has the office's own table as well.
public struct OfficeJournal: Sendable {
    /// What stays the same from start to start.
    public struct Session: Sendable, Codable, Equatable {
        /// SHA-256 of the task, hexadecimal.
        public var task: String
        /// Secret: ``MaskKey``; empty once all rounds are over.
        public var maskKey: Data
        /// The public half, once the secret one was thrown away.
        public var publicMaskKey: Data?
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

        /// The key of the masks, or what is left of it.
        public func key() throws -> MaskKey {
            if let publicMaskKey { return MaskKey(forgotten: Array(publicMaskKey)) }
            return try MaskKey(rawRepresentation: maskKey)
        }
    }

    private let folder: URL
    private static let messagePrefix = "share-"

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
    ///
    /// - Throws: `ClientError.damagedRounds` where one is unreadable, or missing before a later one: what would be sent in
    ///   its place would have other noise.
    public func shares() throws -> [SumShare] {
        var shares: [Int: SumShare] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.hasPrefix(Self.messagePrefix) && !name.hasSuffix(Self.unfinishedSuffix) {
            guard let round = Int(name.dropFirst(Self.messagePrefix.count)),
                let data = FileManager.default.contents(atPath: file(name).path),
                case .share(let share)? = SumMessage(bytes: Array(data)), share.round == round
            else { throw ClientError.damagedRounds(path: file(name).path) }
            shares[round] = share
        }
        return try (0..<shares.count).map { round in
            guard let share = shares[round] else {
                throw ClientError.damagedRounds(path: file("\(Self.messagePrefix)\(round)").path)
            }
            return share
        }
    }

    /// Writes a message down, durably, where it is not there.
    ///
    /// - Throws: `ClientError.damagedRounds` where another message of the same round is there.
    public func keep(_ share: SumShare) throws {
        let name = "\(Self.messagePrefix)\(share.round)"
        let data = Data(SumMessage.share(share).bytes)
        guard !FileManager.default.fileExists(atPath: file(name).path) else {
            guard FileManager.default.contents(atPath: file(name).path) == data else {
                throw ClientError.damagedRounds(path: file(name).path)
            }
            return
        }
        try keep(data, as: name)
    }

    /// Writes down that all offices agreed that all rounds are over.
    public func keep(_ closings: [SumClosing]) throws {
        try keep(try JSONEncoder().encode(closings), as: "closings.json")
    }

    /// The signed ends of all offices, this one's first, where an earlier start had them.
    public func closings() throws -> [SumClosing]? {
        guard let data = FileManager.default.contents(atPath: file("closings.json").path) else { return nil }
        return try JSONDecoder().decode([SumClosing].self, from: data)
    }

    /// Removes the key of the masks and the messages: the task is over, and nobody needs anything more.
    public func forget() { try? FileManager.default.removeItem(at: folder) }

    /// Throws the secret half of the masks' key away: all rounds are over, and somebody may still lack the messages.
    public func forgetKey() throws {
        guard var session = try session(), session.publicMaskKey == nil else { return }
        session.publicMaskKey = Data(try session.key().publicKey)
        session.maskKey = Data()
        try begin(session)
    }

    /// Writes down what else this office needs to go on from here without asking anybody.
    public func keep(_ bytes: [UInt8], as item: String) throws { try keep(Data(bytes), as: Self.itemPrefix + item) }

    /// What an earlier start wrote down under this name.
    public func item(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: file(Self.itemPrefix + name).path).map { Array($0) }
    }

    private static let itemPrefix = "kept-"
    private static let haltName = "halt"
    private static let heardName = "heard"
    private static let endingName = "ending"

    /// Writes down who ended the task for good.
    public func keep(_ halt: SumHalt) throws { try keep(halt.bytes, as: Self.haltName) }

    /// Where a halt is written down.
    public var haltPath: String { file(Self.itemPrefix + Self.haltName).path }

    /// Who ended the task for good; nil where nobody has.
    ///
    /// - Throws: `ClientError.damagedRounds` where it cannot be read.
    public func halt() throws -> SumHalt? {
        guard let bytes = item(Self.haltName) else { return nil }
        guard let halt = SumHalt(bytes: bytes) else { throw ClientError.damagedRounds(path: haltPath) }
        return halt
    }

    /// Writes down which offices, by their places, are known to have heard of the halt.
    public func keep(heardHalt places: Set<Int>) throws {
        try keep(places.sorted().map { UInt8($0) }, as: Self.heardName)
    }

    /// What ``keep(heardHalt:)`` wrote.
    public var heardHalt: Set<Int> { Set((item(Self.heardName) ?? []).map { Int($0) }) }

    /// Takes a halt back that came too late.
    public func removeHalt() { try? FileManager.default.removeItem(atPath: haltPath) }

    /// Writes down that this office signs its end: from now on the others may have the result.
    public func keepEnding() throws { try keep([1], as: Self.endingName) }

    /// Whether it signed its end, in this start or before.
    public var isEnding: Bool { item(Self.endingName) != nil }

    private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// Whole or not at all, whenever the process or the machine ends.
    private func keep(_ data: Data, as name: String) throws {
        let beside = file(name + Self.unfinishedSuffix)
        guard
            FileManager.default.createFile(
                atPath: beside.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw ClientError.unwritable(path: beside.path) }
        let handle = try FileHandle(forWritingTo: beside)
        try handle.write(contentsOf: data)
        try handle.synchronize()
        try handle.close()
        guard rename(beside.path, file(name).path) == 0 else { throw ClientError.unwritable(path: file(name).path) }
        try synchronizeFolder()
    }

    private static let unfinishedSuffix = ".part"

    /// Names are durable once their folder is.
    private func synchronizeFolder() throws {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ClientError.unwritable(path: folder.path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw ClientError.unwritable(path: folder.path) }
    }
}

// MARK: - What the others sent

extension OfficeJournal {
    private static let sightingsName = "seen"

    /// What earlier starts wrote down of the others.
    ///
    /// - Throws: `ClientError.damagedRounds` for a line that is none. A last line without its end was cut by a crash: what it
    ///   would have said was not used.
    public func sightings() throws -> [SumSighting] {
        guard let data = FileManager.default.contents(atPath: file(Self.sightingsName).path) else { return [] }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return try lines.dropLast().map { line in
            guard let sighting = SumSighting(line: String(line)) else {
                throw ClientError.damagedRounds(path: file(Self.sightingsName).path)
            }
            return sighting
        }
    }

    /// Writes down what came, durably, before it is used.
    public func keep(_ sightings: [SumSighting]) throws {
        guard !sightings.isEmpty else { return }
        let path = file(Self.sightingsName).path
        let isNew = !FileManager.default.fileExists(atPath: path)
        if isNew {
            guard
                FileManager.default.createFile(
                    atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw ClientError.unwritable(path: path) }
        }
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        let whole = try handle.readToEnd() ?? Data()
        // Behind the last whole line: what a crash cut off is written over.
        let end = whole.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        try handle.truncate(atOffset: UInt64(end))
        try handle.write(contentsOf: Data(sightings.map { $0.line + "\n" }.joined().utf8))
        try handle.synchronize()
        if isNew { try synchronizeFolder() }
    }
}
