import Foundation
import Ledger

/// What a client has seen of tasks before: which boot served a task, and how long its ledger was.
///
/// A service that was rolled back or started twice cannot take that away.
public struct RememberedState: Codable, Sendable, Equatable {
    /// The newest that was seen of one task.
    public struct Sighting: Codable, Sendable, Equatable {
        /// Boot id, hexadecimal.
        public var boot: String
        /// The place of the newest ledger entry that was seen.
        public var sequence: UInt64
        /// Hash of the newest ledger entry, hexadecimal.
        public var head: String
        /// The boot to which this client sent a table.
        public var uploadedTo: String?
        /// The newest checkpoint whose continuation was proved.
        public var checkpoint: SeenCheckpoint?
        /// Up to which entry receipts have been kept.
        public var receipts: UInt64?
        /// The boot to which this client confirmed a table.
        public var confirmedOn: String?
        /// The first boot that said that the model is there.
        public var trainedBy: String?
        /// Every boot to which the user went on although the table may have been measured already.
        public var measuredAgain: [String]?
        /// The random bytes of the newest upload, hexadecimal: one that broke goes on with the same.
        public var blinding: String?

        /// What was seen of a task at a first meeting.
        public init(boot: String, sequence: UInt64, head: String, uploadedTo: String? = nil) {
            self.boot = boot
            self.sequence = sequence
            self.head = head
            self.uploadedTo = uploadedTo
        }

        /// Whether this client's table may go to a boot.
        mutating func admit(_ boot: String, measureAgain isMeant: Bool) throws(RememberedConflict) {
            guard let confirmed = confirmedOn, confirmed != boot else { return }
            guard isMeant else { throw .measuredAlready(remembered: confirmed, found: boot) }
            measureAgain(boot)
        }

        /// Takes over to which boots another run of the client uploaded and confirmed; what this one did stands.
        mutating func recallGuards(from other: Sighting) {
            uploadedTo = uploadedTo ?? other.uploadedTo
            confirmedOn = confirmedOn ?? other.confirmedOn
            measuredAgain = [measuredAgain, other.measuredAgain].compactMap { $0 }.max { $0.count < $1.count }
        }

        /// Remembers that the user went on.
        mutating func measureAgain(_ boot: String) {
            if measuredAgain?.last != boot { measuredAgain = (measuredAgain ?? []) + [boot] }
        }
    }

    /// A checkpoint that a boot signed: what every later ledger of the task must continue.
    public struct SeenCheckpoint: Codable, Sendable, Equatable {
        /// How many entries the ledger had.
        public var size: UInt64
        /// Root of the Merkle tree, base64.
        public var root: String
        /// The key that signed it, as C2SP writes verifier keys.
        public var key: String
        /// Boot id of that key, hexadecimal.
        public var boot: String
    }

    /// By task digest, hexadecimal.
    public private(set) var tasks: [String: Sighting] = [:]

    /// Nothing is remembered.
    public init() {}

    /// Takes what a verified service says about its ledger.
    ///
    /// - Parameter measureAgain: whether the user goes on although ε may be spent twice.
    /// - Throws: `RememberedConflict`; nothing is then remembered.
    public mutating func observe(
        task: String, boot: String, sequence: UInt64, head: String, measureAgain: Bool = false
    ) throws(RememberedConflict) {
        guard let earlier = tasks[task] else {
            tasks[task] = Sighting(boot: boot, sequence: sequence, head: head)
            return
        }
        if !measureAgain || boot == earlier.boot {
            if sequence < earlier.sequence {
                throw .rolledBack(remembered: earlier.sequence, found: sequence)
            }
            if sequence == earlier.sequence, head != earlier.head {
                throw .forked(sequence: sequence)
            }
        }
        var sighting = earlier
        (sighting.boot, sighting.sequence, sighting.head) = (boot, sequence, head)
        if sequence < earlier.sequence {
            // Only where the user means another instance: its ledger is another one.
            (sighting.checkpoint, sighting.receipts, sighting.trainedBy) = (nil, nil, nil)
            sighting.measureAgain(boot)
        }
        tasks[task] = sighting
    }

    /// Remembers a checkpoint that continues the one before.
    mutating func keep(_ checkpoint: SeenCheckpoint, task: String) { tasks[task]?.checkpoint = checkpoint }

    /// Remembers that the entries up to `sequence` have their receipts.
    mutating func keepReceipts(upTo sequence: UInt64, task: String) { tasks[task]?.receipts = sequence }

    /// Remembers the random bytes of an upload that begins.
    mutating func keep(_ blinding: Blinding, task: String) { tasks[task]?.blinding = blinding.hex }

    /// Forgets a ledger that this boot does not continue, and remembers that the user goes on.
    mutating func forgetLedger(task: String, for boot: String) {
        tasks[task]?.measureAgain(boot)
        tasks[task]?.trainedBy = nil
        tasks[task]?.checkpoint = nil
        tasks[task]?.receipts = nil
    }

    /// Whether a table may go to this boot: not where it went to another one before, and not where one was confirmed to
    /// another one, which may have measured it.
    ///
    /// - Parameters:
    ///   - acceptNewInstance: whether the user takes a restart before anything was confirmed.
    ///   - measureAgain: whether the user goes on although ε may be spent twice; that is remembered.
    public mutating func prepareUpload(
        task: String, boot: String, acceptNewInstance: Bool, measureAgain: Bool = false
    ) throws(RememberedConflict) {
        guard var sighting = tasks[task] else { return }
        try sighting.admit(boot, measureAgain: measureAgain)
        if let earlier = sighting.uploadedTo, earlier != boot, !acceptNewInstance, !measureAgain {
            throw .anotherInstance(remembered: earlier, found: boot)
        }
        sighting.uploadedTo = boot
        tasks[task] = sighting
    }

    /// Whether a table may be confirmed to this boot, and that it is: remembered before it is said, because the answer may be
    /// lost.
    public mutating func prepareConfirmation(
        task: String, boot: String, measureAgain: Bool = false
    ) throws(RememberedConflict) {
        guard var sighting = tasks[task] else { return }
        try sighting.admit(boot, measureAgain: measureAgain)
        sighting.confirmedOn = boot
        tasks[task] = sighting
    }

    /// The service has refused a confirmation, or given the table back: what was confirmed before holds, here and in the
    /// file.
    mutating func takeBackConfirmation(
        task: String, boot: String, before: String?, file path: String
    ) throws(ClientError) {
        guard tasks[task]?.confirmedOn == boot else { return }
        tasks[task]?.confirmedOn = before
        var kept = try RememberedState(file: path)
        guard kept.tasks[task]?.confirmedOn == boot else { return }
        kept.tasks[task]?.confirmedOn = before
        try kept.replace(file: path)
    }

    /// Takes over to which boots another run of the client uploaded and confirmed, as its file says.
    mutating func recallGuards(of task: String, from file: RememberedState) {
        guard let other = file.tasks[task] else { return }
        tasks[task]?.recallGuards(from: other)
    }

    /// Remembers which boot was the first to say that the model is there.
    mutating func keepTrained(by boot: String, task: String) {
        if tasks[task]?.trainedBy == nil { tasks[task]?.trainedBy = boot }
    }

    /// Whether figures of this boot may be taken: those of a fit that this client confirmed come from the boot that it
    /// confirmed to. Another one has them from a disk, and whoever owns that may have made them.
    ///
    /// - Parameter acceptNewInstance: whether the user takes them all the same.
    public func admitFigures(task: String, boot: String, acceptNewInstance: Bool) throws(RememberedConflict) {
        guard let sighting = tasks[task], let confirmed = sighting.confirmedOn, confirmed != boot,
            sighting.trainedBy != confirmed, !acceptNewInstance
        else { return }
        throw .figuresOfAnotherInstance(remembered: confirmed, found: boot)
    }

    /// Reads the file of an earlier run; without one nothing is remembered.
    public init(file path: String) throws(ClientError) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        guard let data = FileManager.default.contents(atPath: path),
            let state = try? JSONDecoder().decode(RememberedState.self, from: data)
        else { throw .remembered(.unreadable(path)) }
        self = state
    }

    /// Writes the file in one step, readable by its owner only. What another run of the client has seen meanwhile of the
    /// same boots stays.
    public func write(file path: String) throws(ClientError) {
        try merged(with: RememberedState(file: path)).replace(file: path)
    }

    private func merged(with other: RememberedState) -> RememberedState {
        var merged = self
        merged.tasks.merge(other.tasks) { mine, theirs in
            var mine = mine
            mine.recallGuards(from: theirs)
            guard mine.boot == theirs.boot else { return mine }
            var newer = theirs.sequence > mine.sequence ? theirs : mine
            newer.recallGuards(from: mine)
            (newer.uploadedTo, newer.confirmedOn) = (mine.uploadedTo, mine.confirmedOn)
            newer.trainedBy = mine.trainedBy ?? theirs.trainedBy
            newer.blinding = mine.blinding ?? theirs.blinding
            newer.checkpoint = [mine.checkpoint, theirs.checkpoint].compactMap { $0 }.max { $0.size < $1.size }
            newer.receipts = [mine.receipts, theirs.receipts].compactMap { $0 }.max()
            return newer
        }
        return merged
    }

    private func replace(file path: String) throws(ClientError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        do {
            let url = URL(fileURLWithPath: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            try encoder.encode(self).write(to: url, options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw .unwritable(path: path)
        }
    }
}

/// A contradiction between what is remembered and what is seen.
public enum RememberedConflict: Error, Sendable, Equatable, CustomStringConvertible {
    case rolledBack(remembered: UInt64, found: UInt64)
    case forked(sequence: UInt64)
    case anotherInstance(remembered: String, found: String)
    /// This client confirmed to another boot, which may have measured its table.
    case measuredAlready(remembered: String, found: String)
    /// This client confirmed to another boot, and that one never said that it had fitted.
    case figuresOfAnotherInstance(remembered: String, found: String)
    /// ε of a secure sum was set aside in another state folder of this office.
    case reservedElsewhere(remembered: String, found: String)
    case unreadable(String)

    /// What contradicts what, and what to do, in a sentence or two.
    public var description: String {
        switch self {
        case .rolledBack(let remembered, let found):
            "The service's ledger ends at entry \(found), and this client has seen entry \(remembered): it was rolled back "
                + "or is another instance, and your table may have been measured already: twice ε. Nothing was sent. Ask the "
                + "operator; if you mean it, say --measure-again."
        case .forked(let sequence):
            "Entry \(sequence) of the service's ledger is not the one that this client has seen: the ledger was forked. "
                + "Nothing was sent. Compare heads with the other parties. Your table may have been measured already: twice "
                + "ε. If you mean it, say --measure-again."
        case .anotherInstance(let remembered, let found):
            "A table for this task went to boot \(remembered.prefix(16)) before; this is boot \(found.prefix(16)), where ε "
                + "may be spent again. Nothing was sent. You had confirmed nothing: if a restart is meant, say "
                + "--accept-new-instance."
        case .measuredAlready(let remembered, let found):
            "You confirmed a table for this task to boot \(remembered.prefix(16)); this is boot \(found.prefix(16)). Your table "
                + "may have been measured already: twice ε. Nothing was sent. If you mean it, say --measure-again."
        case .figuresOfAnotherInstance(let remembered, let found):
            "You confirmed a table for this task to boot \(remembered.prefix(16)), which was not seen to fit; boot "
                + "\(found.prefix(16)) has its figures from a disk, whose owner may have made them. Nothing was taken. If you "
                + "trust the owner, say --accept-new-instance."
        case .reservedElsewhere(let remembered, let found):
            "ε of this task was set aside with this key in \(remembered) before, and \(found) does not have that entry: its "
                + "figures may have been opened already: twice ε. Nothing was sent. Start again with --state \(remembered), as "
                + "it was last; if you mean it, say --measure-again."
        case .unreadable(let path):
            "\(path) is not a state file of this client. Move it away only if you know why it is damaged."
        }
    }
}
