public import Attestation

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

        /// Every provider uploads to one attested service, which keeps no row and sends each to the one of several attested programs
        /// that counts its key. They are believed like a cluster.
        case shards(Shards)

        /// As the task writes it.
        public var word: String {
            switch self {
            case .enclave: "enclave"
            case .secureSum: "secure-sum"
            case .secretSharing: "secret-sharing"
            case .spark: "spark"
            case .shards: "shards"
            }
        }

        static let words = ["enclave", "secure-sum", "secret-sharing", "spark", "shards"]
        /// The most providers of a secure sum: the proof of the noise holds for so many.
        public static let mostOffices = 64
        /// The most rows of a table that is shared.
        static let mostSharedRows = 100_000_000
        /// The most products of two columns' codes that are counted on shares at once, as the kernel's `ShareLimits` has it.
        static let mostSharedCells = 1 << 26
    }

    /// Who counts where the service sends the rows to shards: all parties sign it, and what they must run.
    public struct Shards: Sendable, Equatable {
        /// HOST:PORT of each.
        public var addresses: [String]

        /// Who counts, for a plan, a report and the ledger.
        public var words: String {
            "\(addresses.count) shard\(addresses.count == 1 ? "" : "s") at \(addresses.joined(separator: ", "))"
        }

        /// The kinds of evidence that need nothing beside them to be verified.
        static let formats: [EvidenceFormat] = [.simulated, .nitro, .sevSNP]
        static let mostShards = 64
        /// Under these names `attested` says what the shards run, and what the service runs where that is something else.
        static let programs = (shards: "shards", service: "service")
    }

    /// The shards that the signed task lists as who counts.
    public var listedShards: Shards? { if case .shards(let shards) = engine { shards } else { nil } }

    /// What each of the listed shards must prove; nil without shards.
    public var proofOfShards: Proof? { proofs[Shards.programs.shards] }

    /// What the service must prove before a shard takes rows from it; nil without shards.
    public var proofToShards: Proof? { proofs[Shards.programs.service] ?? proofOfShards }

    /// Whether the providers compute among themselves, without a service.
    public var isComputedByOffices: Bool {
        switch engine {
        case .enclave, .spark, .shards: false
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

extension TaskSpecification {
    /// A program that a computing party must prove to run, to each other one, before that one sends it anything.
    public struct Proof: Sendable, Equatable {
        /// The kind of evidence: no other one is taken. `simulated` is evidence of nothing but the rehearsal.
        public let format: EvidenceFormat
        /// Register → lower-case hexadecimal: all that the kind of evidence asks for, and more where the task names more.
        public let measurements: [String: String]

        /// - Parameter measurements: register → lower-case hexadecimal.
        public init(format: EvidenceFormat, measurements: [String: String]) {
            self.format = format
            self.measurements = measurements
        }

        /// The list of releases that holds this program alone.
        public var accepted: ReleaseManifest {
            ReleaseManifest(releases: [
                ReleaseManifest.Release(version: "of the task", measurements: [format.rawValue: measurements])
            ])
        }

        var json: JSONValue {
            .object([
                "evidence": .text(format.rawValue), "measurements": .object(measurements.mapValues(JSONValue.text)),
            ])
        }
    }
}

extension TaskSpecification.Engine {
    /// With what its parties prove, where they prove anything.
    func json(_ proofs: [String: TaskSpecification.Proof]) -> JSONValue? {
        guard !proofs.isEmpty, case .object(let members)? = json else { return json }
        return .object(members.merging(["attested": .object(proofs.mapValues(\.json))]) { first, _ in first })
    }

    private var json: JSONValue? {
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
        case .shards(let shards):
            .object(["kind": .text(word), "shards": .array(shards.addresses.map { .text($0) })])
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
