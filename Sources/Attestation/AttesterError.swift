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

    // TPM.
    case tpmMissing
    case tpmFailed(errno: Int32)
    /// The TPM's own code.
    case tpmRefused(code: UInt32)
    case tpmAnswer
    /// Registers kept changing while they were quoted.
    case tpmRace

    // Azure.
    /// The virtual TPM holds no report that can be read.
    case azureReport
    case azureServiceUnreachable(errno: Int32)
    case azureServiceRefused(status: Int)
    case azureServiceAnswer
    /// The quote is not one of this guest's report.
    case azureQuote

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

extension AttesterError: CustomStringConvertible {
    /// One sentence for the operator: what is wrong and, where it helps, what to do.
    public var description: String {
        switch self {
        case .nonceLength(let count): "The nonce has \(count) bytes instead of 32."
        case .publicKeyLength(let count): "A key of \(count) bytes does not fit into evidence."
        case .statementContradictsFormat: "The statement and the attester disagree on whether this is a simulation."
        case .emptyTask: "There is no task to measure."
        case .stateDirectoryUnusable: "The state directory cannot be written."
        case .rootPermissions: "Others may read the simulated root's key: run chmod 600 on root.key, or delete it."
        case .rootUnreadable: "The simulated root cannot be read: delete the folder simulated-root to make a new one."
        case .executableUnreadable: "The running program cannot be read, so that it cannot be measured."
        case .certificateIssuance: "The simulated root could not issue a certificate."
        case .deviceMissing: "There is no /dev/nsm: this is not a Nitro enclave, or its driver is not loaded."
        case .deviceFailed(let errno): "The Nitro Secure Module failed (errno \(errno))."
        case .deviceRefused(let refusal): "The Nitro Secure Module refused (\(refusal.rawValue))."
        case .deviceAnswer: "The Nitro Secure Module gave an answer that is not in its protocol."
        case .taskRegisterLocked: "PCR16 holds something other than this task: restart the machine."
        case .weakEntropy: "The Nitro Secure Module gave too little randomness to start safely."
        case .tpmMissing: "There is no /dev/tpmrm0: this machine has no TPM 2.0, or its driver is not loaded."
        case .tpmFailed(let errno): "The TPM failed (errno \(errno))."
        case .tpmRefused(let code): "The TPM refused (code 0x\(String(code, radix: 16)))."
        case .tpmAnswer: "The TPM gave an answer that is not in its protocol."
        case .tpmRace: "Another program keeps changing the TPM's registers."
        case .azureReport:
            "The virtual TPM holds no report of the hardware (index 0x01400001): this is no Azure confidential machine."
        case .azureServiceUnreachable(let errno):
            "Azure's service at 169.254.169.254 cannot be reached (errno \(errno)): it makes TDX quotes and keeps AMD's "
                + "certificates, which --certificates takes from a file."
        case .azureServiceRefused(let status): "Azure's service at 169.254.169.254 refused (status \(status))."
        case .azureServiceAnswer: "Azure's service at 169.254.169.254 gave an answer that cannot be read."
        case .azureQuote: "Azure's service gave a quote that is not of this machine's own report."
        case .tsmMissing: "There is no configfs-tsm: this is not a confidential guest, or Linux is older than 6.7."
        case .tsmProvider: "configfs-tsm names a platform that this version does not know."
        case .tsmFileSystem(let errno): "configfs-tsm failed (errno \(errno))."
        case .tsmRace: "Another program keeps writing to our configfs-tsm entry."
        case .tsmEmptyReport:
            "The platform gave an empty report: on TDX, check that the quoting service runs on the host."
        }
    }
}
