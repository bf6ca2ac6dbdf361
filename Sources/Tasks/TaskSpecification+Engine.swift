extension TaskSpecification {
    /// Where the rows are counted, and whom that asks the parties to trust.
    public enum Engine: Sendable, Equatable {
        /// Every provider uploads to one attested service.
        case enclave
        /// Every provider counts its own rows at home; masked counts with noise are added, and the sum alone opens.
        ///
        /// - Parameter colluding: so many providers may tell each other all they know, and the promise still holds.
        case secureSum(colluding: Int)

        /// The columns of each row lie at two providers, and three parties count on shares of them. Against one of the three that
        /// looks at what it has, and keeps to the rounds.
        ///
        /// - Parameters:
        ///   - computing: both providers in the order of the task, and the third party.
        ///   - members: who learns which keys both providers have.
        case secretSharing(computing: [String], members: Members = .known)

        /// Who learns which keys are in both tables that are shared.
        public enum Members: Sendable, Equatable {
            /// Either provider of its own keys, exactly. The third party learns nothing of it.
            case known
            /// Nobody. The third party counts them with noise.
            ///
            /// - Parameter epsilon: what this count may tell of one key: a part of the task's ε.
            case hidden(epsilon: Double)
        }

        /// What the third party's count of common keys costs, where neither provider learns them; nil elsewhere.
        public var hiddenEpsilon: Double? {
            guard case .secretSharing(_, .hidden(let epsilon)) = self else { return nil }
            return epsilon
        }

        /// A Spark cluster that has every provider's table counts them, for `entrepot fit --engine spark`. It sees every row and is
        /// believed.
        ///
        /// - Parameter server: its Spark Connect server, as HOST:PORT.
        case spark(server: String)

        /// As the task writes it.
        public var word: String {
            switch self {
            case .enclave: "enclave"
            case .secureSum: "secure-sum"
            case .secretSharing: "secret-sharing"
            case .spark: "spark"
            }
        }

        static let words = ["enclave", "secure-sum", "secret-sharing", "spark"]
        /// The most providers of a secure sum: the proof of the noise holds for so many.
        public static let mostOffices = 64
        /// The most rows of a table that is shared.
        static let mostSharedRows = 100_000_000
    }

    /// Whether the providers compute among themselves, without a service.
    public var isComputedByOffices: Bool {
        switch engine {
        case .enclave, .spark: false
        case .secureSum, .secretSharing: true
        }
    }

    /// The Spark Connect server that the signed task lists as who counts.
    public var listedCluster: String? { if case .spark(let server) = engine { server } else { nil } }

    /// Who computes where there is no service: in the order in which they call each other.
    public var offices: [Party] {
        guard case .secretSharing(let computing, _) = engine else { return providers }
        return computing.compactMap { party(named: $0) }
    }

    /// Who signs: the providers, and who computes beside them.
    public var signatories: [Party] {
        let others = isComputedByOffices ? offices.filter { $0.role != .provider } : []
        return providers + others
    }
}

extension TaskSpecification.Engine {
    var json: JSONValue? {
        switch self {
        // Written only where it says something, so that the digests of earlier tasks stay the same.
        case .enclave: nil
        case .secureSum(let colluding): .object(["kind": .text(word), "colluding": .integer(colluding)])
        case .secretSharing(let computing, let members):
            .object(
                [
                    "kind": .text(word), "computing": .array(computing.map { .text($0) }), "model": .text("passive"),
                    "majority": .text("honest"),
                ].merging(members.json) { first, _ in first })
        case .spark(let server): .object(["kind": .text(word), "server": .text(server)])
        }
    }
}

extension TaskSpecification.Engine.Members {
    /// Written only where it says something, as above.
    fileprivate var json: [String: JSONValue] {
        switch self {
        case .known: [:]
        case .hidden(let epsilon): ["members": .text("hidden"), "members_epsilon": .number(epsilon)]
        }
    }
}
