public import Tasks

extension EvaluationSubject {
    /// What the task says about a model that was fitted for it.
    public init(_ task: TaskSpecification, source: Source, date: String? = nil, warning: String? = nil) {
        self.init(
            title: task.name, purpose: task.purpose,
            parties: task.parties.map { Party(name: $0.name, role: $0.role.rawValue) }, unit: task.privacy.unitWords,
            unitScope: task.unitScope,
            protection: TaskDescription.inWords(epsilon: task.privacy.epsilon, delta: task.privacy.delta),
            source: source, date: date,
            warning: warning)
    }
}
