import Bytes

/// Turns a document into a task and collects everything that is wrong on the way, never stopping at the first.
///
/// What could not be read becomes nil and has a problem beside it; the task exists only when nothing is nil. Each
/// section checks itself in the file named for it, at the line where it stands.
struct TaskReader {
    let context: TaskFile.Context
    private(set) var problems: [TaskProblem] = []
    /// Where tables of keys alone stand.
    var tablesOfKeys: [(line: Int, path: String)] = []
    /// The columns that rules add to the joined table.
    var ratioNames: [String] = []

    init(context: TaskFile.Context) {
        self.context = context
    }

    mutating func read(_ yaml: String) -> TaskSpecification? {
        let root: DocumentNode
        do {
            root = try DocumentNode(yaml: yaml)
        } catch {
            report(error)
            return nil
        }
        refuseHidden(root, at: "")
        guard let task = section(root, at: "", keys: Self.topLevelKeys) else { return nil }
        let version = readVersion(task)
        let name = readTaskName(task)
        let purpose = text(task, "purpose")
        let parties = readParties(task)
        let join = readJoin(task, parties: parties)
        // The key of a linkage is no one text, and has no pattern.
        if join?.kind == .linkage {
            problems.removeAll { $0.severity == .warning && $0.path.hasSuffix(".key.pattern") }
        }
        let privacy = readPrivacy(task, join?.kind ?? .inner)
        let synthesizer = readSynthesizer(task)
        let rules = readRules(task, parties: parties, join: join)
        let engine = readEngine(task, join: join, privacy: privacy, parties: parties)
        let proofs = readProofs(task, engine: engine, parties: parties)
        checkShared(engine, task, parties: parties, join: join, rules: rules)
        if let parties, let synthesizer { checkSharedCells(engine, task, parties, synthesizer) }
        let requests = readRequests(task, engine: engine, privacy: privacy, parties: parties)
        var unreserved = privacy
        if let slice = requests ?? nil { unreserved?.epsilon -= slice.epsilon }
        let queries = readQueries(
            task, privacy: unreserved, parties: parties, join: join, synthesizer: synthesizer)
        if let join, let engine, let synthesizer, let queries {
            checkKeysAlone(join, engine, synthesizer, queries)
        }
        let limits = readLimits(task)
        compare(privacy, limits, parties, task)
        checkUnit(privacy, join, parties, task)
        checkDeclaredRows(privacy, join, limits, parties, task)
        let deadlines = readDeadlines(task)
        let retention = readRetention(task)
        guard let version, let name, let purpose, let parties, let join, let privacy, let engine, let synthesizer,
            let queries, let limits, let deadlines, let retention, let rules, let requests, let proofs
        else { return nil }
        return TaskSpecification(
            version: version, name: name, purpose: purpose, parties: parties, join: join, privacy: privacy,
            engine: engine, synthesizer: synthesizer, queries: queries, limits: limits, deadlines: deadlines,
            retention: retention, rules: rules, requests: requests, proofs: proofs)
    }

    /// What is shown must be what is signed: no text of a task has a character that a person does not see, moves a cursor,
    /// or turns letters around. An end of a line is one: it could begin a line that looks like ours.
    mutating func refuseHidden(_ node: DocumentNode, at path: String) {
        func isHidden(_ text: String) -> Bool { ShownText.hasHidden(text) }
        switch node.content {
        case .scalar(let text, _):
            if isHidden(text) { hidden(text, line: node.line, path: path) }
        case .sequence(let elements):
            for (index, element) in elements.enumerated() { refuseHidden(element, at: "\(path)[\(index)]") }
        case .mapping(let members):
            for (key, line, value) in members {
                let place = path.isEmpty ? key.shortened : "\(path).\(key.shortened)"
                if isHidden(key) { hidden(key, line: line, path: place) }
                refuseHidden(value, at: place)
            }
        }
    }

    private mutating func hidden(_ text: String, line: Int, path: String) {
        problem(
            line: line, path: path, "\"\(text.shortened)\" has characters that nobody sees",
            fix: "Write it on one line with visible characters alone; a tab between values is written as `tab`")
    }

    /// The text is not a document; there is no other problem then.
    mutating func report(_ error: DocumentProblem) {
        problems.append(TaskProblem(severity: .error, line: error.line, path: "", what: error.what, fix: error.fix))
    }

    static let topLevelKeys = [
        "entrepot", "task", "purpose", "parties", "join", "privacy", "engine", "rules", "synthesizer", "queries",
        "requests", "limits", "deadlines", "retention",
    ]

    mutating func problem(
        _ severity: TaskProblem.Severity = .error, line: Int, path: String, _ what: String, fix: String
    ) {
        problems.append(TaskProblem(severity: severity, line: line, path: path, what: what, fix: fix))
    }
}

/// One mapping of the document whose keys have been checked.
struct Section {
    let path: String
    let line: Int
    let members: [String: DocumentNode]
    /// The lines on which the keys stand.
    let lines: [String: Int]

    func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    /// The line of `key`, or of the whole mapping where the key is absent.
    func line(_ key: String) -> Int { lines[key] ?? line }
}

// MARK: - Reading one value

extension TaskReader {
    /// A mapping with no keys but `keys`; nil, with a problem, if it is not one. Unknown keys are problems of their own.
    mutating func section(_ node: DocumentNode, at path: String, keys: [String]) -> Section? {
        guard case .mapping(let members) = node.content else {
            problem(
                line: node.line, path: path, "this should be a mapping",
                fix: "Write keys and values: \(keys.prefix(4).joined(separator: ", "))…")
            return nil
        }
        var known: [String: DocumentNode] = [:]
        var lines: [String: Int] = [:]
        for (key, line, value) in members {
            if keys.contains(key) {
                known[key] = value
                lines[key] = line
            } else {
                let shown = key.shortened
                let near = NearestWord.to(key, among: keys).map { "Did you mean `\($0)`? " } ?? ""
                problem(
                    line: line, path: path.isEmpty ? shown : "\(path).\(shown)", "unknown key \"\(shown)\"",
                    fix: near + "Known here: \(keys.joined(separator: ", "))")
            }
        }
        return Section(path: path, line: node.line, members: known, lines: lines)
    }

    /// The mapping under `key`; an empty one, at the parent's line, if the key is absent or empty.
    mutating func optionalSection(_ parent: Section, _ key: String, keys: [String]) -> Section? {
        guard let node = parent.present(key) else {
            return Section(path: parent.path(key), line: parent.line(key), members: [:], lines: [:])
        }
        return section(node, at: parent.path(key), keys: keys)
    }

    /// A text that must be there and not be empty.
    mutating func text(_ section: Section, _ key: String) -> String? {
        guard let node = section.present(key) else {
            problem(
                line: section.line(key), path: section.path(key), "`\(key)` is missing",
                fix: "Add `\(key):` here")
            return nil
        }
        guard let text = text(node, at: section.path(key)) else { return nil }
        guard !text.isEmpty else {
            problem(line: node.line, path: section.path(key), "`\(key)` is empty", fix: "Write a text")
            return nil
        }
        return text
    }

    mutating func text(_ node: DocumentNode, at path: String) -> String? {
        guard case .scalar(let text, _) = node.content else {
            problem(
                line: node.line, path: path, "this should be one text", fix: "Write it on one line, in quotes if needed"
            )
            return nil
        }
        return text
    }

    /// Reads an optional value with `read`: `.some(nil)` if it is absent, nil if it is there and wrong.
    mutating func optional<Value>(
        _ section: Section, _ key: String, _ read: (inout TaskReader, DocumentNode, String) -> Value?
    ) -> Value?? {
        guard let node = section.present(key) else { return .some(nil) }
        guard let value = read(&self, node, section.path(key)) else { return nil }
        return .some(value)
    }

    mutating func optionalText(_ section: Section, _ key: String) -> String?? {
        optional(section, key) { reader, node, path in reader.text(node, at: path) }
    }

    /// A list of scalars as texts, each as it was written; one scalar alone counts as a list of one.
    mutating func optionalTexts(_ section: Section, _ key: String) -> [String]?? {
        optional(section, key) { reader, node, path in reader.texts(node, at: path) }
    }

    mutating func texts(_ node: DocumentNode, at path: String) -> [String]? {
        if case .scalar(let text, _) = node.content { return [text] }
        return list(node, at: path) { reader, element, path in reader.text(element, at: path) }
    }

    /// A list, all elements of which are read even where one fails.
    mutating func list<Value>(
        _ node: DocumentNode, at path: String, _ read: (inout TaskReader, DocumentNode, String) -> Value?
    ) -> [Value]? {
        guard case .sequence(let elements) = node.content else {
            problem(line: node.line, path: path, "this should be a list", fix: "Write [a, b] or one `- a` on each line")
            return nil
        }
        let values = elements.enumerated().map { read(&self, $1, "\(path)[\($0)]") }
        let read = values.compactMap { $0 }
        return read.count == values.count ? read : nil
    }

    mutating func number(_ node: DocumentNode, at path: String) -> Double? {
        guard case .scalar(let text, isPlain: true) = node.content, let value = ScalarText.number(text) else {
            problem(line: node.line, path: path, "this should be a number", fix: "Write one such as 1.0 or 1.0e-9")
            return nil
        }
        guard value.isFinite else {
            problem(line: node.line, path: path, "this number is not finite", fix: "Write a number such as 1.0")
            return nil
        }
        return value
    }

    mutating func integer(_ node: DocumentNode, at path: String) -> Int? {
        guard case .scalar(let text, isPlain: true) = node.content, let value = ScalarText.integer(text) else {
            problem(
                line: node.line, path: path, "this should be a whole number", fix: "Write digits alone, such as 1000")
            return nil
        }
        return value
    }

    mutating func boolean(_ node: DocumentNode, at path: String) -> Bool? {
        guard case .scalar(let text, isPlain: true) = node.content, let value = ScalarText.boolean(text) else {
            problem(line: node.line, path: path, "this should be true or false", fix: "Write true or false")
            return nil
        }
        return value
    }

    /// One of the words of an enumeration.
    mutating func word<Value: RawRepresentable & CaseIterable>(
        _ node: DocumentNode, at path: String, as type: Value.Type
    ) -> Value? where Value.RawValue == String {
        guard let text = text(node, at: path) else { return nil }
        guard let value = Value(rawValue: text) else {
            let words = Value.allCases.map(\.rawValue)
            let near = NearestWord.to(text, among: words).map { "Did you mean `\($0)`? " } ?? ""
            problem(
                line: node.line, path: path, "\"\(text.shortened)\" is not known here",
                fix: near + "Write one of: \(words.joined(separator: ", "))")
            return nil
        }
        return value
    }
}

extension Section {
    /// The value of `key`, unless it is absent or null (`key:` with nothing after it, or `~`).
    func present(_ key: String) -> DocumentNode? {
        guard let node = members[key] else { return nil }
        if case .scalar(let text, isPlain: true) = node.content, ScalarText.isNull(text) { return nil }
        return node
    }
}

/// What an unquoted scalar means: the core schema of YAML 1.2, so that `no` is a text and `010190` keeps its zero.
enum ScalarText {
    static func isNull(_ text: String) -> Bool { ["", "~", "null", "Null", "NULL"].contains(text) }

    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// Decimal digits with an optional sign, no leading zeros.
    static func integer(_ text: String) -> Int? {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        guard text.utf8.count - digits.count <= 1, !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }),
            digits.count == 1 || digits.first != UInt8(ascii: "0")
        else { return nil }
        return Int(text)
    }

    /// A decimal number; `.inf` and `.nan` are read so that they can be refused by name.
    static func number(_ text: String) -> Double? {
        switch text {
        case ".inf", ".Inf", ".INF", "+.inf", "inf", "Infinity": return .infinity
        case "-.inf", "-.Inf", "-.INF", "-inf", "-Infinity": return -.infinity
        case ".nan", ".NaN", ".NAN", "nan", "NaN": return .nan
        default:
            guard text.utf8.count <= 64, text.utf8.contains(where: { (48...57).contains($0) }),
                text.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) })
            else { return nil }
            return Double(text)
        }
    }
}

extension [TaskProblem] {
    /// In the order of lines; problems of one line keep the order in which they were found.
    func sortedByLine() -> [TaskProblem] {
        enumerated().sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }.map(\.element)
    }
}
