/// The state of a ledger at one moment: its size and the root of its Merkle tree.
///
/// The text is a C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint): origin, size, root in base64, a line each.
public struct Checkpoint: Sendable, Equatable {
    /// Which ledger it is: a name without scheme, such as `entrepot.example/ledger/<boot>`.
    public let origin: String
    /// The number of entries.
    public let size: UInt64
    /// The root of the Merkle tree over the entries' hashes (RFC 6962, section 2.1).
    public let root: LedgerHash

    /// A checkpoint from its parts.
    public init(origin: String, size: UInt64, root: LedgerHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// The lines that are signed, each ended by a line break.
    public var text: String { "\(origin)\n\(size)\n\(Base64.text(of: root.bytes))\n" }

    /// Reads the signed lines. Lines after the third are extensions, which are ignored.
    public init?(text: String) {
        guard text.hasSuffix("\n") else { return nil }
        let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, !lines[0].isEmpty, let size = Self.decimal(lines[1]),
            let bytes = Base64.bytes(of: String(lines[2])), let root = LedgerHash(bytes: bytes),
            lines.dropFirst(3).allSatisfy({ !$0.isEmpty })
        else { return nil }
        self.init(origin: String(lines[0]), size: size, root: root)
    }

    /// Only digits, without leading zeros.
    private static func decimal(_ text: Substring) -> UInt64? {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), text == "0" || text.first != "0" else { return nil }
        return UInt64(text)
    }
}

extension Ledger {
    /// The size and root of the ledger as it stands, or as it stood when it had `size` entries.
    public func checkpoint(origin: String, size: UInt64? = nil) throws(LedgerError) -> Checkpoint {
        let asked = size.flatMap { Int(exactly: $0) }
        let (entries, root) = try tree.use(self) { log in
            let entries = asked ?? log.size
            return (entries, entries <= log.size ? log.root(size: entries) : nil)
        }
        guard let root = root ?? (entries == 0 ? MerkleTree.root(of: []) : nil) else { throw .noSuchEntry(size ?? 0) }
        return Checkpoint(origin: origin, size: UInt64(entries), root: root)
    }

    /// Proves the entry at `sequence` to be in the ledger of `size` entries. The leaf's index is `sequence - 1`.
    public func inclusionProof(of sequence: UInt64, size: UInt64) throws(LedgerError) -> [LedgerHash] {
        let proof = try tree.use(self) { log -> [LedgerHash]? in
            guard sequence >= 1, let index = Int(exactly: sequence - 1), let size = Int(exactly: size) else {
                return nil
            }
            return log.inclusionProof(index: index, size: size)
        }
        guard let proof else { throw .noSuchEntry(sequence) }
        return proof
    }

    /// Proves the ledger of `newSize` entries to be that of `oldSize` entries with more behind it.
    public func consistencyProof(from oldSize: UInt64, to newSize: UInt64) throws(LedgerError) -> [LedgerHash] {
        let proof = try tree.use(self) { log -> [LedgerHash]? in
            guard let old = Int(exactly: oldSize), let new = Int(exactly: newSize) else { return nil }
            return log.consistencyProof(from: old, to: new)
        }
        guard let proof else { throw .noSuchEntry(oldSize) }
        return proof
    }
}
