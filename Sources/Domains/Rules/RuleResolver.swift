import Bytes
import VectorMath

/// Finds the columns of rules, and lists every mistake that it meets on the way.
struct RuleResolver {
    let domain: TableDomain
    private(set) var problems: [RuleProblem] = []
    private(set) var checks: [RowRules.Check] = []
    private(set) var points: [ColumnPoints?]
    private(set) var valued: Set<Int> = []
    private var computations: [(rule: Int, computation: RowRules.Computation)] = []
    private let derived: [Int: Int]
    private let parents: Set<Int>
    /// Columns of ratios from which numerators are rebuilt, each with its rule.
    private let carried: [String: Int]

    init(_ domain: TableDomain) {
        self.domain = domain
        let named = Set(domain.rules.flatMap { $0.columns + [$0.addedColumn].compactMap { $0 } })
        points = domain.columns.map { named.contains($0.name) ? ColumnPoints($0) : nil }
        derived = Dictionary(
            domain.derivations.map { ($0.column, $0.parent) }, uniquingKeysWith: { first, _ in first })
        parents = Set(domain.derivations.map(\.parent))
        carried = domain.rules.enumerated().reduce(into: [:]) { carried, rule in
            switch rule.element {
            case .ratio(let name, _, _, _): carried[name] = rule.offset
            case .logPoints(let name, let numerator, let denominator):
                if domain.rules.carries(numerator: numerator, denominator: denominator) { carried[name] = rule.offset }
            case .sum, .order, .never, .differ: break
            }
        }
    }

    private mutating func report(_ rule: Int?, _ what: String, _ fix: String) {
        problems.append(RuleProblem(rule: rule, what: what, fix: fix))
    }

    private func name(_ column: Int) -> String { domain.columns[column].name }

    mutating func resolve() {
        for (place, rule) in domain.rules.enumerated() {
            let known = problems.count
            for column in rule.columns where domain.index(of: column) == nil { reportUnknown(column, place) }
            guard problems.count == known else { continue }
            switch rule {
            case .ratio(let name, let numerator, let denominator, _):
                ratio(place, name, numerator, denominator, .quotient)
            case .logPoints(let name, let numerator, let denominator):
                ratio(place, name, numerator, denominator, .logPoints)
            case .sum(let column, let terms): sum(place, column, terms)
            case .order(let columns): order(place, columns)
            case .never(let conditions): never(place, conditions)
            case .differ(let first, let second): differ(first, second)
            }
        }
        checkOrders()
    }

    private mutating func reportUnknown(_ column: String, _ rule: Int) {
        problems.append(Self.unknown(column, names: domain.columns.map(\.name), rule: rule))
    }

    static func unknown(_ column: String, names: [String], rule: Int) -> RuleProblem {
        let near = NearestWord.to(column, among: names).map { "Did you mean \"\($0)\"? " } ?? ""
        let known = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
        return RuleProblem(
            rule: rule, what: "there is no column \"\(column)\"", fix: near + "Rules name joined columns: \(known)")
    }

    /// A column of numbers; nil after a report.
    private mutating func number(_ name: String, _ rule: Int, isComputed: Bool) -> Int? {
        guard let column = domain.index(of: name) else { return nil }
        let domain = domain.columns[column]
        if let parent = derived[column] {
            report(rule, "\(name) is derived from \(self.name(parent))", "Name a column that is not derived")
            return nil
        }
        guard domain.type == .integer || domain.type == .number, points[column] != nil else {
            report(rule, "\(name) is not a column of numbers", "Name a column of type integer or number")
            return nil
        }
        if let other = carried[name] {
            report(
                rule, "\(name) is the ratio of rules[\(other)], from which a column is computed",
                "Name the columns that it is the ratio of")
            return nil
        }
        guard isComputed else { return column }
        if case .listed = domain.cells {
            report(
                rule, "\(name) has listed values and cannot be computed",
                "Declare bounds for it in place of the list")
            return nil
        }
        if parents.contains(column) {
            report(rule, "other columns are derived from \(name), which the rule computes", "Leave `derivedFrom` out")
            return nil
        }
        return column
    }

    private mutating func ratio(
        _ rule: Int, _ name: String, _ numerator: String, _ denominator: String, _ form: RowRules.Ratio.Form
    ) {
        if numerator == denominator {
            return report(rule, "\(numerator) is divided by itself", "Name two columns")
        }
        let carries = form == .quotient || domain.rules.carries(numerator: numerator, denominator: denominator)
        guard let above = number(numerator, rule, isComputed: carries),
            let under = number(denominator, rule, isComputed: false), let own = domain.index(of: name)
        else { return }
        let states = RatioStates(numerator: domain.columns[above], denominator: domain.columns[under])
        if states.canBeUndefined, domain.columns[own].missingCode == nil {
            return report(
                rule, "\(name) can be undefined but has no code for it", "Let the program add the column of a ratio")
        }
        if form == .quotient, case .bins(let binning) = domain.columns[own].cells, let a = points[above],
            let b = points[under]
        {
            let reach = Self.quotients(a, b)
            if reach.lowerBound > binning.maximum || reach.upperBound < binning.starts[0] {
                return report(
                    rule, "no values of \(numerator) and \(denominator) have a ratio within the bins of \(name)",
                    "Their bounds allow \(DecimalText.text(of: reach.lowerBound)) to "
                        + "\(DecimalText.text(of: reach.upperBound)): write other bins")
            }
        }
        add(
            .ratio(
                RowRules.Ratio(
                    name: own, numerator: above, denominator: under, form: form, carries: carries, states: states)),
            rule)
        valued.formUnion([above, under])
    }

    /// The least and the greatest quotient that bounds allow.
    static func quotients(_ numerator: ColumnPoints, _ denominator: ColumnPoints) -> ClosedRange<Double> {
        let (low, high) = (denominator.lowest.number, denominator.highest.number)
        if low <= 0, high >= 0 {
            guard numerator.lowest.number >= 0, low >= 0 else { return -.infinity ... .infinity }
            return (high > 0 ? numerator.lowest.number / high : 0) ... .infinity
        }
        let all = [numerator.lowest, numerator.highest].flatMap { a in [low, high].map { a.number / $0 } }
        return (all.min() ?? 0)...(all.max() ?? 0)
    }

    private mutating func add(_ computation: RowRules.Computation, _ rule: Int) {
        if let other = computations.first(where: { $0.computation.column == computation.column }) {
            return report(
                rule, "\(name(computation.column)) is computed by rules[\(other.rule)] too",
                "Keep one rule that computes it")
        }
        computations.append((rule, computation))
    }

    private mutating func sum(_ rule: Int, _ column: String, _ terms: [Rule.Term]) {
        guard !terms.isEmpty else { return report(rule, "the sum has no columns", "Write `of: [B, -C]`") }
        if Set(terms.map(\.column)).count < terms.count || terms.contains(where: { $0.column == column }) {
            return report(rule, "a column stands twice in the sum", "Name each column once")
        }
        guard let target = number(column, rule, isComputed: true) else { return }
        var parts: [(column: Int, isSubtracted: Bool)] = []
        for term in terms {
            guard let part = number(term.column, rule, isComputed: false) else { continue }
            parts.append((part, term.isSubtracted))
        }
        guard parts.count == terms.count, let whole = points[target] else { return }
        var (lowest, highest) = (0.0, 0.0)
        var largest = max(abs(whole.lowest.number), abs(whole.highest.number))
        for part in parts {
            guard let own = points[part.column] else { return }
            lowest += part.isSubtracted ? -own.highest.number : own.lowest.number
            highest += part.isSubtracted ? -own.lowest.number : own.highest.number
            largest = max(largest, abs(own.lowest.number), abs(own.highest.number))
            if domain.columns[part.column].missingCode != nil, domain.columns[target].missingCode == nil {
                report(
                    rule, "\(name(part.column)) can be missing and \(column) cannot",
                    "Declare `required: true` for \(name(part.column)), or let \(column) be missing")
            }
            if let unit = domain.columns[target].unit, !(domain.columns[part.column].isMultiple(of: unit)) {
                report(
                    rule, "\(column) is written in steps of \(unit.text) and \(name(part.column)) is not",
                    "Give \(name(part.column)) a `step` that is a multiple of \(unit.text), or let \(column) have none")
            }
        }
        if lowest > whole.highest.number || highest < whole.lowest.number {
            return report(
                rule,
                "the sum lies between \(DecimalText.text(of: lowest)) and \(DecimalText.text(of: highest)), outside the bounds of \(column)",
                "Widen the bounds of \(column), or correct the signs")
        }
        let digits = largest > 0 ? decimalExponent(largest) + 1 : 0
        add(.sum(RowRules.Sum(column: target, terms: parts, finest: digits - 15)), rule)
        valued.formUnion([target] + parts.map(\.column))
    }

    private mutating func order(_ rule: Int, _ columns: [String]) {
        guard columns.count >= 2, Set(columns).count == columns.count else {
            return report(rule, "an order needs two different columns or more", "Write `order: [A, B]`")
        }
        let places = columns.compactMap { domain.index(of: $0) }
        for place in places where points[place] == nil {
            report(rule, "\(name(place)) is neither a number nor a date", "An order is of numbers or of dates")
        }
        let dates = places.count { domain.columns[$0].type == .date }
        if dates != 0, dates != places.count {
            return report(rule, "dates are compared with numbers", "An order is of numbers or of dates")
        }
        for (first, second) in zip(places, places.dropFirst()) {
            guard let one = points[first], let other = points[second] else { return }
            if one.lowest > other.highest {
                return report(
                    rule, "every value of \(name(first)) is above every value of \(name(second))",
                    "Correct the bounds, or turn the order round")
            }
            checks.append(.order(first, second))
        }
        valued.formUnion(places)
    }

    private mutating func never(_ rule: Int, _ conditions: [Rule.Condition]) {
        guard !conditions.isEmpty else {
            return report(rule, "the rule has no conditions", "Write `never: {A: [x], B: {below: 16}}`")
        }
        guard Set(conditions.map(\.column)).count == conditions.count else {
            return report(rule, "a column stands twice in the rule", "Name each column once")
        }
        var tests: [RuleTest] = []
        for condition in conditions {
            guard let column = domain.index(of: condition.column) else { continue }
            do throws(RuleProblems) {
                tests.append(
                    try RuleTest(condition, column: column, domain: domain.columns[column], points: points[column]))
            } catch {
                for problem in error.problems { report(rule, problem.what, problem.fix) }
            }
        }
        guard tests.count == conditions.count else { return }
        if tests.allSatisfy({ $0.reach.allSatisfy { $0 == .everything } }) {
            return report(rule, "every row meets these conditions, so none is left", "Leave a value out of a list")
        }
        checks.append(.never(tests.map(rooted)))
        valued.formUnion(tests.map(\.column).filter { points[$0] != nil })
    }

    /// The same condition on the column that a derived one follows from.
    private func rooted(_ test: RuleTest) -> RuleTest {
        var test = test
        for _ in domain.columns {
            guard let derivation = domain.derivations.first(where: { $0.column == test.column }) else { break }
            test = RuleTest(test, parent: derivation.parent, map: derivation.map)
        }
        return test
    }

    private mutating func differ(_ first: String, _ second: String) {
        guard let one = domain.index(of: first), let other = domain.index(of: second) else { return }
        let texts = (0..<domain.columns[other].valueCount).map { domain.columns[other].text(of: $0, fraction: 0) }
        checks.append(
            .differ(
                one, other,
                same: (0..<domain.columns[one].size).map { code in
                    domain.columns[one].isMissing(code)
                        ? nil : texts.firstIndex(of: domain.columns[one].text(of: code, fraction: 0))
                }))
    }

    /// A circle of orders would make its columns equal.
    private mutating func checkOrders() {
        var after: [Int: Set<Int>] = [:]
        for check in checks {
            if case .order(let first, let second) = check { after[first, default: []].insert(second) }
        }
        func reaches(_ start: Int, _ end: Int, _ seen: inout Set<Int>) -> Bool {
            for next in after[start] ?? [] where seen.insert(next).inserted {
                if next == end || reaches(next, end, &seen) { return true }
            }
            return false
        }
        for column in after.keys.sorted() {
            var seen: Set<Int> = []
            if reaches(column, column, &seen) {
                return report(
                    nil, "the orders go in a circle through \(name(column))",
                    "Take one of them out: in a circle all columns would be equal")
            }
        }
    }

    /// The computations, each after those that it needs; nil after a report.
    mutating func ordered() -> [RowRules.Computation]? {
        var waiting = computations
        var result: [RowRules.Computation] = []
        while !waiting.isEmpty {
            let open = Set(waiting.map(\.computation.column))
            let ready = waiting.filter { !$0.computation.sources.contains(where: open.contains) }
            guard !ready.isEmpty else {
                report(
                    waiting.first?.rule,
                    "\(waiting.map { name($0.computation.column) }.joined(separator: " and ")) are computed of each other",
                    "Take one of these rules out")
                return nil
            }
            result += ready.map(\.computation)
            waiting.removeAll { !$0.computation.sources.contains(where: open.contains) }
        }
        return result
    }
}

extension ColumnDomain {
    /// What every written value is a multiple of; nil for numbers without a step.
    fileprivate var unit: ExactDecimal? {
        if case .bins(let binning) = cells, let step = binning.step { return step }
        return type == .integer ? ExactDecimal(digits: 1, exponent: 0) : nil
    }

    fileprivate func isMultiple(of unit: ExactDecimal) -> Bool {
        func isMultiple(_ value: ExactDecimal) -> Bool {
            let ratio = value.number / unit.number
            return abs(ratio - ratio.rounded()) < 1e-9
        }
        if let own = self.unit { return isMultiple(own) }
        if case .listed(let texts, _, _) = cells {
            return texts.allSatisfy { ExactDecimal(text: $0).map(isMultiple) ?? false }
        }
        return false
    }
}
