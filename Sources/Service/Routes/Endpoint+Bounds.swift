/// The most that one call may cost, whoever makes it. ``Endpoint/bounds`` is the one table; ``CallLimiter`` and
/// ``RequestResponder`` enforce it.
struct CallBounds: Sendable, Equatable {
    /// How many calls of one caller are answered at once; further ones wait.
    var atOnce: Int
    /// How many calls of one caller wait; further ones hear 429.
    var waiting: Int
    /// Seconds until the answer must have begun; then the work is cancelled. nil where the work is a transfer, which has
    /// bounds of its own (``ConnectionGuard``, ``BodyPace``).
    var seconds: Int?
    /// Bytes of a body that is read.
    var body: Int
    /// Entries that all calls of one party can make in the ledger, over the life of a task.
    var entries: Int

    /// Tables that one party may upload in one task. Each is an entry for ever, which everybody's receipts contain.
    static let uploadsOfParty = 100
    /// Rows of one answer of samples. At a hundred million rows a second it takes a quarter of an hour.
    static let rows: UInt64 = 100_000_000_000
    /// Rows that the service draws only to measure them, where nobody has downloaded them to their end.
    static let measuredRows: UInt64 = 50_000_000
}

extension Endpoint {
    /// What a call may cost at most.
    ///
    /// Nothing here depends on what a caller sends: bounds of work inside a call are those of the task (its columns, its
    /// `limits`), of the ledger (as many entries as the parties may make) or of ``CallBounds``.
    var bounds: CallBounds {
        switch self {
        // Constants, or a few fields of the task's state.
        case .spec, .health, .ready, .openAPI, .details, .modelStatus, .formats, .metrics, .queries, .columns:
            CallBounds(atOnce: 64, waiting: 64, seconds: 30, body: 0, entries: 0)
        // One signature of the attester each; strangers share one of its places (`EvidenceIssuer`).
        case .attestation: CallBounds(atOnce: 16, waiting: 64, seconds: 60, body: 0, entries: 0)
        // Proportional to the ledger, which quotas bound.
        case .ledger, .ledgerTotal, .checkpoint, .ledgerKey, .inclusion, .consistency, .receipts:
            CallBounds(atOnce: 4, waiting: 32, seconds: 60, body: 0, entries: 0)
        // What follows from the model or the releases is computed once (`TaskDriver.page`, `MadeOnce`); a report is set and signed
        // anew for each call, with evidence of its own.
        case .page, .reportJSON, .reportPDF:
            CallBounds(atOnce: 2, waiting: 16, seconds: 600, body: 0, entries: 0)
        case .query: CallBounds(atOnce: 16, waiting: 64, seconds: 600, body: 0, entries: 0)
        // Streamed while the caller reads; the first download is an entry.
        case .samples: CallBounds(atOnce: 512, waiting: 0, seconds: nil, body: 0, entries: 1)
        // The file is made anew for each call.
        case .model: CallBounds(atOnce: 2, waiting: 16, seconds: 300, body: 0, entries: 1)
        case .provenance: CallBounds(atOnce: 2, waiting: 16, seconds: 300, body: 0, entries: 0)
        // One upload of a party at a time; a second one hears 429 (`UploadsUnderWay`).
        case .upload: CallBounds(atOnce: 4, waiting: 0, seconds: nil, body: .max, entries: CallBounds.uploadsOfParty)
        case .uploadStanding: CallBounds(atOnce: 4, waiting: 32, seconds: 30, body: 0, entries: 0)
        case .signatures: CallBounds(atOnce: 2, waiting: 16, seconds: 60, body: 16 * 1024, entries: 1)
        // A confirmation and a withdrawal each need an upload.
        case .confirm, .confirmAsPost, .withdraw:
            CallBounds(
                atOnce: 4, waiting: 32, seconds: 60, body: 16 * 1024, entries: CallBounds.uploadsOfParty)
        case .halt: CallBounds(atOnce: 2, waiting: 16, seconds: 60, body: 0, entries: 2)
        }
    }

    /// Whether a call can change anything.
    var isChanging: Bool {
        switch self {
        case .signatures, .upload, .confirm, .confirmAsPost, .withdraw, .halt: true
        default: false
        }
    }
}
