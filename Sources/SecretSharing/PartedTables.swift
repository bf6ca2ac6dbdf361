import Crypto
import Foundation
import VectorMath

/// A part of a table of three parts.
public enum PartWords: Sendable {
    /// By the key of a stream, which the other party that has this part has too.
    case stream([UInt8])
    /// Row by row.
    case words([UInt32])
}

/// Two tables, row beside row, of which each of three parties has two of three parts: x = a + b + c, where the holders have a,
/// the first holder and the third party b, and the second holder and the third party c. Nobody knows a row.
///
/// That is replicated sharing (Araki et al. 2016). A party counts the first of its parts for all; of a product its share is
/// a (a' + b') + b a', so that the three have all nine terms once.
public struct PartedTables: Sendable {
    private let number: Int
    private let rows: Int
    private let sizes: [[Int]]
    private let parts: [(one: PartWords, two: PartWords)]

    /// - Parameters:
    ///   - number: how many tables were shared before.
    ///   - rows: of both tables.
    ///   - sizes: the columns of each group, of the first table and of the second.
    ///   - parts: of either table the part that this party counts for all, and the other one that it has.
    public init(number: Int, rows: Int, sizes: [[Int]], parts: [(one: PartWords, two: PartWords)]) {
        self.number = number
        self.rows = rows
        self.sizes = sizes
        self.parts = parts
    }

    /// How many pieces there are.
    public static func pieces(_ rows: Int) -> Int { (rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows }

    /// A piece of the stream that is a part.
    public static func stream(
        _ key: [UInt8], number: Int, side: Int, rows: Int, width: Int, piece: Int
    ) -> [UInt32] {
        let count = max(0, min(FieldStream.pieceRows, rows - piece * FieldStream.pieceRows))
        return FieldStream(key: key, number: 2 * number + side, pieceWords: FieldStream.pieceRows * width)
            .piece(piece, count: count * width)
    }

    /// What is left of words where a part is taken away.
    public static func less(_ words: [UInt32], _ part: [UInt32]) -> [UInt32] {
        zip(words, part).map { $0 >= $1 ? $0 - $1 : $0 + PrimeField.modulus - $1 }
    }

    /// The sum of what two parties sent each other: the part that both have.
    public static func sum(_ one: [UInt32], _ two: [UInt32]) -> [UInt32] {
        zip(one, two).map { PrimeField.sum($0, $1) }
    }

    private func width(_ side: Int) -> Int { sizes[side].reduce(0, +) }

    private func piece(_ part: PartWords, _ side: Int, _ piece: Int) -> [UInt32] {
        let width = width(side)
        switch part {
        case .stream(let key):
            return Self.stream(key, number: number, side: side, rows: rows, width: width, piece: piece)
        case .words(let words):
            let first = piece * FieldStream.pieceRows * width
            return Array(words[first..<min(first + FieldStream.pieceRows * width, words.count)])
        }
    }

    /// This party's part of the sums of all columns, and of the products of pairs of groups, which are numbered through both tables:
    /// a row for each column of the first.
    public func counts(_ pairs: [(first: Int, second: Int)]) -> (sums: [UInt32], products: [[UInt32]]) {
        let all = sizes[0].map { (side: 0, size: $0) } + sizes[1].map { (side: 1, size: $0) }
        // Where each group's columns begin in its table.
        let starts = sizes.flatMap { sizes in sizes.indices.map { sizes[..<$0].reduce(0, +) } }
        let lefts = Set(pairs.map(\.first)).sorted()
        let rights = lefts.map { left in pairs.indices.filter { pairs[$0].first == left } }
        var products = zip(lefts, rights).map { left, places in
            FieldProduct(left: all[left].size, right: places.reduce(0) { $0 + all[pairs[$1].second].size })
        }
        var sums = [UInt64](repeating: 0, count: width(0) + width(1))
        for piece in 0..<Self.pieces(rows) {
            let count = min(FieldStream.pieceRows, rows - piece * FieldStream.pieceRows)
            let one = (0..<2).map { self.piece(parts[$0].one, $0, piece) }
            let two = (0..<2).map { self.piece(parts[$0].two, $0, piece) }
            add(one, count, &sums)
            let both = zip(one, two).map { Self.sum($0, $1) }
            func columns(_ words: [[UInt32]], _ groups: [Int]) -> [UInt32] {
                var chosen: [UInt32] = []
                chosen.reserveCapacity(count * groups.reduce(0) { $0 + all[$1].size })
                for row in 0..<count {
                    for group in groups {
                        let first = row * width(all[group].side) + starts[group]
                        chosen += words[all[group].side][first..<(first + all[group].size)]
                    }
                }
                return chosen
            }
            for (place, left) in lefts.enumerated() {
                let others = rights[place].map { pairs[$0].second }
                products[place].add(columns(one, [left]), columns(both, others))
                products[place].add(columns(two, [left]), columns(one, others))
            }
        }
        var tables = [[UInt32]](repeating: [], count: pairs.count)
        for (place, product) in products.enumerated() {
            let elements = product.elements
            let width = rights[place].reduce(0) { $0 + all[pairs[$1].second].size }
            var start = 0
            for pair in rights[place] {
                let size = all[pairs[pair].second].size
                tables[pair] = (0..<all[pairs[pair].first].size).flatMap { row in
                    elements[(row * width + start)..<(row * width + start + size)]
                }
                start += size
            }
        }
        return (sums.map { PrimeField.reduced($0) }, tables)
    }

    private func add(_ words: [[UInt32]], _ count: Int, _ sums: inout [UInt64]) {
        for side in 0..<2 {
            let (width, start) = (width(side), side == 0 ? 0 : width(0))
            for row in 0..<count {
                for column in 0..<width { sums[start &+ column] &+= UInt64(words[side][row &* width &+ column]) }
            }
        }
    }

    /// How many sums show the form of both tables.
    public static let formSums = 3 * PartedChallenge.tests

    /// This party's part of the sums that are zero if every row of either table is one-hot or zero, and a row of the first is zero
    /// where that of the second is: for each test those of the first table, of the second, and of both.
    ///
    /// - Parameter coins: what all parties drew together after both tables were shared.
    public func form(_ coins: [Int64]) -> [Int64] {
        let text = "ENTREPOT-PARTED-FORM1\0\(number)\0\(coins)"
        let key = Array(SHA256.hash(data: Data(text.utf8)))
        let challenges = (0..<2).map { PartedChallenge(key: key, side: $0, sizes: sizes[$0]) }
        var sums = [[UInt32]](repeating: [UInt32](repeating: 0, count: 2 * PartedChallenge.tests), count: 2)
        for piece in 0..<Self.pieces(rows) {
            for side in 0..<2 where width(side) > 0 {
                sums[side] = Self.sum(
                    sums[side],
                    challenges[side].sums(
                        self.piece(parts[side].one, side, piece), self.piece(parts[side].two, side, piece),
                        piece: piece))
            }
        }
        // A table without columns says nothing of which rows are zero.
        let isJoint = width(0) > 0 && width(1) > 0
        return (0..<PartedChallenge.tests).flatMap { test -> [Int64] in
            let weights = [sums[0][2 * test + 1], sums[1][2 * test + 1]]
            let joint = isJoint ? Self.less([weights[0]], [weights[1]])[0] : 0
            return [sums[0][2 * test], sums[1][2 * test], joint].map { Int64($0) }
        }
    }

    /// Whose table is wrong, by the sums of all parts: 0 or 1, or both together.
    public enum Malformed: Sendable, Equatable {
        case table(Int)
        /// Each has rows of its own form; one has zeros where the other has none.
        case both
    }

    /// - Returns: nil where nothing is wrong.
    public static func malformed(_ totals: [Int64]) -> Malformed? {
        let wrong = totals.indices.filter { totals[$0] != 0 }.map { $0 % 3 }
        return wrong.min().map { $0 < 2 ? .table($0) : .both }
    }
}
