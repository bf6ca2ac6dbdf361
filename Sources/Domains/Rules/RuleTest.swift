/// One condition of a `never` rule, resolved against the domain of its column.
package struct RuleTest: Sendable {
    enum Reach: Sendable {
        case nothing, part, everything
    }

    /// One end of a range.
    struct Limit: Sendable {
        let value: ExactDecimal
        let isIncluded: Bool
    }

    let column: Int
    /// For each code of the column how much of it the condition covers.
    let reach: [Reach]
    private let points: ColumnPoints?
    private let numbers: [ExactDecimal]
    private let lower: Limit?
    private let upper: Limit?

    /// - Parameters:
    ///   - domain: of the column.
    ///   - points: its numbers; nil for text and truth values.
    /// - Throws: what is wrong with the condition, and what to do.
    init(
        _ condition: Rule.Condition, column: Int, domain: ColumnDomain, points: ColumnPoints?
    ) throws(RuleProblems) {
        func problem(_ what: String, _ fix: String) -> RuleProblems {
            RuleProblems([RuleProblem(rule: nil, what: what, fix: fix)])
        }
        self.column = column
        self.points = points
        var codes = Set<Int>()
        var numbers: [ExactDecimal] = []
        for text in condition.values ?? [] {
            guard let code = domain.code(of: text) else {
                throw problem("\(domain.name) has no value \"\(text)\"", "Expected here: \(domain.expectation)")
            }
            if let points, points.cells[code] != nil {
                // Each once, however often and in whatever form it is written: the covered points of a cell are counted.
                guard let number = Self.number(text, domain), !numbers.contains(number) else { continue }
                numbers.append(number)
            } else {
                codes.insert(code)
            }
        }
        func limit(_ text: String?) throws(RuleProblems) -> ExactDecimal? {
            guard let text else { return nil }
            guard points != nil, let number = Self.number(text, domain) else {
                throw problem(
                    "\(domain.name) cannot be compared with \"\(text)\"",
                    points == nil ? "Write a list of its values" : "Write a number, or a date as 2022-12-31")
            }
            return number
        }
        let (below, above) = (try limit(condition.below), try limit(condition.above))
        let (from, to) = (try limit(condition.from), try limit(condition.to))
        lower = above.map { Limit(value: $0, isIncluded: false) } ?? from.map { Limit(value: $0, isIncluded: true) }
        upper = below.map { Limit(value: $0, isIncluded: false) } ?? to.map { Limit(value: $0, isIncluded: true) }
        if (above != nil && from != nil) || (below != nil && to != nil) {
            throw problem("\(domain.name) has two limits on one side", "Keep one of them")
        }
        self.numbers = numbers
        let hasLimits = lower != nil || upper != nil
        guard hasLimits || condition.values?.isEmpty == false || condition.includesMissing else {
            throw problem("the condition on \(domain.name) is empty", "Write values, or below, above, from or to")
        }
        if condition.includesMissing, domain.missingCode == nil {
            throw problem("\(domain.name) is never missing", "Leave the empty value out")
        }
        let (low, high) = (lower, upper)
        reach = (0..<domain.size).map { code in
            if domain.isMissing(code) { return condition.includesMissing ? .everything : .nothing }
            guard let cell = points?.cells[code] else { return codes.contains(code) ? .everything : .nothing }
            let covered =
                hasLimits
                ? Self.matches(cell, low, high).map { $0.count } ?? 0
                : numbers.reduce(0) { $0 + (cell.index(of: $1) == nil ? 0 : 1) }
            return covered == 0 ? .nothing : Int64(covered) == cell.count ? .everything : .part
        }
        guard reach.contains(where: { $0 != .nothing }) else {
            throw problem(
                "no value of \(domain.name) meets the condition", "Expected here: \(domain.expectation)")
        }
    }

    private static func number(_ text: String, _ domain: ColumnDomain) -> ExactDecimal? {
        guard domain.type == .date else { return DecimalText.number(of: text).flatMap { ExactDecimal($0) } }
        return CalendarDate.day(of: text).map { ExactDecimal(digits: Int64($0), exponent: 0) }
    }

    /// The points of a cell within limits.
    private static func matches(
        _ cell: ColumnPoints.Cell, _ lower: Limit?,
        _ upper: Limit?
    ) -> Range<Int64>? {
        let first = lower.map { cell.count(below: $0.value, orEqual: !$0.isIncluded) } ?? 0
        let end = upper.map { cell.count(below: $0.value, orEqual: $0.isIncluded) } ?? cell.count
        return first < end ? first..<end : nil
    }

    /// Whether a row's value meets the condition.
    func holds(code: Int, value: ExactDecimal?) -> Bool {
        // A quotient lies between the points of its cell, so the number itself is looked at where there is one.
        guard points?.cells[code] != nil, let value else { return reach[code] == .everything }
        if lower == nil, upper == nil { return numbers.contains(value) }
        let isAbove = lower.map { $0.value < value || ($0.isIncluded && $0.value == value) } ?? true
        let isBelow = upper.map { value < $0.value || ($0.isIncluded && $0.value == value) } ?? true
        return isAbove && isBelow
    }

    /// The points of a code that do not meet the condition.
    func escapes(of code: Int) -> [ClosedRange<Int64>] {
        let count = points?.cells[code]?.count ?? 1
        switch reach[code] {
        case .everything: return []
        case .nothing: return [0...(count - 1)]
        case .part:
            guard let cell = points?.cells[code] else { return [] }
            let covered: [Range<Int64>] =
                lower == nil && upper == nil
                ? numbers.compactMap { cell.index(of: $0) }.sorted().map { $0..<($0 + 1) }
                : [Self.matches(cell, lower, upper)].compactMap { $0 }
            var free: [ClosedRange<Int64>] = []
            var next: Int64 = 0
            for range in covered {
                if range.lowerBound > next { free.append(next...(range.lowerBound - 1)) }
                next = max(next, range.upperBound)
            }
            if next < count { free.append(next...(count - 1)) }
            return free
        }
    }
}

extension ColumnPoints.Cell {
    /// How many points lie below a value.
    func count(below value: ExactDecimal, orEqual: Bool) -> Int64 {
        var (low, high) = (Int64(0), count)
        while low < high {
            let middle = low + (high - low) / 2
            let one = point(middle)
            if one < value || (orEqual && one == value) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The place of a value among the points, or nil.
    func index(of value: ExactDecimal) -> Int64? {
        let place = count(below: value, orEqual: false)
        return place < count && point(place) == value ? place : nil
    }
}

extension RuleTest {
    /// A condition on a derived column, told of its parent.
    init(_ test: RuleTest, parent: Int, map: [UInt32]) {
        column = parent
        reach = map.map { test.reach[Int($0)] }
        points = nil
        numbers = []
        lower = nil
        upper = nil
    }
}
