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

    mutating func recogniseFooter(_ tail: [UInt8], isWhole: Bool) {
        var lines = tail.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        if !isWhole { lines = lines.dropFirst() }
        var cut: [[String]] = []
        for line in lines.suffix(60) {
            var text = Array(line)
            if text.last == 0x0D { text.removeLast() }
            text.append(0x0A)
            var cutter = RecordCutter(columns: 1, dialect: dialect)
            cut.append(text.count { $0 == 0x22 } % 2 == 0 ? cutter.cutOne(text, 0..<text.count, row: 1) ?? [] : [])
        }
        var frequency: [Int: Int] = [:]
        for cells in cut where cells.count > 1 { frequency[cells.count, default: 0] += 1 }
        let columns = frequency.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
        guard columns > 1 else { return }
        var rows = 0
        for (place, cells) in cut.enumerated().reversed() {
            let isBlank = cells.allSatisfy { $0.allSatisfy(\.isWhitespace) }
            if isBlank, cells.count == 1 { continue }
            let body = FooterBody(cut[..<place].suffix(40).filter { $0.count == columns }.map { $0.map(\.trimmed) })
            guard rows < TableDialect.mostFooterRows, Self.isFooter(cells.map(\.trimmed), columns: columns, below: body)
            else { break }
            rows += 1
        }
        // A last line that has no end and too few cells was cut off with the file.
        let isCut =
            rows == 0 && ![0x0A, 0x0D].contains(tail.last ?? 0x0A) && (2..<columns).contains(cut.last?.count ?? 0)
        if isCut {
            dialect.footerRows = 1
            self.notes.append("its last line is cut short and was left out: look whether the file is whole")
            return
        }
        // A file of nothing but notes is none.
        guard rows > 0, rows < cut.count(where: { !$0.isEmpty }) - (isWhole ? dialect.headerRow : 0) else { return }
        dialect.footerRows = rows
        self.notes.append(
            rows == 1
                ? "its last line is no row of the table and was left out"
                : "its last \(rows) lines are no rows of the table and were left out")
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

    private static func isFooter(_ cells: [String], columns: Int, below body: FooterBody) -> Bool {
        guard let first = cells.first(where: { !$0.isEmpty })?.lowercased() else { return false }
        let (word, rest) = label(first)
        let isTotal = totals.contains(word) && !body.begins(with: first)
        if cells.count != columns {
            return isTotal || isNote(first) || cells.count == 1 && (first.contains(" ") || !rest.isEmpty)
        }
        let others = cells.drop { $0.isEmpty }.dropFirst().filter { !$0.isEmpty }
        let areFigures = others.allSatisfy(isFigure)
        if isTotal { return others.count < columns - 1 || areFigures && !others.isEmpty }
        // `Source: own register;;` and `Stand: 1.1.2024;;`
        if !rest.isEmpty, notes.contains(word) { return true }
        guard body.lacks(cells), areFigures else { return false }
        if !body.hasWords, totals.contains(where: { first.hasPrefix($0 + " ") }) { return true }
        // Figures without a key, or behind a label without a digit, where every row has a code and a word.
        if body.hasCodes, cells.first?.isEmpty == true || !first.contains(where: \.isNumber) { return true }
        return others.isEmpty && body.fewest > 1 && !body.hasWords && (isNote(first) || first.contains(" "))
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
