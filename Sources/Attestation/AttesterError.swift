/// Why evidence could not be made. Safe to log.
public enum AttesterError: Error, Sendable, Equatable, Hashable {
    /// The nonce is not 32 bytes long.
    case nonceLength(Int)
    /// The key is empty or longer than 1,024 bytes.
    case publicKeyLength(Int)
    case statementContradictsFormat
    case emptyTask

    // Simulated.
    case stateDirectoryUnusable
    /// Somebody else can read the root's private key.
    case rootPermissions
    case rootUnreadable
    case executableUnreadable
    case certificateIssuance

    // Nitro Secure Module.
    case deviceMissing
    case deviceFailed(errno: Int32)
    case deviceRefused(NSMRefusal)
    case deviceAnswer
    case taskRegisterLocked
    case weakEntropy

    // configfs-tsm.
    case tsmMissing
    case tsmProvider
    case tsmFileSystem(errno: Int32)
    /// Somebody else wrote to the entry every time that it was read.
    case tsmRace
    /// The kernel gave no report and no error: on TDX this means that no quoting service answers.
    case tsmEmptyReport

    /// The codes with which the Nitro Secure Module refuses.
    public enum NSMRefusal: String, Sendable, Hashable, CaseIterable {
        case invalidArgument = "InvalidArgument"
        case invalidIndex = "InvalidIndex"
        case invalidResponse = "InvalidResponse"
        case readOnlyIndex = "ReadOnlyIndex"
        case invalidOperation = "InvalidOperation"
        case bufferTooSmall = "BufferTooSmall"
        case inputTooLarge = "InputTooLarge"
        case internalError = "InternalError"
        case success = "Success"
    }
}
