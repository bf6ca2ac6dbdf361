internal import Synchronization

/// The Merkle tree of a log that grows (RFC 6962), with the hash of every whole subtree kept: a root or a proof of any
/// earlier size costs about log² n hashes instead of n.
public struct MerkleLog: Sendable {
    /// `levels[k][i]` is the hash over the 2ᵏ leaves from i · 2ᵏ on.
    private var levels: [[LedgerHash]] = [[]]

    public init() {}

    /// How many leaves it has.
    public var size: Int { levels[0].count }

    /// Adds one leaf.
    public mutating func append(_ leaf: LedgerHash) {
        levels[0].append(leaf)
        var level = 0
        while levels[level].count.isMultiple(of: 2) {
            let pair = levels[level].suffix(2)
            guard let left = pair.first, let right = pair.last else { return }
            if levels.count == level + 1 { levels.append([]) }
            levels[level + 1].append(MerkleTree.node(left, right))
            level += 1
        }
    }

    /// The root over the first `size` leaves; nil if there are not so many.
    public func root(size: Int) -> LedgerHash? {
        guard size >= 0, size <= self.size else { return nil }
        return size == 0 ? LedgerHash(of: []) : root(0..<size)
    }

    /// The path that proves leaf `index` to be in the tree over the first `size` leaves; nil if there is none.
    public func inclusionProof(index: Int, size: Int) -> [LedgerHash]? {
        guard index >= 0, index < size, size <= self.size else { return nil }
        var (range, path) = (0..<size, [LedgerHash]())
        while range.count > 1 {
            let split = range.lowerBound + MerkleTree.largestPowerOfTwo(below: range.count)
            if index < split {
                path.append(root(split..<range.upperBound))
                range = range.lowerBound..<split
            } else {
                path.append(root(range.lowerBound..<split))
                range = split..<range.upperBound
            }
        }
        return path.reversed()
    }

    /// The nodes that prove the tree over the first `old` leaves to be the beginning of that over the first `new`; nil if
    /// `old` is not in 1...new, or there are not so many.
    public func consistencyProof(from old: Int, to new: Int) -> [LedgerHash]? {
        guard old >= 1, old <= new, new <= size else { return nil }
        var (range, place, isWhole, path) = (0..<new, old, true, [LedgerHash]())
        while place < range.count {
            let left = MerkleTree.largestPowerOfTwo(below: range.count)
            let split = range.lowerBound + left
            if place <= left {
                path.append(root(split..<range.upperBound))
                range = range.lowerBound..<split
            } else {
                path.append(root(range.lowerBound..<split))
                range = split..<range.upperBound
                place -= left
                isWhole = false
            }
        }
        if !isWhole { path.append(root(range)) }
        return path.reversed()
    }

    /// The root over a range that begins at a multiple of the power of two that is not below its length.
    private func root(_ range: Range<Int>) -> LedgerHash {
        if range.count.nonzeroBitCount == 1 {
            let level = range.count.trailingZeroBitCount
            return levels[level][range.lowerBound >> level]
        }
        let split = range.lowerBound + MerkleTree.largestPowerOfTwo(below: range.count)
        return MerkleTree.node(root(range.lowerBound..<split), root(split..<range.upperBound))
    }
}

/// The tree of one ledger, which follows its entries.
final class LedgerTree: Sendable {
    private let log = Mutex(MerkleLog())

    /// Uses the tree once it has every entry that the ledger has.
    func use<Value>(_ ledger: Ledger, _ body: (MerkleLog) -> Value) throws(LedgerError) -> Value {
        let known = log.withLock { $0.size }
        let further = try ledger.entries(from: UInt64(known) + 1)
        return log.withLock { log in
            // Another caller may have added some of them meanwhile.
            for entry in further where entry.sequence == UInt64(log.size) + 1 {
                log.append(MerkleTree.leafHash(of: entry.canonicalBytes))
            }
            return body(log)
        }
    }
}
