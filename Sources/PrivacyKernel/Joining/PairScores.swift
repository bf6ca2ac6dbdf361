import Domains
@_spi(PrivateRows) import Tables
import VectorMath

/// What the comparisons of two records say for or against their being one unit: a sum of public weights, in whole numbers.
struct PairScores {
    /// Above every sum of weights; scores lie below it and above its negative.
    static let highest = 1 << 22
    /// Weights are counted in parts of so many to the bit.
    private static let scale = 1_024.0

    /// The least score of a link.
    let threshold: Int
    private let comparisons: [PairComparison]

    init(_ first: KeyedRows, _ second: KeyedRows, _ terms: LinkageTerms) {
        threshold = Self.whole(terms.threshold)
        let texts = terms.texts
        comparisons = terms.compare.compactMap { comparison in
            texts.firstIndex(of: comparison.text).map {
                PairComparison(
                    comparison, first.texts[$0], second.texts[$0], weights: comparison.weights.map(Self.whole))
            }
        }
    }

    /// The records that stand for a pair where there is none: real ones or padding, whose texts are as long as usual.
    static func standIn(_ place: Int, _ rowCounts: (Int, Int)) -> (Int, Int) {
        (place % max(rowCounts.0, 1), (place &* 31 &+ 17) % max(rowCounts.1, 1))
    }

    /// Of a record of the first table and one of the second.
    func score(_ first: Int, _ second: Int) -> Int {
        var sum = 0
        for comparison in comparisons { sum += comparison.weight(first, second) }
        return min(max(sum, -Self.highest + 1), Self.highest - 1)
    }

    /// The agreement pattern of a pair, row-major with the last comparison fastest: of each comparison 0 where no level is
    /// reached, more for closer agreement, and the last number where a text is missing.
    func pattern(_ first: Int, _ second: Int) -> Int {
        comparisons.reduce(0) { pattern, comparison in
            let most = comparison.levelCount
            return pattern * (most + 1) + (comparison.level(first, second).map { most - 1 - $0 } ?? most)
        }
    }

    private static func whole(_ weight: Double) -> Int { Int((min(max(weight, -100), 100) * scale).rounded()) }
}

/// One comparison of two tables' texts.
private struct PairComparison {
    private let by: LinkageTerms.Comparator
    private let at: [Double]
    private let weights: [Int]
    private let texts: (RecordTexts, RecordTexts)
    /// Of `within`: what the texts say as numbers.
    private let numbers: ([Double], [Double])
    /// Of `clk`: the filters.
    private let filters: (BitFilters, BitFilters)?

    init(
        _ comparison: LinkageTerms.Comparison, _ first: RecordTexts, _ second: RecordTexts, weights: [Int]
    ) {
        by = comparison.by
        at = comparison.at
        self.weights = weights
        texts = (first, second)
        numbers = by == .within ? (Self.numbers(first), Self.numbers(second)) : ([], [])
        if by == .clk, let one = BitFilters(Self.filters(first)), let two = BitFilters(Self.filters(second)) {
            filters = (one, two)
        } else {
            filters = nil
        }
    }

    /// How many levels there are besides that of a missing text.
    var levelCount: Int { weights.count }

    /// The weight of the first of `at` that the pair reaches, or of reaching none; 0 where a text is missing.
    func weight(_ first: Int, _ second: Int) -> Int { level(first, second).map { weights[$0] } ?? 0 }

    /// The place of the first of `at` that the pair reaches, the place behind them for none; nil where a text is missing.
    func level(_ first: Int, _ second: Int) -> Int? {
        let (one, two) = (texts.0.length(first), texts.1.length(second))
        guard one > 0, two > 0 else { return nil }
        let (width, other) = (texts.0.width, texts.1.width)
        let left = texts.0.units.span.extracting(first * width..<first * width + one)
        let right = texts.1.units.span.extracting(second * other..<second * other + two)
        let similarity: Double
        switch by {
        case .exact: return isSame(left, right) ? 0 : weights.count - 1
        case .within:
            let distance = abs(numbers.0[first] - numbers.1[second])
            guard !distance.isNaN else { return nil }
            return at.firstIndex { distance <= $0 } ?? at.count
        case .jaroWinkler: similarity = jaroWinkler(left, right)
        case .levenshtein: similarity = editSimilarity(left, right)
        case .dice: similarity = qGramDice(left, right, length: 2)
        case .clk: similarity = filters.map { $0.0.dice(first, $0.1, second) } ?? 0
        }
        return at.firstIndex { similarity >= $0 } ?? at.count
    }

    private func isSame(_ left: Span<UInt16>, _ right: Span<UInt16>) -> Bool {
        guard left.count == right.count else { return false }
        for place in 0..<left.count where left[place] != right[place] { return false }
        return true
    }

    /// Numbers, or days of dates; not a number where the text is neither.
    private static func numbers(_ texts: RecordTexts) -> [Double] {
        (0..<texts.count).map { row in
            let text = String(decoding: texts.text(row), as: UTF16.self)
            return TextNumber.value(of: text) ?? .nan
        }
    }

    /// Filters of 1,024 bits at most; a text that is no base64 of such a one is a filter without bits.
    private static func filters(_ texts: RecordTexts) -> [[UInt8]] {
        (0..<texts.count).map { row in
            let bytes = base64(texts.text(row))
            return bytes.count <= 128
                ? bytes + [UInt8](repeating: 0, count: 128 - bytes.count) : [UInt8](repeating: 0, count: 128)
        }
    }

    private static func base64(_ text: [UInt16]) -> [UInt8] {
        var bytes: [UInt8] = []
        var (word, bits): (UInt32, Int) = (0, 0)
        for unit in text {
            let value: UInt32
            switch unit {
            case 0x41...0x5A: value = UInt32(unit) - 0x41
            case 0x61...0x7A: value = UInt32(unit) - 0x61 + 26
            case 0x30...0x39: value = UInt32(unit) - 0x30 + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            default: return unit == 0x3D ? bytes : []
            }
            word = word << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return bytes
    }
}
