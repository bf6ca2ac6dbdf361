import Client
import Engine
import EngineCommands
import FittedModels
import Foundation
import Ledger
import PrivacyKernel
import Queries
import SecretSharing
import Tasks

/// One approved request at one office: the ledger that pays for it, and the table that it is asked of.
///
/// Every figure that ever opens needs all offices, and each sets the price aside in the ledger of the task's own run before its noise is
/// drawn. So what is left in any one of these ledgers bounds what all requests together have spent.
struct OfficeRequest: Sendable {
    let request: QueryRequest
    /// What the request's rounds run as.
    let asked: TaskSpecification
    /// What opens the commitment to the table of the task's own run.
    let opening: UploadOpening
    /// What the others hear first.
    let allowance: SumRounds.Office.Request
    private let task: TaskSpecification
    private let part: Double
    private let party: TaskSpecification.Party
    private let key: PartyPrivateKey
    private let state: String
    private let ledger: OfficeLedger
    private let tables: [String: LedgerHash]
    /// The signed ends of the task's own run, which belong to its log.
    private let closings: [SumClosing]

    /// Where the rounds and the answer of a request lie, in the state folder of the task.
    static func folder(_ request: QueryRequest, in state: String) -> String {
        "\(state)/requests/\(request.query.name).\(request.digest.hex.prefix(16))"
    }

    /// Opens what the task's own run left in the state folder, which stays locked.
    ///
    /// - Parameters:
    ///   - memory: the file in which this machine remembers where ε of the task was set aside.
    ///   - measureAgain: whether the user goes on although it was set aside elsewhere.
    /// - Throws: where the task has no result there; where the folder is another one than the one that set ε aside.
    init(
        _ request: QueryRequest, of task: TaskSpecification, party: TaskSpecification.Party, key: PartyPrivateKey,
        state: String, memory: String, measureAgain: Bool
    ) throws {
        guard let part = task.requests?.epsilon else {
            throw CommandFailure("the task sets no part of ε aside for requests", code: .badData)
        }
        let early =
            "the task itself has no result in \(state): requests come after it. Run `entrepot compute` without --request "
            + "first, or name its folder with --state"
        guard FileManager.default.fileExists(atPath: "\(state)/\(Ledger.fileName)") else {
            throw CommandFailure(early, code: .rememberedState)
        }
        self.request = request
        self.task = task
        self.part = part
        self.party = party
        self.key = key
        self.state = state
        asked = task.asking(request)
        ledger = try OfficeLedger(directory: state, task: task, party: party)
        if let end = try ledger.ending() {
            throw CommandFailure(
                "the task ended without a result, and takes no requests: \(end.details["cause"] ?? end.kind.rawValue)")
        }
        guard try ledger.resultDigest() != nil, let standing = try ledger.standing() else {
            throw CommandFailure(early, code: .rememberedState)
        }
        try OfficeMemory.admit(
            standing: standing.hash.hex, folder: state, file: memory, measureAgain: measureAgain)
        tables = standing.uploads
        let path = "\(state)/table.opening"
        opening = try OpeningFile(json: try Files.bytes(at: path, limit: .opening)).opening
        guard tables[party.name] == opening.commitment else {
            throw CommandFailure("\(path) does not open the table that the task counted", code: .rememberedState)
        }
        // Before anything is set aside: what is written afterwards needs it.
        let receipt = "\(state)/receipt.json"
        guard let bytes = try? Files.bytes(at: receipt, limit: .receipt), let read = try? OfficeReceipt(json: bytes)
        else {
            throw CommandFailure(
                "\(receipt) of the task's own run is not there, or is damaged: lay it back, any copy of it will do. Nothing was "
                    + "set aside", code: .rememberedState)
        }
        closings = read.closings
        guard let price = TaskSpecification.Requests.millionths(request.query.epsilon) else {
            throw CommandFailure("the request has no price", code: .badData)
        }
        allowance = SumRounds.Office.Request(price: price, left: try ledger.left(of: part, before: request))
    }

    /// Sets the price aside, once, where all tables are those of the task's own run: before any noise is drawn.
    ///
    /// - Parameter uploads: the commitments that the offices named now.
    func setAside(_ uploads: [String: String]) throws {
        if let other = task.offices.first(where: { tables[$0.name]?.hex != uploads[$0.name] }) {
            throw SumRefusal.otherTable(from: other.name)
        }
        let entry: RequestReservation
        do {
            entry = try ledger.reserve(request, by: task.party(named: request.party), asked: asked, of: part)
        } catch LedgerError.partSpent {
            throw SumRefusal.partSpent(at: party.name, left: allowance.left, price: allowance.price)
        }
        // The log for auditors holds all entries of the ledger.
        try OfficeAudit.write(ledger, closings: closings, task: task, office: party.name, key: key, state: state)
        let left = TaskSpecification.Requests.epsilon(ofMillionths: allowance.left - allowance.price)
        Console.say(
            "ε = \(request.query.epsilon) of the task's part for requests is set aside as entry \(entry.sequence) of the ledger in "
                + "\(state); \(left) is left")
    }

    /// Writes the signed answer.
    func write(
        _ product: TaskProduct, of plan: TaskPlan, closings: [SumClosing], result: LedgerHash, to path: String
    ) throws {
        guard let answer = try plan.queries.answers(from: product.transcript, domain: product.domain).first else {
            throw CommandFailure("the request \(request.query.name) has no answer")
        }
        try Files.write(
            try OfficeAnswer(
                answer, to: request, of: task, office: party.name, closings: closings, result: result.hex, key: key
            ).encoded(), to: path)
        Console.say(AnswerText(answer).text)
        Console.say("the answer for \(request.party) is \(path), signed by \(party.name)")
    }
}
