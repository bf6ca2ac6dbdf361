public import Domains
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
    /// What the rows are for, in the parties' words; shown to everybody who fetches some.
    public var purpose: String
    /// In the order of the file; names and keys are unique.
    public var parties: [Party]
    /// How the providers' rows meet.
    public var join: Join
    /// The one ε.
    public var privacy: Privacy
    /// Public relations that every synthetic row obeys, in terms of joined columns.
    public var rules: [Rule]
    /// Where the rows are counted.
    public var engine: Engine
    /// What parties that compute without a service must prove to run before another one sends them anything, by name; none for
    /// most tasks.
    public var proofs: [String: Proof]
    public var synthesizer: SynthesizerChoice
    /// What may be asked besides; none for most tasks.
    public var queries: [PermittedQuery]
    /// What is set aside for queries that consumers ask for later; nil where they may not.
    public var requests: Requests?
    /// Of which request this task is the run; nil for a task of a file.
    public internal(set) var origin: Origin?
    /// How large uploads may be.
    public var limits: Limits
    /// Until when the parties may act.
    public var deadlines: Deadlines
    /// What happens to the tables after the fit.
    public var retention: Retention

    /// A task from its parts; nothing is checked: `lint` does that.
    public init(
        version: Int = 1, name: String, purpose: String, parties: [Party], join: Join = Join(), privacy: Privacy,
        engine: Engine = .enclave, synthesizer: SynthesizerChoice = SynthesizerChoice(),
        queries: [PermittedQuery] = [], limits: Limits = Limits(), deadlines: Deadlines = Deadlines(),
        retention: Retention = Retention(), rules: [Rule] = [], requests: Requests? = nil, proofs: [String: Proof] = [:]
    ) {
        self.requests = requests
        self.proofs = proofs
        self.rules = rules
        self.version = version
        self.name = name
        self.purpose = purpose
        self.parties = parties
        self.join = join
        self.privacy = privacy
        self.engine = engine
        self.synthesizer = synthesizer
        self.queries = queries
        self.limits = limits
        self.deadlines = deadlines
        self.retention = retention
    }

    /// The parties that bring tables, in the order of the task: the order of the joined columns.
    public var providers: [Party] { parties.filter { $0.role == .provider } }

    /// The most rows of the joined table that one protected unit may have: every noise is a multiple of it.
    ///
    /// In an inner and in a mirror join a record and a key come to the same, for whoever adds a row to a key may change all
    /// joined rows of it. A union of m tables takes up to `rows_per_key` rows of a key from each: m times as many for a key.
    ///
    /// Of a linkage a unit is one record, which can change up to twice as many links as its blocks have partners.
    public var rowsPerUnit: Int {
        if let linkage = join.linkage { return linkage.rowsPerRecord }
        return join.kind == .union && privacy.unit == .key ? join.rowsPerKey * max(1, providers.count) : join.rowsPerKey
    }

    /// Where the rows of one key lie that are protected together, in words: they follow `rows that one key has`.
    public var unitScope: String {
        switch (join.kind, privacy.unit) {
        case (.union, .record): "in one provider's table"
        case (.union, .key): "in all tables together"
        case (.inner, _), (.mirror, _): "in the joined table"
        case (.linkage, _): "in one provider's table, where each record is a key of its own"
        }
    }

    /// Whether a model is fitted and synthetic rows are served; where not, the queries' answers are all.
    public var releasesRows: Bool { synthesizer.method != .named(SynthesizerChoice.none) }

    /// Why nothing is fitted or served for the task; nil for one that a service can do.
    public var refusalToServe: String? {
        if listedCluster != nil {
            return
                "The task's engine is spark: a cluster counts for `entrepot fit --engine spark`, and no service takes "
                + "its tables."
        }
        return join.reveal == .none || isComputedByOffices
            ? nil
            : "The task says `reveal: own`, which only `entrepot psi` does, between two parties and without a service. Write "
                + "`reveal: none`."
    }

    /// The party with this name.
    public func party(named name: String) -> Party? { parties.first { $0.name == name } }

    /// The party that holds `key`, whichever form the key came in.
    public func party(holding key: PartyKey) -> Party? { parties.first { $0.publicKey == key } }
}

extension TaskSpecification {
    /// One signatory, or somebody with access: a name, a role and a pinned key.
    public struct Party: Sendable, Equatable {
        /// What a party may do.
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

        /// As certificates, columns and reports name the party.
        public var name: String
        /// What the party may do.
        public var role: Role
        /// The key that the party signs and connects with.
        public var publicKey: PartyKey
        /// What a provider brings; nil for every other role.
        public var table: PartyTable?

        /// - Parameter table: of a provider; nil for every other role.
        public init(name: String, role: Role, publicKey: PartyKey, table: PartyTable? = nil) {
            self.name = name
            self.role = role
            self.publicKey = publicKey
            self.table = table
        }
    }

    /// The agreed shape of one provider's table.
    public struct PartyTable: Sendable, Equatable {
        /// How the key of a row is read.
        public var key: KeyRule
        /// The columns that are not the key.
        public var schema: TableSchema
        /// How the text of the file is laid out.
        public var dialect: TableDialect
        /// The declared greatest number of rows, which is public: work and memory of the fit follow from it. nil where the
        /// task does not say it.
        public var rows: Int?

        /// - Parameter rows: the declared greatest number of rows; nil where the task does not say it.
        public init(key: KeyRule, schema: TableSchema, dialect: TableDialect = TableDialect(), rows: Int? = nil) {
            self.key = key
            self.schema = schema
            self.dialect = dialect
            self.rows = rows
        }

        /// The most rows that the service takes: what is declared, or what the task allows.
        public func mostRows(_ limits: Limits) -> Int { min(rows ?? limits.rows, limits.rows) }

        /// Whether the table has no column besides its key: two parties who ask for a cardinality alone need none.
        public var isKeyAlone: Bool { schema.fields.isEmpty }

        /// - Throws: `SchemaProblems`; of a table of keys alone too, which no service reads.
        public func domain() throws(SchemaProblems) -> TableDomain {
            try TableDomain(schema: schema, keyColumns: key.columns)
        }
    }

    /// How the providers' rows meet.
    public struct Join: Sendable, Equatable {
        /// Which rows meet.
        public enum Kind: String, Sendable, CaseIterable {
            /// Only keys that every provider has.
            case inner
            /// Flows that the exporter's office and the importer's both have, of any number of offices.
            case mirror
            /// Every provider's rows, one below the other; nothing is matched.
            case union
            /// Records of two providers that are alike enough, though no key is clean.
            case linkage
        }

        /// Which rows meet.
        public var kind: Kind
        /// How many rows of one key a provider's file may hold.
        public var rowsPerKey: Int
        /// Noise grows with the rows of a key, and the kernel takes no more than so many.
        public static let mostRowsPerKey = 4096
        /// What a mirror join needs to know; nil for every other kind.
        public var mirror: MirrorTerms?
        /// What a linkage compares; nil for every other kind.
        public var linkage: LinkageTerms?
        /// What a party learns of its own records besides what ε pays for.
        public var reveal: Reveal

        /// What a party may learn of its own records.
        public enum Reveal: String, Sendable, CaseIterable {
            /// Nothing.
            case none
            /// Which of them the other party has too: not differentially private. Two parties alone (`entrepot psi`).
            case own
        }

        /// A join; `mirror` and `linkage` are for the kinds of these names.
        public init(
            kind: Kind = .inner, rowsPerKey: Int = 1, mirror: MirrorTerms? = nil, linkage: LinkageTerms? = nil,
            reveal: Reveal = .none
        ) {
            self.kind = kind
            self.rowsPerKey = rowsPerKey
            self.mirror = mirror
            self.linkage = linkage
            self.reveal = reveal
        }
    }

    /// What is promised for each unit, in numbers and words.
    public struct Privacy: Sendable, Equatable {
        /// δ where the task names none.
        public static let defaultDelta = 1e-9

        /// What is added or removed as a whole: the arithmetic of the noise follows from it.
        public enum Unit: String, Sendable, CaseIterable {
            /// All rows of one key in one provider's table.
            case record
            /// All rows of one key, in whichever tables they are.
            case key

            /// What it is called where the task has no words of its own.
            public func words(_ join: Join.Kind = .inner) -> String {
                switch (self, join) {
                case (.record, .union), (.record, .linkage): "one record of one table"
                case (.record, _): "one joined record"
                case (.key, _): "one key, with its rows in all tables"
                }
            }
        }

        /// The ε of everything that ever leaves the service.
        public var epsilon: Double
        /// The δ that goes with it; 0 asks for pure accounting.
        public var delta: Double
        /// What is protected.
        public var unit: Unit
        /// The same in words (`unit_words`): they appear wherever ε does.
        public var unitWords: String
        /// Fewer joined rows than this, by a noisy count, end the task; nil for no such rule.
        public var leastRows: Int?
        /// Why an ε above 10 is acceptable here; demanded for one, shown to everybody.
        public var acceptHighEpsilon: String?

        /// - Parameter unitWords: nil for the unit's own.
        public init(
            epsilon: Double, delta: Double = defaultDelta, unit: Unit = .record, unitWords: String? = nil,
            leastRows: Int? = nil, acceptHighEpsilon: String? = nil
        ) {
            self.epsilon = epsilon
            self.delta = delta
            self.unit = unit
            self.unitWords = unitWords ?? unit.words()
            self.leastRows = leastRows
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

        /// A method by its name, or a preset.
        public enum Method: Sendable, Equatable {
            /// One of `methods`.
            case named(String)
            /// A file of `Models/`, without its ending.
            case preset(String)
        }

        /// What the task names.
        public var method: Method
        /// The task's own; they go before those of a preset.
        public var parameters: [String: JSONValue]

        /// `auto` without parameters where the task says nothing.
        public init(method: Method = .named("auto"), parameters: [String: JSONValue] = [:]) {
            self.method = method
            self.parameters = parameters
        }
    }

    /// The most that one upload may hold.
    public struct Limits: Sendable, Equatable {
        /// Most bytes of one file.
        public var uploadBytes: Int
        /// Most rows of one table.
        public var rows: Int
        /// The most rows that a task may allow.
        public static let mostRows = 4_000_000_000

        /// The limits that a task has where it names none.
        public init(uploadBytes: Int = 2_000_000_000, rows: Int = 20_000_000) {
            self.uploadBytes = uploadBytes
            self.rows = rows
        }

        /// What one upload may hold.
        ///
        /// A table of declared rows is filled up to them. Where none are declared, the limit stands for them if it is not
        /// above a million; otherwise the steps that `undeclaredSizes` lists, so that a small file does not cost what the
        /// largest one would.
        ///
        /// - Parameter declared: the table's `rows`.
        public func table(declared: Int? = nil) -> TableLimits {
            let most = min(declared ?? rows, rows)
            let steps = declared == nil && rows > 1_000_000 ? Limits.undeclaredSizes.filter { $0 < rows } : []
            return TableLimits(bytes: uploadBytes, rows: most, sizes: steps + [most])
        }

        /// To which sizes tables without declared rows are filled up, below the task's limit.
        public static let undeclaredSizes = [100_000, 1_000_000, 10_000_000]
    }

    /// When each stage ends by itself; nil for never.
    public struct Deadlines: Sendable, Equatable {
        /// No upload or confirmation is taken after it; nil for no end.
        public var uploadBy: UTCInstant?
        /// A fit that has not ended by then ends the task; nil for no end.
        public var computeBy: UTCInstant?
        /// No rows are given out after it; nil for no end.
        public var retrieveBy: UTCInstant?

        /// No deadline where a moment is nil.
        public init(uploadBy: UTCInstant? = nil, computeBy: UTCInstant? = nil, retrieveBy: UTCInstant? = nil) {
            self.uploadBy = uploadBy
            self.computeBy = computeBy
            self.retrieveBy = retrieveBy
        }

        /// Those that have passed, each with its name in the task file, in the order in which they come.
        public func passed(at now: UTCInstant) -> [(name: String, moment: UTCInstant)] {
            [("upload_by", uploadBy), ("compute_by", computeBy), ("retrieve_by", retrieveBy)].compactMap {
                name, moment in
                moment.flatMap { $0 <= now ? (name, $0) : nil }
            }
        }
    }

    /// What stays after the fit.
    public struct Retention: Sendable, Equatable {
        /// What happens to the tables.
        public enum Tables: String, Sendable, CaseIterable {
            /// The tables are wiped when the fit ends, however it ends.
            case destroyAfterFit = "destroy_after_fit"
        }

        /// What happens to the tables.
        public var tables: Tables

        /// Tables are destroyed unless something else is said, and nothing else can be.
        public init(tables: Tables = .destroyAfterFit) {
            self.tables = tables
        }
    }
}
