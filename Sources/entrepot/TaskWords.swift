import Service
import Synthesizers
import Tasks

/// A task in plain words, with the split of its budget and what its rows keep.
enum TaskWords {
    static func text(_ task: TaskSpecification) throws -> String {
        let planned = try TaskPlan(task)
        let steps = planned.plan.steps.map { TaskDescription.BudgetStep(name: $0.name, share: $0.share) }
        let fidelity = planned.synthesizer.fidelity(planned.domain)
        return TaskDescription(task, budget: steps, kept: fidelity.kept, assumed: fidelity.assumed).text
    }
}
