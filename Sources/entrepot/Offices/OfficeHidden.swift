import Client
import PrivacyKernel
import SecretSharing
import Synchronization
import VectorMath

/// How the kernel of one of three parties reaches the other two where neither holder learns whose keys both have: lists go to the
/// third party, which fills slots with rows of one key; tables are shared slot by slot, checked, and counted.
///
/// Everything that is sent follows from keys of the pairs and from a seed that an office keeps: whoever is started again sends the
/// same.
final class OfficeHidden: HiddenSharing {
    let holders: NoiseHolders
    let keys: HiddenKeys?
    let terms: HiddenTerms
    let place: Int
    private let names: [String]
    let mesh: OfficeMesh
    let journal: OfficeJournal
    let party: HiddenParty
    /// Of the third party alone.
    private let seed: [UInt8]
    private let aligned = Mutex<Alignment?>(nil)

    /// What an office knows of the slots.
    enum Alignment {
        /// A holder: of the other one's list the place in each slot, and the masks of that list.
        case holder(places: [UInt32], masks: RowMasks)
        case third(HiddenSlots)
    }

    /// - Parameters:
    ///   - place: 0 or 1 of a holder, 2 of the third party.
    ///   - key: this office's own, from which its seeds follow.
    init(
        _ terms: HiddenTerms, place: Int, names: [String], holders: NoiseHolders, mesh: OfficeMesh,
        journal: OfficeJournal, key: MaskKey
    ) throws {
        self.terms = terms
        self.place = place
        self.names = names
        self.holders = holders
        self.mesh = mesh
        self.journal = journal
        keys =
            try place < 2
            ? HiddenKeys(common: mesh.key(with: 1 - place, for: "hidden"), own: key.seed(for: "hidden list")) : nil
        seed = try key.seed(for: "hidden slots")
        var pairs: [Int: [UInt8]] = [:]
        for peer in 0..<3 where peer != place { pairs[peer] = try mesh.key(with: peer, for: "hidden slots") }
        party = HiddenParty(place: place, slots: terms.slots, keys: pairs)
    }

    var side: Int? { place < 2 ? place : nil }

    func open(_ part: [Int64], question: String) throws -> [Int64] {
        try mesh.open(part, question: question, in: .field)
    }

    func counts(_ number: Int, sizes: [[Int]], pairs: [GroupPair], own: HiddenTable?) throws -> HiddenCounts {
        let widths = sizes.map { $0.reduce(0, +) }
        let alignment = try align(own)
        let kept = "counts-\(number)"
        let (coinsAsked, formAsked) = ("coins of slots \(number) \(sizes)", "form of slots \(number) \(sizes)")
        if case .holder(let places, let masks) = alignment, let own {
            offer(own, number, widths, places, masks)
            if let bytes = journal.item(kept) {
                // Both rounds were played in an earlier start: its messages stand.
                _ = try open([Int64](repeating: 0, count: Self.coins), question: coinsAsked)
                _ = try open([Int64](repeating: 0, count: PartedTables.formSums), question: formAsked)
                return Self.counts(ItemPiece.words(of: bytes), sizes, pairs)
            }
        }
        let tables = party.tables(number, sizes: sizes, sums: try shared(number, widths, alignment))
        // Nobody knows the weights before all parts are with those who have them: whoever got its own opens its coins afterwards.
        let coins = try open(
            (0..<Self.coins).map { _ in Int64.random(in: 0..<Int64(PrimeField.modulus)) }, question: coinsAsked)
        withdraw(before: number)
        let totals = try open(tables.form(coins), question: formAsked)
        if let wrong = PartedTables.malformed(totals) { throw refused(wrong) }
        let found = tables.counts(pairs.map { ($0.first, $0.second) })
        if side != nil {
            try journal.keep(ItemPiece.bytes(of: found.sums + found.products.flatMap { $0 }), as: kept)
        }
        return HiddenCounts(
            sums: found.sums, tables: Dictionary(uniqueKeysWithValues: zip(pairs, found.products)))
    }

    private static let coins = 8

    private static func counts(_ words: [UInt32], _ sizes: [[Int]], _ pairs: [GroupPair]) -> HiddenCounts {
        let all = sizes.flatMap { $0 }
        var start = all.reduce(0, +)
        let sums = Array(words.prefix(start))
        var tables: [GroupPair: [UInt32]] = [:]
        for pair in pairs {
            let cells = all[pair.first] * all[pair.second]
            tables[pair] = Array(words.dropFirst(start).prefix(cells))
            start += cells
        }
        return HiddenCounts(sums: sums, tables: tables)
    }

    func refused(_ wrong: PartedTables.Malformed) -> SumRefusal {
        let refusal: SumRefusal =
            switch wrong {
            case .table(let side): .malformedTable(of: names[side])
            case .both: .unevenTables(of: names[0], and: names[1])
            }
        mesh.refuse(refusal)
        return refusal
    }

    // MARK: - Slots

    static func rows(_ number: Int) -> String { "rows \(number)" }
    static func turned(_ number: Int) -> String { "turned \(number)" }
    static func placed(_ number: Int, _ side: Int) -> String { "placed \(number) of \(side)" }

    /// All have what they asked for of the table before, and its counts or sums too.
    func withdraw(before number: Int) {
        for side in 0..<2 { mesh.withdraw(Self.placed(number - 1, side)) }
    }

    private static let pieceWords = 1 << 16

    /// A list or places, whole.
    private static func item(_ words: [UInt32]) -> OfficeItem {
        OfficeItem(pieces: (words.count + pieceWords - 1) / pieceWords) { number in
            Array(words[(number * pieceWords)..<min((number + 1) * pieceWords, words.count)])
        }
    }

    private func fetch(_ name: String, count: Int, from peer: Int) throws -> [UInt32] {
        try mesh.fetch(
            name, ItemIntake(name, count: count, pieceWords: Self.pieceWords, kind: .bytes), from: peer, resumes: true)
    }

    /// Once a start: both lists go to the third party, and each holder hears of the other one's places.
    func align(_ own: HiddenTable?) throws -> Alignment {
        if let known = aligned.withLock({ $0 }) { return known }
        let found: Alignment
        if let side, let own, let keys {
            mesh.offer(Self.item(own.list.words), named: "list", to: 2)
            let other = 1 - side
            let places = try fetch("places of \(other)", count: terms.slots, from: 2)
            guard HiddenSlots.isRight(places, of: terms.places(other)) else {
                throw SumRefusal.otherPiece(from: names[2])
            }
            found = .holder(places: places, masks: RowMasks(key: keys.masks[other], places: terms.places(other)))
        } else {
            let lists = try (0..<2).map {
                try fetch("list", count: HiddenSlots.placeWords * terms.places($0), from: $0)
            }
            let slots: HiddenSlots
            do throws(HiddenSlots.Fault) {
                slots = try HiddenSlots(
                    lists, named: [terms.named(0), terms.named(1)], slots: terms.slots, seed: seed)
            } catch {
                let refusal: SumRefusal =
                    switch error {
                    case .repeatedName(let side): .repeatedKey(of: names[side])
                    case .otherLength(let side): .otherPiece(from: names[side])
                    }
                mesh.refuse(refusal)
                throw refusal
            }
            for side in 0..<2 {
                mesh.offer(Self.item(slots.places[side]), named: "places of \(side)", to: 1 - side)
            }
            found = .third(slots)
        }
        aligned.withLock { $0 = found }
        return found
    }

    // MARK: - Tables

    /// What a holder sends to the third party: its own rows, and its part of the other one's.
    private func offer(
        _ own: HiddenTable, _ number: Int, _ widths: [Int], _ places: [UInt32], _ masks: RowMasks
    ) {
        mesh.offer(
            OfficeItem(pieces: own.pieces) { own.masked(number: number, piece: $0) }, named: Self.rows(number), to: 2)
        let (party, width) = (party, widths[1 - place])
        mesh.offer(
            OfficeItem(pieces: party.pieces) {
                party.turned(places, masks, number: number, width: width, piece: $0)
            }, named: Self.turned(number), to: 2)
    }

    private func elements(_ name: String, rows: Int, width: Int, from peer: Int) throws -> [UInt32] {
        try mesh.fetch(
            name,
            ItemIntake(name, count: rows * width, pieceWords: FieldStream.pieceRows * width, kind: .field), from: peer,
            resumes: true)
    }

    /// The parts in words of the tables of which this party has one, by side.
    private func shared(_ number: Int, _ widths: [Int], _ alignment: Alignment) throws -> [Int: [UInt32]] {
        switch alignment {
        case .holder(let places, let masks):
            let other = 1 - place
            let own = (0..<party.pieces).flatMap {
                party.turned(places, masks, number: number, width: widths[other], piece: $0)
            }
            let came = try elements(Self.placed(number, other), rows: terms.slots, width: widths[other], from: 2)
            return [other: PartedTables.sum(own, came)]
        case .third(let slots):
            var own: [[UInt32]] = []
            for side in 0..<2 {
                let width = widths[side]
                let masked = try elements(Self.rows(number), rows: terms.named(side), width: width, from: side)
                let aligned = slots.aligned(masked, side: side, number: number, width: width)
                let words = (0..<party.pieces).flatMap {
                    party.placed(aligned, side: side, number: number, width: width, piece: $0)
                }
                own.append(words)
                let length = FieldStream.pieceRows * width
                mesh.offer(
                    OfficeItem(pieces: party.pieces) {
                        Array(words[($0 * length)..<min(($0 + 1) * length, words.count)])
                    }, named: Self.placed(number, side), to: 1 - side)
            }
            var sums: [Int: [UInt32]] = [:]
            for side in 0..<2 {
                let came = try elements(Self.turned(number), rows: terms.slots, width: widths[side], from: 1 - side)
                sums[side] = PartedTables.sum(own[side], came)
            }
            return sums
        }
    }
}
