import Service
import Synthesizers
import Tasks

/// A task in plain words, with the split of its budget.
enum TaskWords {
    static func text(_ task: TaskSpecification) throws -> String {
        let steps = try TaskPlan(task).plan.steps.map { TaskDescription.BudgetStep(name: $0.name, share: $0.share) }
        return TaskDescription(task, budget: steps).text
    }
}
