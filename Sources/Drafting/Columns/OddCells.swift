internal import Domains
internal import Foundation
internal import Tables

/// What a person should know about the cells of a column before anybody relies on how they were read. It may quote the file, so
/// it is for its owner alone.
enum OddCells {
    /// Dates of which day and month could be the other way round, years without a century, numbers among words, and days that a
    /// spreadsheet counts since 1900.
    static func remarks(_ facts: ColumnFacts, rowNumbers: [Int]) -> [String] {
        guard !facts.core.isEmpty else { return [] }
        let dates = DateSpelling(of: facts.core)
        if dates.count * 10 >= facts.core.count * 8 { return remarks(facts.name, dates) }
        if let artefact = artefact(facts, rowNumbers: rowNumbers) { return [artefact] }
        let numbers = facts.oddNumbers
        // Among numbers a few words are what is odd.
        let isNumeric = NumberSpelling(of: facts.core, prefersComma: false).count * 10 >= facts.core.count * 8
        if !numbers.isEmpty, !isNumeric {
            let rows = facts.values.indices.filter { numbers.contains(facts.values[$0]) }
            return [
                "\(facts.name): \(rows.count) of \(facts.values.count) cells are numbers among words "
                    + "(\(Self.rows(rows, rowNumbers)))"
            ]
        }
        if isEitherNumber(facts) {
            return [
                "\(facts.name): every number can be read as thousands (1.234 for 1234) and as a fraction: look which one the file "
                    + "means, and declare groupChar or decimalChar"
            ]
        }
        if isSerial(facts) {
            return [
                "\(facts.name): its numbers look like days that a spreadsheet counts since 1900: export the column as dates"
            ]
        }
        return []
    }

    /// What a spreadsheet leaves in a file in place of values: texts that no cell held.
    static func artefact(_ facts: ColumnFacts, rowNumbers: [Int]) -> String? {
        let kinds: [((String) -> Bool, String)] = [
            (
                { $0.count > 2 && $0.allSatisfy { $0 == "#" } },
                "hold only signs of #, which a spreadsheet writes for a column that is too narrow: make it wider and "
                    + "export again"
            ),
            (
                isShortened,
                "are in scientific notation (such as 1.23E+12), which a spreadsheet wrote and which lost digits: export the column "
                    + "as text"
            ),
            (
                { $0.hasPrefix("=\"") && $0.hasSuffix("\"") && $0.count > 2 },
                "are written as =\"…\", as a spreadsheet is told to read a text: let `entrepot prepare` write the text"
            ),
            (
                { $0.hasPrefix("=") && $0.count > 1 },
                "begin with a sign of =, as formulas do: export their values"
            ),
        ]
        for (isSo, what) in kinds {
            let rows = facts.values.indices.filter { isSo(facts.values[$0]) }
            guard !rows.isEmpty else { continue }
            return
                "\(facts.name): \(rows.count) of \(facts.values.count) cells \(what) (\(Self.rows(rows, rowNumbers)))"
        }
        return nil
    }

    /// `1.23457E+11`: of twelve digits or more, of which not all are written.
    private static func isShortened(_ text: String) -> Bool {
        let parts = text.split(separator: "E+", omittingEmptySubsequences: false)
        guard parts.count == 2, let power = Int(parts[1]), power >= 11, Double(text) != nil else { return false }
        return parts[0].utf8.count { (48...57).contains($0) } <= power
    }

    /// What one should know about dates that were read so.
    private static func remarks(_ name: String, _ dates: DateSpelling) -> [String] {
        var remarks: [String] = []
        if let other = dates.alternative, let format = dates.format, order(other) != order(format) {
            remarks.append(
                "\(name): every date can be read with the \(order(format)) first, as was done, and with the \(order(other)) first: "
                    + "look which one the file means")
        }
        if dates.hasShortYear {
            remarks.append(
                "\(name): years of two digits were read as \(dates.latestYear - 99) to \(dates.latestYear): write four where that is "
                    + "wrong")
        }
        return remarks
    }

    private static func order(_ format: String) -> String {
        let places = ["%d": "day", "%m": "month", "%b": "month", "%y": "year", "%Y": "year"].compactMap { sign, word in
            format.range(of: sign).map { (format.distance(from: format.startIndex, to: $0.lowerBound), word) }
        }
        return places.min { $0.0 < $1.0 }?.1 ?? "year"
    }

    /// Cells of a column of numbers or dates that are neither, by their rows; nil where there are none.
    static func strays(_ facts: ColumnFacts, prefersComma: Bool, rowNumbers: [Int]) -> String? {
        let core = facts.core.count
        let dates = DateSpelling(of: facts.core)
        let isDate = dates.count * 10 >= core * 8
        let numbers = isDate ? nil : NumberSpelling(of: facts.core, prefersComma: prefersComma)
        let count = numbers?.count ?? dates.count
        guard core > 0, count < core, count * 10 >= core * 8 else { return nil }
        let rows = facts.values.indices.filter { row in
            let text = facts.values[row]
            guard !text.isEmpty, !facts.missing.contains(text) else { return false }
            return numbers.map { NumberSpelling.value(text, $0.writing) == nil } ?? (dates.day(of: text) == nil)
        }
        guard !rows.isEmpty else { return nil }
        return
            "\(facts.name): \(rows.count) \(rows.count == 1 ? "cell is" : "cells are") no \(isDate ? "date" : "number") "
            + "(\(Self.rows(rows, rowNumbers)))"
    }

    /// Few numbers that are far from all others, as a slip of the hand or a placeholder is: they make the bounds wide and every bin
    /// with them. At most one of a hundred, and each ten times as large as the rest.
    static func outliers(
        _ facts: ColumnFacts, _ numbers: NumberSpelling, rowNumbers: [Int], except missing: Set<String>
    ) -> String? {
        let sizes = facts.values.indices.filter { !missing.contains(facts.values[$0]) }.compactMap { row in
            NumberSpelling.value(facts.values[row], numbers.writing).map { (row: row, size: abs($0)) }
        }.sorted { $0.size < $1.size }
        guard sizes.count >= 50 else { return nil }
        let far = (sizes.count - max(1, sizes.count / 100)..<sizes.count).first { place in
            sizes[place - 1].size > 0 && sizes[place].size >= 10 * sizes[place - 1].size
        }
        guard let far else { return nil }
        let rows = sizes[far...].map(\.row).sorted()
        return
            "\(facts.name): \(rows.count) \(rows.count == 1 ? "number is" : "numbers are") ten times as large as all others or more "
            + "(\(Self.rows(rows, rowNumbers))), and the bounds hold \(rows.count == 1 ? "it" : "them"): where it is a slip, write "
            + "narrower bounds, to which `entrepot prepare` clips"
    }

    static func rows(_ rows: [Int], _ numbers: [Int]) -> String {
        "row " + rows.prefix(5).map { String(numbers[$0]) }.joined(separator: ", ") + (rows.count > 5 ? ", …" : "")
    }

    /// Whether each number has one point or comma with three digits behind it, and one to three before.
    private static func isEitherNumber(_ facts: ColumnFacts) -> Bool {
        facts.counts.count >= 3
            && facts.counts.keys.prefix(1_000).allSatisfy { text in
                let parts = text.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
                return parts.count == 2 && (1...3).contains(parts[0].utf8.count) && parts[1].utf8.count == 3
                    && parts[0] != "0" && parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
            }
    }

    /// Whole numbers from 1950 to 2050 as a spreadsheet counts days, in a column that is called a date.
    private static func isSerial(_ facts: ColumnFacts) -> Bool {
        facts.isCalled(["date", "day", "datum", "fecha", "data", "dato"])
            && facts.core.allSatisfy { text in text.utf8.count == 5 && (18_264...55_153).contains(Int(text) ?? 0) }
    }
}
