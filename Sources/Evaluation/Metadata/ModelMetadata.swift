public import FittedModels

/// The files that describe a model to catalogues and to programs.
public struct ModelMetadata: Sendable {
    private let model: FittedModel
    private let subject: EvaluationSubject

    /// - Parameter subject: the task's name, purpose and parties.
    public init(_ model: FittedModel, subject: EvaluationSubject) {
        self.model = model
        self.subject = subject
    }

    /// Name and content of each.
    public func files() throws -> [(name: String, text: String)] {
        [
            ("data-dictionary.csv", DataDictionary(model.domain).csv),
            ("croissant.json", try Croissant(model, subject: subject).json()),
            ("dp_registry.yaml", RegistryRecord(model, subject: subject).yaml),
        ]
    }
}
