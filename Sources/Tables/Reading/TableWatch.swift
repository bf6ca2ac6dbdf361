import Domains
import VectorMath

/// Watches a table while it is read for what its owner may not have meant: values that become `other`, bins that hold nearly
/// all rows, columns of one value, keys of two shapes, columns that are not read.
///
/// What becomes `other` is counted in every row. The rest is looked at in the first block of rows and then in one of 32,
/// so that it costs next to nothing. It never keeps a text but a few of the values that become `other`.
struct TableWatch {
    private let domain: TableDomain
    private let unread: [String]
    private var blocks = 0
    private var rows = 0
    private var looked = 0
    private var isLooking = false
    private var others: [Int: Other] = [:]
    /// Rows of each code, of columns with few enough of them.
    private var counts: [[Int]]
    private var shapes: [KeyShape: Int] = [:]

    private struct Other {
        var count = 0
        /// A few of the values.
        var values: [String] = []
        /// Those that would be listed with zeros in front, and one such value.
        var paddable = 0
        var decimal = 0
        var cased = 0
        /// Those that are numbers, in a column of which no listed value is one.
        var numbers = 0
    }

    /// What a key looks like: how long it is if it is made of digits alone, and which kinds of letters it has.
    private struct KeyShape: Hashable {
        var digits: Int?
        var hasZeroInFront = false
        var hasUpper = false
        var hasLower = false
        var hasBlank = false
        var hasExponent = false
    }

    private static let mostCodes = 1 << 12
    private static let mostShapes = 64
    private static let shownValues = 3
    /// A table of fewer rows says nothing about its columns.
    private static let leastRows = 20

    init(domain: TableDomain, unread: [String]) {
        self.domain = domain
        self.unread = unread
        counts = domain.columns.map { $0.size <= Self.mostCodes ? [Int](repeating: 0, count: $0.size) : [] }
    }

    mutating func begin(rows count: Int) {
        isLooking = blocks % 32 == 0
        blocks += 1
        rows += count
        if isLooking { looked += count }
        blockRows = count
    }

    private var blockRows = 0

    mutating func look(atCodes codes: [UInt32], column: Int) {
        guard isLooking, !counts[column].isEmpty else { return }
        // Taken out while it is counted in, so that the loop asks about one array alone.
        var tally = counts[column]
        counts[column] = []
        for code in codes.prefix(blockRows) where code < tally.count { tally[Int(code)] += 1 }
        counts[column] = tally
    }

    /// Every key of the first block; then a few, since a dictionary costs more than all else of a row.
    mutating func look(atKeys grid: FieldGrid, columns: [Int]) {
        guard isLooking, let column = columns.first else { return }
        for row in stride(from: 0, to: grid.rows, by: blocks == 1 ? 1 : 64) where shapes.count < Self.mostShapes {
            let shape = grid.withField(row: row, column: column) { Self.shape($0.trimmed) }
            shapes[shape, default: 0] += 1
        }
    }

    // Proof of the readers of bytes: each byte is looked at once, within the call that lends them.

    private static func shape(_ key: UnsafeRawBufferPointer) -> KeyShape {
        var shape = KeyShape()
        var areDigits = !key.isEmpty
        for byte in key {
            if !(0x30...0x39).contains(byte) { areDigits = false }
            if (0x41...0x5A).contains(byte) { shape.hasUpper = true }
            if (0x61...0x7A).contains(byte) { shape.hasLower = true }
            if byte == 0x20 { shape.hasBlank = true }
        }
        if areDigits {
            shape.digits = key.count
            shape.hasZeroInFront = key.count > 1 && key[0] == 0x30
        }
        shape.hasExponent =
            !areDigits && DecimalText.number(of: key) != nil && key.contains { $0 == 0x65 || $0 == 0x45 }
        return shape
    }

    /// A value that is not listed and becomes `other`.
    mutating func note(other bytes: UnsafeRawBufferPointer, column: Int) {
        let domain = domain.columns[column]
        var other = others[column] ?? Other()
        other.count += 1
        let text = bytes.trimmed
        let value = String(decoding: text.prefix(40), as: UTF8.self)
        if other.values.count < Self.shownValues, !other.values.contains(value) { other.values.append(value) }
        if !text.isEmpty, text.count < 12, text.allSatisfy({ (0x30...0x39).contains($0) }) {
            for zeros in 1...4 where domain.lists(String(repeating: "0", count: zeros) + value) {
                other.paddable += 1
                break
            }
        } else if value.hasSuffix(".0"), domain.lists(String(value.dropLast(2))) {
            other.decimal += 1
        } else if domain.lists(value.uppercased()) || domain.lists(value.lowercased()) || domain.lists(value) {
            other.cased += 1
        } else if DecimalText.number(of: text) != nil {
            other.numbers += 1
        }
        others[column] = other
    }

    func warnings(_ key: KeyRule?) -> [TableWarning] {
        var warnings: [TableWarning] = []
        if !unread.isEmpty {
            let shown = unread.prefix(8).joined(separator: ", ") + (unread.count > 8 ? ", …" : "")
            warnings.append(
                TableWarning(code: "not_read", text: "Not declared, and so not read: \(shown)"))
        }
        for (index, column) in domain.columns.enumerated() {
            if let other = others[index] { warnings.append(warning(other, column)) }
            if let warning = spread(index, column) { warnings.append(warning) }
        }
        if let key, let warning = keyShapes(key) { warnings.append(warning) }
        return warnings
    }

    private func warning(_ other: Other, _ column: ColumnDomain) -> TableWarning {
        let examples = other.values.map { "\"\($0)\"" }.joined(separator: ", ")
        var text =
            "\(other.count) of \(rows) values of \"\(column.name)\" become \(column.other ?? "other"), "
            + "such as \(examples)"
        for (count, what) in [
            (other.paddable, "listed with a zero in front"), (other.decimal, "listed without .0"),
            (other.cased, "listed in other letters or without blanks"),
        ] where count > 0 {
            text += "; \(count == other.count ? "all \(count)" : "\(count)") are \(what) (`entrepot prepare` mends it)"
        }
        if other.numbers > 0 {
            text += "; \(other.numbers == other.count ? "all \(other.count)" : "\(other.numbers)") are numbers"
        }
        return TableWarning(code: "becomes_other", column: column.name, text: text)
    }

    /// Whether one code of a column holds nearly every row.
    private func spread(_ index: Int, _ column: ColumnDomain) -> TableWarning? {
        guard looked >= Self.leastRows, let most = counts[index].enumerated().max(by: { $0.element < $1.element }),
            column.size > 1
        else { return nil }
        let share = Double(most.element) / Double(looked)
        if most.element == looked {
            let value = column.isBinned && most.offset < column.valueCount ? "one bin, " : ""
            let label = most.offset == column.missingCode ? "missing" : column.label(of: most.offset)
            return TableWarning(
                code: "constant", column: column.name,
                text: "Every row looked at has \(value)\(label) in \"\(column.name)\": the column says nothing")
        }
        guard column.isBinned, share >= 0.99, most.offset < column.valueCount, column.valueCount > 2 else { return nil }
        let label = column.label(of: most.offset)
        return TableWarning(
            code: "one_bin", column: column.name,
            text: "\(Int(share * 100)) % of the rows lie in the bin \(label) of \"\(column.name)\": other bounds or "
                + "scale: log would keep more of it")
    }

    private func keyShapes(_ key: KeyRule) -> TableWarning? {
        let isFilled = key.normalise.contains { if case .zeroFill = $0 { true } else { false } }
        let isCased = key.normalise.contains(.upper) || key.normalise.contains(.lower)
        let name = key.columns.joined(separator: "|")
        func warning(_ what: String) -> TableWarning {
            TableWarning(
                code: "key_shapes", column: name,
                text: "Keys of two shapes in \"\(name)\": \(what); the other tables' keys meet one of them at most")
        }
        let exponents = shapes.filter(\.key.hasExponent).values.reduce(0, +)
        if exponents > 0 {
            return warning("\(exponents) are in scientific notation, which a spreadsheet writes for long numbers")
        }
        let digits = shapes.filter { $0.key.digits != nil }
        let numbers = digits.values.reduce(0, +)
        let all = shapes.values.reduce(0, +)
        if numbers > 0, numbers < all {
            let few = min(numbers, all - numbers)
            if few * 10 <= all { return warning("\(numbers) of digits alone, \(all - numbers) with other signs") }
        }
        // Some are filled with zeros to the length of the longest, and others are shorter.
        let filled = digits.filter(\.key.hasZeroInFront)
        if !isFilled, let length = digits.keys.compactMap(\.digits).max(),
            filled.keys.contains(where: { $0.digits == length })
        {
            let short = digits.filter { ($0.key.digits ?? length) < length }.values.reduce(0, +)
            if short > 0 {
                return warning("\(numbers - short) filled with zeros to \(length) digits, \(short) shorter")
            }
        }
        let upper = shapes.filter { $0.key.hasUpper && !$0.key.hasLower }.values.reduce(0, +)
        let lower = shapes.filter { $0.key.hasLower && !$0.key.hasUpper }.values.reduce(0, +)
        if !isCased, upper > 0, lower > 0, min(upper, lower) * 4 <= upper + lower {
            return warning("\(upper) in capitals, \(lower) in small letters")
        }
        return nil
    }
}
