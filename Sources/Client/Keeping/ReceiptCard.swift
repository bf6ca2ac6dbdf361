import Bytes
import Ledger
import Tasks

/// A receipt in words: one line a fact.
public struct ReceiptCard: Sendable, CustomStringConvertible {
    private let receipt: Receipt

    /// A card for a receipt; it does not verify it.
    public init(_ receipt: Receipt) { self.receipt = receipt }

    /// The lines of the card, one below the other.
    public var description: String {
        let entry = receipt.entry
        var lines = [
            "receipt       \(what)", "entry         \(entry.sequence) of the ledger of task \(entry.task.hex)",
        ]
        lines.append("time          \(UTCInstant(seconds: entry.time)) by the service's clock")
        if let party = entry.party { lines.append("party         \(ShownText.line(party))") }
        if let epsilon = entry.epsilon { lines.append("epsilon       \(epsilon), delta \(entry.delta ?? 0)") }
        for (name, value) in entry.details.sorted(by: { $0.key < $1.key }) where name != "plan" {
            lines.append(name + String(repeating: " ", count: max(1, 14 - name.count)) + ShownText.line(value))
        }
        lines.append("hash          \(entry.hash.hex)")
        return lines.joined(separator: "\n")
    }

    /// What happened, as a clause.
    var what: String {
        switch receipt.entry.kind {
        case .specification: "the service took up the task"
        case .signature: "a provider signed the task"
        case .upload: "a table was accepted"
        case .withdrawal: "a table was taken back and destroyed"
        case .confirmation: "a provider confirmed its table"
        case .reservation: "epsilon was set aside, before anything was drawn"
        case .measurement: "a release was drawn"
        case .attested: "an office proved what it runs"
        case .round: "offices opened a figure together"
        case .request: "epsilon of a request was set aside, out of the task's part for requests"
        case .trained: "the model was fitted"
        case .firstDownload: "a party began to take synthetic rows"
        case .halted: "a provider stopped the task"
        case .expired: "a deadline ended the task"
        case .failed: "the fit could not be completed"
        case .destroyed: "the tables were destroyed"
        case .closed: "the time for taking rows is over"
        }
    }
}
