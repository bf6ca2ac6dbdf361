import Domains
@_spi(_Unicode) import Swift
import VectorMath

/// Reads the keys of rows: normalises, matches, hashes, forgets.
struct KeyReader {
    enum Fault {
        case empty
        case pattern
        /// A part of a composite key holds the separator.
        case separator

        /// As problems name it.
        var code: String {
            switch self {
            case .empty: "key_empty"
            case .pattern, .separator: "key_pattern"
            }
        }

        /// `1e+05`, `1,23E+11`: what a spreadsheet makes of a long number.
        private static func isScientific(_ text: String) -> Bool {
            let parts = text.lowercased().split(separator: "e+", omittingEmptySubsequences: false)
            return parts.count == 2 && Double(parts[0].replacing(",", with: ".")) != nil
                && !parts[1].isEmpty && parts[1].utf8.allSatisfy { (48...57).contains($0) }
        }

        /// What the owner reads.
        func problem(_ rule: KeyRule, part: Int, row: Int, value: String) -> TableProblem {
            let (expected, hint): (String, String) =
                switch self {
                case .empty: ("a key in every row", "Fill in the key or remove the row")
                case .pattern:
                    (
                        "a key that matches \(rule.pattern ?? "at most \(KeyReader.longestKey) bytes")",
                        Self.isScientific(value)
                            ? "The key is in scientific notation, which a spreadsheet wrote: export the column as text"
                            : "Correct the key; the task declares its shape and normalisation"
                    )
                case .separator: ("no | in a part of a composite key", "Remove the | or declare another key")
                }
            return TableProblem(
                code: code, row: row, column: rule.columns[part], value: value, expected: expected, hint: hint)
        }
    }

    let rule: KeyRule
    let pattern: KeyPattern?
    private let hash: KeyedHash
    /// What a key may look like that needs neither normalisation nor the slow pattern; nil for composite keys.
    private let shape: ByteShape?
    /// Of a linkage: what is read of each key besides its hash.
    private(set) var texts: RecordTextReader?
    /// Texts that stand for no value: as a key they are like an empty one.
    private let missing: Set<[UInt8]>
    private var chunks: [[HashedRow]] = []
    private var current: [HashedRow] = []

    static let longestKey = 1_024
    private static let chunk = 1 << 17

    /// - Throws: `KeyPatternError` if the pattern is not in the language.
    /// - Parameters:
    ///   - linkage: nil where keys are compared whole.
    ///   - missing: texts that stand for no value, as the table declares them.
    init(rule: KeyRule, hash: KeyedHash, linkage: LinkageTerms? = nil, missing: [String] = []) throws {
        self.missing = Set(missing.filter { !$0.isEmpty }.map { Array($0.utf8) })
        self.texts = linkage.map { RecordTextReader($0, key: rule) }
        self.rule = rule
        self.hash = hash
        self.pattern = try rule.pattern.map { try KeyPattern($0) }
        // What is scanned quickly is not compared with the texts that stand for no value.
        self.shape = rule.columns.count == 1 && self.missing.isEmpty ? KeyReader.plainShape(rule, pattern) : nil
    }

    /// Takes the keys of a block of rows.
    ///
    /// - Parameters:
    ///   - columns: for each part of the key its column in the grid.
    ///   - onFault: called for each row without a valid key.
    mutating func append(
        _ grid: FieldGrid, columns: [Int], firstRow: Int, onFault: (_ row: Int, _ part: Int, _ fault: Fault) -> Void
    ) {
        if current.capacity == 0 { current.reserveCapacity(KeyReader.chunk + grid.rows) }
        let base = current.count
        if texts != nil {
            for row in 0..<grid.rows {
                let hashed = record(grid, row, columns) { onFault(row, $0, .pattern) }
                current.append(HashedRow(hash: hashed, row: firstRow + row))
            }
        } else if let shape {
            for row in hashKeys(grid, column: columns[0], shape: shape, hash: hash, firstRow: firstRow, into: &current)
            {
                if let key = key(grid, row, columns, onFault) {
                    current[base + row] = HashedRow(hash: hash.hash(key), row: firstRow + row)
                }
            }
        } else {
            for row in 0..<grid.rows {
                let key = key(grid, row, columns, onFault) ?? []
                current.append(HashedRow(hash: hash.hash(key), row: firstRow + row))
            }
        }
        if current.count >= KeyReader.chunk {
            chunks.append(current)
            current = []
        }
    }

    /// Takes the texts of a record, any of which may be empty, and gives the hash of all of them as they stand.
    private mutating func record(
        _ grid: FieldGrid, _ row: Int, _ columns: [Int], onFault: (Int) -> Void
    ) -> (UInt64, UInt64) {
        var bytes: [UInt8] = []
        var key: [String] = []
        for (part, column) in columns.enumerated() {
            let text = grid.withField(row: row, column: column) { normalised($0) }
            if text.count > KeyReader.longestKey { onFault(part) }
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
            bytes += text
            key.append(String(decoding: text.prefix(KeyReader.longestKey), as: UTF8.self))
        }
        texts?.append(key)
        return hash.hash(bytes)
    }

    /// The texts of all records, once.
    mutating func takeTexts(rows: Int) -> [RecordTexts] { texts?.finish(rows: rows) ?? [] }

    /// Overwrites the texts.
    mutating func wipe() { texts?.wipe() }

    /// Adds rows that no file has, under random keys: they meet no key, and sort like any other.
    mutating func pad(_ padding: Int, firstRow: Int) {
        chunks.append(current)
        current = []
        var system = SystemRandomNumberGenerator()
        var random = SplitMix64(state: system.next())
        var rows: [HashedRow] = []
        rows.reserveCapacity(padding)
        for row in firstRow..<(firstRow + padding) {
            rows.append(HashedRow(hash: (random.next(), random.next()), row: row))
        }
        chunks.append(rows)
    }

    /// The rows that have gathered, in the order of the file. Empties the reader.
    mutating func takePassed() -> [HashedRow] {
        defer { (chunks, current) = ([], []) }
        return chunks.isEmpty ? current : chunks.flatMap(\.self) + current
    }

    /// All rows sorted by the hash of their keys. Empties the reader.
    mutating func sorted() -> [HashedRow] {
        chunks.append(current)
        current = []
        return sortedByKey(&chunks)
    }

    /// The hash that stands for a row without a valid key: no key is empty.
    var noKey: HashedRow { HashedRow(hash: hash.hash([UInt8]()), row: 0) }

    /// The whole key of a row, or nil after a fault.
    func key(
        _ grid: FieldGrid, _ row: Int, _ columns: [Int], _ onFault: (Int, Int, Fault) -> Void
    ) -> [UInt8]? {
        var key: [UInt8] = []
        for (part, column) in columns.enumerated() {
            let text = grid.withField(row: row, column: column) { normalised($0) }
            var fault: Fault?
            if text.isEmpty {
                fault = .empty
            } else if text.count > KeyReader.longestKey
                || !rule.matchesWholeKey && pattern.map({ !$0.matches(text[...]) }) == true
            {
                fault = .pattern
            } else if columns.count > 1, text.contains(UInt8(ascii: "|")) {
                fault = .separator
            }
            if let fault {
                onFault(row, part, fault)
                return nil
            }
            if part > 0 { key.append(UInt8(ascii: "|")) }
            key += text
        }
        if rule.matchesWholeKey, let pattern, !pattern.matches(key[...]) {
            onFault(row, 0, .pattern)
            return nil
        }
        return key
    }

    /// Proof: the bytes are trimmed and copied whole, within the call that lends them.
    private func normalised(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes = bytes
        if rule.normalise.contains(.trim) { bytes = bytes.trimmed }
        var text = Array(bytes)
        if text.isEmpty || missing.contains(text) { return [] }
        for step in rule.normalise {
            switch step {
            case .trim: break
            case .upper: text = cased(text, ascii: 0x61...0x7A) { $0.uppercased() }
            case .lower: text = cased(text, ascii: 0x41...0x5A) { $0.lowercased() }
            case .nfc: if text.contains(where: { $0 >= 0x80 }) { text = composed(text) }
            case .zeroFill(let width):
                let length = String(decoding: text, as: UTF8.self).count
                if length < width { text = [UInt8](repeating: 0x30, count: width - length) + text }
            }
        }
        return text
    }

    private func composed(_ text: [UInt8]) -> [UInt8] {
        var composed = String.UnicodeScalarView()
        composed.append(contentsOf: String(decoding: text, as: UTF8.self)._nfc)
        return Array(String(composed).utf8)
    }

    private func cased(_ text: [UInt8], ascii: ClosedRange<UInt8>, _ convert: (String) -> String) -> [UInt8] {
        if text.allSatisfy({ $0 < 0x80 }) { return text.map { ascii.contains($0) ? $0 ^ 0x20 : $0 } }
        return Array(convert(String(decoding: text, as: UTF8.self)).utf8)
    }

    /// The pattern's shape less everything that a normalisation would change.
    private static func plainShape(_ rule: KeyRule, _ pattern: KeyPattern?) -> ByteShape? {
        var allowed = [Bool](repeating: true, count: 256)
        var (shortest, longest) = (1, longestKey)
        if let pattern {
            guard let shape = pattern.shape else { return nil }
            (allowed, shortest, longest) = (shape.allowed, shape.shortest, min(shape.longest, longestKey))
        }
        for step in rule.normalise {
            switch step {
            case .trim:
                allowed[0x20] = false
                allowed[0x09] = false
            case .upper: for byte in Array(0x61...0x7A) + Array(0x80...0xFF) { allowed[byte] = false }
            case .lower: for byte in Array(0x41...0x5A) + Array(0x80...0xFF) { allowed[byte] = false }
            case .nfc: for byte in 0x80...0xFF { allowed[byte] = false }
            case .zeroFill(let width):
                for byte in 0x80...0xFF { allowed[byte] = false }
                shortest = max(shortest, width)
            }
        }
        return ByteShape(allowed: allowed, shortest: shortest, longest: longest)
    }
}
