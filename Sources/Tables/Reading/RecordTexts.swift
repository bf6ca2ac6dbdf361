import Domains
import VectorMath

/// One text of every record, each in as many places as the longest may have: its memory follows from the number of records.
///
/// For the privacy kernel alone, like all rows. Behind the records there is one more text, which is empty.
@_spi(PrivateRows)
public struct RecordTexts: Sendable {
    /// Characters of each text, in UTF-16.
    public let width: Int
    /// The characters of all texts; those of a text begin at its number times `width`.
    public private(set) var units: [UInt16] = []
    private var lengths: [UInt16] = []

    init(width: Int) { self.width = width }

    /// Number of texts, the empty one behind the records included.
    public var count: Int { lengths.count }

    /// How many characters a text has.
    public func length(_ row: Int) -> Int { Int(lengths[row]) }

    /// The characters of one text.
    public func text(_ row: Int) -> [UInt16] { Array(units[row * width..<row * width + length(row)]) }

    mutating func append(_ text: String) {
        let characters = Array(text.utf16.prefix(width))
        lengths.append(UInt16(truncatingIfNeeded: characters.count))
        units += characters
        for _ in characters.count..<width { units.append(0) }
    }

    /// Texts for the rows of padding, which are in no block: as long as a usual one, so that comparing them takes as long.
    mutating func pad(to rows: Int) {
        while lengths.count < rows { append("abcdefghijkl") }
    }

    mutating func wipe() {
        for place in units.indices { units[place] = 0 }
        for place in lengths.indices { lengths[place] = 0 }
    }
}

/// Reads the texts of a linkage from the columns of a table's key, and a hash of the whole key.
struct RecordTextReader {
    private let texts: [LinkageTerms.Text]
    /// For each text the places of its columns among those of the key.
    private let parts: [[Int]]
    private(set) var columns: [RecordTexts]

    init(_ terms: LinkageTerms, key: KeyRule) {
        texts = terms.texts
        parts = texts.map { text in text.columns.compactMap { key.columns.firstIndex(of: $0) } }
        columns = texts.map { RecordTexts(width: terms.length(of: $0)) }
    }

    /// Takes a record.
    ///
    /// - Parameter key: the texts of the key's columns.
    mutating func append(_ key: [String]) {
        for (place, text) in texts.enumerated() {
            let joined = parts[place].map { key[$0] }.joined(separator: " ")
            let normalised = TextNormalisation.apply(text.normalise, to: joined)
            columns[place].append(text.prefix.map { String(normalised.prefix($0)) } ?? normalised)
        }
    }

    /// Texts of padding up to a number of records, and an empty one behind them.
    mutating func finish(rows: Int) -> [RecordTexts] {
        for place in columns.indices {
            columns[place].pad(to: rows)
            columns[place].append("")
        }
        defer { columns = [] }
        return columns
    }

    mutating func wipe() {
        for place in columns.indices { columns[place].wipe() }
    }
}
