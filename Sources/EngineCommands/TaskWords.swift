import Engine
import Evaluation
import FittedModels
import Synthesizers
package import Tasks

/// A task in plain words, with the split of its budget and what its rows keep.
package enum TaskWords {
    package static func text(_ task: TaskSpecification) throws -> String { try description(task).description.text }

    /// What the plan promises for one who is added or removed, and for one whose values change.
    typealias Readings = (addingOne: TaskDescription.Reading?, changingOne: TaskDescription.Reading?)

    static func description(_ task: TaskSpecification) throws -> (description: TaskDescription, readings: Readings) {
        let planned = try TaskPlan(task)
        let steps = planned.plan.steps.map { TaskDescription.BudgetStep(name: $0.name, share: $0.share) }
        let fidelity = planned.synthesizer?.fidelity(planned.domain)
        var (kept, assumed) = (fidelity?.kept ?? [], fidelity?.assumed ?? [])
        if fidelity != nil, !task.queries.isEmpty {
            kept.append("what the queries measure: the same figures condition the rows")
            if planned.synthesizer is GaussianCopula {
                assumed.append("that sums of the copula's numbers follow from it: those are not conditioned")
            }
        }
        let promised = try PromisedReadings(planned.plan)
        let readings = (reading(promised.addingOne), reading(promised.changingOne))
        return (
            TaskDescription(
                task, budget: steps, kept: kept, assumed: assumed, addingOne: readings.0, changingOne: readings.1),
            readings
        )
    }

    private static func reading(_ reading: PromisedReadings.Reading) -> TaskDescription.Reading {
        TaskDescription.Reading(epsilon: reading.epsilon, percent: reading.percent)
    }
}
