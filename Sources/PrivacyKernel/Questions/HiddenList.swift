import Domains
@_spi(PrivateRows) import Tables
import VectorMath

/// A holder's rows in an order that it alone knows, under names that only both holders can make: what goes to the third party so
/// that it finds rows of one key without learning whose they are, or which rows there are.
///
/// Of a list, the declared number of rows and the dummies have a name; rows that the table lacks, and dummies that the other list
/// has not, have random ones. Behind them stand fillings, rows of zeros without a name: with one of each list the third party
/// fills a slot in which no two rows met. All of them are shuffled together.
public final class HiddenList: Sendable {
    let terms: HiddenTerms
    let side: Int
    /// One row a key; those behind `rowCount` are zero.
    let rows: PrivateRows
    let masks: RowMasks
    /// What stands at each place: a row, a dummy or a filling.
    let entries: [UInt32]
    /// The places of rows with a name, ascending.
    let named: [UInt32]
    /// For each place nine words, in the order of places: 0 and a name, or 1 and the key of a filling's mask.
    public let words: [UInt32]

    /// Words of a place.
    public static let placeWords = 9

    /// - Throws: `shapeMismatch` where the table has more rows than declared, or no key.
    init(
        _ party: (name: String, rows: KeyedRows), _ terms: HiddenTerms, side: Int, keys: HiddenKeys
    ) throws(PrivacyError) {
        let rows = party.rows
        var unique: [HashedRow] = []
        for row in rows.ordered(1, table: side) ?? []
        where row.row < rows.rowCount && !(unique.last?.hasSameKey(as: row) ?? false) { unique.append(row) }
        let room = terms.rows[side]
        guard unique.count <= room, rows.keys != nil else {
            throw .shapeMismatch(expected: room, found: unique.count)
        }
        let numbers =
            unique.map { UInt32(truncatingIfNeeded: $0.row) }
            + [UInt32](repeating: rows.filler, count: room - unique.count)
        self.terms = terms
        self.side = side
        self.rows = PrivateRows(
            domain: TableDomain.joined([(party.name, rows.domain)]),
            table: CodedTable(proven: rows.table.columns.map { $0.gatheredOrZero(numbers) }, rowCount: room),
            rowsPerKey: 1, rowCount: unique.count)
        masks = RowMasks(key: keys.masks[side], places: terms.places(side))
        let entries = Self.order(terms.places(side), keys)
        let limit = terms.named(side)
        named = entries.indices.filter { entries[$0] < limit }.map { UInt32($0) }
        let names = Self.names(of: unique, terms, side: side, keys)
        var words: [UInt32] = []
        words.reserveCapacity(Self.placeWords * entries.count)
        for (place, entry) in entries.enumerated() {
            if Int(entry) < limit {
                words.append(0)
                for word in names[Int(entry)] + [0, 0] {
                    words.append(UInt32(truncatingIfNeeded: word))
                    words.append(UInt32(truncatingIfNeeded: word >> 32))
                }
            } else {
                words.append(1)
                words += masks.key(place)
            }
        }
        self.entries = entries
        self.words = words
        for place in unique.indices { unique[place] = HashedRow(hash: (0, 0), row: 0) }
    }

    // KERNEL 11.6
    /// Which entry stands at each place: uniform for whoever lacks the holder's key.
    static func order(_ count: Int, _ keys: HiddenKeys) -> [UInt32] {
        var generator = KeystreamGenerator(key: keys.order, number: 0)
        return (0..<UInt32(count)).shuffled(using: &generator)
    }

    /// 128 bits for each row with a name: of its key's hash under a key of both holders, of a dummy that both have, or random.
    private static func names(
        of rows: [HashedRow], _ terms: HiddenTerms, side: Int, _ keys: HiddenKeys
    ) -> [[UInt64]] {
        var names = rows.map { row -> [UInt64] in
            // A block for each hash: high names the stream, the 32 bits beside it the block.
            var words: [UInt64] = [0, 0]
            Keystream(key: keys.names, nonce: row.high).fill(&words, fromBlock: row.low >> 32)
            return words
        }
        var blanks = KeystreamGenerator(key: keys.blanks, number: 0)
        for _ in rows.count..<terms.rows[side] { names.append([blanks.next(), blanks.next()]) }
        var dummies = KeystreamGenerator(key: keys.dummies, number: 0)
        let matches = terms.matches(from: keys.noise)
        for dummy in 0..<terms.dummies {
            names.append(
                dummy < matches ? [dummies.next(), dummies.next()] : [blanks.next(), blanks.next()])
        }
        return names
    }
}

/// A holder's rows with a name as one-hot codes, on their way to the third party. No code leaves it but under a mask.
public final class HiddenTable: Sendable {
    /// In which order they go.
    public let list: HiddenList
    let codes: OneHotCodes

    init(_ list: HiddenList, _ codes: [CodeArray]) {
        self.list = list
        self.codes = OneHotCodes(codes, rows: list.terms.rows[list.side])
    }

    /// How many pieces the rows have.
    public var pieces: Int { (list.named.count + FieldStream.pieceRows - 1) / FieldStream.pieceRows }

    // KERNEL 11.6
    /// A piece of the rows with a name, each less the mask of its place: uniform for the third party, which lacks their keys.
    ///
    /// - Parameter number: of the shared table.
    public func masked(number: Int, piece: Int) -> [UInt32] {
        let first = piece * FieldStream.pieceRows
        let places = list.named[first..<min(first + FieldStream.pieceRows, list.named.count)]
        var words: [UInt32] = []
        words.reserveCapacity(places.count * codes.width)
        for place in places { words += codes.less(mask(place, number), row: row(at: place)) }
        return words
    }

    func mask(_ place: UInt32, _ number: Int) -> [UInt32] {
        list.masks.row(Int(place), number: number, width: codes.width)
    }

    // KERNEL 11.6
    /// As `masked`, in the field of 2⁶¹ − 1.
    ///
    /// - Parameter number: of the shared table, in either field.
    public func widelyMasked(number: Int, piece: Int) -> [UInt64] {
        let first = piece * FieldStream.pieceRows
        let places = list.named[first..<min(first + FieldStream.pieceRows, list.named.count)]
        var words: [UInt64] = []
        words.reserveCapacity(places.count * codes.width)
        for place in places { words += codes.less(wideMask(place, number), row: row(at: place)) }
        return words
    }

    func wideMask(_ place: UInt32, _ number: Int) -> [UInt64] {
        list.masks.wideRow(Int(place), number: number, width: codes.width)
    }

    // KERNEL 11.8
    /// The row at a place; nil where there is none, but a dummy, or room that the table does not fill: it is zero.
    func row(at place: UInt32) -> Int? {
        let entry = Int(list.entries[Int(place)])
        return entry < list.rows.rowCount ? entry : nil
    }
}
