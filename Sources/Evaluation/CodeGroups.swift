import Domains
import Tables

/// A column's codes put together for a chart, a table or a measurement.
public struct CodeGroups: Sendable, Equatable {
    /// The group of each code.
    public let map: [Int]
    /// What each group is called.
    public let labels: [String]
    /// How many groups there are.
    public var count: Int { labels.count }

    init(map: [Int], labels: [String]) {
        self.map = map
        self.labels = labels
    }

    /// Every code is a group of its own.
    init(whole column: ColumnDomain) {
        self.init(map: Array(0..<column.size), labels: (0..<column.size).map { column.reportLabel($0) })
    }

    /// Given groups, named by what is in them.
    init(_ column: ColumnDomain, map: [Int], count: Int) {
        var members = [[Int]](repeating: [], count: count)
        for (code, group) in map.enumerated() { members[group].append(code) }
        self.init(map: map, labels: members.map { column.reportLabel(of: $0) })
    }

    /// At most `limit` groups: neighbours of an ordered column with about equal shares; elsewhere the commonest values,
    /// and the rest in one. `other` and missing keep to themselves.
    init(_ column: ColumnDomain, shares: [Double], limit: Int) {
        guard column.size > limit else {
            self.init(whole: column)
            return
        }
        let extras = column.size - column.valueCount
        let room = max(2, limit - extras)
        var map = [Int](repeating: 0, count: column.size)
        var used = 0
        if column.isOrdered {
            var left = shares.prefix(column.valueCount).reduce(0, +)
            var filled = 0.0
            for code in 0..<column.valueCount {
                let goal = left / Double(room - used)
                if code > 0, used < room - 1, filled > 0, filled + shares[code] / 2 > goal {
                    left -= filled
                    filled = 0
                    used += 1
                }
                map[code] = used
                filled += shares[code]
            }
        } else {
            let order = (0..<column.valueCount).sorted { (shares[$0], $1) > (shares[$1], $0) }
            let kept = Set(order.prefix(room - 1))
            used = room - 1
            var next = 0
            for code in 0..<column.valueCount {
                map[code] = kept.contains(code) ? next : room - 1
                if kept.contains(code) { next += 1 }
            }
        }
        for extra in 0..<extras { map[column.valueCount + extra] = used + 1 + extra }
        self.init(column, map: map, count: used + 1 + extras)
    }

    /// Sums of a figure for each code.
    func sums(_ values: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: count)
        for (code, group) in map.enumerated() { result[group] += values[code] }
        return result
    }
}

extension ColumnDomain {
    /// A page's name for a code; missing has its own word.
    func reportLabel(_ code: Int) -> String {
        if code == missingCode { return "(missing)" }
        let label = label(of: code)
        return label.isEmpty ? "(empty)" : label
    }

    /// What a page calls several codes together.
    fileprivate func reportLabel(of codes: [Int]) -> String {
        guard let first = codes.first, let last = codes.last else { return "(none)" }
        if codes.count == 1 { return reportLabel(first) }
        let isRun = isOrdered && last - first == codes.count - 1 && last < valueCount
        if isRun { return "\(reportLabel(first)) … \(reportLabel(last))" }
        return codes.count == 2
            ? "\(reportLabel(first)) or \(reportLabel(last))" : "\(codes.count) other values"
    }
}
