/// What the ledger refuses, and why. No case holds anything private: digests and counts are known to all parties.
public enum LedgerError: Error, Sendable, Equatable {
    /// The database could not be opened, read or written: what was asked is not known to be recorded.
    case storage(String)
    /// The database would not promise that what it records survives a power cut.
    case notDurable(synchronous: Int)
    /// An entry is not what was once written.
    case tampered(sequence: UInt64)
    /// A recorded release is not what was once written.
    case transcriptTampered(task: LedgerHash, ordinal: Int)
    /// A file of an earlier version, whose entries hold plain digests of private files.
    case digestsOfFiles
    /// A file of a later version.
    case unknownFormat(Int)
    /// This ε or δ is not one that can be spent.
    case invalidPrice(epsilon: Double, delta: Double)
    /// The task has spent its ε: noise was drawn, and the transcript has it.
    case alreadySpent(releases: Int)
    /// ε is set aside for other uploads.
    case otherUploads
    /// ε is set aside on other terms: another ε, δ or plan.
    case otherTerms
    /// A release needs a reservation before it.
    case noReservation
    /// Reservations are made by `reserve`, and `trained` is written by `recordTrained`.
    case kindNotAppendable(LedgerEntry.Kind)
    case noSuchEntry(UInt64)
    /// A price of a request, or the part for all of them, that is no whole number of millionths above 0.
    case notMillionths(Double)
    /// Less is left of the part of ε for requests than one of them costs.
    case partSpent(asked: Double, left: Double)
}

extension LedgerError: CustomStringConvertible {
    /// One sentence: what went wrong and what to do next.
    public var description: String {
        switch self {
        case .storage(let reason):
            "The ledger's database failed (\(reason)). Nothing may be released before the ledger works again."
        case .notDurable(let level):
            "The ledger's database syncs at level \(level) instead of 2 (FULL), so an entry could be lost. Use a local "
                + "disk with a working SQLite."
        case .tampered(let sequence):
            "Entry \(sequence) of the ledger is not what was written: the file was changed. Keep it as evidence, and do "
                + "not serve from it."
        case .transcriptTampered(let task, let ordinal):
            "Release \(ordinal) of task \(task) is not what was written: the file was changed. Keep it as evidence, and "
                + "do not serve from it."
        case .digestsOfFiles:
            "The ledger was written by an earlier version of entrepot and holds digests of private files, which tell too "
                + "much. Agree on a new task, with a state folder of its own, and keep this one from the parties."
        case .unknownFormat(let version):
            "The ledger has format \(version), which this version of entrepot does not know. Use a newer one."
        case .invalidPrice(let epsilon, let delta):
            "ε = \(epsilon) with δ = \(delta) cannot be spent: ε must be finite and above 0, δ in [0, 1)."
        case .alreadySpent(let releases):
            "The task's ε is spent: \(releases) releases are recorded. Fit from the transcript, or agree on a new task."
        case .otherUploads:
            "The task's ε is set aside for other files. Agree on a new task."
        case .otherTerms: "The task's ε is set aside on other terms than these. Agree on a new task."
        case .noReservation: "No ε is set aside for this task, so nothing may be released."
        case .kindNotAppendable(let kind): "An entry of kind \(kind.rawValue) has a call of its own."
        case .notMillionths(let epsilon):
            "ε = \(epsilon) is no whole number of millionths above 0, in which requests are paid. Nothing was set aside for it."
        case .partSpent(let asked, let left):
            "The request costs ε = \(asked), and \(left) is left for requests. Nothing was set aside for it."
        case .noSuchEntry(let sequence): "The ledger has no entry \(sequence)."
        }
    }
}
