internal import Domains
internal import Tables

/// The parties, their keys and their tables.
extension TaskReader {
    mutating func readParties(_ task: Section) -> [TaskSpecification.Party]? {
        guard let node = task.present("parties") else {
            problem(
                line: task.line("parties"), path: "parties", "`parties` is missing",
                fix: "List every provider with name, role, public_key and table")
            return nil
        }
        guard case .sequence(let elements) = node.content else {
            problem(line: node.line, path: "parties", "this should be a list", fix: "Begin each party with `- name:`")
            return nil
        }
        guard elements.count <= 100 else {
            problem(line: node.line, path: "parties", "there are more than 100 parties", fix: "Name fewer")
            return nil
        }
        var parties: [PartlyRead] = []
        for (index, element) in elements.enumerated() {
            parties.append(readParty(element, at: "parties[\(index)]"))
        }
        checkTogether(parties, listLine: node.line)
        let complete = parties.compactMap(\.complete)
        return complete.count == parties.count ? complete : nil
    }

    /// A party as far as it could be read, with the lines that the checks across parties name.
    private struct PartlyRead {
        var path: String
        var line: Int
        var name: String?
        var role: TaskSpecification.Party.Role?
        var key: PartyKey?
        var keyLine: Int
        var complete: TaskSpecification.Party?
    }

    private mutating func readParty(_ node: DocumentNode, at path: String) -> PartlyRead {
        var party = PartlyRead(path: path, line: node.line, keyLine: node.line)
        guard let section = section(node, at: path, keys: ["name", "role", "public_key", "table"]) else { return party }
        party.name = readPartyName(section)
        party.keyLine = section.line("public_key")
        party.key = readKey(section)
        if let role = section.present("role") {
            party.role = word(role, at: section.path("role"), as: TaskSpecification.Party.Role.self)
        } else {
            problem(
                line: section.line, path: section.path("role"), "`role` is missing",
                fix: "Write provider, consumer, auditor or operator")
        }
        var table: TaskSpecification.PartyTable?
        if let node = section.present("table") {
            table = readTable(node, at: section.path("table"))
            if let role = party.role, role != .provider {
                problem(
                    line: section.line("table"), path: section.path("table"), "a \(role.rawValue) brings no table",
                    fix: "Remove the table, or make the party a provider")
                return party
            }
            if table == nil { return party }
        } else if party.role == .provider {
            problem(
                line: section.line, path: section.path("table"), "a provider needs a `table`",
                fix: "Declare its key and fields; `entrepot task draft` proposes them from a local file")
            return party
        }
        if let name = party.name, let role = party.role, let key = party.key {
            party.complete = TaskSpecification.Party(name: name, role: role, publicKey: key, table: table)
        }
        return party
    }

    private mutating func readPartyName(_ section: Section) -> String? {
        guard let name = text(section, "name") else { return nil }
        guard Naming.isPartyName(name) else {
            problem(
                line: section.line("name"), path: section.path("name"),
                "\"\(name.shortened)\" cannot begin the name of a column and of a file",
                fix: "Write 1 to 40 letters (A-Z, a-z), digits and hyphens, beginning with a letter")
            return nil
        }
        return name
    }

    private mutating func readKey(_ section: Section) -> PartyKey? {
        if case .scalar("", _)? = section.present("public_key")?.content {
            problem(
                context.allowsMissingKeys ? .warning : .error, line: section.line("public_key"),
                path: section.path("public_key"),
                "`public_key` is empty, so that nobody can sign as this party",
                fix: "Write the line that `entrepot keygen` prints, the content of NAME.pub")
            return context.allowsMissingKeys ? .ofNobody(at: section.path) : nil
        }
        guard let text = text(section, "public_key") else { return nil }
        let key: PartyKey
        do {
            key = try PartyKey(text: text)
        } catch {
            let (what, fix) = error.asProblem
            problem(line: section.line("public_key"), path: section.path("public_key"), what, fix: fix)
            return nil
        }
        if key.isPublishedWorkshopKey {
            problem(
                context.isDemonstration ? .warning : .error, line: section.line("public_key"),
                path: section.path("public_key"),
                "the private half of this key is published with the enclave workshop, so anybody can act as this party",
                fix: "Make a new key with `entrepot keygen`")
        }
        return key
    }

    private mutating func checkTogether(_ parties: [PartlyRead], listLine: Int) {
        let providers = parties.filter { $0.role == .provider }.count
        if providers < 2, parties.allSatisfy({ $0.role != nil }) {
            problem(
                line: listLine, path: "parties", "a task needs two providers or more (found \(providers))",
                fix: "Add a party with `role: provider` and its table; for one table use `entrepot fit`")
        }
        for (index, party) in parties.enumerated() {
            if let name = party.name,
                let earlier = parties[..<index].first(where: { $0.name?.lowercased() == name.lowercased() })
            {
                problem(
                    line: party.line, path: "\(party.path).name",
                    "the name \"\(name)\" is taken by the party on line \(earlier.line)",
                    fix: "Names differ in more than upper and lower case; choose another")
            }
            if let key = party.key, let earlier = parties[..<index].first(where: { $0.key == key }) {
                problem(
                    line: party.keyLine, path: "\(party.path).public_key",
                    "this is the key of \(earlier.name ?? "another party") (line \(earlier.keyLine)): one key is one "
                        + "party",
                    fix: TaskProblem.sharedKeyFix)
            }
        }
    }
}

/// Names that are valid at the front of a column's name and in a file name, on every system.
package enum Naming {
    static func isPartyName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first), name.utf8.count <= 40 else { return false }
        // `_` would make `<party>_<column>` ambiguous between parties.
        return name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") } && !isReserved(name)
    }

    /// Whether a task may be called so: 1 to 80 letters, digits, `-`, `_` and `.`, beginning with a letter or digit.
    package static func isTaskName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first) || isDigit(first), name.utf8.count <= 80 else {
            return false
        }
        return name.utf8.allSatisfy {
            isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                || $0 == UInt8(ascii: ".")
        } && !isReserved(name)
    }

    /// Names that Windows keeps for devices.
    private static func isReserved(_ name: String) -> Bool {
        let upper = name.uppercased()
        return ["CON", "PRN", "AUX", "NUL"].contains(upper)
            || (upper.count == 4 && (upper.hasPrefix("COM") || upper.hasPrefix("LPT")) && upper.last?.isNumber == true)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension TaskError {
    /// The error as a linter says it: what is wrong, and what to do.
    fileprivate var asProblem: (what: String, fix: String) {
        switch self {
        case .weakKey(let bits):
            ("this RSA key has \(bits) bits, and 2048 or more are needed", "Make a new key with `entrepot keygen`")
        case .unreadableKey(let why):
            (
                "this is not a usable public key: \(why)",
                "Write the base64 that `entrepot keygen` prints: PKCS#1 DER of RSA, or SPKI DER of P-256"
            )
        default: (description, "Make a new key with `entrepot keygen`")
        }
    }
}
