import Attestation
import Bytes
public import Foundation
import Tasks

/// What a verified connection proved, on one card: for the terminal, and as JSON for a program.
public struct ConnectionCard: Sendable, CustomStringConvertible {
    let address: String
    let evidence: VerifiedEvidence
    let statement: Statement
    private let specification: TaskSpecification
    let taskDigest: TaskDigest
    let party: TaskSpecification.Party?
    let verifiedAt: Int64
    let checkpoint: RememberedState.SeenCheckpoint?
    private let receiptsDirectory: String
    /// To how many boots the user went on although the table may have been measured already.
    private let measuredAgain: Int

    /// - Parameter time: when the connection was verified.
    public init(_ connection: VerifiedConnection, at time: Date = Date()) {
        address = connection.configuration.address.description
        evidence = connection.evidence
        statement = connection.statement
        specification = connection.specification
        taskDigest = connection.taskDigest
        party = connection.party
        verifiedAt = Int64(time.timeIntervalSince1970)
        checkpoint = connection.remembered.tasks[connection.taskDigest.hex]?.checkpoint
        receiptsDirectory = connection.receiptsDirectory
        measuredAgain = connection.remembered.tasks[connection.taskDigest.hex]?.measuredAgain?.count ?? 0
    }

    /// The lines of the card, one below the other.
    public var description: String { lines.joined(separator: "\n") }

    /// The lines of the card.
    public var lines: [String] {
        var lines = ["verified      \(UTCInstant(seconds: verifiedAt)) for this connection to \(address), TLS 1.3"]
        if let party {
            lines.append("you are       \(party.name), \(party.role.rawValue), \(party.publicKey.fingerprint)")
        }
        lines.append("task          \(specification.name)")
        lines.append("privacy       \(privacy)")
        for party in specification.parties where party.name != self.party?.name {
            lines.append("with          \(party.name), \(party.role.rawValue), \(party.publicKey.fingerprint)")
        }
        lines.append(
            "state         \(isStateOnDisk ? "on a disk of its host, who could exchange it" : "in memory alone")")
        if measuredAgain > 0 {
            lines.append(
                "measured      with --measure-again on \(measuredAgain) further boots: \(measuredAgain + 1) times epsilon"
            )
        }
        lines += EvidenceCard(evidence).lines
        if let checkpoint {
            lines.append("checkpoint    \(checkpoint.size) entries, root \(checkpoint.root)")
            lines.append("receipts      \(receiptsDirectory)")
        }
        lines.append(
            "read aloud    \(headAloud)   (the other parties must see the same at ledger entry "
                + "\(statement.ledgerSequence))")
        return lines
    }

    var isStateOnDisk: Bool { statement.flags.contains(.stateOnDisk) }

    private var privacy: String {
        let terms = specification.privacy
        return "epsilon \(terms.epsilon), delta \(terms.delta), \(terms.unit)"
    }

    /// The first 96 bits of the ledger's head in six groups, to be compared by telephone.
    var headAloud: String {
        let digits = Array(Hex.encode(Array(statement.ledgerHead.prefix(12))))
        return stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<$0 + 4]) }.joined(separator: " ")
    }

    /// The card as one JSON object with sorted keys.
    public func json() -> [UInt8] {
        let measurements = Dictionary(
            evidence.measurements.map { ($0.name, $0.hexadecimal) }, uniquingKeysWith: { $1 })
        var card: [String: Any] = [
            "verified": true, "verified_at": Int(verifiedAt), "service": address, "format": evidence.format.rawValue,
            "platform": Dictionary(evidence.platform.facts.map { ($0.name, $0.text) }, uniquingKeysWith: { $1 }),
            "measurements": measurements, "warnings": evidence.warnings.map { "\($0)" },
            "simulated": evidence.format == .simulated, "task": specification.name, "spec_hash": taskDigest.hex,
            "epsilon": specification.privacy.epsilon, "delta": specification.privacy.delta,
            "boot": Hex.encode(statement.bootID), "state": isStateOnDisk ? "disk" : "memory",
            "ledger": [
                "sequence": Int(clamping: statement.ledgerSequence),
                "head": Hex.encode(statement.ledgerHead), "head_aloud": headAloud,
            ] as [String: Any],
            "parties": specification.parties.map { party in
                ["name": party.name, "role": party.role.rawValue, "fingerprint": party.publicKey.fingerprint]
            },
        ]
        if let party { card["party"] = party.name }
        if measuredAgain > 0 { card["measured_again"] = measuredAgain }
        if let caveat = evidence.format.caveat { card["caveat"] = caveat }
        if let checkpoint {
            card["checkpoint"] = [
                "size": Int(clamping: checkpoint.size), "root": checkpoint.root, "key": checkpoint.key,
            ]
            card["receipts"] = receiptsDirectory
        }
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return (try? JSONSerialization.data(withJSONObject: card, options: options)).map { Array($0) + [0x0A] } ?? []
    }
}
