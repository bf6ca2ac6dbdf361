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
    public let privacy: PrivacyParameters
    /// What each step will cost: each query its price, the model the rest.
    public internal(set) var plan: MechanismPlan
    /// The permitted queries.
    public let queries: QueryWorkload
    /// The most rows that a key may have in the joined table.
    public let rowsPerKey: Int
    private let join: TaskSpecification.Join

    /// - Throws: `SchemaProblems`, `SynthesisError`, `QueryRefusal` or `PrivacyError` if the task cannot work.
    public init(_ task: TaskSpecification) throws {
        synthesizer = task.releasesRows ? try Self.synthesizer(task.synthesizer) : nil
        join = task.join
        domain = try task.domain()
        privacy = try PrivacyParameters(epsilon: task.privacy.epsilon, delta: task.privacy.delta)
        let rows = task.join.rowsPerKey
        rowsPerKey = rows
        queries = try QueryWorkload(
            task.queries, domain: domain, privacy: privacy, rowsPerKey: rows,
            remainder: synthesizer == nil ? .nothing : .model, mirror: task.join.mirror)
        plan = try Self.plan(
            synthesizer?.plan(domain, privacy, rowsPerKey: rows) ?? Self.planWithoutModel(privacy, rowsPerKey: rows),
            queries, privacy)
        if let synthesizer, !queries.names.isEmpty {
            // What the queries leave must pay for the model too. ρ grows a little slower than ε², hence the half.
            let share = queries.modelShare
            let part = plan.accounting == .pure ? share : (share / 2).squareRoot()
            _ = try synthesizer.plan(
                domain, PrivacyParameters(epsilon: privacy.epsilon * part, delta: privacy.delta), rowsPerKey: rows)
        }
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
        if join.kind == .union {
            return try PrivateTable(uniting: tables.map(\.table), rowsPerKey: join.rowsPerKey)
        }
        return try PrivateTable(joining: tables, rowsPerKey: join.rowsPerKey)
    }

    /// What the model may spend on what: the plan's steps after those of the queries.
    private var modelPlan: MechanismPlan {
        var model = plan
        model.steps.removeFirst(queries.names.count)
        return model
    }

    /// Everything that is ever asked of the rows: the queries, then the model, all from one budget and as `plan` says.
    public func fit(
        _ kernel: Kernel, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> TaskProduct {
        var budget = budget
        try queries.ask(kernel, shares: plan.steps.prefix(queries.names.count).map(\.share), taking: &budget)
        guard let synthesizer else {
            return .answers(ReleasedAnswers(domain: domain, transcript: kernel.transcript))
        }
        var model = try synthesizer.fit(kernel, plan: modelPlan, budget: budget, progress: progress)
        guard !queries.names.isEmpty else { return .model(model) }
        // One set of measurements, two products: the synthetic rows agree with the answers of the queries.
        model = try model.conditioned(on: measuredSums(kernel.transcript).map(\.sums))
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
        guard !queries.names.isEmpty else { return model }
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
        plan.steps = asked + plan.steps
        return plan
    }

    private static func synthesizer(
        _ choice: TaskSpecification.SynthesizerChoice
    ) throws(SynthesisError) -> any Synthesizer {
        guard let resolved = choice.resolved else { throw .unknownSynthesizer(choice.name) }
        return try Synthesizers.synthesizer(
            named: resolved.method, parameters: resolved.parameters.mapValues(parameter))
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
