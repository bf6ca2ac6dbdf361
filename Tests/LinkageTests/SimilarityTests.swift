import Domains
import Foundation
import Tables
import Testing
import VectorMath

@Suite struct SimilarityTests {
    private func units(_ text: String) -> [UInt16] { Array(text.utf16) }

    @Test("Jaro–Winkler and Damerau–Levenshtein are rapidfuzz's and jellyfish's")
    func vectors() throws {
        let texts = try LinkageVectors.texts()
        #expect(texts.count > 200)
        for line in texts {
            let (one, two) = (units(line.first), units(line.second))
            #expect(abs(jaroWinkler(one.span, two.span) - line.similarity) < 1e-12, "\(line.first) \(line.second)")
            #expect(damerauLevenshtein(one.span, two.span) == line.distance, "\(line.first) \(line.second)")
        }
    }

    @Test("texts of more than 64 characters are compared like short ones")
    func longTexts() {
        var random = SplitMix64(state: 5)
        for _ in 0..<50 {
            let one = (0..<50).map { _ in UInt16.random(in: 97...100, using: &random) }
            var two = one
            two.swapAt(3, 4)
            two[20] = 120
            // One more block of the same characters, far from the others, leaves the order of matches as it is.
            let (short, long) = (jaro(one.span, two.span), jaro((one + one).span, (two + two).span))
            #expect(abs(short - long) < 0.1)
        }
    }

    @Test("Dice of q-grams counts what is shared as often as it occurs")
    func qGrams() {
        // night: " n" "ni" "ig" "gh" "ht" "t "; nacht: " n" "na" "ac" "ch" "ht" "t ".
        #expect(qGramDice(units("night").span, units("nacht").span, length: 2) == 0.5)
        #expect(qGramDice(units("aaa").span, units("aa").span, length: 2) == 6.0 / 7)
        #expect(qGramDice(units("").span, units("a").span, length: 2) == 0)
        #expect(qGramDice(units("").span, units("").span, length: 2) == 1)
        for length in 1...4 { #expect(qGramDice(units("Müller").span, units("Müller").span, length: length) == 1) }
    }

    @Test("Dice of filters is anonlink's to the last bit")
    func dice() throws {
        let vectors = try LinkageVectors.read().dice
        let filters = vectors.filters.map { Array(Data(base64Encoded: $0) ?? Data()) }
        let first = try #require(BitFilters(Array(filters.prefix(6))))
        let second = try #require(BitFilters(Array(filters.dropFirst(6))))
        let pairs = first.pairs(second, atLeast: 0.4)
        #expect(pairs.map { [Double($0.first), Double($0.second), $0.dice] } == vectors.pairs)
        for pair in pairs { #expect(first.dice(pair.first, second, pair.second) == pair.dice) }
        #expect(BitFilters([[1], [1, 2]]) == nil)
    }

    @Test(
        "the speed of Dice, printed",
        .enabled(if: ProcessInfo.processInfo.environment["ENTREPOT_SPEED"] != nil, "ENTREPOT_SPEED is not set"))
    func speed() throws {
        var random = SplitMix64(state: 3)
        func filters() -> [[UInt8]] {
            (0..<10_000).map { _ in (0..<128).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
        }
        let (one, two) = (try #require(BitFilters(filters())), try #require(BitFilters(filters())))
        let started = clock()
        let found = one.pairs(two, atLeast: 0.9).count
        let seconds = Double(clock() - started) / Double(CLOCKS_PER_SEC)
        print("Dice: \(100 / seconds) million comparisons a CPU second, \(found) pairs")
    }

    @Test("normalisation makes spellings of one name the same")
    func normalisation() {
        func applied(_ text: String, _ steps: [TextNormalisation]) -> String {
            TextNormalisation.apply(steps, to: text)
        }
        #expect(applied("  Anna   Maria ", [.trim]) == "Anna Maria")
        #expect(
            applied("Rossi, Anna", [.letters, .words, .lower]) == applied("Anna ROSSI", [.letters, .words, .lower]))
        #expect(applied("Østergård Åsa Groß", [.diacritics]) == "Ostergard Asa Gross")
        #expect(applied("cafe\u{301}", [.nfc]).unicodeScalars.count == 4)
        #expect(applied("한글", [.diacritics]).unicodeScalars.count == 2)
    }
}
