import Client
import Engine
import EngineCommands
import Foundation
import Ledger
import SecretSharing
import Tasks

/// What is left to do for an office whose rounds are over: to hand its messages and its signed end to one that was away in
/// the closing round. No table is read, and no mask is made.
struct OfficeAftermath {
    private let mesh: OfficeMesh
    private let journal: OfficeJournal
    private let waiting: [String]
    private let patience: Int

    /// - Returns: nil where nobody lacks anything.
    init?(
        task: TaskSpecification, place: Int, state: String, patience: Int, mesh configuration: OfficeMesh.Configuration
    ) throws {
        journal = try OfficeJournal(directory: state)
        guard let session = try journal.session(), session.task == task.digest.hex,
            let own = try journal.closings()?.first, let blinding = Blinding(hex: session.blinding),
            let file = LedgerHash(hex: session.file)
        else { return nil }
        let rounds = SumRounds(
            SumRounds.Office(
                task: task.digest.bytes, names: task.offices.map(\.name), place: place,
                plan: try OfficeComputation.digest(of: TaskPlan(task)),
                commitment: UploadOpening(blinding: blinding, file: file).commitment.bytes,
                program: OfficeComputation.program),
            key: try session.key(), made: try journal.shares(), sightings: try journal.sightings(), isOver: true)
        waiting = rounds.unfinished
        self.patience = patience
        guard !waiting.isEmpty else {
            journal.forget()
            return nil
        }
        mesh = OfficeMesh(configuration, rounds: rounds, journal: journal, closing: own)
    }

    /// Listens until nobody lacks anything, or for as long as the office is patient.
    func run() async throws {
        let names = waiting.joined(separator: ", ")
        Console.say("\(names) may lack the end: answering for up to \(patience) s, on port \(try await mesh.start())")
        let (mesh, patience) = (mesh, patience)
        let missing = try await FitThread.run { try mesh.settle(within: patience) }
        await mesh.leave()
        if missing.isEmpty { journal.forget() }
    }
}
