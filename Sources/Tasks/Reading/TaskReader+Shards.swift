import Domains

/// A task whose rows shards count for the service: they are listed with what they must run, before anybody signs.
extension TaskReader {
    static let keysOfShards = ["shards", "format", "measurements", "coordinator"]
    private static let ofOthers = [
        "colluding", "model", "majority", "computing", "members", "members_epsilon", "server", "attested",
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
        guard let named = optionalTexts(section, "shards"), let format = optionalText(section, "format") else {
            return nil
        }
        guard let addresses = named, !addresses.isEmpty else {
            problem(
                line: section.line, path: section.path("shards"), "`shards` does not say who counts",
                fix: "Write `shards: [HOST:PORT, HOST:PORT]`: the parties sign who counts")
            return nil
        }
        check(addresses, section)
        guard let format else {
            problem(
                line: section.line, path: section.path("format"), "`format` does not say what evidence the shards give",
                fix: "Write one of: \(TaskSpecification.Shards.formats.joined(separator: ", "))")
            return nil
        }
        guard TaskSpecification.Shards.formats.contains(format) else {
            problem(
                line: section.line("format"), path: section.path("format"),
                "\"\(format.shortened)\" is no format that service and shards verify of each other",
                fix: "Write one of: \(TaskSpecification.Shards.formats.joined(separator: ", "))")
            return nil
        }
        guard let measurements = registers(section, "measurements", format) else { return nil }
        guard let expected = measurements else {
            problem(
                line: section.line, path: section.path("measurements"),
                "`measurements` does not say which program may count",
                fix: "Write the registers that its build prints, as `measurements: {\(example(format))}`")
            return nil
        }
        guard let coordinator = registers(section, "coordinator", format), problems.count == before else { return nil }
        return .shards(
            TaskSpecification.Shards(
                addresses: addresses, format: format, measurements: expected,
                coordinator: coordinator == expected ? nil : coordinator))
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

    /// - Returns: `.some(nil)` where the key is absent, nil where it is wrong.
    private mutating func registers(_ parent: Section, _ key: String, _ format: String) -> [String: String]?? {
        let wanted = TaskSpecification.Shards.registers[format] ?? (names: [], digits: 0)
        guard parent.present(key) != nil else { return .some(nil) }
        guard let section = optionalSection(parent, key, keys: wanted.names) else { return nil }
        var found: [String: String] = [:]
        for name in wanted.names {
            guard let read = optionalText(section, name) else { return nil }
            guard let text = read?.lowercased(), text.utf8.count == wanted.digits,
                text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
            else {
                problem(
                    line: section.line(name), path: section.path(name),
                    read == nil
                        ? "\(name) is missing" : "\(name) is not \(wanted.digits) hexadecimal digits",
                    fix: "Write what the build prints, as `\(key): {\(example(format))}`")
                return nil
            }
            found[name] = text
        }
        return found
    }

    private func example(_ format: String) -> String {
        (TaskSpecification.Shards.registers[format]?.names ?? []).map { "\($0): …" }.joined(separator: ", ")
    }
}
