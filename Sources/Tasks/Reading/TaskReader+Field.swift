internal import Bytes
internal import Domains
internal import Tables

/// One field of a schema. Unlike a schema in JSON it is read with the line of each mistake.
extension TaskReader {
    static let fieldKeys = [
        "name", "type", "categories", "constraints", "bins", "derivedFrom", "other", "missingValues", "trueValues",
        "falseValues", "title", "description", "codeList", "decimalChar", "groupChar", "bareNumber", "format", "step",
    ]

    mutating func readField(_ node: DocumentNode, at path: String) -> Field? {
        guard let section = section(node, at: path, keys: Self.fieldKeys) else { return nil }
        let name = text(section, "name")
        var type: FieldType?
        if let node = section.present("type") {
            type = word(node, at: section.path("type"), as: FieldType.self)
        } else {
            problem(
                line: section.line, path: section.path("type"), "`type` is missing",
                fix: "Write string, integer, number, boolean or date")
        }
        let categories = optional(section, "categories") { reader, node, path in
            reader.list(node, at: path) { reader, node, path in reader.readCategory(node, at: path) }
        }
        let codes = optional(section, "codeList") { reader, node, path in reader.readCodeList(node, at: path) }
        let constraints = optional(section, "constraints") { reader, node, path in
            reader.readConstraints(node, at: path)
        }
        let bins = optional(section, "bins") { reader, node, path in reader.readBins(node, at: path) }
        let derivedFrom = optional(section, "derivedFrom") { reader, node, path in
            reader.readDerivation(node, at: path)
        }
        let other = optionalText(section, "other")
        let missingValues = optionalTexts(section, "missingValues")
        let trueValues = optionalTexts(section, "trueValues")
        let falseValues = optionalTexts(section, "falseValues")
        let title = optionalText(section, "title")
        let description = optionalText(section, "description")
        let step = optional(section, "step") { reader, node, path in reader.number(node, at: path) }
        if let values = categories??.map(\.value), let written = codes, written == nil {
            checkValues(values, of: name ?? "", line: section.line("categories"), path: section.path("categories"))
        }
        let writing = type.flatMap { readWriting(section, type: $0) }
        guard let name, let type, let categories, let codes, let writing, let constraints, let bins, let derivedFrom,
            let other,
            let missingValues, let trueValues, let falseValues, let title, let description, let step
        else { return nil }
        if let codes, let listed = categories?.map(\.value), listed != codes {
            problem(
                line: section.line("codeList"), path: section.path("codeList"),
                "the field lists `categories` other than those of its `codeList`", fix: "Keep one of the two")
            return nil
        }
        for category in (categories ?? []).map(\.value) + (constraints?.enum ?? []) + [other].compactMap({ $0 })
        where Formula.isFormula(category) {
            problem(
                line: section.line("categories"), path: section.path("categories"),
                "\"\(category.shortened)\" is a formula to a spreadsheet that opens the rows",
                fix: "Write the category so that it begins with another character")
        }
        var labels: [String: String] = [:]
        for category in categories ?? [] { labels[category.value] = category.label }
        return Field(
            name: name, type: type, categories: categories?.map(\.value) ?? codes,
            categoryLabels: labels.isEmpty ? nil : labels,
            constraints: constraints, bins: bins, derivedFrom: derivedFrom, other: other, missingValues: missingValues,
            trueValues: trueValues, falseValues: falseValues, title: title, description: description, writing: writing,
            step: step)
    }

    /// Warns of values that look like somebody's data, where the reader was told how to look.
    private mutating func checkValues(_ values: [String], of name: String, line: Int, path: String) {
        guard let what = context.lookAtValues?(values, name) else { return }
        problem(
            .warning, line: line, path: path,
            values.count == 1 ? "the listed value \(what)" : "most of the \(values.count) listed values \(what)",
            fix:
                "If they were copied from a table they are somebody's data, and everybody reads the task: declare bounds, a "
                + "public list, or leave the column out")
    }

    private mutating func readCodeList(_ node: DocumentNode, at path: String) -> [String]? {
        guard let name = text(node, at: path) else { return nil }
        guard let codes = CodeList.codes(of: name) else {
            let near =
                NearestWord.to(name, among: CodeList.descriptions.map(\.name))
                .map { "Did you mean `\($0)`? " } ?? ""
            problem(
                line: node.line, path: path, "there is no code list \"\(name.shortened)\"",
                fix: near + "Known: \(CodeList.known)")
            return nil
        }
        return codes
    }

    /// How the file writes the column's numbers and dates.
    private mutating func readWriting(_ section: Section, type: FieldType) -> CellWriting? {
        let decimalChar = optionalText(section, "decimalChar")
        let groupChar = optionalText(section, "groupChar")
        let isBare = optional(section, "bareNumber") { reader, node, path in reader.boolean(node, at: path) }
        let format = optionalText(section, "format")
        guard let decimalChar, let groupChar, let isBare, let format else { return nil }
        do throws(CellWriting.Mistake) {
            return try CellWriting(
                type: type, decimalChar: decimalChar, groupChar: groupChar, isBare: isBare, format: format)
        } catch {
            let key = format == nil ? (decimalChar == nil ? "groupChar" : "decimalChar") : "format"
            problem(line: section.line(key), path: section.path(key), error.what, fix: error.fix)
            return nil
        }
    }

    private mutating func readCategory(_ node: DocumentNode, at path: String) -> (value: String, label: String?)? {
        if case .scalar(let text, _) = node.content { return (text, nil) }
        guard let section = section(node, at: path, keys: ["value", "label"]) else { return nil }
        let value = text(section, "value")
        guard let label = optionalText(section, "label"), let value else { return nil }
        return (value, label)
    }

    private mutating func readConstraints(_ node: DocumentNode, at path: String) -> Constraints? {
        guard let section = section(node, at: path, keys: ["required", "enum", "minimum", "maximum"]) else {
            return nil
        }
        let required = optional(section, "required") { reader, node, path in reader.boolean(node, at: path) }
        let listed = optionalTexts(section, "enum")
        let minimum = optional(section, "minimum") { reader, node, path in reader.readBound(node, at: path) }
        let maximum = optional(section, "maximum") { reader, node, path in reader.readBound(node, at: path) }
        guard let required, let listed, let minimum, let maximum else { return nil }
        return Constraints(required: required, enum: listed, minimum: minimum, maximum: maximum)
    }

    private mutating func readBound(_ node: DocumentNode, at path: String) -> Bound? {
        guard let text = text(node, at: path) else { return nil }
        guard case .scalar(_, isPlain: true) = node.content, let value = ScalarText.number(text) else {
            return .text(text)
        }
        guard value.isFinite else {
            problem(line: node.line, path: path, "this bound is not finite", fix: "Write a number or a date")
            return nil
        }
        return .number(value)
    }

    private mutating func readBins(_ node: DocumentNode, at path: String) -> Bins? {
        guard let section = section(node, at: path, keys: ["count", "scale", "edges", "spikes"]) else { return nil }
        let count = optional(section, "count") { reader, node, path in reader.integer(node, at: path) }
        let scale = optional(section, "scale") { reader, node, path in
            reader.word(node, at: path, as: BinScaleWord.self)?.scale
        }
        let edges = optional(section, "edges") { reader, node, path in reader.numbers(node, at: path) }
        let spikes = optional(section, "spikes") { reader, node, path in reader.numbers(node, at: path) }
        guard let count, let scale, let edges, let spikes else { return nil }
        return Bins(count: count, scale: scale, edges: edges, spikes: spikes)
    }

    mutating func numbers(_ node: DocumentNode, at path: String) -> [Double]? {
        list(node, at: path) { reader, node, path in reader.number(node, at: path) }
    }

    private mutating func readDerivation(_ node: DocumentNode, at path: String) -> DerivedFrom? {
        guard let section = section(node, at: path, keys: ["field", "prefix"]) else { return nil }
        let field = text(section, "field")
        let prefix = optional(section, "prefix") { reader, node, path in reader.integer(node, at: path) }
        guard let prefix else { return nil }
        guard let prefix else {
            problem(
                line: section.line, path: section.path("prefix"), "`prefix` is missing",
                fix: "Write how many characters of the other column this one is, such as `prefix: 2`")
            return nil
        }
        return field.map { DerivedFrom(field: $0, prefix: prefix) }
    }
}

/// Texts that a spreadsheet computes when it opens a CSV file: rows are written with the declared categories as they are.
private enum Formula {
    static func isFormula(_ text: String) -> Bool {
        switch text.first {
        case "=", "@": true
        // A sign before a number, or alone, is no formula; before anything that calls or refers it is.
        case "+", "-": Double(text) == nil && text.contains { "(|!=".contains($0) }
        default: false
        }
    }
}

/// `Bins.Scale` with its words listed.
enum BinScaleWord: String, CaseIterable {
    case linear, log, asinh

    var scale: Bins.Scale {
        switch self {
        case .linear: .linear
        case .log: .log
        case .asinh: .asinh
        }
    }
}
