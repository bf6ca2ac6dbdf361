import VectorMath

@testable import PrivacyKernel

extension HiddenList {
    @_dynamicReplacement(for:order(_:_:))
    static func orderOrNone(_ count: Int, _ keys: HiddenKeys) -> [UInt32] {
        planted(.hiddenShuffleLeftOut) ? Array(0..<UInt32(count)) : order(count, keys)
    }
}

extension HiddenTerms {
    @_dynamicReplacement(for:matches(from:))
    func matchesOrNone(from seed: [UInt8]) -> Int { planted(.hiddenDummiesLeftOut) ? 0 : matches(from: seed) }
}

extension HiddenTable {
    @_dynamicReplacement(for:row(at:))
    func rowOrFirst(at place: UInt32) -> Int? { row(at: place) ?? (planted(.hiddenZeroRowsCounted) ? 0 : nil) }

    @_dynamicReplacement(for:masked(number:piece:))
    func wronglyMasked(number: Int, piece: Int) -> [UInt32] {
        if planted(.hiddenMaskReused) { return masked(number: 0, piece: piece) }
        var words = masked(number: number, piece: piece)
        guard let (hot, other) = firstRow(piece) else { return words }
        switch PlantedBug.active {
        case .hiddenRowHeavy: words[hot] = PrimeField.sum(words[hot], 999)
        case .hiddenRowTwice: words[other] = PrimeField.sum(words[other], 1)
        case .hiddenGroupZero: words[hot] = PrimeField.sum(words[hot], PrimeField.modulus - 1)
        default: break
        }
        return words
    }

    @_dynamicReplacement(for:widelyMasked(number:piece:))
    func wronglyWidelyMasked(number: Int, piece: Int) -> [UInt64] {
        if planted(.hiddenMaskReused) { return widelyMasked(number: 0, piece: piece) }
        var words = widelyMasked(number: number, piece: piece)
        guard let (hot, other) = firstRow(piece) else { return words }
        switch PlantedBug.active {
        case .hiddenRowHeavy: words[hot] = WideField.sum(words[hot], 999)
        case .hiddenRowTwice: words[other] = WideField.sum(words[other], 1)
        case .hiddenGroupZero: words[hot] = WideField.difference(words[hot], 1)
        default: break
        }
        return words
    }

    /// In a piece, of the row that stands first in its order, wherever it is in this one: the element of its code in the first group,
    /// and that of another code.
    private func firstRow(_ piece: Int) -> (hot: Int, other: Int)? {
        let first = FieldStream.pieceRows * piece
        guard
            let place = list.named[first..<min(first + FieldStream.pieceRows, list.named.count)].firstIndex(
                where: { list.entries[Int($0)] == 0 }), list.rows.rowCount > 0, let group = codes.groups.first
        else { return nil }
        let start = (place - first) * codes.width
        return (start + group[0], start + (group[0] + 1) % group.bound)
    }
}
