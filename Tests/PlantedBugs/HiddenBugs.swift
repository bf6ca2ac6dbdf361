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
        let first = FieldStream.pieceRows * piece
        // The row that stands first in its order, wherever it is in this one.
        guard
            let place = list.named[first..<min(first + FieldStream.pieceRows, list.named.count)].firstIndex(
                where: { list.entries[Int($0)] == 0 }), list.rows.rowCount > 0, let group = codes.groups.first
        else { return words }
        let start = (place - first) * codes.width
        let hot = start + group[0]
        switch PlantedBug.active {
        case .hiddenRowHeavy: words[hot] = PrimeField.sum(words[hot], 999)
        case .hiddenRowTwice:
            let other = start + (group[0] + 1) % group.bound
            words[other] = PrimeField.sum(words[other], 1)
        case .hiddenGroupZero: words[hot] = PrimeField.sum(words[hot], PrimeField.modulus - 1)
        default: break
        }
        return words
    }
}
