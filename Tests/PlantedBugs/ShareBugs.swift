import VectorMath

@testable import PrivacyKernel

extension OneHotTable {
    @_dynamicReplacement(for:masked(by:number:piece:))
    func wronglyMasked(by key: [UInt8], number: Int, piece: Int) -> [UInt32] {
        switch PlantedBug.active {
        case .sharedMaskLeftOut:
            return codes.less(mask(key, number, piece).map { _ in 0 }, piece: piece)
        case .sharedMaskReused:
            return codes.less(mask(key, 0, piece), piece: piece)
        case .sharedRowHeavy:
            var words = masked(by: key, number: number, piece: piece)
            if piece == 0, !words.isEmpty { words[0] = PrimeField.sum(words[0], 999) }
            return words
        default: return masked(by: key, number: number, piece: piece)
        }
    }
}

extension OneHotTable {
    @_dynamicReplacement(for:widelyMasked(by:number:piece:))
    func wronglyWidelyMasked(by key: [UInt8], number: Int, piece: Int) -> [UInt64] {
        switch PlantedBug.active {
        case .sharedMaskLeftOut:
            return codes.less(wideMask(key, number, piece).map { _ in 0 }, piece: piece)
        case .sharedMaskReused:
            return codes.less(wideMask(key, 0, piece), piece: piece)
        case .sharedRowHeavy:
            var words = widelyMasked(by: key, number: number, piece: piece)
            if piece == 0, !words.isEmpty { words[0] = WideField.sum(words[0], 999) }
            return words
        default: return widelyMasked(by: key, number: number, piece: piece)
        }
    }
}

extension SharedColumns {
    @_dynamicReplacement(for:counts(_:further:))
    func countsOrNothing(_ cliques: [[Int]], further: [FurtherAttribute]) throws(PrivacyError) -> [[Int64]] {
        let counts = try counts(cliques, further: further)
        guard planted(.sharedPartMissing), sharing.side == nil else { return counts }
        return counts.map { $0.map { _ in 0 } }
    }
}
