public import Domains
public import FittedModels
public import PrivacyKernel
public import Queries
public import Synthesizers
public import Tables
public import Tasks

/// What a task's method will do on the joined domain; a function of the task alone.
public struct TaskPlan: Sendable {
    /// nil if the task makes no model.
    public let synthesizer: (any Synthesizer)?
    /// The domain of the joined table.
    public let domain: TableDomain
    /// The (ε, δ) that queries and model have together.
    public let privacy: PrivacyParameters
    /// The (ε, δ) of all that anybody sees: beside queries and model, a third party's count of common keys.
    public let price: PrivacyParameters
    /// How long the lists of both holders are, where neither learns whose keys both have; nil elsewhere.
    public let hidden: HiddenTerms?
    /// What each step will cost: each query its price, the model the rest.
    public package(set) var plan: MechanismPlan
    /// The permitted queries.
    public let queries: QueryWorkload
    /// The most rows that a unit may have in the joined table: a key, or a key of one table.
    public let rowsPerKey: Int
    private let unit: UnionUnit
    /// The most rows of the tables together, and of the joined table, as far as the task tells: public.
    public let declaredRows: (tables: Int, joined: Int)
    /// How many comparisons of two texts the join makes: of a linkage; a function of the task.
    public let comparisons: Int
    /// Fewer joined rows than this, by the noisy count that is the plan's first step, end the task; nil for no such rule.
    public let leastRows: Int?
    /// The bytes that the join takes beside the tables, about: public, like the sizes that it follows from.
    public let joinBytes: Int
    /// A task whose join needs more is refused before anybody brings a table: 16 GiB.
    public static let mostJoinBytes = 1 << 34
    private let join: TaskSpecification.Join
    /// Whether a query asks how good the linkage is.
    private let asksOfLinkage: Bool
    /// Where the rows are counted.
    let engine: TaskSpecification.Engine
    /// How many columns of the joined table each provider brings, where they lie beside each other.
    let providerColumns: [Int]
    /// Who adds noise: one, where the rows come together in one place.
    public let holders: NoiseHolders

    /// - Throws: `SchemaProblems`, `SynthesisError`, `QueryRefusal` or `PrivacyError` if the task cannot work.
    public init(_ task: TaskSpecification) throws {
        engine = task.engine
        synthesizer = task.releasesRows ? try Self.synthesizer(task.synthesizer, task.engine) : nil
        join = task.join
        asksOfLinkage = task.queries.contains { $0.kind == .linked }
        domain = try task.domain()
        holders =
            switch task.engine {
            case .enclave, .spark, .shards: .one
            case .secureSum(let colluding): NoiseHolders(count: task.providers.count, colluding: colluding)
            case .secretSharing(let computing, _): NoiseHolders(count: computing.count, colluding: 1)
            }
        providerColumns = try task.providers.compactMap(\.table).map { table in
            try table.isKeyAlone ? 0 : table.domain().columns.count
        }
        price = try PrivacyParameters(epsilon: task.privacy.epsilon, delta: task.privacy.delta)
        hidden = try Self.hidden(task)
        let unreserved = task.unreserved
        // Both add up: of what the third party sees, its count has its own ε and half of δ.
        privacy =
            try task.engine.hiddenEpsilon.map {
                try PrivacyParameters(epsilon: task.privacy.epsilon - $0, delta: task.privacy.delta / 2)
            } ?? PrivacyParameters(epsilon: unreserved.epsilon, delta: unreserved.delta)
        unit = task.privacy.unit == .key ? .key : .record
        let rows = task.rowsPerUnit
        rowsPerKey = rows
        leastRows = task.privacy.leastRows
        declaredRows = try Self.declaredRows(task)
        comparisons = Self.comparisons(task)
        joinBytes = Self.joinBytes(task, domain: domain, rows: declaredRows.joined)
        guard joinBytes <= Self.mostJoinBytes else {
            throw PrivacyError.figureTooLarge(
                what: "number of bytes that joined rows of the declared tables need", figure: Double(joinBytes),
                limit: Double(Self.mostJoinBytes))
        }
        queries = try QueryWorkload(
            task.queries, domain: domain, privacy: privacy, rowsPerKey: rows,
            remainder: synthesizer == nil ? .nothing : .model, countsRows: leastRows != nil, mirror: task.join.mirror,
            linkage: task.join.linkage.map { (terms: $0, sides: Self.sides(task)) },
            holders: holders)
        var model =
            try synthesizer?.plan(domain, privacy, rowsPerKey: rows)
            ?? Self.planWithoutModel(privacy, rowsPerKey: rows)
        if let synthesizer, holders.count > 1 { model = synthesizer.withTables(model, domain) }
        plan = try Self.plan(model, queries, privacy)
        if let synthesizer, asksFirst > 0 {
            // What the queries leave must pay for the model too. ρ grows a little slower than ε², hence the half.
            let share = queries.modelShare
            let part = plan.accounting == .pure ? share : (share / 2).squareRoot()
            _ = try synthesizer.plan(
                domain, PrivacyParameters(epsilon: privacy.epsilon * part, delta: privacy.delta), rowsPerKey: rows)
        }
        try spreadNoise()
        plan.countedBy = task.listedShards?.words
    }

    /// Where several holders add noise, each step's is larger than in one place, and all of it is Gaussian.
    private mutating func spreadNoise() throws {
        guard holders.count > 1 else { return }
        guard plan.accounting != .pure else { throw PrivacyError.noiseNotShared(holders: holders.count) }
        // The steps of the queries have it from their own forecasts.
        for place in plan.steps.indices.dropFirst(asksFirst) {
            plan.steps[place].sigma = plan.steps[place].sigma.map { $0 * holders.deviationFactor }
        }
    }

    private static func hidden(_ task: TaskSpecification) throws -> HiddenTerms? {
        guard let epsilon = task.engine.hiddenEpsilon else { return nil }
        return HiddenTerms(
            rows: task.providers.map { $0.table?.rows ?? 0 },
            privacy: try PrivacyParameters(epsilon: epsilon, delta: task.privacy.delta / 2))
    }

    /// Every pair that there is room for is compared, whether or not there is one; twice where its pattern is counted too.
    private static func comparisons(_ task: TaskSpecification) -> Int {
        guard let linkage = task.join.linkage else { return 0 }
        let sizes = task.providers.compactMap(\.table).map { task.limits.table(declared: $0.rows).size(of: 0) }
        let times = task.queries.contains { $0.kind == .linked } ? 2 : 1
        return linkage.blocking.count * linkage.partners * (sizes.min() ?? 0) * linkage.compare.count * times
    }

    /// For each provider the joined columns that hold what its records say.
    private static func sides(_ task: TaskSpecification) -> [Set<String>] {
        task.providers.map { party in Set(party.table?.schema.fields.map { "\(party.name)_\($0.name)" } ?? []) }
    }

    /// What the tables' declared sizes come to. Where none is declared, the first step to which small tables are filled up
    /// stands for it.
    ///
    /// - Throws: where the joined table would need more room than there is.
    private static func declaredRows(_ task: TaskSpecification) throws(PrivacyError) -> (tables: Int, joined: Int) {
        let sizes = task.providers.compactMap(\.table).map { task.limits.table(declared: $0.rows).size(of: 0) }
        let all = sizes.reduce(0, +)
        let joined: Int =
            switch task.join.kind {
            case .inner: try PrivateTable.mostRows(ofInnerJoin: sizes, rowsPerKey: task.join.rowsPerKey)
            case .mirror: all / 2
            case .union: all
            case .linkage: (sizes.min() ?? 0) * (task.join.linkage?.blocking.count ?? 1)
            }
        return (all, joined)
    }

    /// Of each joined row its number in every party's table, twice while it is gathered, and its codes.
    private static func joinBytes(_ task: TaskSpecification, domain: TableDomain, rows: Int) -> Int {
        let codes = domain.sizes.reduce(0) { $0 + ($1 <= 1 << 8 ? 1 : $1 <= 1 << 16 ? 2 : 4) }
        let row = codes + 8 * max(1, task.providers.count)
        let (bytes, overflow) = rows.multipliedReportingOverflow(by: row)
        return overflow ? .max : bytes
    }

    /// The parties' tables in the order of the task, joined as it says. They have no rows afterwards.
    ///
    /// - Throws: `rowsAreGone` if a table has been joined before.
    public func joined(_ tables: [(name: String, table: KeyedTable)]) throws(PrivacyError) -> PrivateTable {
        let joined = try joinedAsRead(tables)
        guard !domain.rules.isEmpty else { return joined }
        guard let recipe = domain.recipe(from: joined.domain) else { throw .wrongRecipe }
        return try joined.following(recipe)
    }

    private func joinedAsRead(
        _ tables: [(name: String, table: KeyedTable)]
    ) throws(PrivacyError) -> PrivateTable {
        if let mirror = join.mirror { return try PrivateTable(mirroring: tables, terms: mirror) }
        if let linkage = join.linkage {
            return try PrivateTable(linking: tables, terms: linkage, withEvidence: asksOfLinkage)
        }
        if join.kind == .union {
            return try PrivateTable(uniting: tables.map(\.table), rowsPerKey: join.rowsPerKey, unit: unit)
        }
        return try PrivateTable(joining: tables, rowsPerKey: join.rowsPerKey)
    }

    /// One party's rows, where those of the others are counted elsewhere. The table has none afterwards.
    ///
    /// - Throws: `rowsAreGone` if it has been joined before.
    public func part(_ table: KeyedTable) throws(PrivacyError) -> PrivateTable {
        try PrivateTable(
            part: table, ofUnionOf: holders.count, rowsPerKey: join.rowsPerKey, unit: unit)
    }

    /// The kernel of one of three parties that count on shares.
    ///
    /// - Parameters:
    ///   - own: this party's table and the keys that both holders' tables have; nil at the third party.
    ///   - sharing: the way to the other two.
    ///   - record: takes each release before it is returned.
    /// - Throws: `rowsAreGone`, or `shapeMismatch` where the table lacks a member.
    public func kernel(
        _ own: (name: String, table: KeyedTable, members: [[UInt8]])?, sharing: any ColumnSharing,
        record: @escaping @Sendable (Release) throws -> Void
    ) throws(PrivacyError) -> Kernel {
        guard let own else {
            return Kernel(
                sharesOf: domain, first: providerColumns.first ?? 0, rows: declaredRows.joined, sharing: sharing,
                record: record)
        }
        let table = try PrivateTable(
            aligning: own.table, of: own.name, members: own.members, room: declaredRows.joined)
        return try Kernel(columns: table, of: domain, sharing: sharing, record: record)
    }

    /// The same, where neither holder learns whose keys both have.
    ///
    /// - Throws: `rowsAreGone`; `shapeMismatch` where the table has more rows than declared, or the task hides no members.
    public func kernel(
        _ own: (name: String, table: KeyedTable)?, hiding sharing: any HiddenSharing,
        record: @escaping @Sendable (Release) throws -> Void
    ) throws(PrivacyError) -> Kernel {
        guard let hidden else { throw .shapeMismatch(expected: 2, found: 0) }
        return try Kernel(
            hiding: own, in: domain, first: providerColumns.first ?? 0, hidden, sharing: sharing, record: record)
    }

    /// What the model may spend on what: the plan's steps after those of the queries.
    private var modelPlan: MechanismPlan {
        var model = plan
        model.steps.removeFirst(asksFirst)
        return model
    }

    /// How many steps of the plan come before the model's.
    private var asksFirst: Int { queries.names.count + (queries.countsRows ? 1 : 0) }

    /// Everything that is ever asked of the rows: the queries, then the model, all from one budget and as `plan` says.
    public func fit(
        _ kernel: Kernel, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> TaskProduct {
        var budget = budget
        let shares = plan.steps.prefix(asksFirst).dropFirst(queries.countsRows ? 1 : 0).map(\.share)
        guard try queries.askUnlessFew(kernel, shares: shares, leastRows: leastRows, taking: &budget) != nil else {
            throw TooFewRows(least: leastRows ?? 0, transcript: kernel.transcript)
        }
        guard let synthesizer else {
            return .answers(
                ReleasedAnswers(domain: domain, transcript: kernel.transcript, countedBy: plan.countedBy))
        }
        var model = try synthesizer.fit(kernel, plan: modelPlan, budget: budget, progress: progress)
        guard asksFirst > 0 else { return .model(model) }
        if !queries.names.isEmpty {
            // One set of measurements, two products: the synthetic rows agree with the answers of the queries.
            model = try model.conditioned(on: measuredSums(kernel.transcript).map(\.sums))
        }
        model.plan = plan
        return .model(model)
    }

    /// What the queries measured, each with its query's name.
    package func measuredSums(_ transcript: Transcript) throws -> [(query: String, sums: MeasuredSums)] {
        try queries.sums(from: transcript, domain: domain).map {
            ($0.query, MeasuredSums(question: $0.question, figures: $0.figures, variance: $0.variance))
        }
    }

    private static func planWithoutModel(_ privacy: PrivacyParameters, rowsPerKey: Int) -> MechanismPlan {
        MechanismPlan(
            synthesizer: nil, parameters: [:], accounting: privacy.delta == 0 ? .pure : .gaussian, privacy: privacy,
            steps: [], rowsPerKey: rowsPerKey)
    }

    /// The model's plan with its shares scaled to what the queries leave, accounted as is best for all of it together.
    private static func plan(
        _ model: MechanismPlan, _ queries: QueryWorkload, _ privacy: PrivacyParameters
    ) throws -> MechanismPlan {
        guard !queries.names.isEmpty || queries.countsRows else { return model }
        let share = queries.modelShare
        var plan = model
        plan.steps = model.steps.map { step in
            var step = step
            step.share *= share
            return step
        }
        let isFree = (model.parameters["accounting"] ?? .text("auto")) == .text("auto")
        if isFree, privacy.delta > 0 {
            plan.accounting = .tightest(
                for: queries.releases + plan.steps.releases(rowsPerKey: model.rowsPerKey ?? 1), privacy)
        }
        let asked = try queries.forecasts(plan.accounting).map { forecast in
            MechanismPlan.Step(
                name: "query \(forecast.name)", share: forecast.share, sigma: forecast.parts.first?.standardError,
                changing: forecast.addsValues ? 4 : nil)
        }
        if queries.countsRows {
            let scale = try queries.countScale(plan.accounting)
            plan.steps.insert(
                MechanismPlan.Step(
                    name: MechanismPlan.countStep, share: QueryWorkload.countShare, sigma: scale.variance.squareRoot(),
                    cells: 1,
                    spread: 1), at: 0)
        }
        plan.steps.insert(contentsOf: asked, at: queries.countsRows ? 1 : 0)
        return plan
    }

    private static func synthesizer(
        _ choice: TaskSpecification.SynthesizerChoice, _ engine: TaskSpecification.Engine
    ) throws(SynthesisError) -> any Synthesizer {
        guard let resolved = choice.resolved else { throw .unknownSynthesizer(choice.name) }
        var parameters = resolved.parameters.mapValues(parameter)
        if case .secretSharing = engine, ["auto", "clique-tree"].contains(resolved.method) {
            // No party could take the difference of two columns for both holders.
            parameters["differences"] = .text("none")
        }
        return try Synthesizers.synthesizer(named: resolved.method, parameters: parameters)
    }

    private static func parameter(_ value: JSONValue) -> Parameter {
        switch value {
        case .boolean(let flag): .flag(flag)
        case .integer(let number): .number(Double(number))
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        case .null, .array, .object: .text(String(decoding: value.canonicalBytes, as: UTF8.self))
        }
    }
}
