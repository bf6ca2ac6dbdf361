/// Turns a schema into domains, and lists every mistake that it meets on the way.
struct DomainBuilder {
    /// The widest span of integers or days that gets a code for each value.
    static let maximumUnits = 1_024
    /// No column has more cells than this.
    static let maximumSize = 1 << 20
    static let defaultBins = 32
    /// Bounds stay far enough from the end of `Double` that no width overflows.
    static let largestNumber = 1e300

    let schema: TableSchema
    let keyColumns: [String]
    private(set) var problems: [SchemaProblem] = []

    init(schema: TableSchema, keyColumns: [String]) {
        self.schema = schema
        self.keyColumns = keyColumns
    }

    mutating func build() throws(SchemaProblems) -> TableDomain {
        checkNames()
        let fields = schema.fields.filter { !keyColumns.contains($0.name) }
        if fields.isEmpty {
            report("", "no field besides the key is declared", "Declare at least one column with its domain")
        }
        var domains: [String: ColumnDomain] = [:]
        for field in fields where field.derivedFrom == nil {
            domains[field.name] = domain(of: field)
        }
        let prefixes = derive(fields, &domains)
        guard problems.isEmpty else { throw SchemaProblems(problems) }
        let columns = fields.compactMap { domains[$0.name] }
        let derivations = prefixes.compactMap { prefix -> Derivation? in
            guard let column = columns.firstIndex(where: { $0.name == prefix.column }),
                let parent = columns.firstIndex(where: { $0.name == prefix.parent })
            else { return nil }
            return Derivation(column: column, parent: parent, map: prefix.map)
        }
        return TableDomain(columns: columns, derivations: derivations)
    }

    mutating func report(_ field: String, _ what: String, _ fix: String) {
        problems.append(SchemaProblem(field: field, what: what, fix: fix))
    }

    private mutating func checkNames() {
        var seen: Set<String> = []
        for field in schema.fields {
            if field.name.isEmpty { report("", "a field has no name", "Write its `name` as the file's header does") }
            if !seen.insert(field.name).inserted {
                report(field.name, "is declared twice", "Keep one declaration of each column")
            }
        }
    }

    /// Texts that mean "no value", or nil if the field is required.
    func missingTexts(_ field: Field) -> [String]? {
        if field.constraints?.required == true { return nil }
        let texts = field.missingValues ?? schema.missingValues ?? [""]
        return texts.isEmpty ? [""] : texts
    }

    private mutating func domain(of field: Field) -> ColumnDomain? {
        let known = problems.count
        checkOther(field)
        if field.step != nil, listedTexts(field) != nil || field.type == .string || field.type == .boolean {
            report(field.name, "has a step but is no number with bounds", "Leave `step` out")
        }
        let cells: ColumnDomain.Cells?
        if let texts = listedTexts(field) {
            checkListed(field, texts)
            cells = .listed(texts: texts, accepted: [], labels: field.categoryLabels ?? [:])
        } else {
            switch field.type {
            case .string:
                report(
                    field.name, "is a string without declared values",
                    "List its `categories`; domains are never learnt from data")
                cells = nil
            case .boolean: cells = booleanCells(field)
            case .integer, .number, .date: cells = numberCells(field)
            }
        }
        guard let cells, problems.count == known else { return nil }
        let domain = ColumnDomain(
            name: field.name, type: field.type, cells: cells, other: field.other, missing: missingTexts(field))
        if domain.size > Self.maximumSize {
            report(
                field.name, "has \(domain.size) cells, more than \(Self.maximumSize)",
                "Declare fewer categories or bins, or an `other` category for the rare ones")
        }
        return domain
    }

    private func listedTexts(_ field: Field) -> [String]? {
        field.categories ?? field.constraints?.enum
    }

    private mutating func checkListed(_ field: Field, _ texts: [String]) {
        if texts.isEmpty { report(field.name, "has an empty list of values", "List at least one category") }
        if field.bins != nil {
            report(field.name, "has both listed values and bins", "Keep one of them")
        }
        var seen: Set<String> = []
        for text in texts where !seen.insert(text).inserted {
            report(field.name, "lists \"\(text)\" twice", "List each value once")
        }
        if let missing = missingTexts(field), let text = texts.first(where: { missing.contains($0) }) {
            report(
                field.name, "lists \"\(text)\", which also means a missing value",
                "Take it out of the list or out of `missingValues`, or set `required: true`")
        }
        if let allowed = field.constraints?.enum, let categories = field.categories, allowed != categories {
            report(field.name, "has `categories` and another `constraints.enum`", "Keep one of the two lists")
        }
        var values: Set<Double> = []
        for text in texts {
            switch field.type {
            case .integer, .number:
                guard let value = DecimalText.number(of: text) else {
                    report(field.name, "lists \"\(text)\", which is not a number", "Write numbers, or type: string")
                    continue
                }
                if field.type == .integer, Int64(exactly: value) == nil {
                    report(field.name, "lists \"\(text)\", which is not an integer", "Write integers, or type: number")
                } else if !values.insert(value).inserted, seen.contains(text) {
                    report(field.name, "lists the number \(text) twice", "List each value once")
                }
            case .date:
                if CalendarDate.day(of: text) == nil {
                    report(field.name, "lists \"\(text)\", which is not a date", "Write dates as 2022-12-31")
                }
            case .string: break
            case .boolean:
                if !["true", "false"].contains(text) {
                    report(
                        field.name, "lists \"\(text)\" for a boolean",
                        "Leave out the list and name other spellings in `trueValues` and `falseValues`")
                }
            }
        }
    }

    private mutating func checkOther(_ field: Field) {
        guard let other = field.other else { return }
        if field.type != .string || listedTexts(field) == nil {
            report(
                field.name, "declares `other` without a list of values", "Use `other` with the `categories` of a string"
            )
        }
        if listedTexts(field)?.contains(other) == true {
            report(
                field.name, "lists its `other` value \"\(other)\" among the categories too",
                "Take it out of the list, or choose another text for `other`")
        }
        if missingTexts(field)?.contains(other) == true {
            report(
                field.name, "uses \"\(other)\" for `other` and for a missing value", "Choose another text for `other`")
        }
    }

    private mutating func booleanCells(_ field: Field) -> ColumnDomain.Cells? {
        let falses = field.falseValues ?? ["false", "False", "FALSE", "0"]
        let trues = field.trueValues ?? ["true", "True", "TRUE", "1"]
        guard let first = falses.first, let second = trues.first else {
            report(field.name, "has an empty `trueValues` or `falseValues`", "List at least one text for each")
            return nil
        }
        if let both = falses.first(where: { trues.contains($0) }) {
            report(field.name, "reads \"\(both)\" as true and as false", "Keep it in one of the lists")
        }
        if let missing = missingTexts(field), let text = (falses + trues).first(where: { missing.contains($0) }) {
            report(field.name, "reads \"\(text)\" as a value and as missing", "Keep it in one of the lists")
        }
        return .listed(texts: [first, second], accepted: [falses, trues], labels: [:])
    }
}
