import Crypto
import Foundation
public import VectorMath

/// Two tables in three parts in the field of 2⁶¹ − 1, as one of three parties has them: what `PartedTables` is for counts, for sums
/// of values and of scores.
///
/// Each column counts for its row's figures what `WeightedColumns` says, and parts of figures are figures of parts. Of a product of
/// figures a party's share is a (a' + b') + b a', so that the three have all nine terms once (Araki et al. 2016).
public struct WidePartedTables: Sendable {
    /// A part of a table.
    public enum Part: Sendable {
        /// By the key of a stream, which the other party that has this part has too.
        case stream([UInt8])
        /// Row by row.
        case words([UInt64])
    }

    private let number: Int
    private let rows: Int
    private let columns: [WeightedColumns]
    private let parts: [(one: Part, two: Part)]

    /// - Parameters:
    ///   - number: how many tables were shared before, in either field.
    ///   - rows: of both tables.
    ///   - columns: of the first table and of the second, neither of them none.
    ///   - parts: of either table the part that this party counts for all, and the other one that it has.
    public init(number: Int, rows: Int, columns: [WeightedColumns], parts: [(one: Part, two: Part)]) {
        self.number = number
        self.rows = rows
        self.columns = columns
        self.parts = parts
    }

    /// A piece of the stream that is a part.
    public static func stream(
        _ key: [UInt8], number: Int, side: Int, rows: Int, width: Int, piece: Int
    ) -> [UInt64] {
        let count = max(0, min(FieldStream.pieceRows, rows - piece * FieldStream.pieceRows))
        return WideStream(key: key, number: 2 * number + side, pieceWords: FieldStream.pieceRows * width)
            .piece(piece, count: count * width)
    }

    /// What is left of words where a part is taken away.
    public static func less(_ words: [UInt64], _ part: [UInt64]) -> [UInt64] {
        zip(words, part).map { WideField.difference($0, $1) }
    }

    /// The sum of what two parties sent each other: the part that both have.
    public static func sum(_ one: [UInt64], _ two: [UInt64]) -> [UInt64] {
        zip(one, two).map { WideField.sum($0, $1) }
    }

    private func piece(_ part: Part, _ side: Int, _ piece: Int) -> [UInt64] {
        let width = columns[side].width
        switch part {
        case .stream(let key):
            return Self.stream(key, number: number, side: side, rows: rows, width: width, piece: piece)
        case .words(let words):
            let first = piece * FieldStream.pieceRows * width
            return Array(words[first..<min(first + FieldStream.pieceRows * width, words.count)])
        }
    }

    /// This party's part of the sums of products of figures, of each pair of tables: a row for each figure of the first.
    ///
    /// - Parameter pairs: 0 or 1 of either table; a table may stand beside itself.
    public func products(_ pairs: [(first: Int, second: Int)]) -> [[UInt64]] {
        var products = pairs.map { WideProduct(left: columns[$0.first].figures, right: columns[$0.second].figures) }
        for piece in 0..<PartedTables.pieces(rows) {
            let figures = (0..<2).map { side -> (one: [UInt64], two: [UInt64], both: [UInt64]) in
                let one = columns[side].figures(of: self.piece(parts[side].one, side, piece))
                let two = columns[side].figures(of: self.piece(parts[side].two, side, piece))
                return (one, two, Self.sum(one, two))
            }
            for (place, pair) in pairs.enumerated() {
                products[place].add(figures[pair.first].one, figures[pair.second].both)
                products[place].add(figures[pair.first].two, figures[pair.second].one)
            }
        }
        return products.map(\.elements)
    }

    /// How many sums show the form of both tables.
    public static let formSums = 3

    /// This party's part of the sums that are zero if every row of either table is one-hot or zero, and a row of the first is zero
    /// where that of the second is: those of the first table, of the second, and of both. `PartedTables.malformed` reads them.
    ///
    /// - Parameter coins: what all parties drew together after both tables were shared.
    public func form(_ coins: [Int64]) -> [Int64] {
        let text = "ENTREPOT-WIDE-PARTED-FORM1\0\(number)\0\(coins)"
        let key = Array(SHA256.hash(data: Data(text.utf8)))
        let challenges = (0..<2).map { WidePartedChallenge(key: key, side: $0, sizes: columns[$0].sizes) }
        var forms: [UInt64] = [0, 0]
        var weights: [UInt64] = [0, 0]
        for piece in 0..<PartedTables.pieces(rows) {
            for side in 0..<2 {
                let sums = challenges[side].sums(
                    self.piece(parts[side].one, side, piece), self.piece(parts[side].two, side, piece), piece: piece)
                forms[side] = WideField.sum(forms[side], sums.form)
                weights[side] = WideField.sum(weights[side], sums.weight)
            }
        }
        return [forms[0], forms[1], WideField.difference(weights[0], weights[1])].map { Int64($0) }
    }
}
