import Domains

/// Lines at the end that are no rows: a total, a source, notes.
extension RecognisedLayout {
    /// What a line of totals is called, in the languages of the offices that we have seen.
    private static let totals: Set<String> = [
        "total", "totals", "grand total", "sum", "summe", "gesamt", "gesamtsumme", "insgesamt", "somme",
        "total général",
        "total general", "ensemble", "totale", "totale generale", "suma", "suma total", "totaal", "razem", "ogółem",
        "celkem", "spolu", "összesen", "yhteensä", "summa", "totalt", "i alt", "alls", "samtals", "kokku", "kopā",
        "iš viso", "toplam", "genel toplam", "total geral", "soma", "skupaj", "ukupno", "укупно", "итого", "всего",
        "усього", "разом", "общо", "σύνολο", "المجموع", "סך הכל", "合计", "合計", "总计", "總計", "小计", "小計", "합계",
        "총계", "รวม", "tổng", "tổng cộng", "jumlah",
    ]
    /// What a line of notes begins with.
    private static let notes = [
        "source", "sources", "note", "notes", "quelle", "quellen", "stand", "hinweis", "anmerkung", "fuente", "fuentes",
        "nota", "notas", "fonte", "fonti", "footnote", "bron", "lähde", "källa", "kilde", "źródło", "zdroj", "forrás",
        "kaynak", "извор", "источник", "джерело", "πηγή", "出典", "资料来源", "資料來源", "資料", "注", "출처", "last update",
        "updated", "extracted", "exported", "generated", "created", "rows", "end of",
    ]
    private static let noteSigns = ["©", "(c)", "*", "(", "#", "--", "†", "¹", "%"]

    /// What a line at the end seems to be.
    private enum Verdict {
        case row, total, note
        /// It may be a total or a note, and stays: it may be somebody's row.
        case doubtful
    }

    /// How many records at the end are looked at: more footnotes than rows that tell they are none.
    private static let mostLines = TableDialect.mostFooterRows + 60

    mutating func recogniseFooter(_ survey: FileSurvey) {
        let end = survey.lastRecords(hasCarriageReturns: dialect.hasCarriageReturns)
        let mark: [UInt8] =
            dialect.encoding != .utf16 ? [] : survey.width == .bigEndian ? [0xFE, 0xFF] : [0xFF, 0xFE]
        let cut = end.records.suffix(Self.mostLines).map { self.cut(text(of: mark + $0, isStart: true)) }
        var frequency: [Int: Int] = [:]
        for cells in cut where cells.count > 1 { frequency[cells.count, default: 0] += 1 }
        let columns = frequency.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
        guard columns > 1 else { return }
        // Names are no row by which a line could be judged.
        let front = end.areAll && end.records.count <= Self.mostLines ? dialect.headerRow : 0
        var found: [(place: Int, verdict: Verdict)] = []
        for (place, cells) in cut.enumerated().reversed() where place >= front {
            let isBlank = cells.allSatisfy { $0.allSatisfy(\.isWhitespace) }
            if isBlank, cells.count == 1 { continue }
            let body = FooterBody(
                cut[min(front, place)..<place].suffix(40).filter { $0.count == columns }.map { $0.map(\.trimmed) })
            var verdict = Self.verdict(cells.map(\.trimmed), columns: columns, below: body)
            if verdict == .doubtful, end.areAll {
                let above = end.records.dropLast(cut.count - place).dropFirst(dialect.headerRow)
                if isSum(cells.map(\.trimmed), of: above.map { self.cut(text(of: mark + $0, isStart: true)) }) {
                    verdict = .total
                }
            }
            if verdict == .doubtful { found.append((place, verdict)) }
            guard found.count < TableDialect.mostFooterRows, verdict == .total || verdict == .note else { break }
            found.append((place, verdict))
        }
        func row(_ place: Int) -> Int { end.row - (cut.count - 1 - place) }
        let left = found.filter { $0.verdict != .doubtful }
        // A last line that has no end and too few cells was cut off with the file.
        if left.isEmpty, !end.isEnded, (2..<columns).contains(cut.last?.count ?? 0) {
            dialect.footerRows = lines(cut.last ?? [])
            self.notes.append(
                "row \(end.row), the last one, is cut short and was left out: look whether the file is whole")
            return
        }
        for line in found where line.verdict == .doubtful {
            self.notes.append(
                "row \(row(line.place)) looks like a total or a note, and was kept as a row: remove it if it is none")
        }
        // A file of nothing but notes is none.
        let rows = left.reduce(0) { $0 + lines(cut[$1.place]) }
        guard !left.isEmpty, left.count < cut.count(where: { !$0.isEmpty }) - front,
            rows <= TableDialect.mostFooterRows
        else { return }
        dialect.footerRows = rows
        self.notes.append(Self.sentence(left.reversed().map { (row($0.place), $0.verdict) }))
    }

    /// How many lines that are not blank a record takes: those are what `footerRows` counts.
    private func lines(_ cells: [String]) -> Int {
        let text = cells.joined(separator: ",").split(separator: "\n")
        return max(1, text.count { !$0.allSatisfy(\.isWhitespace) })
    }

    private static func sentence(_ left: [(row: Int, verdict: Verdict)]) -> String {
        let rows = left.map { String($0.row) }.joined(separator: ", ")
        let kinds = Set(left.map(\.verdict))
        guard left.count > 1 else {
            return "row \(rows) is \(kinds == [.total] ? "a total" : "a note") below the table and was left out"
        }
        let what = kinds == [.total] ? "totals" : kinds == [.note] ? "notes" : "totals and notes"
        return "rows \(rows) are \(what) below the table and were left out"
    }

    /// The cells of a record.
    private func cut(_ record: [UInt8]) -> [String] {
        var text = record
        while let last = text.last, last == 0x0A || last == 0x0D { text.removeLast() }
        text.append(0x0A)
        var cutter = RecordCutter(columns: 1, dialect: dialect)
        return text.count { $0 == 0x22 } % 2 == 0 ? cutter.cutOne(text, 0..<text.count, row: 1) ?? [] : []
    }

    /// Whether a line's figures are the sums of the columns above it, at least one of them and none of them something else.
    private func isSum(_ cells: [String], of rows: [[String]]) -> Bool {
        let figures = cells.indices.dropFirst().filter { Self.isFigure(cells[$0]) }
        guard !figures.isEmpty else { return false }
        let above = rows.filter { $0.count == cells.count }
        guard above.count > 1 else { return false }
        return figures.allSatisfy { column in
            guard let total = Self.number(cells[column]) else { return false }
            let sum = above.reduce(0) { $0 + (Self.number($1[column].trimmed) ?? 0) }
            return abs(sum - total) <= 0.006 * Double(above.count).squareRoot() + 1e-9 * abs(total)
        }
    }

    /// The number of a figure whose last point or comma, with one or two digits behind it, is the decimal sign.
    private static func number(_ text: String) -> Double? {
        var digits = ""
        let signs = Array(text)
        for (place, sign) in signs.enumerated() {
            if sign.isASCII, sign.isNumber { digits.append(sign) }
            if sign == "-", place == 0 { digits.append("-") }
            if sign == "." || sign == "," {
                let behind = signs[(place + 1)...]
                let isLast = !behind.contains { $0 == "." || $0 == "," }
                if isLast,
                    behind.count != 3 || sign == "." && !signs[..<place].contains(",") && signs[..<place].count > 3
                {
                    digits.append(".")
                }
            }
        }
        return Double(digits)
    }

    /// The rows above a line, as far as they tell that it is none of them.
    private struct FooterBody {
        private let rows: [[String]]
        /// Columns that no row leaves blank.
        private let always: Set<Int>
        /// Every row's first cell is one word with a digit: a code.
        let hasCodes: Bool
        /// Some row's first cell has several words.
        let hasWords: Bool
        /// No row has fewer cells that are not blank.
        let fewest: Int

        init(_ rows: [[String]]) {
            self.rows = rows
            always = Set((rows.first ?? []).indices.filter { column in rows.allSatisfy { !$0[column].isEmpty } })
            hasCodes = rows.count > 2 && rows.allSatisfy { Self.isCode($0.first ?? "") }
            hasWords = rows.contains { $0.first?.contains(" ") ?? false }
            fewest = rows.map { row in row.count { !$0.isEmpty } }.min() ?? 0
        }

        /// Whether the line lacks, behind its first cell, what every row has.
        func lacks(_ cells: [String]) -> Bool {
            rows.count > 2 && cells.indices.dropFirst().contains { cells[$0].isEmpty && always.contains($0) }
        }

        private static func isCode(_ text: String) -> Bool {
            text.contains(where: \.isNumber) && !text.contains(" ")
        }

        func begins(with word: String) -> Bool { rows.contains { $0.first?.lowercased() == word } }
    }

    private static func verdict(_ cells: [String], columns: Int, below body: FooterBody) -> Verdict {
        guard let first = cells.first(where: { !$0.isEmpty })?.lowercased() else { return .row }
        let (word, rest) = label(first)
        let isTotal = totals.contains(word) && !body.begins(with: first)
        if cells.count != columns {
            // No row has so many cells: what is left is whether it can be a total or a note.
            if isTotal { return .total }
            return isNote(first) || cells.count == 1 && (first.contains(" ") || !rest.isEmpty) ? .note : .row
        }
        let others = cells.drop { $0.isEmpty }.dropFirst().filter { !$0.isEmpty }
        let areFigures = others.allSatisfy(isFigure)
        // `Source: own register;;` and `Stand: 1.1.2024;;`
        if !rest.isEmpty, notes.contains(word) { return others.isEmpty ? .note : .doubtful }
        if isTotal {
            // A firm or a place may be called so, where firms or places are the rows.
            return areFigures && (body.hasCodes || body.lacks(cells)) ? .total : .doubtful
        }
        guard body.lacks(cells), areFigures else { return .row }
        if others.isEmpty, body.fewest > 1, !body.hasWords, isNote(first) { return .note }
        let isLabelled = totals.contains { first.hasPrefix($0 + " ") }
        let isKeyless = cells.first?.isEmpty == true || !first.contains(where: \.isNumber)
        if isLabelled || body.hasCodes && isKeyless { return .doubtful }
        return others.isEmpty && body.fewest > 1 && !body.hasWords && first.contains(" ") ? .doubtful : .row
    }

    private static func isNote(_ text: String) -> Bool {
        noteSigns.contains { text.hasPrefix($0) }
            || notes.contains { note in
                text.hasPrefix(note) && text.dropFirst(note.count).first.map { !$0.isLetter && !$0.isNumber } ?? true
            }
    }

    /// What stands before a colon, and what behind it.
    private static func label(_ text: String) -> (word: String, rest: Substring) {
        guard let colon = text.firstIndex(where: { $0 == ":" || $0 == "：" }) else { return (text, "") }
        return (String(text[..<colon]).trimmed, text[colon...])
    }
}
