public import VectorMath

/// What a party sends and makes of tables of values: as of tables that are counted, in the field of 2⁶¹ − 1.
extension HiddenParty {
    private func widePart(with peer: Int, _ number: Int, _ side: Int, _ width: Int, _ piece: Int) -> [UInt64] {
        WidePartedTables.stream(
            keys[peer] ?? [UInt8](repeating: 0, count: 32), number: number, side: side, rows: slots, width: width,
            piece: piece)
    }

    /// As `turned`.
    public func widelyTurned(
        _ places: [UInt32], _ masks: RowMasks, number: Int, width: Int, piece: Int
    ) -> [UInt64] {
        let first = piece * FieldStream.pieceRows
        let chosen = places[first..<min(first + FieldStream.pieceRows, places.count)].flatMap {
            masks.wideRow(Int($0), number: number, width: width)
        }
        return WidePartedTables.less(chosen, widePart(with: 1 - place, number, 1 - place, width, piece))
    }

    /// As `placed`.
    public func widelyPlaced(_ aligned: [UInt64], side: Int, number: Int, width: Int, piece: Int) -> [UInt64] {
        let first = piece * FieldStream.pieceRows * width
        let words = aligned[first..<min(first + FieldStream.pieceRows * width, aligned.count)]
        return WidePartedTables.less(Array(words), widePart(with: side, number, side, width, piece))
    }

    /// The tables as this party has them.
    ///
    /// - Parameters:
    ///   - columns: of the first table and of the second.
    ///   - sums: of the tables of which it has a part in words, by side: what it sent and what it got, added up.
    public func wideTables(_ number: Int, columns: [WeightedColumns], sums: [Int: [UInt64]]) -> WidePartedTables {
        let parts = (0..<2).map { side -> (one: WidePartedTables.Part, two: WidePartedTables.Part) in
            let words = peers.map { peer -> WidePartedTables.Part in
                isSum(peer, side)
                    ? .words(sums[side] ?? []) : .stream(keys[peer] ?? [UInt8](repeating: 0, count: 32))
            }
            return (words[0], words[1])
        }
        return WidePartedTables(number: number, rows: slots, columns: columns, parts: parts)
    }
}
