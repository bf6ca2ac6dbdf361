package import ArgumentParser
import Domains
import Engine
import FittedModels
import Foundation
import Ledger
import PrivacyKernel
import Shards
import Spark
import Synthesizers
import Tables
import Tasks
import VectorMath

/// `entrepot fit`: the engine without the service, for planning and for tests. Same kernel, same plan, one epsilon.
package struct FitCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fit", abstract: "Fits a model to one table with a schema, or to the tables of a task.",
        discussion: """
            The ledger entry of the fit is printed on stdout before the first noise is drawn; keep it with the model. \
            Every fit of the same tables spends its own epsilon: nothing here remembers the last one.

            Example: entrepot fit --task task.yaml --data Alice=alice.csv --data Bob=bob.csv --output cars.model
            """)

    @Option(help: "One CSV or Parquet file.")
    var table: String?

    @Option(help: "Its Table Schema (JSON).")
    var schema: String?

    @Option(help: "Rules that every row obeys (YAML, a list as in a task), with --table.")
    var rules: String?

    @Option(help: "The method: \(SynthesizerName.known.map(\.rawValue).joined(separator: ", ")).")
    var synthesizer: String = "auto"

    @Option(parsing: .unconditional, help: "Epsilon, above 0.")
    var epsilon: Double?

    @Option(parsing: .unconditional, help: "Delta, at least 0 and below 1; 0 asks for pure differential privacy.")
    var delta: Double = 1e-9

    @Option(help: ArgumentHelp("A parameter of the method.", valueName: "k=v"))
    var param: [String] = []

    @Option(help: "A task file, in place of --table.")
    var task: String?

    @Option(help: ArgumentHelp("A provider's table, with --task.", valueName: "party=file"))
    var data: [String] = []

    @Option(
        help: ArgumentHelp(
            "Keep here what opens the commitments of the ledger entry; without it nobody can.", valueName: "folder"))
    var openings: String?

    @Option(
        help: ArgumentHelp(
            "Where the rows are counted: in memory, in blocks, on spark, or by shards.",
            discussion: """
                blocks holds no row: it reads the file of --table anew for each round of questions, in a memory that does not grow \
                with the rows. It joins nothing and compares no keys, so it takes one table without a primaryKey, each row of \
                which is a record of its own. spark has a cluster count the rows: --table and --data name tables of its catalog, or \
                paths of Parquet files that it reads. shards sends each row to one of several attested programs (`entrepot \
                shard`) and adds up what they count.
                """))
    var engine: CountingEngine = .memory

    @Option(
        help: ArgumentHelp(
            "Who counts: sc://HOST:PORT with --engine spark, HOST:PORT,HOST:PORT,… with --engine shards.",
            valueName: "address"))
    var connect: String?

    @OptionGroup var shards: ShardOptions

    @Option(help: "The model file to write.")
    var output: String

    package init() {}

    package func validate() throws {
        if (table == nil) == (task == nil) { throw ValidationError("give either --table and --schema, or --task") }
        if table != nil && (schema == nil || epsilon == nil) {
            throw ValidationError("--table needs --schema and --epsilon")
        }
        if task != nil && engine == .blocks {
            throw ValidationError(
                "--engine blocks takes one --table: the tables of a task meet by their keys, which are compared in memory"
            )
        }
        if engine.isElsewhere != (connect != nil) {
            throw ValidationError(
                "--connect goes with --engine spark (sc://HOST:PORT) and with --engine shards (HOST:PORT,HOST:PORT,…)")
        }
        if shards.isGiven, engine != .shards {
            throw ValidationError("--key, --measurements and what else is trusted of shards go with --engine shards")
        }
        if task != nil && rules != nil { throw ValidationError("with --task, the rules stand in the task") }
        if task != nil && (epsilon != nil || !param.isEmpty) {
            throw ValidationError("with --task, epsilon and parameters stand in the task")
        }
    }

    package func run() async throws {
        try await CommandFailure.reported {
            let tables = engine == .spark ? [] : [table].compactMap { $0 } + (try data.map { try NamedFile($0).path })
            let read = [schema, task, rules].compactMap { $0 } + tables
            try Files.keep(read, from: output)
            let job = if let task { try taskJob(task) } else { try tableJob() }
            let work = job.work.counted(by: job.counter)
            var plan = try work.plan(job.rows.domain, job.privacy, rowsPerKey: job.rows.rowsPerKey)
            plan.countedBy = job.counter
            Console.say(
                "spending epsilon \(plan.epsilon), delta \(plan.delta) on "
                    + plan.steps.map { "\($0.name) (\(Int(($0.share * 100).rounded())) %)" }.joined(separator: ", "))
            Console.show(try ledgerLine(job, plan))
            if let openings { try write(job.openings, to: openings) }
            let budget = try Budget(job.privacy, accounting: plan.accounting)
            let digest = job.digest
            let kernel = try job.rows.kernel()
            let progress: (Double) -> Void = { Console.progress("fit: \(Int($0 * 100)) %") }
            var product =
                switch work {
                case .task(let task): try task.fit(kernel, budget: budget, progress: progress)
                case .table(let synthesizer):
                    TaskProduct.model(try synthesizer.fit(kernel, plan: plan, budget: budget, progress: progress))
                }
            Console.endProgress()
            if task != nil { product.taskDigest = digest.hex }
            try Files.write(try product.encoded(), to: output)
            let what = if case .model = product { "model" } else { "answers" }
            Console.say("\(what) written to \(output)")
        }
    }

    /// What is fitted: a whole task, or a model of one table.
    private enum Work {
        case task(TaskPlan)
        case table(any Synthesizer)

        /// Who counts here may be somebody else than where the task is served.
        func counted(by counter: String?) -> Work {
            guard case .task(var task) = self else { return self }
            task.plan.countedBy = counter
            return .task(task)
        }

        func plan(_ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int) throws -> MechanismPlan {
            switch self {
            case .task(let task): task.plan
            case .table(let synthesizer): try synthesizer.plan(domain, privacy, rowsPerKey: rowsPerKey)
            }
        }
    }

    private struct Job: ~Copyable {
        let work: Work
        let privacy: PrivacyParameters
        let rows: CountedRows
        /// Of the task; with --table, of the schema file.
        let digest: LedgerHash
        let openings: [String: OpeningFile]
        /// Who counts, where it is not this process.
        var counter: String?
    }

    private func taskJob(_ path: String) throws -> Job {
        let task = try Files.task(at: path, allowsMissingKeys: true)
        if let refusal = task.refusalToServe, engine != .spark { throw CommandFailure(refusal, code: .badData) }
        let plan = try TaskPlan(task)
        let files = try Dictionary(data.map { try NamedFile($0) }.map { ($0.name, $0.path) }, uniquingKeysWith: { $1 })
        if engine == .spark { return try clusterJob(task, plan, files) }
        if engine == .shards { return try shardJob(task, plan, files) }
        let hash = KeyedHash.random
        var tables: [(name: String, table: KeyedTable)] = []
        var openings: [String: OpeningFile] = [:]
        for party in task.providers {
            guard let file = files[party.name] else {
                throw CommandFailure("there is no --data \(party.name)=FILE", code: ExitCode(64))
            }
            let read = try LocalTables.table(file, party: party.name, task: task, hash: hash)
            tables.append((party.name, read.table))
            openings[party.name] = opening(of: file, read.sha256)
        }
        return Job(
            work: .task(plan), privacy: plan.privacy, rows: .held(try plan.joined(tables)),
            digest: try ledgerHash(task.digest.hex), openings: openings)
    }

    private func tableJob() throws -> Job {
        guard let table, let schemaPath = schema, let epsilon else { throw CommandFailure("--table is missing") }
        let schemaBytes = try Files.bytes(at: schemaPath)
        let schema = try Self.schema(schemaBytes, at: schemaPath)
        let keys = schema.primaryKey ?? []
        let declared = try TableDomain(schema: schema, keyColumns: keys)
        let rules = try self.rules.map { try Files.rules(at: $0) } ?? []
        let domain = try declared.obeying(rules)
        let readable = declared.readable(for: rules)
        let limits = TableLimits(bytes: .max, rows: Int(UInt32.max))
        let counted: CountedRows
        let sha256: LedgerHash
        var counter: String?
        switch engine {
        case .memory:
            let reader = CSVTableReader(
                domain: readable, schema: schema, key: keys.isEmpty ? nil : KeyRule(columns: keys),
                hash: KeyedHash.random, limits: limits)
            let read = try LocalTables.table(table, with: TableFileReader(reader))
            sha256 = read.sha256
            counted = .held(try Self.table(read.table, obeying: domain))
        case .blocks:
            guard keys.isEmpty else {
                throw CommandFailure(
                    "\(schemaPath) declares the primaryKey \(keys.joined(separator: ", ")): keys are compared in memory, with "
                        + "--engine memory. Without it each row is a record of its own.", code: .badData)
            }
            let stays = try LocalTables.streamed(table, domain: readable, schema: schema, limits: limits)
            let recipe = domain.rules.isEmpty ? nil : domain.recipe(from: stays.table.domain)
            guard domain.rules.isEmpty || recipe != nil else { throw PrivacyError.wrongRecipe }
            sha256 = stays.sha256
            counted = .counted(stays.table, recipe, domain)
        case .spark:
            let rows = try ClusterTables(
                [
                    (
                        party: "table", name: table, domain: readable, schema: schema,
                        key: keys.isEmpty ? nil : KeyRule(columns: keys)
                    )
                ],
                domain: domain, rowsPerKey: 1, connect: connect ?? "")
            sha256 = rows.contents[0]
            counter = rows.counter
            counted = .elsewhere(rows.rows, domain)
        case .shards:
            let source = ShardTables.Source(
                path: table, domain: readable, schema: schema, key: keys.isEmpty ? nil : KeyRule(columns: keys),
                dialect: TableDialect(delimiter: UInt8(ascii: ",")), limits: limits)
            let rows = try ShardTables([source], domain: domain, rowsPerKey: 1, connect: connect ?? "", shards.trust)
            sha256 = rows.contents[0]
            counter = rows.counter
            counted = .elsewhere(rows.rows, domain)
        }
        let parameters = try Dictionary(
            param.map { try NamedFile($0, form: "NAME=VALUE") }.map { ($0.name, Parameter.text($0.path)) },
            uniquingKeysWith: { $1 })
        return Job(
            work: .table(try Synthesizers.synthesizer(named: synthesizer, parameters: parameters)),
            privacy: try PrivacyParameters(epsilon: epsilon, delta: delta),
            rows: counted, digest: LedgerHash(of: schemaBytes), openings: ["table": opening(of: table, sha256)],
            counter: counter)
    }

    /// A task whose tables a cluster has.
    private func clusterJob(_ task: TaskSpecification, _ plan: TaskPlan, _ names: [String: String]) throws -> Job {
        guard let listed = task.listedCluster else {
            throw CommandFailure(
                "the task's engine is \(task.engine.word), so nobody signed that a cluster counts: write "
                    + "`engine: {kind: spark, server: HOST:PORT}` into the task", code: .badData)
        }
        let address = try SparkAddress(connect ?? "")
        guard address.place == listed else {
            throw CommandFailure(
                "the task lists \(listed) as who counts, and --connect names \(address.place)", code: .badData)
        }
        var sources: [ClusterTables.Source] = []
        for party in task.providers {
            guard let name = names[party.name], let table = party.table else {
                throw CommandFailure("there is no --data \(party.name)=TABLE", code: ExitCode(64))
            }
            sources.append((party.name, name, try table.domain(), table.schema, table.key))
        }
        let rows = try ClusterTables(sources, domain: plan.domain, rowsPerKey: plan.rowsPerKey, connect: connect ?? "")
        var openings: [String: OpeningFile] = [:]
        for (source, content) in zip(sources, rows.contents) {
            openings[source.party] = opening(of: source.name, content)
        }
        return Job(
            work: .task(plan), privacy: plan.privacy, rows: .elsewhere(rows.rows, plan.domain),
            digest: try ledgerHash(task.digest.hex), openings: openings, counter: rows.counter)
    }

    /// A task whose tables are read here and counted by shards.
    private func shardJob(_ task: TaskSpecification, _ plan: TaskPlan, _ files: [String: String]) throws -> Job {
        guard task.join.kind == .inner else {
            throw ShardError.notCounted("A task with another join than `inner`")
        }
        var sources: [ShardTables.Source] = []
        for party in task.providers {
            guard let file = files[party.name], let table = party.table else {
                throw CommandFailure("there is no --data \(party.name)=FILE", code: ExitCode(64))
            }
            sources.append(
                ShardTables.Source(
                    path: file, domain: try task.readingDomain(of: party) ?? table.domain(), schema: table.schema,
                    key: table.key, dialect: table.dialect, limits: task.limits.table(declared: table.rows)))
        }
        let rows = try ShardTables(
            sources, domain: plan.domain, rowsPerKey: plan.rowsPerKey, connect: connect ?? "", shards.trust)
        var openings: [String: OpeningFile] = [:]
        for (party, (source, content)) in zip(task.providers, zip(sources, rows.contents)) {
            openings[party.name] = opening(of: source.path, content)
        }
        return Job(
            work: .task(plan), privacy: plan.privacy, rows: .elsewhere(rows.rows, plan.domain),
            digest: try ledgerHash(task.digest.hex), openings: openings, counter: rows.counter)
    }

    private static func schema(_ bytes: [UInt8], at path: String) throws -> TableSchema {
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        guard first == UInt8(ascii: "{") else {
            throw CommandFailure(
                "\(path) is no JSON: --schema takes a Table Schema as JSON ({\"fields\": […]}). A task in YAML goes with --task.",
                code: .badData)
        }
        return try JSONDecoder().decode(TableSchema.self, from: Data(bytes))
    }

    private func opening(of path: String, _ digest: LedgerHash) -> OpeningFile {
        OpeningFile(
            UploadOpening(blinding: .random(), file: digest), name: URL(fileURLWithPath: path).lastPathComponent)
    }

    private func write(_ openings: [String: OpeningFile], to folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for (party, opening) in openings {
            try opening.write(to: "\(folder)/\(party.replacingOccurrences(of: "/", with: "_")).opening")
        }
        Console.say("what opens the commitments of the ledger entry is in \(folder)")
    }

    /// The rows with the columns that rules add.
    private static func table(_ read: KeyedTable, obeying domain: TableDomain) throws -> PrivateTable {
        let single = try PrivateTable(single: read)
        guard !domain.rules.isEmpty else { return single }
        guard let recipe = domain.recipe(from: single.domain) else { throw PrivacyError.wrongRecipe }
        return try single.following(recipe)
    }

    /// The entry as a service's ledger would hold it, in its canonical form.
    private func ledgerLine(_ job: borrowing Job, _ plan: MechanismPlan) throws -> String {
        let ledger = try Ledger.inMemory()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let reservation = try ledger.reserve(
            task: job.digest, epsilon: plan.epsilon, delta: plan.delta,
            plan: String(decoding: try encoder.encode(plan), as: UTF8.self),
            uploads: job.openings.mapValues(\.opening.commitment),
            time: Int64(Date().timeIntervalSince1970))
        return String(decoding: try ledger.entry(reservation.sequence).canonicalBytes, as: UTF8.self)
    }

    private func ledgerHash(_ hex: String) throws -> LedgerHash {
        guard let hash = LedgerHash(hex: hex) else { throw CommandFailure("the task has no digest") }
        return hash
    }
}
