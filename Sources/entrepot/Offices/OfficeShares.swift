import Client
import PrivacyKernel
import SecretSharing
import VectorMath

/// How the kernel of one of three parties reaches the other two: tables go out under masks, their form is checked, and products of
/// shares come back.
struct OfficeShares: ColumnSharing {
    let mesh: OfficeMesh
    let journal: OfficeJournal
    let names: [String]
    let holders: NoiseHolders
    /// This party's place: 0 and 1 hold tables, 2 does not.
    let place: Int
    /// Of both tables, with padding.
    let rows: Int
    /// Of the members of both tables; empty at the third party.
    let members: String

    var side: Int? { place < 2 ? place : nil }

    func open(_ part: [Int64], question: String) throws -> [Int64] {
        try mesh.open(part, question: question, in: .field)
    }

    func products(_ number: Int, sizes: [[Int]], own: OneHotTable?) throws -> [UInt32] {
        if let side, let own { try offer(own, number, side) }
        let kept = "products-\(number)"
        if let bytes = journal.item(kept) {
            // Both rounds were played in an earlier start: its messages stand.
            for round in ["coins", "form"] {
                _ = try open([Int64](repeating: 0, count: 8), question: "\(round) of table \(number) \(sizes)")
            }
            return ItemPiece.words(of: bytes)
        }
        let parts = try share(number, sizes, own)
        let pair = SharedPair(number: number, rows: rows, sizes: sizes, parts: parts)
        // Nobody knows the weights before both tables are with those who check them: whoever got one opens its coins afterwards.
        let coins = try open(
            (0..<8).map { _ in Int64.random(in: 0..<Int64(PrimeField.modulus)) },
            question: "coins of table \(number) \(sizes)")
        let form = pair.form(coins) { challenge, key in
            own?.crossTerms(challenge, maskedBy: key, number: number) ?? []
        }
        let totals = try open(form, question: "form of table \(number) \(sizes)")
        if let side = SharedPair.malformed(totals) { throw refused(side) }
        var part = pair.products()
        if place == 0, let own, case .masked(let others) = parts[1] {
            part = zip(part, own.products(others, width: sizes[1].reduce(0, +))).map { PrimeField.sum($0, $1) }
        }
        try journal.keep(ItemPiece.bytes(of: part), as: kept)
        return part
    }

    /// The owner of a table whose rows do not count once in each column has ended the task.
    func refused(_ side: Int) -> SumRefusal {
        let refusal = SumRefusal.malformedTable(of: names[side])
        mesh.refuse(refusal)
        return refusal
    }

    func name(of number: Int) -> String { "columns \(number) \(members)" }

    /// The own table goes to the other holder alone, less a mask whose key the third party has.
    private func offer(_ own: OneHotTable, _ number: Int, _ side: Int) throws {
        let key = try mask(of: side)
        let pieces = (rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows
        mesh.offer(
            OfficeItem(pieces: pieces) { own.masked(by: key, number: number, piece: $0) }, named: name(of: number),
            to: 1 - side)
    }

    /// What this party has of both tables.
    private func share(_ number: Int, _ sizes: [[Int]], _ own: OneHotTable?) throws -> [TablePart] {
        guard let side, own != nil else { return [.mask(try mask(of: 0)), .mask(try mask(of: 1))] }
        let key = try mask(of: side)
        let widths = sizes.map { $0.reduce(0, +) }
        let name = name(of: number)
        let words = try mesh.fetch(
            name,
            ItemIntake(
                name, count: rows * widths[1 - side], pieceWords: FieldStream.pieceRows * widths[1 - side],
                kind: .field),
            from: 1 - side, resumes: true)
        var parts = [TablePart](repeating: .own(key), count: 2)
        parts[1 - side] = .masked(words)
        return parts
    }

    /// The key of the mask of one holder's tables, which that holder and the third party have.
    func mask(of side: Int) throws -> [UInt8] { try mesh.key(with: place == 2 ? side : 2, for: "mask") }
}
