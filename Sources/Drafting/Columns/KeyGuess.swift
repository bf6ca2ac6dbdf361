internal import Domains
internal import Tables
internal import Tasks

/// Which columns of the samples are the key, how it is normalised, and which pattern all its texts have.
///
/// A key is never a column without a name, a row number or a measure. Of what is left, the columns are taken that have the
/// most values in common.
struct KeyGuess {
    /// For each table the places of its key's columns.
    private(set) var columns: [[Int]]
    private(set) var normalise: [KeyRule.Normalisation] = [.trim]
    private(set) var pattern = ""
    /// The most rows that have one key, over all tables.
    private(set) var rowsPerKey = 1
    /// What the person who drafts should know: how many keys the samples share, and what is odd about them.
    private(set) var remarks: [String] = []

    private static let mostCandidates = 6
    /// Composite keys have no more parts.
    private static let mostParts = 5

    init(_ tables: [SampleTable], _ facts: [[ColumnFacts]]) throws {
        let candidates = zip(tables, facts).map { Self.candidates($0, $1) }
        columns = []
        if let found = Self.mostShared(tables, candidates) {
            columns = found.columns.map { [$0] }
            normalise = found.normalise
            remarks.append(found.remark)
        } else {
            columns = try Self.fallback(tables, facts, candidates)
            let sets = zip(tables, columns).map { Set(Self.keys($0, $1, normalise)).subtracting([""]) }
            let common = sets.dropFirst().reduce(sets.first ?? []) { $0.intersection($1) }.count
            remarks.append(
                common > 0
                    ? "\(common) of \(sets.map(\.count).min() ?? 0) keys are in all samples: look whether they are the right columns"
                    : "none of the keys (\(zip(tables, columns).map { table, places in places.map { table.header[$0] }.joined(separator: "|") }.joined(separator: ", "))) is in all samples: "
                        + "the join would be empty. Look for another column, for capitals, blanks, zeros in front or signs between"
            )
        }
        let keys = zip(tables, columns).map { Self.keys($0, $1, normalise) }
        for (table, keys) in zip(tables, keys) {
            let counts = Dictionary(
                keys.filter { !$0.isEmpty }.map { (Array($0.utf8), 1) }, uniquingKeysWith: +)
            let most = counts.values.max() ?? 1
            rowsPerKey = min(max(rowsPerKey, most), TaskSpecification.Join.mostRowsPerKey)
            if most > 1 {
                let several = counts.values.count { $0 > 1 }
                remarks.append(
                    "\(table.file): \(several) keys stand in several rows, up to \(most); so rows_per_key is \(most) at least"
                )
            }
            let blank = keys.count(where: \.isEmpty)
            if blank > 0 {
                remarks.append(
                    "\(table.file): \(blank) \(blank == 1 ? "row has" : "rows have") no key, and the service refuses "
                        + (blank == 1 ? "it" : "them"))
            }
            if keys.contains(where: { $0.contains("e+") || $0.contains("E+") }) {
                remarks.append(
                    "\(table.file): keys are in scientific notation (1e+05), which a spreadsheet wrote: export the column as text"
                )
            }
        }
        let parts = zip(tables, columns).flatMap { table, places in
            places.flatMap { Self.normalised(table.columns[$0], normalise) }
        }
        pattern = Self.pattern(parts.filter { !$0.isEmpty }, isWhole: columns.allSatisfy { $0.count == 1 })
    }

    // MARK: - Candidates

    static let measures: Set<String> = [
        "value", "amount", "turnover", "income", "price", "cost", "sum", "total", "wage", "wages", "salary", "balance",
        "revenue",
        "quantity", "qty", "weight", "netweight", "minutes", "staff", "score", "rate", "share", "charge", "charges",
        "age", "profit",
        "sales", "usd", "eur", "date",
    ]
    private static let names: Set<String> = [
        "id", "key", "code", "nr", "no", "number", "identifier", "customer", "firm", "person", "vat",
    ]

    /// Columns of a table that may be its key, the best first.
    private static func candidates(_ table: SampleTable, _ facts: [ColumnFacts]) -> [Int] {
        var ranked: [(place: Int, rank: Int)] = []
        for (place, column) in facts.enumerated() where !table.header[place].isEmpty {
            guard column.core.count * 10 >= column.values.count * 9, column.counts.count > 1,
                column.counts.count * 10 >= column.core.count * 9
            else { continue }
            guard let rank = rank(column) else { continue }
            ranked.append((place, rank + (column.counts.count == column.values.count ? 0 : 1)))
        }
        return ranked.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.prefix(mostCandidates).map(\.place)
    }

    /// How much a column looks like a key, 0 most; nil for a measure, a date, free text or a row number.
    private static func rank(_ column: ColumnFacts) -> Int? {
        let core = column.core
        let isNamed = column.isCalled(names)
        if column.isCalled(["index", "unnamed", "rownum", "rownumber", "row"]) { return nil }
        let areDigits = core.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        if areDigits {
            let hasZeros = core.contains { $0.utf8.count > 1 && $0.utf8.first == 48 }
            if !hasZeros, isRowNumber(column), !isNamed { return nil }
            if hasZeros || isNamed { return 0 }
            let isFixed = Set(core.map(\.utf8.count)).count == 1
            return column.isCalled(measures) ? nil : isFixed && (core.first?.utf8.count ?? 0) > 3 ? 4 : nil
        }
        let sample = Array(core.prefix(500))
        if sample.count(where: { NumberSpelling.isNumber($0) }) * 2 > sample.count {
            return isNamed && !column.isCalled(measures) ? 2 : nil
        }
        if sample.count(where: { DateSpelling.isDate($0) }) * 2 > sample.count { return nil }
        let length = sample.reduce(0) { $0 + $1.utf8.count } / max(1, sample.count)
        if length > 128 { return nil }
        return isNamed ? 0 : sample.contains { $0.contains(" ") } ? 6 : 2
    }

    /// 0, 1, 2, … in the order of the rows.
    static func isRowNumber(_ column: ColumnFacts) -> Bool {
        guard let first = Int(column.values.first ?? ""), first == 0 || first == 1 else { return false }
        return zip(column.values, first...).allSatisfy { Int($0) == $1 }
    }

    // MARK: - What the samples share

    private struct Shared {
        var columns: [Int]
        var normalise: [KeyRule.Normalisation]
        var remark: String
    }

    private static func mostShared(_ tables: [SampleTable], _ candidates: [[Int]]) -> Shared? {
        guard candidates.allSatisfy({ !$0.isEmpty }) else { return nil }
        var best: (columns: [Int], normalise: [KeyRule.Normalisation], share: Double, common: Int)?
        for normalise in normalisations(tables, candidates) {
            let sets = zip(tables, candidates).map { table, places in
                places.map { place in (place, distinct(table.columns[place], normalise)) }
            }
            for (first, keys) in sets[0] {
                var (columns, share, common) = ([first], 1.0, Int.max)
                for (index, other) in sets.enumerated().dropFirst() {
                    // Of columns with as many keys in common the one of the same name goes first.
                    let name = tables[0].header[first]
                    let found = other.map { place, others in (place, others, keys.intersection(others).count) }
                        .max {
                            ($0.2, tables[index].header[$0.0] == name ? 1 : 0, -$0.0) < (
                                $1.2, tables[index].header[$1.0] == name ? 1 : 0, -$1.0
                            )
                        }
                    guard let found else { continue }
                    columns.append(found.0)
                    share = min(share, Double(found.2) / Double(max(1, min(keys.count, found.1.count))))
                    common = min(common, found.2)
                }
                guard common > 0, share >= 0.02 else { continue }
                // A step more is worth it only if it finds more keys.
                if best.map({ share > $0.share + 0.001 }) ?? true { best = (columns, normalise, share, common) }
            }
        }
        guard let best else { return nil }
        let counts = zip(tables, best.columns).map {
            distinct($0.columns[$1], best.normalise).count
        }
        let words = best.normalise.map(\.word).joined(separator: ", ")
        let place = tables.count == 2 ? "both samples" : "all samples"
        let names = Set(zip(tables, best.columns).map { $0.header[$1] }).sorted().joined(separator: ", ")
        return Shared(
            columns: best.columns, normalise: best.normalise,
            remark: "\(best.common) of \(counts.min() ?? 0) keys (\(names); normalise: \(words)) are in \(place)")
    }

    /// The keys of a column by their bytes, as the service compares them: to `String` an accent that is a letter of its own is
    /// the same as one that is not.
    private static func distinct(_ values: [String], _ steps: [KeyRule.Normalisation]) -> Set<[UInt8]> {
        Set(normalised(values, steps).map { Array($0.utf8) }).subtracting([[]])
    }

    /// The steps to try, the simplest first.
    private static func normalisations(_ tables: [SampleTable], _ candidates: [[Int]]) -> [[KeyRule.Normalisation]] {
        let texts = zip(tables, candidates).flatMap { table, places in
            places.flatMap { table.columns[$0].prefix(20_000).map { ColumnFacts.trimmed($0) } }
        }
        let upper = texts.count { text in text.contains(where: \.isUppercase) && !text.contains(where: \.isLowercase) }
        let lower = texts.count { text in text.contains(where: \.isLowercase) && !text.contains(where: \.isUppercase) }
        let casing: KeyRule.Normalisation = upper > lower ? .upper : .lower
        var steps: [[KeyRule.Normalisation]] = [[.trim]]
        let hasCases =
            texts.contains { $0.contains(where: \.isLowercase) } && texts.contains { $0.contains(where: \.isUppercase) }
        let hasMarks = texts.contains { $0.utf8.contains { $0 >= 0x80 } }
        if hasMarks { steps.append([.trim, .nfc]) }
        if hasCases { steps.append([.trim, casing]) }
        if hasCases, hasMarks { steps.append([.trim, .nfc, casing]) }
        let filled = texts.filter { text in text.utf8.first == 48 && text.utf8.allSatisfy { (48...57).contains($0) } }
        if let width = filled.map(\.utf8.count).max(), width > 1, width <= 64 {
            steps += steps.map { $0 + [.zeroFill(width)] }
        }
        return steps
    }

    static func normalised(_ values: [String], _ steps: [KeyRule.Normalisation]) -> [String] {
        values.map { value in
            var text = value
            for step in steps {
                switch step {
                case .trim: text = blanksTrimmed(text)
                case .upper: text = text.uppercased()
                case .lower: text = text.lowercased()
                case .nfc: text = text.composed
                case .zeroFill(let width):
                    if !text.isEmpty { text = String(repeating: "0", count: max(0, width - text.count)) + text }
                }
            }
            return text
        }
    }

    /// Without the blanks that the service's reader takes off: spaces and tabulators alone.
    private static func blanksTrimmed(_ text: String) -> String {
        guard text.contains(where: { $0 == " " || $0 == "\t" }) else { return text }
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    // MARK: - Where nothing is shared

    private static func keys(_ table: SampleTable, _ places: [Int], _ steps: [KeyRule.Normalisation]) -> [String] {
        let parts = places.map { normalised(table.columns[$0], steps) }
        guard let first = parts.first else { return [] }
        return first.indices.map { row in
            parts.contains { $0[row].isEmpty } ? "" : parts.map { $0[row] }.joined(separator: "|")
        }
    }

    private static func fallback(_ tables: [SampleTable], _ facts: [[ColumnFacts]], _ candidates: [[Int]]) throws
        -> [[Int]]
    {
        let shared = candidates.first?.first { place in
            tables.indices.dropFirst().allSatisfy { index in
                candidates[index].contains { tables[index].header[$0] == tables[0].header[place] }
            }
        }
        let name = shared.map { tables[0].header[$0] } ?? "id"
        return try tables.indices.map { index in
            if let place = candidates[index].first(where: { tables[index].header[$0] == name })
                ?? candidates[index].first
            {
                return [place]
            }
            if let places = composite(tables[index], facts[index]) { return places }
            // A column called so is meant to be the key, whatever it holds.
            if let place = tables[index].header.firstIndex(where: { ["id", "key"].contains($0.lowercased()) }) {
                return [place]
            }
            // A sample of one row or two tells nothing of what tells rows apart.
            if tables[index].rowCount < 3,
                let place = facts[index].firstIndex(where: {
                    !$0.name.isEmpty && !$0.core.isEmpty && !$0.isCalled(measures)
                })
            {
                return [place]
            }
            throw LocalTableFile.Refusal(
                name: tables[index].file, code: "key", expected: "a column, or several, that tell the rows apart",
                hint:
                    "Every column is a measure, a row number or without a name: add the key that the other tables have")
        }
    }

    /// The fewest columns, none of them a measure, that tell the rows apart, or nearly so.
    private static func composite(_ table: SampleTable, _ facts: [ColumnFacts]) -> [Int]? {
        var open = facts.indices.filter { place in
            let column = facts[place]
            guard !table.header[place].isEmpty, column.blanks == 0, column.missing.isEmpty, column.counts.count > 1,
                !column.isCalled(measures), !isRowNumber(column)
            else { return false }
            let sample = column.core.prefix(200)
            return !sample.contains { $0.contains("|") }
                && !sample.contains { $0.contains(".") && NumberSpelling.isPlain($0) }
        }
        var places: [Int] = []
        var distinct = 0
        while distinct < table.rowCount, places.count < mostParts, !open.isEmpty {
            let counts = open.prefix(40).map { place in Set(keys(table, places + [place], [.trim])).count }
            guard let most = counts.indices.max(by: { (counts[$0], -$0) < (counts[$1], -$1) }), counts[most] > distinct
            else { break }
            distinct = counts[most]
            places.append(open.remove(at: most))
        }
        return places.isEmpty || distinct * 2 < table.rowCount ? nil : places
    }

    // MARK: - The pattern

    /// A pattern that all texts match, and that tells no more of them than which signs they have and how long they are about.
    static func pattern(_ texts: [String], isWhole: Bool) -> String {
        let bytes = texts.reduce(into: Set<UInt8>()) { $0.formUnion($1.utf8) }
        // A pattern counts characters of Unicode, not bytes.
        let longest = texts.map(\.unicodeScalars.count).max() ?? 1
        let shortest = texts.map(\.unicodeScalars.count).min() ?? 1
        // Lengths that differ say how large the keys get: round outward.
        let steps = [8, 16, 32, 64, 128, 256, 512, 1_024]
        let length =
            shortest == longest && longest >= 4 ? "{\(longest)}" : "{1,\(steps.first { $0 >= longest } ?? 1_024)}"
        var kinds = ""
        if bytes.contains(where: { (0x41...0x5A).contains($0) }) { kinds += "A-Z" }
        if bytes.contains(where: { (0x61...0x7A).contains($0) }) { kinds += "a-z" }
        if bytes.contains(where: { (0x30...0x39).contains($0) }) { kinds += "0-9" }
        let signs = bytes.filter { byte in
            !(0x41...0x5A).contains(byte) && !(0x61...0x7A).contains(byte) && !(0x30...0x39).contains(byte)
        }.sorted()
        let usual: Set<UInt8> = Set("._|/@+=:#, ".utf8)
        guard signs.allSatisfy({ usual.contains($0) || $0 == 0x2D }), isWhole || !signs.contains(0x7C) else {
            return "^.\(length)$"
        }
        let plain = signs.filter { $0 != 0x2D }.map { String(UnicodeScalar($0)) }.joined()
        return "^[\(kinds)\(plain)\(signs.contains(0x2D) ? "-" : "")]\(length)$"
    }
}
