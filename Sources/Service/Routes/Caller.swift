import Tasks

/// Who is at the other end of a connection, by the key that TLS proved. Headers are ignored.
enum Caller: Sendable, Equatable {
    case stranger
    /// Whoever runs the service, by a key that the command line named; no party of the task.
    case watcher
    case party(name: String, role: Role)

    /// Whether the task lists the caller's key.
    var isParty: Bool {
        if case .party = self { true } else { false }
    }

    enum Role: String, Sendable, Equatable {
        case provider, consumer, auditor, `operator`
    }
}

extension Caller {
    /// The party of a task that holds a public key (SubjectPublicKeyInfo); a stranger where the task lists no such key.
    ///
    /// - Parameter watcher: the key of whoever runs the service, for the metrics alone.
    init(publicKeyInfo: [UInt8]?, of task: TaskSpecification, watcher: PartyKey? = nil) {
        guard let publicKeyInfo, let key = try? PartyKey(derRepresentation: publicKeyInfo) else {
            self = .stranger
            return
        }
        guard let party = task.party(holding: key) else {
            self = key == watcher ? .watcher : .stranger
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
