/// The Merkle tree of RFC 6962 (and RFC 9162) over the canonical bytes of entries: pure functions over leaf hashes.
///
/// A proof shows, without the whole ledger, that an entry is in it (inclusion), or that a later ledger only added to an
/// earlier one (consistency).
public enum MerkleTree {
    /// SHA-256 of 0x00 and the entry (RFC 6962 §2.1).
    public static func leafHash(of entry: [UInt8]) -> LedgerHash { LedgerHash(of: [0] + entry) }

    /// SHA-256 of 0x01 and both children.
    static func node(_ left: LedgerHash, _ right: LedgerHash) -> LedgerHash {
        LedgerHash(of: [1] + left.bytes + right.bytes)
    }

    /// The hash of the tree over `leaves`; of no bytes at all where there are none.
    public static func root(of leaves: some RandomAccessCollection<LedgerHash>) -> LedgerHash {
        guard let first = leaves.first else { return LedgerHash(of: []) }
        guard leaves.count > 1 else { return first }
        let split = leaves.index(leaves.startIndex, offsetBy: largestPowerOfTwo(below: leaves.count))
        return node(root(of: leaves[..<split]), root(of: leaves[split...]))
    }

    /// The path that proves leaf `index` to be in the tree over `leaves` (RFC 6962 §2.1.1); nil if there is none.
    public static func inclusionProof(index: Int, leaves: [LedgerHash]) -> [LedgerHash]? {
        guard leaves.indices.contains(index) else { return nil }
        return path(index, leaves[...])
    }

    private static func path(_ index: Int, _ leaves: ArraySlice<LedgerHash>) -> [LedgerHash] {
        guard leaves.count > 1 else { return [] }
        let size = largestPowerOfTwo(below: leaves.count)
        let split = leaves.startIndex + size
        return index < size
            ? path(index, leaves[..<split]) + [root(of: leaves[split...])]
            : path(index - size, leaves[split...]) + [root(of: leaves[..<split])]
    }

    /// The nodes that prove the tree over the first `size` leaves to be the beginning of the tree over all of them
    /// (RFC 6962 §2.1.2); nil if `size` is not in 1...count.
    public static func consistencyProof(from size: Int, leaves: [LedgerHash]) -> [LedgerHash]? {
        guard size >= 1, size <= leaves.count else { return nil }
        return size == leaves.count ? [] : subproof(size, leaves[...], isWhole: true)
    }

    private static func subproof(
        _ size: Int, _ leaves: ArraySlice<LedgerHash>, isWhole: Bool
    ) -> [LedgerHash] {
        guard size < leaves.count else { return isWhole ? [] : [root(of: leaves)] }
        let left = largestPowerOfTwo(below: leaves.count)
        let split = leaves.startIndex + left
        return size <= left
            ? subproof(size, leaves[..<split], isWhole: isWhole) + [root(of: leaves[split...])]
            : subproof(size - left, leaves[split...], isWhole: false) + [root(of: leaves[..<split])]
    }

    /// The largest power of two that is smaller than `count`, for `count` above 1.
    static func largestPowerOfTwo(below count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}

extension MerkleTree {
    /// Checks an inclusion proof (RFC 9162 §2.1.3.2): is `leaf` the leaf at `index` of the tree of `size` leaves?
    public static func verifyInclusion(
        leaf: LedgerHash, index: UInt64, size: UInt64, root: LedgerHash, proof: [LedgerHash]
    ) -> Bool {
        guard index < size else { return false }
        var place = index
        var last = size - 1
        var hash = leaf
        for step in proof {
            guard last != 0 else { return false }
            if place & 1 == 1 || place == last {
                hash = node(step, hash)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = node(hash, step)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// Checks a consistency proof (RFC 9162 §2.1.4.2): is the tree of `newSize` leaves the tree of `oldSize` leaves with
    /// more behind it?
    public static func verifyConsistency(
        oldSize: UInt64, oldRoot: LedgerHash, newSize: UInt64, newRoot: LedgerHash, proof: [LedgerHash]
    ) -> Bool {
        guard oldSize >= 1, oldSize <= newSize else { return false }
        guard oldSize < newSize else { return proof.isEmpty && oldRoot == newRoot }
        guard !proof.isEmpty else { return false }
        // A whole left subtree is not in the proof, since its root is the old root.
        var steps = oldSize.nonzeroBitCount == 1 ? [oldRoot] + proof : proof
        var place = oldSize - 1
        var last = newSize - 1
        while place & 1 == 1 {
            place >>= 1
            last >>= 1
        }
        var old = steps.removeFirst()
        var new = old
        for step in steps {
            guard last != 0 else { return false }
            if place & 1 == 1 || place == last {
                old = node(step, old)
                new = node(step, new)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                new = node(new, step)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}
