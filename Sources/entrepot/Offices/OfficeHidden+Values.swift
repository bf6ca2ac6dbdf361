import Client
import PrivacyKernel
import SecretSharing
import VectorMath

/// Sums of values and of scores over joined rows that nobody knows: the same rounds as for counts, in the field of 2⁶¹ − 1.
extension OfficeHidden {
    func openWide(_ part: [Int64], question: String) throws -> [Int64] {
        try mesh.open(part, question: question, in: .wideField)
    }

    private static let wideCoins = 4

    func products(
        _ number: Int, columns: [WeightedColumns], tables: [GroupPair], own: HiddenTable?
    ) throws -> [[UInt64]] {
        let alignment = try align(own)
        let kept = "values-\(number)"
        let sizes = columns.map(\.sizes)
        let coinsAsked = "coins of slots of values \(number) \(sizes)"
        let formAsked = "form of slots of values \(number) \(sizes)"
        if case .holder(let places, let masks) = alignment, let own {
            offerWide(own, number, columns[1 - place].width, places, masks)
            if let bytes = journal.item(kept) {
                // Both rounds were played in an earlier start: its messages stand.
                _ = try openWide([Int64](repeating: 0, count: Self.wideCoins), question: coinsAsked)
                _ = try openWide([Int64](repeating: 0, count: WidePartedTables.formSums), question: formAsked)
                return Self.products(ItemPiece.wide(of: ItemPiece.words(of: bytes)), columns, tables)
            }
        }
        let parted = party.wideTables(
            number, columns: columns, sums: try widelyShared(number, columns.map(\.width), alignment))
        // Nobody knows the weights before all parts are with those who have them: whoever got its own opens its coins afterwards.
        let coins = try openWide(
            (0..<Self.wideCoins).map { _ in Int64.random(in: 0..<Int64(WideField.modulus)) }, question: coinsAsked)
        withdraw(before: number)
        if let wrong = PartedTables.malformed(try openWide(parted.form(coins), question: formAsked)) {
            throw refused(wrong)
        }
        let found = parted.products(tables.map { ($0.first, $0.second) })
        if side != nil { try journal.keep(ItemPiece.bytes(of: ItemPiece.words(of: Array(found.joined()))), as: kept) }
        return found
    }

    private static func products(
        _ elements: [UInt64], _ columns: [WeightedColumns], _ tables: [GroupPair]
    ) -> [[UInt64]] {
        var start = 0
        return tables.map { table in
            let cells = columns[table.first].figures * columns[table.second].figures
            defer { start += cells }
            return Array(elements.dropFirst(start).prefix(cells))
        }
    }

    /// What a holder sends to the third party: its own rows, and its part of the other one's.
    private func offerWide(
        _ own: HiddenTable, _ number: Int, _ width: Int, _ places: [UInt32], _ masks: RowMasks
    ) {
        mesh.offer(
            OfficeItem(pieces: own.pieces) { ItemPiece.words(of: own.widelyMasked(number: number, piece: $0)) },
            named: Self.rows(number), to: 2)
        let party = party
        mesh.offer(
            OfficeItem(pieces: party.pieces) {
                ItemPiece.words(
                    of: party.widelyTurned(places, masks, number: number, width: width, piece: $0))
            }, named: Self.turned(number), to: 2)
    }

    private func wideElements(_ name: String, rows: Int, width: Int, from peer: Int) throws -> [UInt64] {
        ItemPiece.wide(
            of: try mesh.fetch(
                name,
                ItemIntake(
                    name, count: 2 * rows * width, pieceWords: 2 * FieldStream.pieceRows * width, kind: .wideField),
                from: peer, resumes: true))
    }

    /// The parts in words of the tables of which this party has one, by side.
    private func widelyShared(_ number: Int, _ widths: [Int], _ alignment: Alignment) throws -> [Int: [UInt64]] {
        switch alignment {
        case .holder(let places, let masks):
            let other = 1 - place
            let own = (0..<party.pieces).flatMap {
                party.widelyTurned(places, masks, number: number, width: widths[other], piece: $0)
            }
            let came = try wideElements(
                Self.placed(number, other), rows: terms.slots, width: widths[other], from: 2)
            return [other: WidePartedTables.sum(own, came)]
        case .third(let slots):
            let own = try (0..<2).map { side in
                try placeWide(
                    try wideElements(
                        Self.rows(number), rows: terms.named(side), width: widths[side], from: side), slots, side,
                    number)
            }
            var sums: [Int: [UInt64]] = [:]
            for side in 0..<2 {
                let came = try wideElements(
                    Self.turned(number), rows: terms.slots, width: widths[side], from: 1 - side)
                sums[side] = WidePartedTables.sum(own[side], came)
            }
            return sums
        }
    }

    /// What the third party makes of a holder's rows, handed out to the other one.
    private func placeWide(
        _ masked: [UInt64], _ slots: HiddenSlots, _ side: Int, _ number: Int
    ) throws -> [UInt64] {
        let width = masked.count / max(terms.named(side), 1)
        let aligned = slots.widelyAligned(masked, side: side, number: number, width: width)
        let words = (0..<party.pieces).flatMap {
            party.widelyPlaced(aligned, side: side, number: number, width: width, piece: $0)
        }
        let length = FieldStream.pieceRows * width
        mesh.offer(
            OfficeItem(pieces: party.pieces) {
                ItemPiece.words(of: Array(words[($0 * length)..<min(($0 + 1) * length, words.count)]))
            }, named: Self.placed(number, side), to: 1 - side)
        return words
    }
}
