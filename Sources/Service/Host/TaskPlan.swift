public import PrivacyKernel
public import Synthesizers
public import Tables
public import Tasks

/// What a task's method will do on the joined domain; a function of the task alone.
public struct TaskPlan: Sendable {
    public let synthesizer: any Synthesizer
    /// Of the joined table.
    public let domain: TableDomain
    public let privacy: PrivacyParameters
    /// What will be spent on what.
    public let plan: MechanismPlan

    /// - Throws: `SchemaProblems`, `SynthesisError` or `PrivacyError` where the task cannot work.
    public init(_ task: TaskSpecification) throws {
        synthesizer = try Self.synthesizer(task.synthesizer)
        var parties: [(name: String, domain: TableDomain)] = []
        for party in task.providers {
            guard let table = party.table else { continue }
            parties.append((name: party.name, domain: try table.domain()))
        }
        domain = TableDomain.joined(parties)
        privacy = try PrivacyParameters(epsilon: task.privacy.epsilon, delta: task.privacy.delta)
        plan = try synthesizer.plan(domain, privacy)
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
