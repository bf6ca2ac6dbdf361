/// One reason why authentic evidence is not accepted. Safe to log.
public enum Refusal: Error, Sendable, Equatable, Hashable {
    /// The allow-list is empty, which accepts nothing.
    case noReleaseAllowed
    /// Nobody said which program is accepted, so none was compared.
    case programNotNamed
    /// No release in the allow-list has measurements of this format.
    case noReleaseForFormat(EvidenceFormat)
    /// The measurements are of no release in the allow-list.
    case measurementsUnknown
    /// The measurements are of a release that is known to be bad.
    case releaseRefused(version: String)
    /// The platform lets its host look inside.
    case debug
    /// The service says that it is a debug build.
    case debugBuild
    /// The service keeps its state on a disk of the host, and the caller demands memory.
    case stateOnDisk
    case simulated
    /// The guest may be moved by a migration agent, whose code was not attested.
    case migrationAgent
    /// SEV-SNP: the program does not run at a privilege level that the policy takes.
    case privilegeLevel(UInt32)
    /// SEV-SNP: the guest's policy or TDX: its attributes have bits whose meaning this version does not know.
    case unknownPlatformFlags
    /// The platform's patch level is below the least one, or zero.
    case patchLevel
    /// The host has hyper-threading on, which the policy refuses.
    case hyperThreading
    /// The chip is not one that the policy lists.
    case chip
    /// The image's own version is below the least one.
    case guestVersion
    /// Revocation lists were demanded and not looked at.
    case revocationNotChecked
    /// TDX: a service guest is bound, which may read and move this one.
    case serviceGuest
    /// TDX: the module is signed by somebody else than Intel.
    case seamSigner
    /// TDX: the module is not one that the policy lists.
    case seamModule
    /// TDX: the host can make the guest's pages fault.
    case pageFaultsAllowed
    /// TDX: Intel's word on the patch level is not one that the policy takes.
    case tcbStatus(TCBStatus)
    /// A register that must be zero is not: something was added to the image at its start.
    case addedAtStart(register: String)
    /// Intel's TCB level and revocation lists were not evaluated.
    case tcbNotEvaluated
    /// A field that must hold a key is there and empty.
    case emptyPublicKey
    /// The evidence's own time is too far from now.
    case stale(seconds: Int64)
    case nonceMissing
    /// The evidence answers another challenge: it is a replay, or meant for somebody else.
    case nonceMismatch
    case publicKeyMissing
    /// The evidence vouches for another key than this connection showed.
    case publicKeyMismatch
    /// The evidence was made for another connection.
    case channelBindingMismatch
    /// SEV-SNP and TDX: the report does not bind this key, nonce and statement.
    case reportDataMismatch
    case statementMissing
    /// The service runs another task.
    case taskMismatch
    /// PCR16 is not the measurement of the task.
    case taskRegisterMismatch

    /// 2 stale or replayed, 3 refused by policy, 4 not this channel.
    public var exitCode: Int32 {
        switch self {
        case .noReleaseAllowed, .programNotNamed, .noReleaseForFormat, .measurementsUnknown, .releaseRefused, .debug,
            .debugBuild,
            .simulated, .stateOnDisk, .migrationAgent, .tcbNotEvaluated, .emptyPublicKey, .taskMismatch,
            .taskRegisterMismatch,
            .privilegeLevel, .unknownPlatformFlags, .patchLevel, .hyperThreading, .chip, .guestVersion,
            .revocationNotChecked, .serviceGuest, .seamSigner, .seamModule, .pageFaultsAllowed, .tcbStatus,
            .addedAtStart:
            3
        case .stale, .nonceMissing, .nonceMismatch, .statementMissing: 2
        case .publicKeyMissing, .publicKeyMismatch, .channelBindingMismatch, .reportDataMismatch: 4
        }
    }
}

extension [Refusal] {
    /// The exit code of several reasons, 0 for none. Evidence that does not answer us (2) says nothing about channel or
    /// policy, and evidence for another channel (4) nothing about policy (3).
    public var exitCode: Int32 { [2, 4, 3].first { code in contains { $0.exitCode == code } } ?? 0 }
}

extension Refusal: CustomStringConvertible {
    /// One sentence for a person: what is wrong.
    public var description: String {
        switch self {
        case .noReleaseAllowed:
            "The list of accepted releases is empty, which accepts nothing: name the measurements that you accept."
        case .programNotNamed:
            "It is authentic, but of which program was not compared: name the measurements that you accept "
                + "(--measurements)."
        case .noReleaseForFormat(let format):
            "No accepted release lists all the measurements that \(format.rawValue) evidence must match."
        case .measurementsUnknown: "The service runs code that is in no accepted release."
        case .releaseRefused(let version): "The service runs release \(version), which is known to be bad."
        case .debug:
            "The enclave runs in debug mode, which lets its host look inside (--allow-debug accepts it, for trying out)."
        case .debugBuild: "The service is a debug build (--allow-debug accepts it, for trying out)."
        case .stateOnDisk: "The service keeps its ledger on a disk of its host, who could exchange it."
        case .simulated: "The evidence is simulated, which gives no confidentiality against the host."
        case .migrationAgent: "The guest may be moved to another machine by code that was not attested."
        case .privilegeLevel(let level):
            "The program runs at privilege level \(level) (VMPL), which the policy refuses."
        case .unknownPlatformFlags: "The guest was started with options that this version does not know."
        case .patchLevel: "The platform's patch level is below the least one that is accepted."
        case .hyperThreading: "The platform has hyper-threading on, which the policy refuses."
        case .chip: "The chip is not one that the policy lists."
        case .guestVersion: "The image's own version is below the least one that is accepted."
        case .revocationNotChecked: "The policy demands revocation lists, and none covers these certificates."
        case .serviceGuest: "A service guest is bound to this one, which may read and move it (MRSERVICETD)."
        case .seamSigner: "The TDX module is signed by somebody else than Intel (MRSIGNERSEAM)."
        case .seamModule: "The TDX module is not one that the policy lists (MRSEAM)."
        case .pageFaultsAllowed: "The host can make the guest's pages fault (SEPT_VE_DISABLE is off)."
        case .tcbStatus(let status): "Intel says of this platform: \(status.rawValue), which the policy refuses."
        case .addedAtStart(let register): "Something was added to the image at its start: \(register) is not zero."
        case .tcbNotEvaluated: "Intel's patch level and revocation lists were not evaluated for this platform."
        case .emptyPublicKey: "The evidence has an empty key where a key must stand."
        case .stale(let seconds): "The evidence was made \(seconds) s away from this machine's time."
        case .nonceMissing: "The evidence answers no challenge."
        case .nonceMismatch: "The evidence answers another challenge: it is replayed, or meant for somebody else."
        case .publicKeyMissing: "The evidence vouches for no key."
        case .publicKeyMismatch: "The evidence vouches for another key than this connection uses."
        case .channelBindingMismatch: "The evidence was made for another connection than this one."
        case .reportDataMismatch: "The evidence does not bind this connection's key, challenge and statement."
        case .statementMissing: "The evidence carries no statement of a service."
        case .taskMismatch: "The service runs another task than the one expected."
        case .taskRegisterMismatch: "The measurement of the task (PCR16) is not that of the expected task."
        }
    }

    /// What the person who sees the reason can do.
    public var hint: String {
        switch self {
        case .noReleaseAllowed, .programNotNamed, .noReleaseForFormat:
            "Give the release.json of the releases you accept with --measurements."
        case .measurementsUnknown, .releaseRefused:
            "Ask the operator which release runs, and accept it only after you have its measurements from its builders."
        case .simulated: "For a rehearsal without secrets, add --allow-simulated."
        case .stateOnDisk: "Ask the operator to start the service without --state, or do not demand memory."
        case .debug, .debugBuild: "Ask the operator to start the service without debug mode."
        case .privilegeLevel, .unknownPlatformFlags, .patchLevel, .hyperThreading, .chip, .guestVersion, .serviceGuest,
            .seamSigner, .seamModule, .pageFaultsAllowed, .tcbStatus:
            "Ask the operator for another machine, or accept it by name in \"platforms\" of your release.json."
        case .revocationNotChecked: "Give the vendor's revocation lists with --collateral."
        case .addedAtStart: "Ask the operator to start the image without additions."
        case .tcbNotEvaluated:
            "Give Intel's collateral with --collateral, or accept it by name if you have checked the patch level by other means."
        case .stale: "Check this machine's clock."
        case .taskMismatch, .taskRegisterMismatch:
            "Compare the task's digest with the one that you signed, and ask the other parties."
        case .migrationAgent, .emptyPublicKey, .nonceMissing, .nonceMismatch, .publicKeyMissing, .publicKeyMismatch,
            .channelBindingMismatch, .reportDataMismatch, .statementMissing:
            "Send no data: somebody may stand between you and the service."
        }
    }
}
