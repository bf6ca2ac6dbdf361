import Crypto
import Foundation
public import VectorMath

/// Two tables of one-hot codes that are shared in the field of 2⁶¹ − 1, as one of three parties has them: what `SharedPair` is for
/// counts, for sums of values and of scores.
///
/// Each column counts for its row's figures what `WeightedColumns` says. Shares of figures are figures of shares, so that what is
/// multiplied is as narrow as what is asked for.
public struct WidePair: Sendable {
    /// What a party has of a table: as `TablePart`.
    public enum Part: Sendable {
        /// The mask, by its key.
        case mask([UInt8])
        /// The rows less the mask, row by row.
        case masked([UInt64])
        /// All of it: the holder's own table, and the key of its mask.
        case own([UInt8])
    }

    private let number: Int
    private let rows: Int
    private let columns: [WeightedColumns]
    private let parts: [Part]

    /// - Parameters:
    ///   - number: how many pairs of tables were shared before, in either field.
    ///   - rows: of both tables.
    ///   - columns: of the first table and of the second.
    ///   - parts: what this party has of either.
    public init(number: Int, rows: Int, columns: [WeightedColumns], parts: [Part]) {
        self.number = number
        self.rows = rows
        self.columns = columns
        self.parts = parts
    }

    private var pieces: Int { (rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows }

    private func piece(_ place: Int, of side: Int) -> [UInt64] {
        let width = columns[side].width
        let first = place * FieldStream.pieceRows
        let count = min(FieldStream.pieceRows, rows - first) * width
        switch parts[side] {
        case .mask(let key), .own(let key):
            return WideStream(key: key, number: number, pieceWords: FieldStream.pieceRows * width).piece(
                place, count: count)
        case .masked(let words): return Array(words[(first * width)..<(first * width + count)])
        }
    }

    /// This party's part of the sums of products of all figures, but for what the first holder adds from its own rows: for each
    /// figure of the first table those with all of the second.
    public func products() -> [UInt64] {
        var product = WideProduct(left: columns[0].figures, right: columns[1].figures)
        if case .own = parts[0] { return product.elements }
        for place in 0..<pieces {
            product.add(
                columns[0].figures(of: piece(place, of: 0)), columns[1].figures(of: piece(place, of: 1)))
        }
        return product.elements
    }

    /// The challenge of one table, once the coins of all parties are known.
    public static func challenge(_ coins: [Int64], number: Int, side: Int, rows: Int, sizes: [Int]) -> WideChallenge {
        let text = "ENTREPOT-WIDE-FORM1\0\(number)\0\(side)\0\(coins)"
        return WideChallenge(key: Array(SHA256.hash(data: Data(text.utf8))), rows: rows, sizes: sizes)
    }

    /// This party's part of the two sums that are zero if both tables are of one-hot codes.
    ///
    /// - Parameters:
    ///   - coins: what all parties drew together after both tables were shared.
    ///   - crossTerm: what the own table's mask and masked rows add together.
    public func form(_ coins: [Int64], crossTerm: (WideChallenge, _ key: [UInt8]) -> UInt64) -> [Int64] {
        (0..<2).map { side in
            let challenge = Self.challenge(coins, number: number, side: side, rows: rows, sizes: columns[side].sizes)
            if case .own(let key) = parts[side] { return Int64(crossTerm(challenge, key)) }
            var sum: UInt64 = 0
            for place in 0..<pieces {
                sum = WideField.sum(sum, challenge.sum(piece(place, of: side), piece: place))
            }
            if case .masked = parts[side] { sum = WideField.sum(sum, challenge.onesTaken()) }
            return Int64(sum)
        }
    }
}
