import Attestation
import Domains

/// A task whose rows shards count for the service: they are listed with what they must run, before anybody signs.
extension TaskReader {
    static let keysOfShards = ["shards"]
    private static let ofOthers = [
        "colluding", "model", "majority", "computing", "members", "members_epsilon", "server",
    ]

    mutating func readShards(
        _ section: Section, _ join: TaskSpecification.Join?
    ) -> TaskSpecification.Engine? {
        let before = problems.count
        for key in Self.ofOthers where section.present(key) != nil {
            problem(line: section.line(key), path: section.path(key), "shards have no `\(key)`", fix: "Leave it out")
        }
        if let join, join.kind != .inner || join.reveal != .none {
            problem(
                line: section.line("kind"), path: section.path("kind"),
                "shards count the inner join of tables, and reveal no keys",
                fix: "Write `join: {kind: inner}`, or `engine: {kind: enclave}`")
        }
        guard let named = optionalTexts(section, "shards") else { return nil }
        guard let addresses = named, !addresses.isEmpty else {
            problem(
                line: section.line, path: section.path("shards"), "`shards` does not say who counts",
                fix: "Write `shards: [HOST:PORT, HOST:PORT]`: the parties sign who counts")
            return nil
        }
        check(addresses, section)
        if section.present("attested") == nil {
            problem(
                line: section.line, path: section.path("attested"), "`attested` does not say which program may count",
                fix: "Write `attested: {shards: {evidence: sev-snp, measurements: {MEASUREMENT: …}}}`")
        }
        return problems.count == before ? .shards(TaskSpecification.Shards(addresses: addresses)) : nil
    }

    private mutating func check(_ addresses: [String], _ section: Section) {
        func wrong(_ what: String) {
            problem(
                line: section.line("shards"), path: section.path("shards"), what,
                fix: "Write each shard once, as `one.example:8450`")
        }
        for address in addresses where !Self.isPlace(address) || address.contains(",") {
            wrong("\"\(address.shortened)\" is no HOST:PORT")
        }
        if Set(addresses.map { $0.lowercased() }).count < addresses.count { wrong("a shard is named twice") }
        if addresses.count > TaskSpecification.Shards.mostShards {
            wrong("\(addresses.count) shards are more than the \(TaskSpecification.Shards.mostShards) that can be")
        }
    }

    /// What service and shards prove to each other: the shards' program is named, and evidence is of a kind that both verify. A service
    /// that is said to be the same program is none of its own.
    mutating func checkProofs(
        ofShards proofs: [String: TaskSpecification.Proof], line: Int
    ) -> [String: TaskSpecification.Proof]? {
        let names = TaskSpecification.Shards.programs
        let path = "engine.attested"
        guard let ofShards = proofs[names.shards] else {
            problem(
                line: line, path: path, "`attested` does not say which program the shards run",
                fix: "Write `attested: {shards: {evidence: sev-snp, measurements: {MEASUREMENT: …}}}`")
            return nil
        }
        let formats = TaskSpecification.Shards.formats
        for (name, proof) in proofs.sorted(by: { $0.key < $1.key }) where !formats.contains(proof.format) {
            problem(
                line: line, path: "\(path).\(name).evidence",
                "service and shards do not verify evidence of \(proof.format.rawValue) of each other",
                fix: "Write one of: \(formats.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return proofs[names.service] == ofShards ? [names.shards: ofShards] : proofs
    }
}
