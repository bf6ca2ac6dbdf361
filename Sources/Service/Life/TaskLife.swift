/// The life of one task, as a value.
///
/// `unsigned → collecting → training → trained → closed`, or `failed`, `halted`, `expired`. Every event either returns
/// what the driver must do or throws why it is refused; nothing here knows a server, a file or a clock. No
/// event leads back to `training`: the last confirmation starts the fit exactly once, ever.
struct TaskLife: Sendable, Equatable {
    /// Where the task stands.
    enum Stage: String, Sendable, Equatable, Codable, CaseIterable {
        case unsigned, collecting, training, trained, closed, failed, halted, expired

        /// Whether nothing further can happen.
        var isFinal: Bool {
            switch self {
            case .unsigned, .collecting, .training, .trained: false
            case .closed, .failed, .halted, .expired: true
            }
        }

        /// What an unsuccessful stage means, in one sentence that does not depend on the tables.
        var reason: String? {
            switch self {
            case .unsigned, .collecting, .training, .trained: nil
            case .closed: "The time for retrieving samples is over."
            case .failed: "The fit could not be completed. What was spent stays spent."
            case .halted: "A provider stopped the task."
            case .expired: "A deadline of the task has passed."
            }
        }

        /// The word of the enclave workshop for this stage.
        var workshopWord: String {
            switch self {
            case .unsigned, .collecting: "awaiting data"
            case .training: "training"
            case .trained, .closed: "trained"
            case .failed, .halted, .expired: "failed"
            }
        }
    }

    /// Something that happens to a task.
    enum Event: Sendable, Equatable {
        /// A provider's signature over the task has been verified.
        case signed(party: String)
        /// A provider begins to send a table.
        case uploadBegan(party: String)
        /// A provider's table has been read without a problem; `commitment` is that to its bytes, in hexadecimal.
        case uploaded(party: String, commitment: String)
        /// A provider agrees that the fit may use its table. A commitment, if given, must be that to the table held.
        case confirmed(party: String, commitment: String?)
        case fitFinished
        /// With a sentence about who counted wrongly or is gone, where there is one.
        case fitFailed(because: String?)
        /// A shard that held rows is lost, or errs, before the fit has begun.
        case shardFailed(because: String)
        /// The noisy number of joined rows is below the one that the task asks for.
        case tooFewRows(least: Int)
        /// A provider stops the task before anything has been released.
        case halted(party: String)
        /// A provider takes its own table back.
        case withdrawn(party: String)
        case deadlinePassed(Deadline)
    }

    /// The three moments that a task declares.
    enum Deadline: String, Sendable, Equatable, CaseIterable {
        case upload, compute, retrieve
    }

    /// What the driver must do.
    enum Action: Sendable, Equatable {
        case nothing
        /// Accept the table that follows.
        case receive
        /// Hold the table of this party in place of an earlier one.
        case keepTable(party: String)
        case recordConfirmation(party: String)
        /// As `recordConfirmation`; and it was the last one.
        case recordConfirmationAndStartFit(party: String)
        case dropTable(party: String)
        case destroyTables
        /// Forget the model too: nothing may be retrieved any more.
        case destroyTablesAndModel
    }

    let providers: [String]
    private(set) var stage: Stage
    private(set) var signed: Set<String> = []
    /// Commitment to the table held for each party.
    private(set) var uploads: [String: String] = [:]
    private(set) var confirmed: Set<String> = []

    /// How many joined rows the task asks for, where it failed because there were fewer.
    private(set) var missedRows: Int?
    /// Which shard the task failed for: a sentence without figures.
    private(set) var cause: String?

    /// What an unsuccessful stage means, in one sentence that tells nothing but what was paid for.
    var reason: String? {
        if stage == .failed, let cause { return cause }
        guard stage == .failed, let missedRows else { return stage.reason }
        return
            "Fewer than \(missedRows) rows came together, by a noisy count. What this count cost is all that was spent."
    }

    /// A task at its beginning.
    init(providers: [String]) {
        self.providers = providers
        self.stage = .unsigned
    }

    /// A task after a restart: all signatures are known, and the disk says how far it had got.
    ///
    /// - Parameters:
    ///   - missedRows: how many joined rows the task asks for, where it failed because there were fewer.
    ///   - cause: which shard it failed for, where it did.
    init(providers: [String], signed: Set<String>, stage: Stage, missedRows: Int? = nil, cause: String? = nil) {
        self.missedRows = missedRows
        self.cause = cause
        self.providers = providers
        self.signed = signed
        self.stage = stage
        if stage == .training || stage == .trained { confirmed = Set(providers) }
    }

    /// Providers whose signature is missing, in the order of the task.
    var missingSignatures: [String] { providers.filter { !signed.contains($0) } }

    /// Whether a table is held for a provider, or went into the fit.
    func has(tableOf party: String) -> Bool { uploads[party] != nil || stage == .training || stage == .trained }

    /// Takes an event.
    ///
    /// - Returns: what the driver must do now.
    /// - Throws: why the event is refused; the life is then unchanged.
    mutating func handle(_ event: Event) throws(LifeRefusal) -> Action {
        switch event {
        case .signed(let party): try sign(party)
        case .uploadBegan(let party): try beginUpload(party)
        case .uploaded(let party, let commitment): try upload(party, commitment)
        case .confirmed(let party, let commitment): try confirm(party, commitment)
        case .fitFinished: finishFit(.trained)
        case .fitFailed(let cause): finishFit(.failed, because: cause)
        case .shardFailed(let cause): try loseShard(cause)
        case .tooFewRows(let least): endShort(least)
        case .halted(let party): try halt(party)
        case .withdrawn(let party): try withdraw(party)
        case .deadlinePassed(let deadline): pass(deadline)
        }
    }
}

extension TaskLife {
    private mutating func sign(_ party: String) throws(LifeRefusal) -> Action {
        try requireProvider(party)
        if signed.contains(party) { return .nothing }
        guard stage == .unsigned else { throw LifeRefusal.wrongStage(stage) }
        signed.insert(party)
        if missingSignatures.isEmpty { stage = .collecting }
        return .nothing
    }

    private mutating func beginUpload(_ party: String) throws(LifeRefusal) -> Action {
        try requireCollecting(party)
        if confirmed.contains(party) { throw LifeRefusal.alreadyConfirmed }
        return .receive
    }

    private mutating func upload(_ party: String, _ commitment: String) throws(LifeRefusal) -> Action {
        _ = try beginUpload(party)
        uploads[party] = commitment
        return .keepTable(party: party)
    }

    private mutating func confirm(_ party: String, _ commitment: String?) throws(LifeRefusal) -> Action {
        try requireProvider(party)
        if confirmed.contains(party) {
            // In whatever stage the task is by now: repeating a confirmation is not an error.
            if let commitment, let held = uploads[party], held != commitment { throw LifeRefusal.anotherTable }
            return .nothing
        }
        try requireCollecting(party)
        guard let held = uploads[party] else { throw LifeRefusal.noUpload }
        if let commitment, commitment != held { throw LifeRefusal.anotherTable }
        confirmed.insert(party)
        guard confirmed.count == providers.count else { return .recordConfirmation(party: party) }
        stage = .training
        return .recordConfirmationAndStartFit(party: party)
    }

    private mutating func loseShard(_ cause: String) throws(LifeRefusal) -> Action {
        guard stage == .collecting else { throw LifeRefusal.wrongStage(stage) }
        stage = .failed
        self.cause = cause
        uploads = [:]
        return .destroyTablesAndModel
    }

    private mutating func finishFit(_ outcome: Stage, because cause: String? = nil) -> Action {
        guard stage == .training else { return .destroyTables }
        stage = outcome
        self.cause = cause
        return .destroyTables
    }

    private mutating func endShort(_ least: Int) -> Action {
        if stage == .training { missedRows = least }
        return finishFit(.failed)
    }

    private mutating func halt(_ party: String) throws(LifeRefusal) -> Action {
        try requireProvider(party)
        switch stage {
        case .halted: return .nothing
        case .unsigned, .collecting, .training:
            stage = .halted
            uploads = [:]
            return .destroyTablesAndModel
        case .trained, .closed: throw LifeRefusal.alreadyReleased
        case .failed, .expired: throw LifeRefusal.wrongStage(stage)
        }
    }

    private mutating func withdraw(_ party: String) throws(LifeRefusal) -> Action {
        try requireProvider(party)
        guard stage == .collecting || stage == .unsigned else {
            switch stage {
            case .training, .trained, .closed: throw LifeRefusal.alreadyFitted
            default: throw LifeRefusal.wrongStage(stage)
            }
        }
        guard uploads.removeValue(forKey: party) != nil else { throw LifeRefusal.noUpload }
        confirmed.remove(party)
        return .dropTable(party: party)
    }

    private mutating func pass(_ deadline: Deadline) -> Action {
        switch (deadline, stage) {
        case (.upload, .unsigned), (.upload, .collecting), (.compute, .unsigned), (.compute, .collecting),
            (.compute, .training), (.retrieve, .unsigned), (.retrieve, .collecting), (.retrieve, .training):
            stage = .expired
            uploads = [:]
            return .destroyTablesAndModel
        case (.retrieve, .trained):
            stage = .closed
            return .destroyTablesAndModel
        default:
            return .nothing
        }
    }

    private func requireProvider(_ party: String) throws(LifeRefusal) {
        guard providers.contains(party) else { throw LifeRefusal.notAProvider }
    }

    private func requireCollecting(_ party: String) throws(LifeRefusal) {
        try requireProvider(party)
        switch stage {
        case .collecting: return
        case .unsigned: throw LifeRefusal.unsigned(missing: missingSignatures)
        case .expired, .closed: throw LifeRefusal.deadlinePassed
        case .training, .trained:
            throw confirmed.contains(party) ? LifeRefusal.alreadyConfirmed : LifeRefusal.wrongStage(stage)
        case .failed, .halted: throw LifeRefusal.wrongStage(stage)
        }
    }
}

/// Why an event is refused. It reveals nothing about any table.
enum LifeRefusal: Error, Sendable, Equatable {
    case notAProvider
    case unsigned(missing: [String])
    case alreadyConfirmed
    case noUpload
    /// The confirmation names a table other than the one held.
    case anotherTable
    case alreadyReleased
    case alreadyFitted
    case deadlinePassed
    case wrongStage(TaskLife.Stage)
}
