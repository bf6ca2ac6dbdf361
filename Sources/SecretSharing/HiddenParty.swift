public import VectorMath

/// One of three parties that share two tables in three parts, when no holder knows which of its rows stand in the slots: what it
/// sends, and what it makes of what comes. Party 0 and 1 hold tables, and 2 is the third.
///
/// In a slot stand a row of each holder. Of the first holder's row x the third party has what is left under the mask, and the second
/// holder, who has the key and was told the place, the mask: x = w + s. To make three parts of it the second holder sends s less the
/// part of both holders, and the third party sends w less the part of the first holder and its own; both add the two up, and that
/// is the third part. Each message is uniform for its reader, who lacks the part that was taken away. The second holder's rows
/// go the other way round.
public struct HiddenParty: Sendable {
    let place: Int
    let slots: Int
    let keys: [Int: [UInt8]]

    /// - Parameters:
    ///   - place: 0 or 1 of a holder, 2 of the third party.
    ///   - slots: how many there are.
    ///   - keys: for each of the other two 32 bytes that it has too, and nobody else.
    public init(place: Int, slots: Int, keys: [Int: [UInt8]]) {
        self.place = place
        self.slots = slots
        self.keys = keys
    }

    /// The other two: each party counts the part for all that it has with the first of these.
    var peers: [Int] { [[1, 2], [2, 0], [0, 1]][place] }

    /// How many pieces of slots there are.
    public var pieces: Int { PartedTables.pieces(slots) }

    /// The part that this party has with another one.
    private func part(with peer: Int, _ number: Int, _ side: Int, _ width: Int, _ piece: Int) -> [UInt32] {
        PartedTables.stream(
            keys[peer] ?? [UInt8](repeating: 0, count: 32), number: number, side: side, rows: slots, width: width,
            piece: piece)
    }

    /// What a holder sends to the third party of the *other* holder's table: masks slot by slot, less the part of both holders.
    ///
    /// - Parameters:
    ///   - places: of the other holder's list, slot by slot.
    ///   - masks: of that list.
    public func turned(
        _ places: [UInt32], _ masks: RowMasks, number: Int, width: Int, piece: Int
    ) -> [UInt32] {
        let first = piece * FieldStream.pieceRows
        let chosen = places[first..<min(first + FieldStream.pieceRows, places.count)].flatMap {
            masks.row(Int($0), number: number, width: width)
        }
        return PartedTables.less(chosen, part(with: 1 - place, number, 1 - place, width, piece))
    }

    /// What the third party sends to the holder that does not own a table: what stands in the slots, less the part of the owner
    /// and its own.
    ///
    /// - Parameters:
    ///   - aligned: the owner's masked rows, slot by slot.
    ///   - side: the owner.
    public func placed(_ aligned: [UInt32], side: Int, number: Int, width: Int, piece: Int) -> [UInt32] {
        let first = piece * FieldStream.pieceRows * width
        let words = aligned[first..<min(first + FieldStream.pieceRows * width, aligned.count)]
        return PartedTables.less(Array(words), part(with: side, number, side, width, piece))
    }

    /// Whether the part that this party has with another one of a holder's table is what two messages add up to.
    func isSum(_ peer: Int, _ side: Int) -> Bool { Set([place, peer]) == Set([1 - side, 2]) }

    /// The tables as this party has them.
    ///
    /// - Parameters:
    ///   - sizes: the columns of each group, of the first table and of the second.
    ///   - sums: of the tables of which it has a part in words, by side: what it sent and what it got, added up.
    public func tables(_ number: Int, sizes: [[Int]], sums: [Int: [UInt32]]) -> PartedTables {
        let parts = (0..<2).map { side -> (one: PartWords, two: PartWords) in
            let words = peers.map { peer -> PartWords in
                isSum(peer, side)
                    ? .words(sums[side] ?? []) : .stream(keys[peer] ?? [UInt8](repeating: 0, count: 32))
            }
            return (words[0], words[1])
        }
        return PartedTables(number: number, rows: slots, sizes: sizes, parts: parts)
    }
}
