import Domains
import PrivacyKernel
import Tables
import Tasks

/// A permitted query, worked out against the joined domain: what is asked of the kernel, and how its figures are read.
struct ResolvedQuery: Sendable {
    /// The one question to the kernel that answers it.
    enum Question: Sendable {
        case marginal([Int])
        case sums([SumQuestion])
        /// Of a linkage, by these groups.
        case linkage([Int], LinkedLists)
    }

    /// What the kernel gave: one table a part, row-major over the release's attributes.
    struct Released {
        let tables: [[Int64]]
        let variances: [Double]
    }

    static let cellLimit = 1 << 18

    let query: TaskSpecification.PermittedQuery
    let domain: TableDomain
    let question: Question
    /// What the columns of `columns` are.
    let columns: [Int]
    /// One answer for each combination of codes of these.
    let groups: [Int]
    let conditions: [(column: Int, code: Int)]
    let unit: Double
    /// In units.
    let clamp: ClosedRange<Int64>

    /// The terms of the task's join where it is a mirror.
    let mirror: MirrorTerms?

    /// - Parameters:
    ///   - mirror: the terms of the task's join where it is a mirror.
    ///   - lists: what is linked where it is a linkage.
    /// - Throws: if it cannot be asked; depends only on the task.
    init(
        _ query: TaskSpecification.PermittedQuery, domain: TableDomain, mirror: MirrorTerms? = nil,
        lists: LinkedLists? = nil
    ) throws(QueryRefusal) {
        self.query = query
        self.mirror = mirror
        self.domain = domain
        try Self.checkSettings(query)
        columns = try Self.places(query.columns, query, domain)
        let by = try Self.places(query.by, query, domain)
        var conditions: [(column: Int, code: Int)] = []
        for (name, value) in query.conditions.sorted(by: { $0.key < $1.key }) {
            guard let column = domain.index(of: name) else {
                throw .unknownColumn(query: query.name, column: name)
            }
            guard let code = domain.columns[column].code(of: value) else {
                throw .outsideDomain(query: query.name, column: name, value: value)
            }
            conditions.append((column, code))
        }
        self.conditions = conditions
        groups = query.kind == .histogram ? columns + by : by
        try Self.checkColumns(query, columns, domain)
        (unit, clamp) = try Self.units(query, columns, domain)

        var attributes = groups + conditions.map(\.column)
        if query.kind == .quantile { attributes += columns }
        attributes = Array(Set(attributes)).sorted()
        var cells = 1
        for attribute in attributes {
            let (product, overflow) = cells.multipliedReportingOverflow(by: domain.columns[attribute].size)
            guard !overflow, product <= Self.cellLimit else {
                throw .tooManyCells(query: query.name, limit: Self.cellLimit)
            }
            cells = product
        }
        switch query.kind {
        case .count, .cardinality, .histogram, .quantile: question = .marginal(attributes)
        case .sum, .mean, .reconcile:
            question = .sums(Self.sums(query, columns, attributes, unit: unit, clamp: clamp, domain))
        case .linked:
            guard let lists, LinkageQuestion.cells(lists.terms) != nil,
                lists.sides.contains(where: { side in query.by.allSatisfy(side.contains) })
            else { throw .noLinkage(query: query.name, patterns: LinkageQuestion.cellLimit) }
            question = .linkage(attributes, lists)
        }
    }

    /// What each part of the release gets of the query's price.
    var weights: [Double] {
        switch question {
        case .marginal: [1]
        case .sums(let sums): sums.map { _ in 1 / Double(sums.count) }
        case .linkage(_, let lists): lists.weights
        }
    }

    /// How far one key can move each part of the release, for planning.
    func sensitivities(rowsPerKey: Int) -> [Sensitivity] {
        switch question {
        case .linkage(_, let lists): lists.movements.map(\.sensitivity)
        case .marginal: [.counts(rowsPerKey: rowsPerKey)]
        case .sums(let sums):
            sums.map {
                .sums(
                    largest: max($0.clamp.lowerBound.magnitude, $0.clamp.upperBound.magnitude),
                    rowsPerKey: rowsPerKey)
            }
        }
    }

    /// Each part of the release as a sum by groups; a count is a sum of ones.
    var sums: [SumQuestion] {
        switch question {
        case .sums(let sums): sums
        case .linkage: []
        case .marginal(let attributes):
            domain.columns.isEmpty
                ? []
                : [
                    SumQuestion(
                        attribute: attributes.first ?? 0,
                        values: [Int64](repeating: 1, count: domain.columns[attributes.first ?? 0].size), clamp: 0...1,
                        groups: attributes)
                ]
        }
    }

    /// The attributes of the released table, ascending.
    var attributes: [Int] {
        switch question {
        case .marginal(let attributes): attributes
        case .sums(let sums): sums.first?.groups ?? []
        case .linkage(let groups, _): groups
        }
    }
}

extension ResolvedQuery {
    private static func places(
        _ names: [String], _ query: TaskSpecification.PermittedQuery, _ domain: TableDomain
    ) throws(QueryRefusal) -> [Int] {
        var places: [Int] = []
        for name in names {
            guard let place = domain.index(of: name) else { throw .unknownColumn(query: query.name, column: name) }
            places.append(place)
        }
        return places
    }

    private static func checkSettings(_ query: TaskSpecification.PermittedQuery) throws(QueryRefusal) {
        let adds = [.sum, .mean, .reconcile].contains(query.kind)
        let settings: [(name: String, isSet: Bool, isUsed: Bool)] = [
            ("clamp", query.clamp != nil, adds), ("unit", query.unit != nil, adds),
            ("at", !query.shares.isEmpty, query.kind == .quantile),
            ("allowance", query.allowance != nil, query.kind == .reconcile),
            ("top", query.top != nil, query.kind == .reconcile),
            ("by", !query.by.isEmpty, query.kind != .quantile && query.kind != .cardinality),
            ("where", !query.conditions.isEmpty, query.kind != .cardinality && query.kind != .linked),
        ]
        for setting in settings where setting.isSet && !setting.isUsed {
            throw .notForKind(query: query.name, kind: query.kind.rawValue, setting: setting.name)
        }
        for share in query.shares where !(share >= 0 && share <= 1) { throw .share(query: query.name, share: share) }
        if let allowance = query.allowance, !(allowance.lowerBound > 0) { throw .clamp(query: query.name) }
    }

    private static func checkColumns(
        _ query: TaskSpecification.PermittedQuery, _ columns: [Int], _ domain: TableDomain
    ) throws(QueryRefusal) {
        let (isRight, expected): (Bool, String) =
            switch query.kind {
            case .count, .cardinality, .linked: (columns.isEmpty, "nothing")
            case .sum, .mean, .quantile: (columns.count == 1, "one column")
            case .histogram: (!columns.isEmpty && Set(columns).count == columns.count, "one or more different columns")
            case .reconcile:
                (
                    (2...3).contains(columns.count) && Set(columns).count == columns.count,
                    "the exporter's value and the importer's, and log_points where the mean of the log-ratio is wanted"
                )
            }
        guard isRight else { throw .columns(query: query.name, expected: expected) }
        for column in columns {
            let domain = domain.columns[column]
            switch query.kind {
            case .sum, .mean, .reconcile:
                guard domain.type == .integer || domain.type == .number else {
                    throw .notANumber(query: query.name, column: domain.name)
                }
            case .quantile:
                guard domain.isOrdered, domain.valueCount > 0 else {
                    throw .notOrdered(query: query.name, column: domain.name)
                }
            case .count, .cardinality, .histogram, .linked: break
            }
        }
    }

    /// The unit, and the clamp in units: as declared, else the bounds of the column.
    private static func units(
        _ query: TaskSpecification.PermittedQuery, _ columns: [Int], _ domain: TableDomain
    ) throws(QueryRefusal) -> (Double, ClosedRange<Int64>) {
        guard [.sum, .mean, .reconcile].contains(query.kind) else { return (1, 0...1) }
        let unit = query.unit ?? 1
        guard unit > 0, unit.isFinite else { throw .unit(query: query.name) }
        var bounds = query.clamp
        if bounds == nil {
            for column in columns.prefix(2) {
                let domain = domain.columns[column]
                guard let first = domain.edges(of: 0), let last = domain.edges(of: domain.valueCount - 1),
                    first.lower <= last.upper
                else { throw .clamp(query: query.name) }
                bounds =
                    min(
                        bounds?.lowerBound ?? first.lower, first.lower)...max(
                        bounds?.upperBound ?? last.upper, last.upper)
            }
        }
        guard let bounds else { throw .clamp(query: query.name) }
        let (lower, upper) = ((bounds.lowerBound / unit).rounded(), (bounds.upperBound / unit).rounded())
        guard abs(lower) <= 0x1p30, abs(upper) <= 0x1p30 else { throw .unit(query: query.name) }
        guard lower < upper else { throw .clamp(query: query.name) }
        return (unit, Int64(lower)...Int64(upper))
    }

    /// One joint release: values, and for means and log-ratios the number of rows that have one.
    private static func sums(
        _ query: TaskSpecification.PermittedQuery, _ columns: [Int], _ groups: [Int], unit: Double,
        clamp: ClosedRange<Int64>, _ domain: TableDomain
    ) -> [SumQuestion] {
        func values(_ column: Int) -> SumQuestion {
            let values = domain.columns[column].numbersOfSteps().map { number -> Int64 in
                guard let number else { return 0 }
                return Int64(min(max((number / unit).rounded(), Double(clamp.lowerBound)), Double(clamp.upperBound)))
            }
            return SumQuestion(
                attribute: column, values: values, clamp: min(clamp.lowerBound, 0)...max(clamp.upperBound, 0),
                groups: groups)
        }
        func known(_ column: Int) -> SumQuestion {
            let domain = domain.columns[column]
            let values = (0..<domain.size).map { Int64($0 < domain.valueCount ? 1 : 0) }
            return SumQuestion(attribute: column, values: values, clamp: 0...1, groups: groups)
        }
        var questions = columns.prefix(2).map(values)
        if query.kind == .mean { questions.append(known(columns[0])) }
        if columns.count == 3 {
            let domain = domain.columns[columns[2]]
            let points = (0..<domain.size).map { code in domain.middle(of: code).map { Int64($0.rounded()) } ?? 0 }
            let reach = points.reduce(1) { max($0, abs($1)) }
            questions.append(known(columns[2]))
            questions.append(SumQuestion(attribute: columns[2], values: points, clamp: -reach...reach, groups: groups))
        }
        return questions
    }
}
