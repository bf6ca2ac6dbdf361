extension TaskSpecification {
    /// Where the rows are counted, and whom that asks the parties to trust.
    public enum Engine: Sendable, Equatable {
        /// Every provider uploads to one attested service.
        case enclave
        /// Every provider counts its own rows at home; masked counts with noise are added, and the sum alone opens.
        ///
        /// - Parameter colluding: so many providers may tell each other all they know, and the promise still holds.
        case secureSum(colluding: Int)

        /// As the task writes it.
        public var word: String {
            switch self {
            case .enclave: "enclave"
            case .secureSum: "secure-sum"
            }
        }

        /// All words that a version of the format names; not all of them are built.
        static let words = ["enclave", "secure-sum", "secret-sharing"]
        /// The most providers of a secure sum: the proof of the noise holds for so many.
        public static let mostOffices = 64
    }

    /// Whether the providers compute among themselves, without a service.
    public var isComputedByOffices: Bool { engine != .enclave }
}

extension TaskSpecification.Engine {
    var json: JSONValue? {
        switch self {
        // Written only where it says something, so that the digests of earlier tasks stay the same.
        case .enclave: nil
        case .secureSum(let colluding): .object(["kind": .text(word), "colluding": .integer(colluding)])
        }
    }
}
