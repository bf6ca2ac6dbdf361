import Domains

/// A task whose rows a Spark cluster counts: what SQL is not written for is refused before anybody signs.
extension TaskReader {
    mutating func readCluster(
        _ section: Section, _ server: String?, _ join: TaskSpecification.Join?, _ parties: [TaskSpecification.Party]?
    ) -> TaskSpecification.Engine? {
        var isRight = true
        for key in ["colluding", "model", "majority", "computing", "members", "members_epsilon", "attested"]
        where section.present(key) != nil {
            problem(
                line: section.line(key), path: section.path(key), "a cluster has no `\(key)`", fix: "Leave it out")
            isRight = false
        }
        if let join, join.kind != .inner || join.reveal != .none {
            problem(
                line: section.line("kind"), path: section.path("kind"),
                "a cluster counts the inner join of tables, and reveals no keys",
                fix: "Write `join: {kind: inner}`, or `engine: {kind: enclave}`")
            isRight = false
        }
        for party in parties ?? [] where party.table?.key.normalise.contains(.nfc) == true {
            problem(
                line: section.line("kind"), path: section.path("kind"),
                "the key of \(party.name) is normalised by `nfc`, for which Spark has no function",
                fix: "Leave `nfc` out and bring keys in that form, or write `engine: {kind: enclave}`")
            isRight = false
        }
        guard let server else {
            problem(
                line: section.line, path: section.path("server"), "`server` does not say which cluster counts",
                fix: "Write `server: HOST:PORT` of its Spark Connect server: the parties sign who counts")
            return nil
        }
        guard Self.isPlace(server) else {
            problem(
                line: section.line("server"), path: section.path("server"),
                "\"\(server.shortened)\" is no HOST:PORT",
                fix: "Write the Spark Connect server alone, as `spark.example.org:443`; `entrepot fit` gets a token")
            return nil
        }
        return isRight ? .spark(server: server) : nil
    }

    static func isPlace(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":") else { return false }
        let number = text[text.index(after: colon)...]
        // As `--connect` writes it too: of `+443` and `0443` nobody could name the server.
        guard let port = Int(number), String(port) == number else { return false }
        let host = text[..<colon].utf8
        let isPlain = host.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/;@".utf8.contains($0) }
        return (1...65_535).contains(port) && !host.isEmpty && isPlain
    }
}
