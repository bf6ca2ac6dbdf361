import Crypto
import Foundation
public import VectorMath

/// What one of three parties has of a table of one-hot codes x that a holder shared as x = u + v: the holder all of it, one party
/// the key of the mask u, and the other one v = x − u, which is uniform without that key.
///
/// That is replicated sharing among three, with a third share of zero (Araki et al. 2016): each of the others lacks one share. The
/// products xᵀy of two holders' tables need no further message: with y = s + t shared in the same way, xᵀy = xᵀt + vᵀs + uᵀs, of
/// which the first holder has x and t, the second v and s, and the third the keys of u and s.
public enum TablePart: Sendable {
    /// The mask, by its key.
    case mask([UInt8])
    /// The rows less the mask, row by row.
    case masked([UInt32])
    /// All of it: the holder's own table, and the key of its mask.
    case own([UInt8])
}

/// Two shared tables, row beside row, as one of three parties has them.
public struct SharedPair: Sendable {
    /// How many pairs of tables were shared before this one.
    private let number: Int
    private let rows: Int
    private let sizes: [[Int]]
    private let parts: [TablePart]

    /// - Parameters:
    ///   - number: how many were shared before.
    ///   - rows: of both tables.
    ///   - sizes: the columns of each group, of the first table and of the second.
    ///   - parts: what this party has of either.
    public init(number: Int, rows: Int, sizes: [[Int]], parts: [TablePart]) {
        self.number = number
        self.rows = rows
        self.sizes = sizes
        self.parts = parts
    }

    private var pieces: Int { (rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows }

    private func width(_ side: Int) -> Int { sizes[side].reduce(0, +) }

    /// The elements of a mask or of masked rows.
    private func piece(_ place: Int, of side: Int) -> [UInt32] {
        let width = width(side)
        let first = place * FieldStream.pieceRows
        let count = min(FieldStream.pieceRows, rows - first) * width
        switch parts[side] {
        case .mask(let key), .own(let key):
            return FieldStream(key: key, number: number, pieceWords: FieldStream.pieceRows * width).piece(
                place, count: count)
        case .masked(let words): return Array(words[(first * width)..<(first * width + count)])
        }
    }

    /// This party's part of the products of all columns, but for what the first holder adds from its own rows: for each column of
    /// the first table those with all columns of the second.
    public func products() -> [UInt32] {
        let widths = [width(0), width(1)]
        if case .own = parts[0] { return [UInt32](repeating: 0, count: widths[0] * widths[1]) }
        var product = FieldProduct(left: widths[0], right: widths[1])
        for place in 0..<pieces { product.add(piece(place, of: 0), piece(place, of: 1)) }
        return product.elements
    }

    /// The challenge of one table, once the coins of all parties are known.
    public static func challenge(_ coins: [Int64], number: Int, side: Int, rows: Int, sizes: [Int]) -> FormChallenge {
        let text = "ENTREPOT-FORM1\0\(number)\0\(side)\0\(coins)"
        return FormChallenge(key: Array(SHA256.hash(data: Data(text.utf8))), rows: rows, sizes: sizes)
    }

    /// This party's part of the sums that are zero if both tables are of one-hot codes: those of the first, then of the second.
    ///
    /// - Parameters:
    ///   - coins: what all parties drew together after both tables were shared.
    ///   - crossTerms: what the own table's mask and masked rows add together.
    public func form(_ coins: [Int64], crossTerms: (FormChallenge, _ key: [UInt8]) -> [UInt32]) -> [Int64] {
        (0..<2).flatMap { side -> [Int64] in
            let challenge = Self.challenge(coins, number: number, side: side, rows: rows, sizes: sizes[side])
            var sums: [UInt32]
            switch parts[side] {
            case .own(let key): sums = crossTerms(challenge, key)
            case .mask, .masked:
                sums = [UInt32](repeating: 0, count: 2 * FormChallenge.tests)
                for place in 0..<pieces {
                    sums = Self.sum(sums, challenge.sums(piece(place, of: side), piece: place))
                }
                if case .masked = parts[side] { sums = Self.sum(sums, challenge.ones()) }
            }
            return sums.map { Int64($0) }
        }
    }

    /// Which of both tables is wrong, by the sums of all parts.
    public static func malformed(_ totals: [Int64]) -> Int? {
        (0..<2).first { side in
            totals.dropFirst(side * 2 * FormChallenge.tests).prefix(2 * FormChallenge.tests).contains { $0 != 0 }
        }
    }

    private static func sum(_ one: [UInt32], _ two: [UInt32]) -> [UInt32] {
        zip(one, two).map { PrimeField.sum($0, $1) }
    }
}
