/// How two lists without a common clean key are linked: what is read of each record, which records are compared at all, and
/// which of the compared pairs are links.
///
/// Texts are of columns of the tables' keys, which appear in no output. In each pass records of the same block meet, and of
/// either table the first `partners` of a block take part, by a keyed hash of the whole record. Pairs are linked one to one,
/// the highest weight first, in each pass for itself.
public struct LinkageTerms: Sendable, Equatable, Hashable {
    /// A text of a record, as it is compared or makes a block.
    public struct Text: Sendable, Equatable, Hashable {
        /// Of the key; several are joined by blanks.
        public var columns: [String]
        /// Applied in this order.
        public var normalise: [TextNormalisation]
        /// The first characters alone; nil for all.
        public var prefix: Int?

        /// - Parameter prefix: how many characters count; nil for all.
        public init(columns: [String], normalise: [TextNormalisation] = Text.usual, prefix: Int? = nil) {
            self.columns = columns
            self.normalise = normalise
            self.prefix = prefix
        }

        /// What makes spellings of one name the same.
        public static let usual: [TextNormalisation] = [.nfc, .lower, .diacritics, .letters, .trim]
    }

    /// How two texts are compared.
    public enum Comparator: String, Sendable, CaseIterable {
        case exact
        /// Numbers or dates that lie no further apart than a tolerance; of dates in days.
        case within
        case jaroWinkler = "jaro_winkler"
        /// One less the share of the longer text that the distance of Damerau and Levenshtein changes.
        case levenshtein
        /// Dice's coefficient of 2-grams.
        case dice
        /// Dice's coefficient of cryptographic long-term keys, written in base64.
        case clk

        /// How a text is normalised where the task does not say it.
        public var usualNormalisation: [TextNormalisation] {
            switch self {
            case .jaroWinkler, .levenshtein, .dice: Text.usual
            case .exact: [.nfc, .lower, .trim]
            case .within, .clk: [.trim]
            }
        }
    }

    /// One comparison, and what its outcome says for or against a link.
    public struct Comparison: Sendable, Equatable, Hashable {
        /// What is compared.
        public var text: Text
        /// How.
        public var by: Comparator
        /// Similarities from the highest down, or tolerances from the lowest up; none for `exact`.
        public var at: [Double]
        /// log₂(m/u) for each of `at`, then for pairs that reach none of them. A text that is missing says nothing: 0.
        public var weights: [Double]

        /// A comparison from its parts.
        public init(text: Text, by: Comparator, at: [Double], weights: [Double]) {
            self.text = text
            self.by = by
            self.at = at
            self.weights = weights
        }

        /// Weights where the task names none, from full agreement down.
        public static func usualWeights(_ levels: Int) -> [Double] {
            guard levels > 2 else { return [5, -4] }
            return (0..<levels - 1).map { 5 - 4 * Double($0) / Double(levels - 2) } + [-4]
        }
    }

    /// The texts that make a block, for each pass.
    public var blocking: [[Text]]
    /// What is compared within a block.
    public var compare: [Comparison]
    /// How many records of a block take part, of either table.
    public var partners: Int
    /// The least sum of weights of a link.
    public var threshold: Double

    /// Terms from their parts.
    public init(blocking: [[Text]], compare: [Comparison], partners: Int = 10, threshold: Double? = nil) {
        self.blocking = blocking
        self.compare = compare
        self.partners = partners
        // Where few things are compared, full agreement is enough.
        let most = compare.reduce(0) { $0 + max(0, $1.weights.max() ?? 0) }
        self.threshold = threshold ?? min(Self.usualThreshold(partners), most)
    }

    /// Where a pair is of one unit with odds of eight to one, if each record has one partner among those that it meets: many
    /// records have none, and members of a household agree in more than chance does.
    public static func usualThreshold(_ partners: Int) -> Double {
        var bits = 0.0
        var reach = 1
        while reach < partners {
            reach *= 2
            bits += 1
        }
        return bits + 4
    }

    /// The most joined rows that one record can change: in each pass its block may lose all links and get as many others.
    public var rowsPerRecord: Int { 2 * partners * blocking.count }

    /// The most passes, comparisons, and records of a block.
    public static let limits = (passes: 8, comparisons: 16, partners: 1_024)

    /// Every text that is read, each once: those of the blocks, then those that are compared.
    package var texts: [Text] {
        var texts: [Text] = []
        for text in blocking.joined() + compare.map(\.text) where !texts.contains(text) { texts.append(text) }
        return texts
    }

    /// Characters of a text that count; the rest is cut off.
    package func length(of text: Text) -> Int {
        compare.contains { $0.text == text && $0.by == .clk } ? 1_400 : 40
    }

    /// The columns that the key must have.
    package var columns: Set<String> { Set(texts.flatMap(\.columns)) }
}
