import Client
import PrivacyKernel
import SecretSharing
import VectorMath

/// Sums of values and of scores on shares: the same rounds as for counts, in the field of 2⁶¹ − 1.
extension OfficeShares {
    func openWide(_ part: [Int64], question: String) throws -> [Int64] {
        try mesh.open(part, question: question, in: .wideField)
    }

    func wideProducts(_ number: Int, columns: [WeightedColumns], own: OneHotTable?) throws -> [UInt64] {
        if let side, let own { try offerWide(own, number, side) }
        let kept = "products-\(number)"
        let coinsAsked = "coins of table of values \(number) \(columns.map(\.sizes))"
        let formAsked = "form of table of values \(number) \(columns.map(\.sizes))"
        if let bytes = journal.item(kept) {
            // Both rounds were played in an earlier start: its messages stand.
            _ = try openWide([Int64](repeating: 0, count: 4), question: coinsAsked)
            _ = try openWide([Int64](repeating: 0, count: 2), question: formAsked)
            return ItemPiece.wide(of: ItemPiece.words(of: bytes))
        }
        let parts = try wideShare(number, columns, own)
        let pair = WidePair(number: number, rows: rows, columns: columns, parts: parts)
        // Nobody knows the weights before both tables are with those who check them: whoever got one opens its coins afterwards.
        let coins = try openWide(
            (0..<4).map { _ in Int64.random(in: 0..<Int64(WideField.modulus)) }, question: coinsAsked)
        let form = pair.form(coins) { challenge, key in
            own?.crossTerm(challenge, maskedBy: key, number: number) ?? 0
        }
        if let side = try openWide(form, question: formAsked).firstIndex(where: { $0 != 0 }) { throw refused(side) }
        var part = pair.products()
        if place == 0, let own, case .masked(let others) = parts[1] {
            part = zip(part, own.products(others, columns: columns)).map { WideField.sum($0, $1) }
        }
        try journal.keep(ItemPiece.bytes(of: ItemPiece.words(of: part)), as: kept)
        return part
    }

    private func offerWide(_ own: OneHotTable, _ number: Int, _ side: Int) throws {
        let key = try mask(of: side)
        let pieces = (rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows
        mesh.offer(
            OfficeItem(pieces: pieces) {
                ItemPiece.words(of: own.widelyMasked(by: key, number: number, piece: $0))
            }, named: name(of: number), to: 1 - side)
    }

    /// What this party has of both tables.
    private func wideShare(
        _ number: Int, _ columns: [WeightedColumns], _ own: OneHotTable?
    ) throws -> [WidePair.Part] {
        guard let side, own != nil else { return [.mask(try mask(of: 0)), .mask(try mask(of: 1))] }
        let width = 2 * columns[1 - side].width
        let name = name(of: number)
        let words = try mesh.fetch(
            name,
            ItemIntake(name, count: rows * width, pieceWords: FieldStream.pieceRows * width, kind: .wideField),
            from: 1 - side, resumes: true)
        var parts = [WidePair.Part](repeating: .own(try mask(of: side)), count: 2)
        parts[1 - side] = .masked(ItemPiece.wide(of: words))
        return parts
    }
}
