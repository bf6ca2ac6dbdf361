/// One line of the ledger. Its hash covers its canonical bytes, and those name the hash of the line before.
public struct LedgerEntry: Sendable, Equatable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// The service took up a task.
        case specification = "spec"
        /// A provider signed the task.
        case signature
        /// A provider's table was accepted; the details hold the commitment to it (``UploadOpening``).
        case upload
        /// A provider withdrew its upload before confirming.
        case withdrawal
        /// A provider confirmed its upload.
        case confirmation = "confirm"
        /// An office that computes without a service has proved to this one what it runs; the details name it, the kind of its evidence
        /// and the evidence's SHA-256.
        case attested
        /// ε and δ were set aside before the first noise; made by `Ledger.reserve` alone.
        case reservation
        /// A release of the kernel was drawn; the details hold its number, and the hash of the transcript that ends with it.
        /// Made by `Ledger.record` alone, before the release is used. Its time is the reservation's.
        case measurement
        /// Offices that compute without a service have opened one figure together; the details hold digests of each one's message.
        case round
        /// ε of one approved request was set aside, out of the task's part for requests; made by `Ledger.reserve(request:…)` alone.
        case request
        /// The model was written; the details name its file, its SHA-256 and the transcript's head.
        case trained
        /// A party began to take synthetic rows.
        case firstDownload = "release"
        case halted
        case expired
        case failed
        /// The tables were wiped.
        case destroyed
        /// Retrieval ended.
        case closed
    }

    /// Counted from 1.
    public let sequence: UInt64
    /// The hash of the entry before; `LedgerHash.zero` in the first.
    public let previous: LedgerHash
    /// What happened.
    public let kind: Kind
    /// Seconds since 1970-01-01T00:00:00Z, as the service's host told them.
    public let time: Int64
    /// The digest of the task that it is about.
    public let task: LedgerHash
    /// The fingerprint of the key of the party that did it.
    public let party: String?
    /// Of a reservation or a request: what was set aside.
    public let epsilon: Double?
    /// Of a reservation or a request: what was set aside.
    public let delta: Double?
    /// What else the kind calls for, by name.
    public let details: [String: String]

    init(
        sequence: UInt64, previous: LedgerHash, kind: Kind, time: Int64, task: LedgerHash, party: String? = nil,
        epsilon: Double? = nil, delta: Double? = nil, details: [String: String] = [:]
    ) {
        self.sequence = sequence
        self.previous = previous
        self.kind = kind
        self.time = time
        self.task = task
        self.party = party
        self.epsilon = epsilon
        self.delta = delta
        self.details = details
    }

    /// SHA-256 of `canonicalBytes`.
    public var hash: LedgerHash { LedgerHash(of: canonicalBytes) }
}
