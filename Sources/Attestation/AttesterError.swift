/// Why evidence could not be made. Safe to log.
public enum AttesterError: Error, Sendable, Equatable, Hashable {
    case stateDirectory
}
