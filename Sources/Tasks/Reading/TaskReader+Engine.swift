import Bytes

/// Where the rows are counted. What is not built is refused by its name: nobody signs for a protection that is not there.
extension TaskReader {
    mutating func readEngine(
        _ task: Section, join: TaskSpecification.Join?, privacy: TaskSpecification.Privacy?,
        parties: [TaskSpecification.Party]?
    ) -> TaskSpecification.Engine? {
        guard task.present("engine") != nil else { return .enclave }
        let known =
            [
                "kind", "colluding", "model", "majority", "computing", "members", "members_epsilon", "server",
                "attested",
            ] + Self.keysOfShards
        guard let section = optionalSection(task, "engine", keys: known) else { return nil }
        guard let kind = optional(section, "kind", { reader, node, path in reader.engineWord(node, at: path) }),
            let colluding = optional(section, "colluding", { reader, node, path in reader.integer(node, at: path) }),
            let model = optionalText(section, "model"), let majority = optionalText(section, "majority"),
            let members = optionalText(section, "members"),
            let price = optional(
                section, "members_epsilon", { reader, node, path in reader.number(node, at: path) }),
            let server = optionalText(section, "server")
        else { return nil }
        if kind == "shards" { return readShards(section, join) }
        for key in Self.keysOfShards where section.present(key) != nil {
            problem(
                line: section.line(key), path: section.path(key), "only `kind: shards` has `\(key)`",
                fix: "Leave it out, or write `kind: shards`")
            return nil
        }
        if kind == "spark" { return readCluster(section, server, join, parties) }
        if server != nil {
            problem(
                line: section.line("server"), path: section.path("server"), "only `kind: spark` has a `server`",
                fix: "Leave it out, or write `kind: spark`")
            return nil
        }
        let isRight = checkModel(section, kind: kind ?? "enclave", model: model, majority: majority)
        switch kind ?? "enclave" {
        case "enclave":
            for key in known.dropFirst() where !Self.keysOfShards.contains(key) && section.present(key) != nil {
                problem(
                    line: section.line(key), path: section.path(key), "an enclave has no `\(key)`",
                    fix: "Leave it out, or write `kind: secure-sum`")
            }
            return isRight ? .enclave : nil
        case "secure-sum":
            if section.present("computing") != nil {
                problem(
                    line: section.line("computing"), path: section.path("computing"),
                    "in a secure sum every provider computes, and nobody else", fix: "Leave `computing` out")
            }
            if members != nil || price != nil {
                problem(
                    line: section.line("members"), path: section.path("members"),
                    "a secure sum matches no rows, so that nobody is a member of two tables",
                    fix: "Leave `members` and `members_epsilon` out")
                return nil
            }
            let isPossible = checkSum(section, colluding: colluding ?? 1, join, privacy, parties)
            return isRight && isPossible ? .secureSum(colluding: colluding ?? 1) : nil
        default:
            if section.present("colluding") != nil {
                problem(
                    line: section.line("colluding"), path: section.path("colluding"),
                    "of three parties that compute on shares one may look, and no two together",
                    fix: "Leave `colluding` out")
                return nil
            }
            let read = readMembers(section, members, price: price, privacy)
            let computing = readComputing(section, members: read, join, privacy, parties)
            guard isRight, let read, let computing else { return nil }
            return .secretSharing(computing: computing, members: read)
        }
    }

    private mutating func engineWord(_ node: DocumentNode, at path: String) -> String? {
        guard let text = text(node, at: path) else { return nil }
        guard TaskSpecification.Engine.words.contains(text) else {
            let near =
                NearestWord.to(text, among: TaskSpecification.Engine.words).map { "Did you mean `\($0)`? " } ?? ""
            problem(
                line: node.line, path: path, "\"\(text.shortened)\" is not known here",
                fix: near + "Write one of: \(TaskSpecification.Engine.words.joined(separator: ", "))")
            return nil
        }
        return text
    }

    /// Only parties that keep to the rounds and look are answered for.
    private mutating func checkModel(_ section: Section, kind: String, model: String?, majority: String?) -> Bool {
        var isRight = true
        if let model, model != "passive" {
            problem(
                line: section.line("model"), path: section.path("model"),
                "\"\(model.shortened)\" is not built: against parties that depart from the rounds (`malicious`, `active`) "
                    + "nothing here protects",
                fix: "Write `model: passive`, or leave it out, and agree that this is enough; otherwise `kind: enclave`"
            )
            isRight = false
        }
        if kind == "secret-sharing" {
            if let majority, majority != "honest" {
                problem(
                    line: section.line("majority"), path: section.path("majority"),
                    "\"\(majority.shortened)\" is not built: two of the three parties that put together what they have see "
                        + "both tables",
                    fix: "Write `majority: honest`, and agree that this is enough; otherwise `kind: enclave`")
                isRight = false
            }
            return isRight
        }
        if let majority {
            problem(
                line: section.line("majority"), path: section.path("majority"),
                "\"\(majority.shortened)\" says less than `colluding`, the number of parties that may put their heads together",
                fix: "Write `colluding: 1` and leave `majority` out")
            isRight = false
        }
        return isRight
    }

    private mutating func checkSum(
        _ section: Section, colluding: Int, _ join: TaskSpecification.Join?, _ privacy: TaskSpecification.Privacy?,
        _ parties: [TaskSpecification.Party]?
    ) -> Bool {
        var mistakes: [(key: String, what: String, fix: String)] = []
        if let join, join.kind != .union {
            mistakes.append(
                (
                    "kind",
                    "a secure sum adds up counts of tables that lie one below the other; `\(join.kind.rawValue)` "
                        + "would match rows, which it cannot",
                    "Write `join: {kind: union}`, or `engine: {kind: enclave}`"
                ))
        }
        if let privacy, privacy.delta == 0 {
            mistakes.append(
                (
                    "kind", "the offices' noise adds up to a Gaussian, which needs δ above 0",
                    "Write `delta: 1.0e-9`, or `engine: {kind: enclave}`"
                ))
        }
        if let parties {
            let offices = parties.count { $0.role == .provider }
            if offices > TaskSpecification.Engine.mostOffices {
                mistakes.append(
                    (
                        "kind",
                        "\(offices) providers are more than the \(TaskSpecification.Engine.mostOffices) of a secure sum",
                        "Let some of them add up their tables first"
                    ))
            }
            if offices >= 2, !(1..<offices).contains(colluding) {
                mistakes.append(
                    (
                        "colluding",
                        "`colluding` is \(colluding), and of \(offices) providers 1 to \(offices - 1) can collude: "
                            + "every one knows its own noise",
                        "Write 1, or more where some of them may share what they know"
                    ))
            }
            if offices == 2, mistakes.isEmpty {
                problem(
                    .warning, line: section.line, path: "engine",
                    "of two providers each can take its own part off the sum: what is left is the other's, with that one's "
                        + "noise alone",
                    fix: "ε holds all the same; with three or more no table is told apart")
            }
        }
        for mistake in mistakes {
            problem(line: section.line(mistake.key), path: section.path(mistake.key), mistake.what, fix: mistake.fix)
        }
        return mistakes.isEmpty
    }
}
