import Bytes

/// The terms of the task: version, name, join, privacy, synthesizer, queries, limits, deadlines, retention.
extension TaskReader {
    mutating func readVersion(_ task: Section) -> Int? {
        guard let node = task.present("entrepot") else {
            problem(
                line: task.line("entrepot"), path: "entrepot", "`entrepot` is missing",
                fix: "Begin the file with `entrepot: 1`")
            return nil
        }
        guard let version = integer(node, at: "entrepot") else { return nil }
        guard version == 1 else {
            problem(
                line: node.line, path: "entrepot", "version \(version) of the format is not known", fix: "Write 1")
            return nil
        }
        return version
    }

    mutating func readTaskName(_ task: Section) -> String? {
        guard let name = text(task, "task") else { return nil }
        guard Naming.isTaskName(name) else {
            problem(
                line: task.line("task"), path: "task", "\"\(name.shortened)\" cannot be the name of a file",
                fix: "Write 1 to 80 letters, digits, hyphens, underscores and dots, beginning with a letter or digit")
            return nil
        }
        return name
    }

    mutating func readPrivacy(
        _ task: Section, _ join: TaskSpecification.Join.Kind
    ) -> TaskSpecification.Privacy? {
        guard let node = task.present("privacy") else {
            problem(
                line: task.line("privacy"), path: "privacy", "`privacy` is missing, and it has no default",
                fix: "Write `privacy: {epsilon: 1.0, delta: 1.0e-9}` and agree on it with every party")
            return nil
        }
        guard
            let section = section(
                node, at: "privacy",
                keys: ["epsilon", "delta", "unit", "unit_words", "least_rows", "accept_high_epsilon"])
        else { return nil }
        let reason = optionalText(section, "accept_high_epsilon")
        let unit = optional(section, "unit") { reader, node, path in reader.unit(node, at: path) }
        let words = optionalText(section, "unit_words")
        let least = optional(section, "least_rows") { reader, node, path in
            reader.integer(node, at: path, in: 1...TaskSpecification.Limits.mostRows)
        }
        let epsilon = readEpsilon(section, reason: reason ?? nil)
        let delta = optional(section, "delta") { reader, node, path in reader.delta(node, at: path) }
        guard let reason, let unit, let words, let least, let epsilon, let delta else { return nil }
        return TaskSpecification.Privacy(
            epsilon: epsilon, delta: delta ?? TaskSpecification.Privacy.defaultDelta,
            unit: unit ?? .record, unitWords: words ?? (unit ?? .record).words(join), leastRows: least,
            acceptHighEpsilon: reason)
    }

    /// Tasks of earlier versions had words here, which no arithmetic followed.
    private mutating func unit(
        _ node: DocumentNode, at path: String
    ) -> TaskSpecification.Privacy.Unit? {
        guard let text = text(node, at: path) else { return nil }
        if let unit = TaskSpecification.Privacy.Unit(rawValue: text) { return unit }
        problem(
            line: node.line, path: path, "`unit` is `record` or `key`, and its words stand in `unit_words`",
            fix: "Write `unit: record, unit_words: \(text.shortened)`, or `unit: key` where a key's rows in several "
                + "tables are to be protected together")
        return nil
    }

    private mutating func readEpsilon(_ section: Section, reason: String?) -> Double? {
        guard let node = section.present("epsilon") else {
            problem(
                line: section.line, path: section.path("epsilon"), "`epsilon` is missing, and it has no default",
                fix: "Write `epsilon: 1.0` and agree on it with every party")
            return nil
        }
        let path = section.path("epsilon")
        guard let epsilon = number(node, at: path) else { return nil }
        guard epsilon > 0 else {
            problem(
                line: node.line, path: path, "ε must be above 0, and it is \(epsilon)",
                fix: "Write a number above 0; around 1 is common")
            return nil
        }
        guard epsilon >= 1e-6 else {
            problem(
                line: node.line, path: path, "ε is so small (\(epsilon)) that everything released would be noise",
                fix: "Write a number of at least 1e-6")
            return nil
        }
        if epsilon > 10, (reason ?? "").isEmpty {
            problem(
                line: node.line, path: path, "ε is \(epsilon), and above 10 it promises little",
                fix: "Lower it, or say why in `privacy.accept_high_epsilon: …`, which every party will read")
            return nil
        }
        return epsilon
    }

    private mutating func delta(_ node: DocumentNode, at path: String) -> Double? {
        guard let delta = number(node, at: path) else { return nil }
        guard delta >= 0, delta < 1 else {
            problem(
                line: node.line, path: path, "δ must be 0 or more and below 1, and it is \(delta)",
                fix: "Write a number far below one over the number of rows, such as 1.0e-9")
            return nil
        }
        guard delta <= Self.mostDelta else {
            problem(
                line: node.line, path: path,
                "δ is \(delta): a mechanism that publishes one record in \(Int(1 / delta)) as it is would keep to it, and "
                    + "ε says nothing of that one",
                fix: "Write a number far below one over the number of rows, such as 1.0e-9")
            return nil
        }
        return delta
    }

    /// Above this δ promises nothing worth the name: tables have more than a hundred thousand rows, and with probability δ
    /// the promise of ε does not hold at all.
    private static var mostDelta: Double { 1e-5 }

    /// δ against the declared size: publishing each record with probability δ keeps to (ε, δ), and δ · rows of them are
    /// then expected.
    mutating func compare(
        _ privacy: TaskSpecification.Privacy?, _ limits: TaskSpecification.Limits?,
        _ parties: [TaskSpecification.Party]?, _ task: Section
    ) {
        guard let privacy, let limits, let parties else { return }
        let isDeclared = task.present("limits").map { node in
            if case .mapping(let members) = node.content { members.contains { $0.key == "rows" } } else { false }
        }
        let tables = parties.compactMap(\.table)
        let rows = tables.map { $0.mostRows(limits) }.max() ?? limits.rows
        let isKnown = isDeclared == true || (!tables.isEmpty && tables.allSatisfy { $0.rows != nil })
        if isKnown, privacy.delta * Double(rows) >= 1 {
            return problem(
                line: task.line("privacy"), path: "privacy.delta",
                "δ is \(privacy.delta), and a table may have \(rows) rows: publishing one of them as it is would keep to it",
                fix: "Write at most a tenth of one over the number of rows, or the true number in `rows` of each table")
        }
        guard privacy.delta * 10 * Double(rows) > 1 else { return }
        problem(
            .warning, line: task.line("privacy"), path: "privacy.delta",
            "δ is \(privacy.delta), and a table may have \(rows) rows: the promise may fail for "
                + "\(privacy.delta * Double(rows) >= 1 ? "\(Int(privacy.delta * Double(rows)))" : "one") of them",
            fix: "Write at most a tenth of one over the number of rows, or the true number in `rows` of each table")
    }

    mutating func readSynthesizer(_ task: Section) -> TaskSpecification.SynthesizerChoice? {
        guard let section = optionalSection(task, "synthesizer", keys: ["method", "preset", "params"]) else {
            return nil
        }
        let method = optional(section, "method") { reader, node, path in reader.methodName(node, at: path) }
        let preset = optional(section, "preset") { reader, node, path in reader.presetName(node, at: path) }
        let parameters = optional(section, "params") { reader, node, path -> [String: JSONValue]? in
            guard case .mapping = node.content else {
                reader.problem(line: node.line, path: path, "this should be a mapping", fix: "Write `params: {}`")
                return nil
            }
            guard case .object(let members)? = reader.value(node, at: path) else { return nil }
            return members
        }
        guard let method, let preset, let parameters else { return nil }
        if method != nil, preset != nil {
            problem(
                line: section.line("preset"), path: section.path("preset"), "there is a `method` and a `preset`",
                fix: "Keep one of the two")
            return nil
        }
        if method == TaskSpecification.SynthesizerChoice.none, parameters?.isEmpty == false {
            problem(
                line: section.line("params"), path: section.path("params"), "without a model there is nothing to set",
                fix: "Leave `params` out")
        }
        let choice = preset.map(TaskSpecification.SynthesizerChoice.Method.preset) ?? .named(method ?? "auto")
        return TaskSpecification.SynthesizerChoice(method: choice, parameters: parameters ?? [:])
    }

    private mutating func methodName(_ node: DocumentNode, at path: String) -> String? {
        guard let name = text(node, at: path) else { return nil }
        let methods = TaskSpecification.SynthesizerChoice.methods
        guard methods.contains(name) else {
            let near = NearestWord.to(name, among: methods).map { "Did you mean `\($0)`? " } ?? ""
            problem(
                line: node.line, path: path, "the method \"\(name.shortened)\" is not known",
                fix: near + "Write one of: \(methods.joined(separator: ", "))")
            return nil
        }
        return name
    }

    private mutating func presetName(_ node: DocumentNode, at path: String) -> String? {
        guard let name = text(node, at: path) else { return nil }
        guard Naming.isTaskName(name), !name.contains("..") else {
            problem(line: node.line, path: path, "this is not the name of a preset", fix: "Write a name of Models/")
            return nil
        }
        guard SynthesizerPreset.all[name] != nil else {
            problem(
                line: node.line, path: path, "there is no preset \"\(name)\"",
                fix: "Write one of: \(SynthesizerPreset.all.keys.sorted().joined(separator: ", "))")
            return nil
        }
        return name
    }

    /// Free parameters: the core schema of YAML decides what is a number.
    mutating func value(_ node: DocumentNode, at path: String) -> JSONValue? {
        switch node.content {
        case .scalar(let text, isPlain: false): return .text(text)
        case .scalar(let text, isPlain: true):
            if ScalarText.isNull(text) { return .null }
            if let truth = ScalarText.boolean(text) { return .boolean(truth) }
            if let whole = ScalarText.integer(text) { return .integer(whole) }
            guard let number = ScalarText.number(text) else { return .text(text) }
            guard number.isFinite else {
                problem(line: node.line, path: path, "this number is not finite", fix: "Write a number such as 1.0")
                return nil
            }
            return .number(number)
        case .sequence:
            return list(node, at: path) { reader, node, path in reader.value(node, at: path) }.map(JSONValue.array)
        case .mapping(let members):
            var object: [String: JSONValue] = [:]
            for (key, _, node) in members { object[key] = value(node, at: "\(path).\(key.shortened)") }
            return object.count == members.count ? .object(object) : nil
        }
    }

    mutating func readLimits(_ task: Section) -> TaskSpecification.Limits? {
        guard let section = optionalSection(task, "limits", keys: ["upload_bytes", "rows"]) else { return nil }
        let bytes = optional(section, "upload_bytes") { reader, node, path in
            reader.integer(node, at: path, in: 1...1_000_000_000_000)
        }
        let rows = optional(section, "rows") { reader, node, path in
            reader.integer(node, at: path, in: 1...TaskSpecification.Limits.mostRows)
        }
        guard let bytes, let rows else { return nil }
        let standard = TaskSpecification.Limits()
        return TaskSpecification.Limits(uploadBytes: bytes ?? standard.uploadBytes, rows: rows ?? standard.rows)
    }

    mutating func readDeadlines(_ task: Section) -> TaskSpecification.Deadlines? {
        let keys = ["upload_by", "compute_by", "retrieve_by"]
        guard let section = optionalSection(task, "deadlines", keys: keys) else { return nil }
        let times = keys.map { key in
            optional(section, key) { reader, node, path in reader.instant(node, at: path) }
        }
        var latest: (key: String, time: UTCInstant)?
        for (key, time) in zip(keys, times) {
            guard let time = time ?? nil else { continue }
            if let latest, time < latest.time {
                problem(
                    line: section.line(key), path: section.path(key), "`\(key)` is before `\(latest.key)`",
                    fix: "Uploads end first, then the computation, then retrieval")
            }
            latest = (key, time)
        }
        guard times.allSatisfy({ $0 != nil }) else { return nil }
        return TaskSpecification.Deadlines(
            uploadBy: times[0] ?? nil, computeBy: times[1] ?? nil, retrieveBy: times[2] ?? nil)
    }

    private mutating func instant(_ node: DocumentNode, at path: String) -> UTCInstant? {
        guard let text = text(node, at: path) else { return nil }
        guard let instant = UTCInstant(text) else {
            problem(
                line: node.line, path: path, "\"\(text.shortened)\" is not a time",
                fix: "Write Universal Time as 2026-12-31T12:00:00Z")
            return nil
        }
        if let now = context.now, instant <= now {
            problem(line: node.line, path: path, "this deadline has passed", fix: "Agree on a later one")
            return nil
        }
        return instant
    }

    mutating func readRetention(_ task: Section) -> TaskSpecification.Retention? {
        guard let section = optionalSection(task, "retention", keys: ["tables"]) else { return nil }
        let tables = optional(section, "tables") { reader, node, path in
            reader.word(node, at: path, as: TaskSpecification.Retention.Tables.self)
        }
        return tables.map { TaskSpecification.Retention(tables: $0 ?? .destroyAfterFit) }
    }

    /// A whole number inside a range.
    mutating func integer(_ node: DocumentNode, at path: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = integer(node, at: path) else { return nil }
        guard range.contains(value) else {
            problem(
                line: node.line, path: path, "\(value) is out of range",
                fix: "Write a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }
}
