/// What a report says about a model that the model file does not know.
public struct EvaluationSubject: Sendable {
    /// Somebody named in the task.
    public struct Party: Sendable {
        /// As the task names the party.
        public var name: String
        /// `provider`, `consumer` or `auditor`.
        public var role: String

        /// A party with its role.
        public init(name: String, role: String) {
            self.name = name
            self.role = role
        }
    }

    /// Where the reader gets rows from.
    public enum Source: Sendable {
        /// A model file of this name, with `entrepot sample`.
        case file(String)
        /// The service that shows the page, or the local proxy in front of it.
        case service
    }

    /// The task's name, or the file's.
    public var title: String
    /// What the task is for, in its own words.
    public var purpose: String?
    /// In the order of the task; none for a model without one.
    public var parties: [Party]
    /// What one unit of protection is.
    public var unit: String
    /// Where the rows of one key lie that are protected together: "in one provider's table"; nil if it is not known.
    public var unitScope: String?
    /// ε as a sentence: what an attacker learns at most.
    public var protection: String
    /// Where the page sends its reader for rows.
    public var source: Source
    /// The day of the report, as `2026-11-21`; nil if it is not known.
    public var date: String?
    /// Something that every reader must know first, such as a simulated attester.
    public var warning: String?

    /// What is known beside the model; each part as described at its property.
    public init(
        title: String, purpose: String? = nil, parties: [Party] = [], unit: String = "one joined record",
        unitScope: String? = nil, protection: String, source: Source, date: String? = nil, warning: String? = nil
    ) {
        self.title = title
        self.purpose = purpose
        self.parties = parties
        self.unit = unit
        self.unitScope = unitScope
        self.protection = protection
        self.source = source
        self.date = date
        self.warning = warning
    }
}
