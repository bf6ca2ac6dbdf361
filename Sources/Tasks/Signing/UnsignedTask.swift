/// A task whose providers have not all signed: it collects signatures, and nothing can be uploaded to it.
public struct UnsignedTask: Sendable {
    /// What is to be signed.
    public let specification: TaskSpecification
    /// Of `specification`.
    public let digest: TaskDigest
    /// The verified signatures, by party.
    public private(set) var signatures: [String: TaskSignature] = [:]

    /// A task that nobody has signed.
    public init(_ specification: TaskSpecification) {
        self.specification = specification
        digest = specification.digest
    }

    /// Signatories that have not signed, in the order of the task.
    public var missing: [String] { specification.signatories.map(\.name).filter { signatures[$0] == nil } }
    /// Signatories that have signed, in the order of the task.
    public var signed: [String] { specification.signatories.map(\.name).filter { signatures[$0] != nil } }

    /// Takes a signature after verifying it; the same party may sign again.
    public mutating func add(_ signature: TaskSignature) throws(TaskError) {
        guard let party = specification.signatories.first(where: { $0.name == signature.party }) else {
            throw .notAProvider(signature.party)
        }
        try signature.verify(task: digest, key: party.publicKey)
        signatures[party.name] = signature
    }
}
