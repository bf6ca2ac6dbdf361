import Bytes
import Client
import EngineCommands
import Foundation
import Ledger
import SecretSharing
import Tasks

/// How an office ends a task for good: its signed word goes into the state folder, the ledger and to all others.
///
/// Before an office has signed its end nobody has a result, since the ends of all belong to it; after that a halt is too late,
/// and refused. A process of the office that is at work finds the word in the folder and stops.
struct OfficeHalt {
    private let task: TaskSpecification
    private let party: TaskSpecification.Party
    private let state: String
    private let patience: Int
    private let configuration: OfficeMesh.Configuration
    private let key: PartyPrivateKey
    private let journal: OfficeJournal

    /// - Parameter patience: how long the others are told, in seconds.
    init(
        task: TaskSpecification, party: TaskSpecification.Party, state: String, patience: Int,
        mesh: OfficeMesh.Configuration, key: PartyPrivateKey
    ) throws {
        self.task = task
        self.party = party
        self.state = state
        self.patience = patience
        self.key = key
        configuration = mesh
        journal = try OfficeJournal(directory: state)
    }

    /// `entrepot compute --halt`.
    func run(_ reason: String) async throws {
        var halt = SumHalt(from: party.name, task: task.digest.hex, reason: reason)
        halt.signature = Data(try key.signature(ofStatement: halt.statement))
        let ledger = try await ledger(laying: halt)
        if try ledger.resultDigest() != nil || journal.isEnding {
            if try journal.halt()?.from == party.name { journal.removeHalt() }
            throw CommandFailure(
                "too late: \(party.name) has signed that all figures opened, so that the result may be at the others. Nothing was "
                    + "halted.")
        }
        let standing = try journal.halt()
        if let end = try ledger.ending(), end.kind != .halted || standing == nil {
            journal.removeHalt()
            return Console.say(
                "\(task.origin == nil ? "the task" : "the request") ended here before: \(Self.cause(of: end, task: task))"
            )
        }
        if standing == nil { try journal.keep(halt) }
        try record(in: ledger)
        Console.say(
            "\(task.origin == nil ? "task \(task.name)" : "the request") is halted for good, by an entry of the ledger in \(state)"
                + (ledger.isReserved ? "; its ε was set aside before and stays spent, once" : "; no ε was set aside"))
        try await tell()
    }

    /// The office's ledger: at once, or once the process that works in the folder has found the halt and stopped.
    private func ledger(laying halt: SumHalt) async throws -> OfficeLedger {
        // A process that is counting looks once its round is over.
        let end = ContinuousClock.now + .seconds(max(patience, 60))
        var isLaid = false
        while true {
            do {
                return try OfficeLedger(directory: state, task: task, party: party)
            } catch let error as ClientError {
                guard case .stateInUse = error, ContinuousClock.now < end else { throw error }
            }
            if !isLaid {
                Console.say("a process of \(party.name) is at work: it is told to stop")
                if try journal.halt() == nil { try journal.keep(halt) }
                isLaid = true
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Why something ended here, for a person: a request that was halted is not its task.
    static func cause(of end: LedgerEntry, task: TaskSpecification) -> String {
        guard task.origin != nil, end.kind == .halted, let by = end.details["by"], let reason = end.details["reason"]
        else { return ShownText.line(end.details["cause"] ?? end.kind.rawValue) }
        return ShownText.line("\(by) halted the request: \(reason)")
    }

    /// Enters a halt that stands in the folder, this office's or another's, where nothing has ended the task yet.
    func record(in ledger: OfficeLedger) throws {
        guard let halt = try journal.halt(), !journal.isEnding else { return }
        guard
            task.offices.contains(where: {
                $0.name == halt.from
                    && $0.publicKey.isValid(
                        Array(halt.signature), ofStatement: halt.statement)
            }), halt.task == task.digest.hex
        else { throw ClientError.damagedRounds(path: journal.haltPath) }
        try ledger.recordHalt(halt)
        try OfficeAudit.write(ledger, closings: [], task: task, office: party.name, key: key, state: state)
    }

    /// Tells those who have not heard of the halt that stands in the folder, for as long as the office is patient.
    func tell() async throws {
        guard let halt = try journal.halt(), let place = task.offices.firstIndex(of: party) else { return }
        // Nothing of these rounds is ever sent: whoever connects hears of the halt alone.
        let rounds = SumRounds(
            SumRounds.Office(
                task: task.digest.bytes, names: task.offices.map(\.name), place: place, plan: [], commitment: [],
                program: OfficeComputation.program), key: MaskKey())
        let mesh = OfficeMesh(configuration, rounds: rounds, journal: journal, halt: halt)
        Console.say("telling the others for up to \(patience) s, on port \(try await mesh.start())")
        let patience = patience
        let missing = try await FitThread.run { mesh.haltHeard(within: patience) }
        await mesh.leave()
        guard missing.isEmpty else {
            try journal.forgetKey()
            return Console.say(
                "\(missing.joined(separator: ", ")) did not hear of it: start `entrepot compute` again to tell them. There is no "
                    + "result without \(party.name) anyway.")
        }
        journal.forget()
        Console.say("all others have heard of it")
    }
}
