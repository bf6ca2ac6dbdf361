/// Why a service does not start. It contains nothing from any table.
public enum ServiceError: Error, Sendable, Equatable {
    case stateUnusable(path: String)
    case stateInUse(path: String)
    /// A state folder under an attester of hardware.
    case stateOnDisk
    /// The state directory belongs to another task.
    case stateOfAnotherTask(expected: String, found: String)
    /// The task cannot be fitted as it stands: too large a domain, unknown parameters, ….
    case unusableTask(String)
    case unusableSignature(String)
    case damagedModel(String)
    case ledger(String)
    case cannotListen(address: String, reason: String)
}

extension ServiceError: CustomStringConvertible {
    /// One sentence for the operator: what is wrong and what to do.
    public var description: String {
        switch self {
        case .stateUnusable(let path):
            "\(path) cannot be used for state. Check that the folder exists or can be made, and is yours."
        case .stateInUse(let path):
            "\(path) is in use by another service. One folder serves one service at a time."
        case .stateOnDisk:
            "With the attesters nitro and tsm the state stays in memory, and one boot is one task: leave --state away. A disk "
                + "belongs to the host, who could exchange what is on it; sealing the state to the measurement is not built."
        case .stateOfAnotherTask(let expected, let found):
            "The state folder belongs to task \(found), and this is task \(expected). Give each task a folder of its own."
        case .unusableTask(let reason): "This task cannot be served: \(reason)"
        case .unusableSignature(let reason): "A signature is not valid: \(reason)"
        case .damagedModel(let reason):
            "The model cannot be had again from the state folder (\(reason)). ε is spent: restore the folder from a copy."
        case .ledger(let reason): "The ledger cannot be used: \(reason)"
        case .cannotListen(let address, let reason):
            "Cannot listen on \(address) (\(reason)). Choose another --listen."
        }
    }
}
