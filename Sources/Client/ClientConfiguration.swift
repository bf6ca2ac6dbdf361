public import Attestation
import Foundation
public import Tasks

/// What a client needs to know before it trusts a service.
public struct ClientConfiguration: Sendable {
    /// Where the service listens.
    public var address: ServiceAddress
    /// The party's key; nil to connect without a certificate.
    public var key: PartyPrivateKey?
    /// What is trusted. Its moment is set anew at each verification.
    public var trust: TrustPolicy
    /// The digest of the task that the user approved; nil accepts the task that the evidence names.
    public var task: TaskDigest?
    /// Where boots and ledger heads are remembered.
    public var stateFile: String
    /// What is kept beside receipts, for whoever verifies them later.
    public var archive = ReceiptArchive()
    /// The user goes on with a service that was restarted before anything of this client's was confirmed.
    public var acceptNewInstance: Bool
    /// The user goes on although the table may have been measured already: twice ε.
    public var measureAgain: Bool

    /// What a client needs to know; each part as described at its property.
    public init(
        address: ServiceAddress, key: PartyPrivateKey?, trust: TrustPolicy, task: TaskDigest? = nil,
        stateFile: String = ClientConfiguration.defaultStateFile,
        acceptNewInstance: Bool = false, measureAgain: Bool = false
    ) {
        self.address = address
        self.key = key
        self.trust = trust
        self.task = task
        self.stateFile = stateFile
        self.acceptNewInstance = acceptNewInstance
        self.measureAgain = measureAgain
    }

    /// What is trusted, now.
    var trustNow: TrustPolicy { trust.at(nil, now: Int64(Date().timeIntervalSince1970)) }

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
