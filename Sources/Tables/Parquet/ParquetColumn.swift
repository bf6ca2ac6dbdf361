import Domains
import VectorMath

/// One column on its way into a Parquet file.
///
/// Text, and numbers of which there are few, are pages of indices into a dictionary that stands once in each row group, numbers in
/// bins into one of the numbers that the row group has; other numbers stand as they are.
struct ParquetColumn: Sendable {
    let arrow: ArrowColumn
    /// The dictionary's values one behind the other; nil for a column without one.
    private let dictionary: (bytes: [UInt8], count: Int)?
    /// For each code its index in the dictionary.
    private let indices: [UInt32]
    /// Codes from this one on are missing.
    private let firstMissing: Int

    /// A dictionary of more values would be written anew for too few rows.
    private static let mostValues = 1 << 16

    /// The values of one page, and how they are encoded.
    struct Page {
        var bytes: [UInt8]
        var encoding: ParquetFormat.Encoding
    }

    init(_ domain: ColumnDomain) {
        arrow = ArrowColumn(domain)
        firstMissing = (0..<domain.size).first { domain.isMissing($0) } ?? domain.size
        let isOnGrid =
            if case .bins(let binning) = domain.cells { binning.grids.contains { $0.count > 0 } } else { false }
        let isDictionary = if case .truth = arrow.kind { false } else { firstMissing <= Self.mostValues && !isOnGrid }
        guard isDictionary, firstMissing > 0 else {
            dictionary = nil
            indices = []
            return
        }
        var bytes: [UInt8] = []
        var places: [[UInt8]: UInt32] = [:]
        var indices: [UInt32] = []
        for code in 0..<firstMissing {
            let value = arrow.plain(code: code)
            let index = places[value] ?? UInt32(places.count)
            if places[value] == nil {
                places[value] = index
                bytes += value
            }
            indices.append(index)
        }
        dictionary = (bytes, places.count)
        self.indices = indices
    }

    var isNullable: Bool { arrow.domain.missing != nil }

    var physical: ParquetFormat.Physical {
        switch arrow.kind {
        case .dictionary: .byteArray
        case .number(.double): .double
        case .number: .int64
        case .truth: .boolean
        case .date: .int32
        }
    }

    /// What stands at the beginning of a row group in which a page needs it.
    var dictionaryPage: (bytes: [UInt8], count: Int)? { dictionary }

    /// The values of so many rows.
    ///
    /// - Parameter points: the dictionary of the row group, of a column that has one of its own in each.
    func page(
        codes: [UInt32], fractions: [Float], exact: ExactNumbers?, rows: Int, points: inout PointDictionary?
    ) -> Page {
        var bytes: [UInt8] = []
        var present = codes
        var fractions = fractions
        var exact = exact
        var count = rows
        if isNullable {
            let missing = codes.prefix(rows).contains { Int($0) >= firstMissing }
            appendLevels(codes, rows, hasMissing: missing, to: &bytes)
            if missing {
                let kept = (0..<rows).filter { Int(codes[$0]) < firstMissing }
                present = kept.map { codes[$0] }
                if !fractions.isEmpty { fractions = kept.map { fractions[$0] } }
                exact = exact.map { $0.chosen(kept) }
                count = kept.count
            }
        }
        if exact == nil, let indices = points?.indices(codes: present, fractions: fractions, rows: count) {
            append(indices, count, below: points?.count ?? 0, to: &bytes)
            return Page(bytes: bytes, encoding: .rleDictionary)
        }
        guard let dictionary, exact == nil else {
            arrow.appendPlain(codes: present, fractions: fractions, exact: exact, rows: count, to: &bytes)
            return Page(bytes: bytes, encoding: .plain)
        }
        if dictionary.count < firstMissing {
            for row in 0..<count { present[row] = indices[Int(present[row])] }
        }
        append(present, count, below: dictionary.count, to: &bytes)
        return Page(bytes: bytes, encoding: .rleDictionary)
    }

    /// Indices into a dictionary of so many values, behind their width.
    private func append(_ indices: [UInt32], _ count: Int, below size: Int, to bytes: inout [UInt8]) {
        let width = max(1, PackedBits.width(below: size))
        bytes.append(UInt8(width))
        Self.appendRuns(indices, count: count, width: width, to: &bytes)
    }

    /// Which rows have a value, behind the length of what says it.
    private func appendLevels(_ codes: [UInt32], _ rows: Int, hasMissing: Bool, to bytes: inout [UInt8]) {
        var levels: [UInt8] = []
        if hasMissing {
            Self.put(varint: ((rows + 7) / 8) << 1 | 1, to: &levels)
            for first in stride(from: 0, to: rows, by: 8) {
                var byte: UInt8 = 0
                for bit in 0..<min(8, rows - first) where Int(codes[first + bit]) < firstMissing { byte |= 1 << bit }
                levels.append(byte)
            }
        } else if rows > 0 {
            Self.put(varint: rows << 1, to: &levels)
            levels.append(1)
        }
        for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: levels.count >> (8 * byte))) }
        bytes += levels
    }

    /// One run of packed numbers, or of one number where all are equal.
    private static func appendRuns(_ numbers: [UInt32], count: Int, width: Int, to bytes: inout [UInt8]) {
        guard count > 0 else { return }
        let first = numbers[0]
        if numbers.prefix(count).allSatisfy({ $0 == first }) {
            put(varint: count << 1, to: &bytes)
            for byte in 0..<((width + 7) / 8) { bytes.append(UInt8(truncatingIfNeeded: first >> (8 * UInt32(byte)))) }
        } else {
            put(varint: ((count + 7) / 8) << 1 | 1, to: &bytes)
            PackedBits.append(numbers, count: count, width: width, to: &bytes)
        }
    }

    private static func put(varint value: Int, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

extension ArrowColumn {
    /// One value as Parquet's plain encoding has it.
    func plain(code: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        appendPlain(codes: [UInt32(code)], fractions: [0], exact: nil, rows: 1, to: &bytes)
        return bytes
    }

    /// The values of rows none of which is missing, in Parquet's plain encoding.
    func appendPlain(
        codes: [UInt32], fractions: [Float], exact: ExactNumbers?, rows: Int, to bytes: inout [UInt8]
    ) {
        switch kind {
        case .truth: ColumnBytes.appendBits(codes: codes, rows: rows, where: 1, isEqual: true, to: &bytes)
        case .number(let number): appendNumbers(codes, fractions, exact, rows, number, &bytes)
        case .date: appendNumbers(codes, fractions, exact, rows, .int32, &bytes)
        case .dictionary:
            for row in 0..<rows {
                let fraction = row < fractions.count ? Double(fractions[row]) : 0
                let text = Array(
                    (exact.map { $0.text(row, isDate: domain.type == .date) }
                        ?? domain.text(of: Int(codes[row]), fraction: fraction)).utf8)
                for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: text.count >> (8 * byte))) }
                bytes += text
            }
        }
    }
}

extension ExactNumbers {
    fileprivate func chosen(_ rows: [Int]) -> ExactNumbers {
        switch self {
        case .decimals(let values): .decimals(rows.map { values[$0] })
        case .doubles(let values): .doubles(rows.map { values[$0] })
        }
    }
}
