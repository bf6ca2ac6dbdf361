public import Tables

/// What the parties agreed and signed: who brings which table, how they are joined, and the one ε.
///
/// A value of this type is well formed; `TaskFile` reads one from YAML and tells every mistake. What the parties sign
/// is `digest`, the SHA-256 of `canonicalBytes`.
public struct TaskSpecification: Sendable, Equatable {
    /// The format's version, `entrepot: 1`.
    public var version: Int
    /// The task's name (`task:` in the file).
    public var name: String
    public var purpose: String
    public var parties: [Party]
    public var join: Join
    public var privacy: Privacy
    /// Public relations that every synthetic row obeys, in terms of joined columns.
    public var rules: [Rule]
    public var synthesizer: SynthesizerChoice
    public var queries: [PermittedQuery]
    public var limits: Limits
    public var deadlines: Deadlines
    public var retention: Retention

    public init(
        version: Int = 1, name: String, purpose: String, parties: [Party], join: Join = Join(), privacy: Privacy,
        synthesizer: SynthesizerChoice = SynthesizerChoice(), queries: [PermittedQuery] = [],
        limits: Limits = Limits(), deadlines: Deadlines = Deadlines(), retention: Retention = Retention(),
        rules: [Rule] = []
    ) {
        self.rules = rules
        self.version = version
        self.name = name
        self.purpose = purpose
        self.parties = parties
        self.join = join
        self.privacy = privacy
        self.synthesizer = synthesizer
        self.queries = queries
        self.limits = limits
        self.deadlines = deadlines
        self.retention = retention
    }

    /// The parties that bring tables, in the order of the task: the order of the joined columns.
    public var providers: [Party] { parties.filter { $0.role == .provider } }

    /// Whether a model is fitted and synthetic rows are served; where not, the queries' answers are all.
    public var releasesRows: Bool { synthesizer.method != .named(SynthesizerChoice.none) }

    public func party(named name: String) -> Party? { parties.first { $0.name == name } }

    /// The party that holds `key`, whichever form the key came in.
    public func party(holding key: PartyKey) -> Party? { parties.first { $0.publicKey == key } }
}

extension TaskSpecification {
    /// One signatory, or somebody with access: a name, a role and a pinned key.
    public struct Party: Sendable, Equatable {
        public enum Role: String, Sendable, CaseIterable {
            /// Brings a table, signs, confirms, and may fetch samples.
            case provider
            /// May fetch samples, nothing else.
            case consumer
            /// May read the ledger, nothing else.
            case auditor
            /// Runs the service: may see where the task stands and read the ledger, and has no way to data.
            case `operator`
        }

        public var name: String
        public var role: Role
        public var publicKey: PartyKey
        /// What a provider brings; nil for every other role.
        public var table: PartyTable?

        public init(name: String, role: Role, publicKey: PartyKey, table: PartyTable? = nil) {
            self.name = name
            self.role = role
            self.publicKey = publicKey
            self.table = table
        }
    }

    /// The agreed shape of one provider's table.
    public struct PartyTable: Sendable, Equatable {
        public var key: KeyRule
        /// The columns that are not the key.
        public var schema: TableSchema
        /// What stands between the fields of the file.
        public var delimiter: UInt8

        public init(key: KeyRule, schema: TableSchema, delimiter: UInt8 = UInt8(ascii: ",")) {
            self.key = key
            self.schema = schema
            self.delimiter = delimiter
        }

        public func domain() throws(SchemaProblems) -> TableDomain {
            try TableDomain(schema: schema, keyColumns: key.columns)
        }
    }

    public struct Join: Sendable, Equatable {
        public enum Kind: String, Sendable, CaseIterable {
            /// Only keys that every provider has.
            case inner
            /// Flows that the exporter's office and the importer's both have, of any number of offices.
            case mirror
            /// Every provider's rows, one below the other; nothing is matched.
            case union
        }

        public var kind: Kind
        /// How many rows of one key a provider's file may hold.
        public var rowsPerKey: Int
        /// Noise grows with the rows of a key, and the kernel takes no more than so many.
        public static let mostRowsPerKey = 4096
        /// What a mirror join needs to know; nil for every other kind.
        public var mirror: MirrorTerms?

        public init(kind: Kind = .inner, rowsPerKey: Int = 1, mirror: MirrorTerms? = nil) {
            self.kind = kind
            self.rowsPerKey = rowsPerKey
            self.mirror = mirror
        }
    }

    public struct Privacy: Sendable, Equatable {
        public static let defaultDelta = 1e-9
        public static let defaultUnit = "one joined record"

        public var epsilon: Double
        public var delta: Double
        /// What is protected, in words: it appears wherever ε does.
        public var unit: String
        /// Why an ε above 10 is acceptable here; demanded for one, shown to everybody.
        public var acceptHighEpsilon: String?

        public init(
            epsilon: Double, delta: Double = defaultDelta, unit: String = defaultUnit, acceptHighEpsilon: String? = nil
        ) {
            self.epsilon = epsilon
            self.delta = delta
            self.unit = unit
            self.acceptHighEpsilon = acceptHighEpsilon
        }
    }

    /// Which synthesizer fits the model: a method with parameters, or a preset of `Models/`.
    public struct SynthesizerChoice: Sendable, Equatable {
        /// The methods that a task may name.
        public static let methods = [
            "auto", "independent", "mwem", "mst", "aim", "clique-tree", "gaussian-copula", none,
        ]

        /// No model and no synthetic rows: the answers of the permitted queries are all that is released.
        public static let none = "none"

        public enum Method: Sendable, Equatable {
            /// One of `methods`.
            case named(String)
            /// A file of `Models/`, without its ending.
            case preset(String)
        }

        public var method: Method
        public var parameters: [String: JSONValue]

        public init(method: Method = .named("auto"), parameters: [String: JSONValue] = [:]) {
            self.method = method
            self.parameters = parameters
        }
    }

    /// The most that one upload may hold.
    public struct Limits: Sendable, Equatable {
        public var uploadBytes: Int
        public var rows: Int

        public init(uploadBytes: Int = 2_000_000_000, rows: Int = 20_000_000) {
            self.uploadBytes = uploadBytes
            self.rows = rows
        }

        public var table: TableLimits { TableLimits(bytes: uploadBytes, rows: rows) }
    }

    /// When each stage ends by itself; nil for never.
    public struct Deadlines: Sendable, Equatable {
        public var uploadBy: UTCInstant?
        public var computeBy: UTCInstant?
        public var retrieveBy: UTCInstant?

        public init(uploadBy: UTCInstant? = nil, computeBy: UTCInstant? = nil, retrieveBy: UTCInstant? = nil) {
            self.uploadBy = uploadBy
            self.computeBy = computeBy
            self.retrieveBy = retrieveBy
        }
    }

    public struct Retention: Sendable, Equatable {
        public enum Tables: String, Sendable, CaseIterable {
            /// The tables are wiped when the fit ends, however it ends.
            case destroyAfterFit = "destroy_after_fit"
        }

        public var tables: Tables

        public init(tables: Tables = .destroyAfterFit) {
            self.tables = tables
        }
    }
}
