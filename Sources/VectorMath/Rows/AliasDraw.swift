/// Draws from many discrete distributions with one table look-up and no branch each (Walker 1974, Vose 1991).
///
/// Row r of the table is one distribution over codes. A draw takes a 64-bit word: its high part picks an entry of the
/// row, its low part decides between the entry's own code and its alias.
public struct AliasTable: Sendable {
    struct Entry: Sendable {
        /// The own code is taken below this, of 2³².
        var threshold: UInt32
        var own: UInt32
        var alias: UInt32
    }

    /// Row r has the entries `offsets[r] ..< offsets[r + 1]`, at least one.
    let offsets: [UInt32]
    let entries: [Entry]
    /// Number of distributions.
    public var rowCount: Int { offsets.count - 1 }

    /// - Parameters:
    ///   - offsets: row r has the entries `offsets[r] ..< offsets[r + 1]` of the other two. A row without entries gives
    ///     code 0.
    ///   - codes: what can be drawn.
    ///   - weights: not negative; each row is scaled to sum to 1. A row of zeros is drawn uniformly.
    public init(offsets: [Int], codes: [UInt32], weights: [Double]) {
        precondition(codes.count == weights.count && offsets.last == codes.count && codes.count < 1 << 31)
        var starts: [UInt32] = [0]
        starts.reserveCapacity(offsets.count)
        var entries: [Entry] = []
        entries.reserveCapacity(codes.count)
        for row in 0..<offsets.count - 1 {
            AliasTable.append(
                codes[offsets[row]..<offsets[row + 1]], weights[offsets[row]..<offsets[row + 1]], to: &entries)
            starts.append(UInt32(entries.count))
        }
        self.offsets = starts
        self.entries = entries
    }

    private static func append(_ codes: ArraySlice<UInt32>, _ weights: ArraySlice<Double>, to entries: inout [Entry]) {
        guard !codes.isEmpty else {
            entries.append(Entry(threshold: .max, own: 0, alias: 0))
            return
        }
        let codes = Array(codes)
        let sum = weights.reduce(0, +)
        let count = codes.count
        var scaled = weights.map { sum > 0 ? $0 / sum * Double(count) : 1 }
        var small = scaled.indices.filter { scaled[$0] < 1 }
        var large = scaled.indices.filter { scaled[$0] >= 1 }
        let first = entries.count
        for code in codes { entries.append(Entry(threshold: .max, own: code, alias: code)) }
        while let low = small.popLast(), let high = large.last {
            entries[first + low].threshold = UInt32(min(max(scaled[low], 0) * 0x1p32, 0x1p32 - 1))
            entries[first + low].alias = codes[high]
            scaled[high] -= 1 - scaled[low]
            if scaled[high] < 1 {
                large.removeLast()
                small.append(high)
            }
        }
    }

    /// One code for each word.
    ///
    /// - Parameters:
    ///   - rows: for each draw the row; nil for row 0 throughout.
    ///   - words: uniform words, as many as `codes`.
    @inline(never)
    public func draw(rows: [UInt32]?, words: [UInt64], into codes: inout [UInt32]) {
        precondition(words.count >= codes.count && rowCount > 0)
        let bounded = rows.map { BoundedCodes(checked: $0, below: rowCount) }
        precondition(bounded.map { $0.count == codes.count } ?? true)
        // Proof: every row is below `rowCount`, as its type holds, so `row + 1` is an index of `offsets`. `offsets` ascend to
        // `entries.count`, and the high product of a word with a row's count is below that count, so the entry lies
        // within the row; no row is without entries. The other three buffers hold at least `codes.count` by the
        // preconditions.
        offsets.withUnsafeBufferPointer { offsets in
            entries.withUnsafeBufferPointer { entries in
                words.withUnsafeBufferPointer { words in
                    codes.withUnsafeMutableBufferPointer { codes in
                        guard let o = offsets.baseAddress, let e = entries.baseAddress, let w = words.baseAddress,
                            let c = codes.baseAddress
                        else { return }
                        let count = codes.count
                        guard let bounded else {
                            let size = UInt64(o[1])
                            for i in 0..<count { c[i] = AliasTable.pick(e, size, w[i]) }
                            return
                        }
                        bounded.codes.withUnsafeBufferPointer { rows in
                            guard let r = rows.baseAddress else { return }
                            for i in 0..<count {
                                let start = o[Int(r[i])]
                                let size = UInt64(o[Int(r[i]) &+ 1] &- start)
                                c[i] = AliasTable.pick(e + Int(start), size, w[i])
                            }
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func pick(_ entries: UnsafePointer<Entry>, _ size: UInt64, _ word: UInt64) -> UInt32 {
        let (place, rest) = word.multipliedFullWidth(by: size)
        let entry = entries[Int(place)]
        let own = UInt32(truncatingIfNeeded: rest &>> 32) < entry.threshold
        let mask: UInt32 = own ? .max : 0
        return (entry.own & mask) | (entry.alias & ~mask)
    }
}

/// `target[i] = source[places[i]]`.
public func gather(_ source: [UInt32], at places: [UInt32], into target: inout [UInt32]) {
    gather(source, at: BoundedCodes(checked: places, below: source.count), into: &target)
}

/// The same for places that are looked at once for many sources.
@inline(never)
public func gather(_ source: [UInt32], at places: BoundedCodes<UInt32>, into target: inout [UInt32]) {
    precondition(places.count == target.count && (places.count == 0 || places.bound <= source.count))
    // Proof: every place is below its bound, as its type holds, and so below the count of `source`; i runs below the other two
    // counts.
    source.withUnsafeBufferPointer { source in
        places.codes.withUnsafeBufferPointer { places in
            target.withUnsafeMutableBufferPointer { target in
                guard let s = source.baseAddress, let p = places.baseAddress, let t = target.baseAddress else { return }
                for i in 0..<target.count { t[i] = s[Int(p[i])] }
            }
        }
    }
}

/// `target[i] = target[i] · size + codes[i]`: one more digit of a row-major index.
@inline(never)
public func appendDigit(_ codes: [UInt32], size: Int, to target: inout [UInt32]) {
    precondition(codes.count == target.count)
    let size = UInt32(size)
    for i in target.indices { target[i] = target[i] &* size &+ codes[i] }
}
