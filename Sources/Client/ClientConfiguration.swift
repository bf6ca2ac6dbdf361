public import Attestation
import Foundation
public import Tasks

/// What a client needs to know before it trusts a service.
public struct ClientConfiguration: Sendable {
    public var address: ServiceAddress
    /// The party's key; nil to look without being one.
    public var key: PartyPrivateKey?
    public var roots: TrustRoots
    /// Measurements of the releases that are accepted.
    public var allowed: ReleaseManifest
    public var allowSimulated: Bool
    public var allowDebug: Bool
    /// Accept Intel TDX although TCB level and revocation are not evaluated.
    public var allowUnevaluatedTCB: Bool
    /// The digest of the task that the user approved; nil accepts the task that the evidence names.
    public var task: TaskDigest?
    /// Where boots and ledger heads are remembered.
    public var stateFile: String
    /// The user has said that a new instance of the service is meant.
    public var acceptNewInstance: Bool

    public init(
        address: ServiceAddress, key: PartyPrivateKey?, roots: TrustRoots, allowed: ReleaseManifest,
        allowSimulated: Bool = false, allowDebug: Bool = false, allowUnevaluatedTCB: Bool = false,
        task: TaskDigest? = nil, stateFile: String = ClientConfiguration.defaultStateFile,
        acceptNewInstance: Bool = false
    ) {
        self.address = address
        self.key = key
        self.roots = roots
        self.allowed = allowed
        self.allowSimulated = allowSimulated
        self.allowDebug = allowDebug
        self.allowUnevaluatedTCB = allowUnevaluatedTCB
        self.task = task
        self.stateFile = stateFile
        self.acceptNewInstance = acceptNewInstance
    }

    /// Where receipts are kept: beside what is remembered.
    public var receiptsDirectory: String {
        URL(fileURLWithPath: stateFile).deletingLastPathComponent().appendingPathComponent("receipts").path
    }

    /// `$XDG_STATE_HOME/entrepot/seen.json`, or below `~/.local/state`.
    public static var defaultStateFile: String {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? "."
        let base = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.local/state"
        return "\(base)/entrepot/seen.json"
    }
}
