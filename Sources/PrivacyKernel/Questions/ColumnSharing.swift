public import VectorMath

/// How a kernel reaches the two other parties where the columns of each row lie at two holders, and three parties compute on
/// shares of them: elements of the field of p = 2³¹ − 1 that sum to what they share.
public protocol ColumnSharing: SumOpening {
    /// 0 for the holder of the first columns of the domain, 1 for that of the rest, nil for the third party, which has none.
    var side: Int? { get }

    /// Shares a table of one-hot codes of each holder, has its form checked, and gives this party's part of the products of all
    /// columns of the first with all columns of the second. It waits for the others.
    ///
    /// - Parameters:
    ///   - number: how many tables were shared before.
    ///   - sizes: the columns of each group, of the first holder's table and of the second's.
    ///   - own: this holder's table; nil at the third party.
    /// - Returns: a part, as elements, for each column of the first table those with all columns of the second.
    /// - Throws: where the parts do not come together, or a table is not of one-hot codes: nothing is released then.
    func products(_ number: Int, sizes: [[Int]], own: OneHotTable?) throws -> [UInt32]

    /// The same in the field of 2⁶¹ − 1, of what the columns add to the figures of their rows: this party's part of the sums over
    /// rows of the products of all figures of the first holder with all figures of the second.
    ///
    /// - Parameters:
    ///   - number: how many tables were shared before, in either field.
    ///   - columns: of the first holder's table and of the second's.
    func wideProducts(_ number: Int, columns: [WeightedColumns], own: OneHotTable?) throws -> [UInt64]

    /// As `open`, of elements of the field of 2⁶¹ − 1.
    func openWide(_ part: [Int64], question: String) throws -> [Int64]
}

/// A holder's rows as one-hot codes, on their way to the other parties. No code leaves it but under a mask.
public final class OneHotTable: Sendable {
    let codes: OneHotCodes

    init(_ codes: OneHotCodes) { self.codes = codes }

    // KERNEL 11.1
    /// A piece of the rows less the mask of a key: uniform for whoever lacks the key.
    ///
    /// - Parameters:
    ///   - key: 32 bytes, which this holder shares with one of the others.
    ///   - number: of the shared table.
    public func masked(by key: [UInt8], number: Int, piece: Int) -> [UInt32] {
        codes.less(mask(key, number, piece), piece: piece)
    }

    func mask(_ key: [UInt8], _ number: Int, _ piece: Int) -> [UInt32] {
        let rows = min(FieldStream.pieceRows, codes.rows - piece * FieldStream.pieceRows)
        return FieldStream(key: key, number: number, pieceWords: FieldStream.pieceRows * codes.width)
            .piece(piece, count: rows * codes.width)
    }

    /// What the mask and the masked rows add together to the sums that show the table's form.
    public func crossTerms(_ challenge: FormChallenge, maskedBy key: [UInt8], number: Int) -> [UInt32] {
        var sums = [UInt32](repeating: 0, count: 2 * FormChallenge.tests)
        for piece in 0..<((codes.rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows) {
            let mask = mask(key, number, piece)
            let terms = challenge.crossTerms(mask, codes.less(mask, piece: piece), piece: piece)
            sums = zip(sums, terms).map { PrimeField.sum($0, $1) }
        }
        return sums
    }

    /// Sums of the other holder's masked rows, over the rows of each of these columns: the first holder's part of the products.
    ///
    /// - Parameters:
    ///   - others: as many rows as these, row by row.
    ///   - width: how many columns they have.
    public func products(_ others: [UInt32], width: Int) -> [UInt32] { codes.products(others, width: width) }
}

extension OneHotTable {
    // KERNEL 11.1
    /// As `masked(by:number:piece:)`, in the field of 2⁶¹ − 1.
    public func widelyMasked(by key: [UInt8], number: Int, piece: Int) -> [UInt64] {
        codes.less(wideMask(key, number, piece), piece: piece)
    }

    func wideMask(_ key: [UInt8], _ number: Int, _ piece: Int) -> [UInt64] {
        let rows = min(FieldStream.pieceRows, codes.rows - piece * FieldStream.pieceRows)
        return WideStream(key: key, number: number, pieceWords: FieldStream.pieceRows * codes.width)
            .piece(piece, count: rows * codes.width)
    }

    private var pieces: Int { (codes.rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows }

    /// What the mask and the masked rows add together to the sum that shows the table's form.
    public func crossTerm(_ challenge: WideChallenge, maskedBy key: [UInt8], number: Int) -> UInt64 {
        var sum: UInt64 = 0
        for piece in 0..<pieces {
            let mask = wideMask(key, number, piece)
            sum = WideField.sum(sum, challenge.crossTerm(mask, codes.less(mask, piece: piece), piece: piece))
        }
        return sum
    }

    /// Sums of products of the own figures with those of the other holder's masked rows: the first holder's part.
    ///
    /// - Parameters:
    ///   - others: as many rows as these, row by row.
    ///   - columns: of this table and of the other one.
    public func products(_ others: [UInt64], columns: [WeightedColumns]) -> [UInt64] {
        var product = WideProduct(left: columns[0].figures, right: columns[1].figures)
        let length = FieldStream.pieceRows * columns[1].width
        for piece in 0..<pieces {
            let part = Array(others[(piece * length)..<min((piece + 1) * length, others.count)])
            product.add(codes.figures(columns[0], piece: piece), columns[1].figures(of: part))
        }
        return product.elements
    }
}
