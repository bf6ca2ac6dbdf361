import Bytes
internal import Foundation

extension LedgerEntry {
    /// The entry as one JSON object: UTF-8, no spaces, sorted keys, numbers in their shortest form, absent members left
    /// out. Python writes the same bytes with
    /// `json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()`.
    public var canonicalBytes: [UInt8] {
        var members: [(String, String)] = []
        if let delta { members.append(("delta", delta.description)) }
        if !details.isEmpty {
            let sorted = details.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            let pairs = sorted.map { "\(JSONText.quoted($0.key)):\(JSONText.quoted($0.value))" }
            members.append(("details", "{\(pairs.joined(separator: ","))}"))
        }
        if let epsilon { members.append(("epsilon", epsilon.description)) }
        members.append(("kind", JSONText.quoted(kind.rawValue)))
        if let party { members.append(("party", JSONText.quoted(party))) }
        members.append(("previous", JSONText.quoted(previous.hex)))
        members.append(("sequence", String(sequence)))
        members.append(("task", JSONText.quoted(task.hex)))
        members.append(("time", String(time)))
        return Array("{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}".utf8)
    }

    /// Reads canonical bytes, and nothing that is not canonical.
    public init?(canonicalBytes: [UInt8]) {
        guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(canonicalBytes)),
            let kind = Kind(rawValue: stored.kind), let previous = LedgerHash(hex: stored.previous),
            let task = LedgerHash(hex: stored.task)
        else { return nil }
        self.init(
            sequence: stored.sequence, previous: previous, kind: kind, time: stored.time, task: task,
            party: stored.party, epsilon: stored.epsilon, delta: stored.delta, details: stored.details ?? [:])
        guard self.canonicalBytes == canonicalBytes else { return nil }
    }

    private struct Stored: Decodable {
        let sequence: UInt64
        let previous: String
        let kind: String
        let time: Int64
        let task: String
        let party: String?
        let epsilon: Double?
        let delta: Double?
        let details: [String: String]?
    }
}
