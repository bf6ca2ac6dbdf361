/// How the key of a row is read: from which columns, in which shape, and normalised how.
///
/// Several columns are joined by `|` after each was normalised and matched.
public struct KeyRule: Codable, Sendable, Equatable {
    /// One step of normalisation, applied in the order declared.
    public enum Normalisation: Sendable, Equatable, Codable {
        case trim, upper, lower
        /// Zeros put in front until the text has this many characters.
        case zeroFill(Int)

        public init(from decoder: any Decoder) throws { self = .trim }
        public func encode(to encoder: any Encoder) throws {}
    }

    public var columns: [String]
    /// A regular expression that each column's normalised text must match.
    public var pattern: String?
    public var normalise: [Normalisation]

    public init(columns: [String], pattern: String? = nil, normalise: [Normalisation] = []) {
        self.columns = columns
        self.pattern = pattern
        self.normalise = normalise
    }
}
