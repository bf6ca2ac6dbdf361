/// One range of a `Range` header (RFC 9110 §14.1.2). A list of ranges, or another unit, counts as none.
enum ByteRange: Sendable, Equatable {
    /// From a byte on, to its last where that is given.
    case from(UInt64, through: UInt64?)
    case last(UInt64)

    init?(_ header: String) {
        let parts = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes", !parts[1].contains(",") else { return nil }
        let ends = parts[1].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        switch (ByteRange.number(ends[0]), ByteRange.number(ends[1])) {
        case (let first?, nil) where ends[1].isEmpty: self = .from(first, through: nil)
        case (let first?, let last?) where first <= last: self = .from(first, through: last)
        case (nil, let count?) where ends[0].isEmpty: self = .last(count)
        default: return nil
        }
    }

    /// The bytes of the range; nil if there are none.
    func resolved(total: UInt64) -> Range<UInt64>? {
        switch self {
        case .from(let first, let last):
            guard first < total else { return nil }
            return first..<min(last.map { $0 == .max ? $0 : $0 + 1 } ?? total, total)
        case .last(let count):
            guard count > 0, total > 0 else { return nil }
            return total - min(count, total)..<total
        }
    }

    private static func number(_ digits: Substring) -> UInt64? {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(digits) : nil
    }
}

/// Cuts the bytes of a range out of pieces that arrive in order.
struct ByteWindow: Sendable {
    private let range: Range<UInt64>
    private var position: UInt64 = 0

    init(_ range: Range<UInt64>) { self.range = range }

    /// Whether the range has ended.
    var isOver: Bool { position >= range.upperBound }

    /// The part of the next piece that lies within the range.
    mutating func clip(_ piece: [UInt8]) -> [UInt8] {
        let start = position
        position += UInt64(piece.count)
        let lower = max(start, range.lowerBound)
        let upper = min(position, range.upperBound)
        guard lower < upper else { return [] }
        if lower == start, upper == position { return piece }
        return Array(piece[Int(lower - start)..<Int(upper - start)])
    }
}
