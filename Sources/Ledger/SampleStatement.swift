/// What a service says of one download of samples: which bytes came from which model of which task, and at what cost.
///
/// Its text is signed as a note (`SignedNote`) by the key that signs checkpoints; its first line tells the two apart.
public struct SampleStatement: Sendable, Equatable {
    /// Digest of the task.
    public let task: LedgerHash
    /// SHA-256 of the model's file, as the ledger holds it.
    public let model: LedgerHash
    /// The newest ledger entry when this was said.
    public let ledgerSequence: UInt64
    /// The hash of that entry.
    public let ledgerHead: LedgerHash
    /// What the task has spent over its whole life.
    public let epsilon: Double
    /// The δ of that ε.
    public let delta: Double
    /// The arguments of `GET /samples`, seed included, that give these bytes again.
    public let query: String
    /// SHA-256 of the samples as they were sent.
    public let sha256: LedgerHash
    /// How many bytes the samples have.
    public let bytes: UInt64

    /// A statement from its parts; each as described at its property.
    public init(
        task: LedgerHash, model: LedgerHash, ledgerSequence: UInt64, ledgerHead: LedgerHash, epsilon: Double,
        delta: Double, query: String, sha256: LedgerHash, bytes: UInt64
    ) {
        self.task = task
        self.model = model
        self.ledgerSequence = ledgerSequence
        self.ledgerHead = ledgerHead
        self.epsilon = epsilon
        self.delta = delta
        self.query = query
        self.sha256 = sha256
        self.bytes = bytes
    }

    private static let names = ["model", "ledger", "spent", "query", "sha256", "bytes"]

    /// The lines that are signed, each ended by a line break.
    public var text: String {
        """
        entrepot/samples/\(task.hex)
        model \(model.hex)
        ledger \(ledgerSequence) \(ledgerHead.hex)
        spent \(epsilon) \(delta)
        query \(query)
        sha256 \(sha256.hex)
        bytes \(bytes)

        """
    }

    /// Reads what `text` wrote; nil for anything else.
    public init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let origin = "entrepot/samples/"
        guard lines.count == Self.names.count + 2, lines[0].hasPrefix(origin),
            let task = LedgerHash(hex: String(lines[0].dropFirst(origin.count)))
        else { return nil }
        var words: [[Substring]] = []
        for (line, name) in zip(lines.dropFirst(), Self.names) {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.first == Substring(name) else { return nil }
            words.append(Array(parts.dropFirst()))
        }
        guard words.map(\.count) == [1, 2, 2, 1, 1, 1], let model = LedgerHash(hex: String(words[0][0])),
            let sequence = UInt64(words[1][0]), let head = LedgerHash(hex: String(words[1][1])),
            let epsilon = Double(words[2][0]), let delta = Double(words[2][1]),
            let sha256 = LedgerHash(hex: String(words[4][0])), let bytes = UInt64(words[5][0])
        else { return nil }
        self.init(
            task: task, model: model, ledgerSequence: sequence, ledgerHead: head, epsilon: epsilon, delta: delta,
            query: String(words[3][0]), sha256: sha256, bytes: bytes)
        guard self.text == text else { return nil }
    }
}
