import Tasks

/// Who is at the other end of a connection, by the key that TLS proved. Headers are ignored.
enum Caller: Sendable, Equatable {
    case stranger
    case party(name: String, role: Role)

    enum Role: String, Sendable, Equatable {
        case provider, consumer, auditor, `operator`
    }
}

extension Caller {
    /// The party of a task that holds a public key (SubjectPublicKeyInfo); a stranger where the task lists no such key.
    init(publicKeyInfo: [UInt8]?, of task: TaskSpecification) {
        guard let publicKeyInfo, let key = try? PartyKey(derRepresentation: publicKeyInfo),
            let party = task.party(holding: key)
        else {
            self = .stranger
            return
        }
        let role: Role =
            switch party.role {
            case .provider: .provider
            case .consumer: .consumer
            case .auditor: .auditor
            case .operator: .operator
            }
        self = .party(name: party.name, role: role)
    }
}
