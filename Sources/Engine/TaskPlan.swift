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
    private let join: TaskSpecification.Join

    /// - Throws: `SchemaProblems`, `SynthesisError`, `QueryRefusal` or `PrivacyError` if the task cannot work.
    public init(_ task: TaskSpecification) throws {
        synthesizer = task.releasesRows ? try Self.synthesizer(task.synthesizer) : nil
        var parties: [(name: String, domain: TableDomain)] = []
        for party in task.providers {
            guard let table = party.table else { continue }
            parties.append((name: party.name, domain: try table.domain()))
        }
        join = task.join
        if let mirror = task.join.mirror, let office = parties.first {
            domain = mirror.joinedDomain(of: office.domain)
        } else if join.kind == .union, let first = parties.first {
            domain = first.domain
        } else {
            domain = TableDomain.joined(parties)
        }
        privacy = try PrivacyParameters(epsilon: task.privacy.epsilon, delta: task.privacy.delta)
        queries = try QueryWorkload(
            task.queries, domain: domain, privacy: privacy, remainder: synthesizer == nil ? .nothing : .model,
            mirror: task.join.mirror)
        plan = try Self.plan(synthesizer?.plan(domain, privacy) ?? Self.planWithoutModel(privacy), queries)
    }

    /// The parties' tables in the order of the task, joined as it says. They have no rows afterwards.
    ///
    /// - Throws: `rowsAreGone` if a table has been joined before.
    public func joined(_ tables: [(name: String, table: KeyedTable)]) throws(PrivacyError) -> PrivateTable {
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

    private static func planWithoutModel(_ privacy: PrivacyParameters) -> MechanismPlan {
        MechanismPlan(
            synthesizer: nil, parameters: [:], accounting: privacy.delta == 0 ? .pure : .gaussian, privacy: privacy,
            steps: [])
    }

    /// The model's plan with its shares and noise scaled to what the queries leave.
    private static func plan(_ model: MechanismPlan, _ queries: QueryWorkload) throws -> MechanismPlan {
        guard !queries.names.isEmpty else { return model }
        let share = queries.modelShare
        let louder = model.accounting == .pure ? 1 / share : (1 / share).squareRoot()
        var plan = model
        plan.steps = try queries.forecasts(model.accounting).map { forecast in
            .init(name: "query \(forecast.name)", share: forecast.share, sigma: forecast.parts.first?.standardError)
        }
        for var step in model.steps {
            step.share *= share
            step.sigma = step.sigma.map { $0 * louder }
            plan.steps.append(step)
        }
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
