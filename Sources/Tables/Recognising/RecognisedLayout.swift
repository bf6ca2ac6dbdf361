package import Domains

/// How a file seems to be laid out, and what is to be said about it. For the local tools alone: the service reads what the
/// task declares.
package struct RecognisedLayout {
    package var dialect = TableDialect()
    /// What was recognised that a person should know, as phrases.
    package var notes: [String] = []
    /// How many of the rows that were looked at have as many cells as the names.
    private var share = 0.0

    /// How many records are looked at.
    private static let mostRecords = 300
    private static let delimiters: [UInt8] = [0x2C, 0x3B, 0x09, 0x7C]

    /// The layout of a file that has columns of its own.
    package init(notes: [String]) { self.notes = notes }

    /// - Throws: if the file is no text.
    package init(_ survey: FileSurvey) throws(TableProblems) {
        try recogniseEncoding(survey)
        let head = text(of: survey.head, isStart: true)
        let feeds = head.count { $0 == 0x0A }
        let bare = head.indices.count { head[$0] == 0x0D && $0 + 1 < head.count && head[$0 + 1] != 0x0A }
        let isWhole = survey.count <= survey.head.count
        if feeds == 0, head.contains(0x0D) {
            dialect.hasCarriageReturns = true
            notes.append("its rows end in bare carriage returns")
        }
        var mixed = self
        recogniseRows(Lines(text(of: survey.head, isStart: true), isWhole: isWhole))
        if feeds > 0, bare > 0 {
            // Where more rows fit if a bare carriage return ends one, it does.
            mixed.dialect.hasCarriageReturns = true
            mixed.notes.append("\(bare) of its rows end in bare carriage returns, the others in line feeds")
            mixed.recogniseRows(Lines(mixed.text(of: survey.head, isStart: true), isWhole: isWhole))
            if mixed.share > share {
                self = mixed
                return
            }
        }
        recogniseFooter(survey)
    }

    private mutating func recogniseEncoding(_ survey: FileSurvey) throws(TableProblems) {
        let head = survey.head
        let isMarked = head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
        if FileSignature.isUTF32(head), let problem = FileSignature.problem(Array(head.prefix(64))) {
            throw Self.refused(problem)
        }
        if isMarked || FileSignature.isWide(head[...]) {
            dialect.encoding = .utf16
            notes.append("it is in UTF-16")
            return
        }
        if let problem = FileSignature.problem(Array(head.prefix(64))) { throw Self.refused(problem) }
        if survey.hasZeros {
            throw Self.refused(
                TableProblem(
                    code: "encoding", expected: "a text file",
                    hint:
                        "The file holds bytes of zero\(survey.firstZero.map { ", the first at byte \($0 + 1)" } ?? ""), which no text "
                        + "has: check that it is a CSV file and whole"))
        }
        // A file of UTF-8 with one bad byte is damaged; one without any character of UTF-8 was written in another encoding.
        guard survey.firstFault != nil, !survey.hasLongCharacters else { return }
        dialect.encoding = .windows1252
        notes.append("it is not UTF-8 and was read as Windows-1252: look at a name with an accent")
    }

    private static func refused(_ problem: TableProblem) -> TableProblems {
        TableProblems(problems: [problem], counts: [problem.code: 1])
    }

    /// A part of the file as UTF-8 with line feeds.
    func text(of bytes: [UInt8], isStart: Bool) -> [UInt8] {
        var bytes = bytes
        if isStart, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        guard dialect.needsDecoding else { return bytes }
        var decoder = TextDecoder(dialect)
        // Proof: the bytes are lent whole, within one expression.
        return bytes.withUnsafeBytes { decoder.decode($0) } + decoder.finish()
    }

    // MARK: - Rows

    /// A record: the line on which it begins, and its cells.
    private struct Record {
        var line: Int
        var cells: [String]
        /// Cells that are not blank.
        var words: Int { cells.count { !$0.allSatisfy(\.isWhitespace) } }
        /// Cells without blank ones at the end.
        var filled: Int { (cells.lastIndex { !$0.allSatisfy(\.isWhitespace) } ?? -1) + 1 }
    }

    /// The lines of the head, of which the last may be cut.
    private struct Lines {
        let text: [UInt8]

        init(_ text: [UInt8], isWhole: Bool) {
            var text = text
            if isWhole {
                if text.last != 0x0A { text.append(0x0A) }
            } else if let end = text.lastIndex(of: 0x0A) {
                text.removeLast(text.count - end - 1)
            }
            self.text = text
        }

        func records(_ dialect: TableDialect, limit: Int) -> [Record] {
            var records: [Record] = []
            var (place, line) = (0, 1)
            while place < text.count, records.count < limit {
                var cutter = RecordCutter(columns: 1, dialect: dialect)
                // Most records are short; only a long one is looked for in all of the text.
                let near = min(text.count, place + 1 << 14)
                var cells = cutter.cutOne(text, place..<near, row: line)
                if cells == nil, near < text.count {
                    cutter = RecordCutter(columns: 1, dialect: dialect)
                    cells = cutter.cutOne(text, place..<text.count, row: line)
                }
                guard let cells else { break }
                let end = cutter.consumed
                records.append(Record(line: line, cells: cells))
                line += text[place..<end].count { $0 == 0x0A }
                place = end
            }
            return records
        }
    }

    private mutating func recogniseRows(_ lines: Lines) {
        var plain = TableDialect(delimiter: 0)
        plain.delimiter = 0x1F
        let first = lines.records(plain, limit: 40).map { ($0.line, $0.cells.first ?? "") }
        if let mark = first.first?.1, mark.lowercased().hasPrefix("sep="), mark.utf8.count == 5,
            let delimiter = mark.utf8.last
        {
            dialect.delimiter = delimiter
            dialect.headerRow = 2
            notes.append("its first line says what separates the cells")
            return
        }
        recogniseComments(first, lines)
        var best: (found: Found, delimiter: UInt8)?
        for delimiter in Self.delimiters {
            var candidate = dialect
            candidate.delimiter = delimiter
            let records = lines.records(candidate, limit: Self.mostRecords)
                .filter { record in
                    !(record.cells.count == 1 && record.filled == 0) && !isComment(record.cells.first ?? "")
                }
            guard let found = Self.layout(records) else { continue }
            if best.map({ (found.score, found.columns) > ($0.found.score, $0.found.columns) }) ?? true {
                best = (found, delimiter)
            }
        }
        guard let (best, delimiter) = best else { return recogniseSigns(first.map(\.1)) }
        share = best.share
        dialect.delimiter = delimiter
        if delimiter != 0x2C {
            notes.append("its cells are separated by \(TableDialect.name(of: delimiter))")
        }
        if best.nameless > 0 {
            notes.append(
                "the row of column names ends in \(best.nameless == 1 ? "an empty cell" : "\(best.nameless) empty cells") that the rows "
                    + "lack, which was left out")
        }
        let blankOrComment = first.prefix { $0.1.allSatisfy(\.isWhitespace) || isComment($0.1) }.count
        if best.header > blankOrComment + 1, best.header <= TableDialect.mostHeaderRows {
            dialect.headerRow = best.header
            notes.append("the column names stand in row \(best.header), and what is above was left out")
        }
        if !best.units.isEmpty, best.header <= TableDialect.mostHeaderRows {
            dialect.headerRow = best.header
            dialect.headerRowCount = 2
            let units = best.units.prefix(6).joined(separator: ", ")
            notes.append("row \(best.header + 1) holds units (\(units)), which follow the names above them")
        }
    }

    /// Says what a file of one column has in every row that may separate cells, of those that no file is read by.
    private mutating func recogniseSigns(_ lines: [String]) {
        let lines = lines.filter { !$0.allSatisfy(\.isWhitespace) }
        guard lines.count > 2 else { return }
        let signs: [(Character, String)] = [
            ("^", "\"^\""), ("~", "\"~\""), ("¦", "\"¦\""), (":", "colons"), (" ", "blanks"),
        ]
        for (sign, name) in signs {
            let counts = Set(lines.map { $0.split(separator: sign).count - 1 })
            guard counts.count == 1, let count = counts.first, count > 0 else { continue }
            notes.append(
                "it has one column, and every row has \(name) in it: if they separate cells, save it again with commas, semicolons, "
                    + "tabs or |")
            return
        }
    }

    private func isComment(_ line: String) -> Bool {
        dialect.commentChar.map { line.utf8.first == $0 } ?? false
    }

    /// Lines in front that begin with `#` and are not the header itself.
    private mutating func recogniseComments(_ first: [(Int, String)], _ lines: Lines) {
        let filled = first.map(\.1).filter { !$0.allSatisfy(\.isWhitespace) }
        let comments = filled.prefix { $0.hasPrefix("#") }
        guard let line = comments.last, comments.count < filled.count else { return }
        let next = filled[comments.count]
        func signs(_ text: String) -> [Int] { Self.delimiters.map { sign in text.utf8.count { $0 == sign } } }
        // `#id,sector` before `F1000,retail` is a header.
        if comments.count == 1, signs(line) == signs(next), signs(line).contains(where: { $0 > 0 }) { return }
        dialect.commentChar = UInt8(ascii: "#")
        notes.append("lines that begin with # are comments")
    }

    /// How records are laid out if they were cut by the right delimiter.
    private struct Found {
        /// How well they fit.
        var score: Double
        /// How many of them have as many cells as most.
        var share: Double
        var columns: Int
        /// The line of the names.
        var header: Int
        /// Names without a text behind the others.
        var nameless: Int
        /// The units in the row below the names.
        var units: [String]
    }

    /// Where the header stands, and how well the records fit it.
    private static func layout(_ records: [Record]) -> Found? {
        var frequency: [Int: Int] = [:]
        for record in records where record.cells.count > 1 { frequency[record.cells.count, default: 0] += 1 }
        guard let most = frequency.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }) else { return nil }
        guard var header = records.firstIndex(where: { $0.cells.count == most.key }) else { return nil }
        // A title that a spreadsheet filled up with delimiters has as many cells as the rows, most of them blank.
        let isTitle: (Record) -> Bool = { $0.words * 2 < most.key || $0.filled < 2 }
        let named = records[header...].firstIndex { $0.cells.count == most.key && !isTitle($0) }
        // Of two columns one may have no name: only names that no number stands among are below a title.
        if let named, named - header <= 8, records[header..<named].allSatisfy(isTitle),
            most.key > 2 || !records[named].cells.contains(where: isNumber)
        {
            header = named
        }
        header = Self.namesBelowTitles(records, from: header, columns: most.key) ?? header
        // Rows that end in a delimiter have more cells than the header, all blank.
        if header > 0, case let before = records[header - 1], before.cells.count > 1, before.cells.count < most.key,
            records[header...].allSatisfy({ $0.filled <= before.cells.count || $0.cells.count != most.key })
        {
            header -= 1
        }
        if header > 0, isHeader(records[header - 1], above: records[header...], columns: most.key) { header -= 1 }
        let fitting = records[header...].count { record in
            record.cells.count == most.key || record.filled <= most.key && record.cells.count > most.key
        }
        let share = Double(fitting + (records[header].cells.count == most.key ? 0 : 1)) / Double(records.count - header)
        var score = (share * 20).rounded() / 20
        // A delimiter that the first line lacks is rarely the right one; nor is one that the line below the names lacks, or
        // that makes a number of a name.
        if header != 0 { score *= 0.8 }
        if header + 1 < records.count, records[header + 1].cells.count < records[header].filled { score *= 0.5 }
        if records[header].cells.contains(where: isNumber) { score *= 0.5 }
        let nameless =
            records[header].cells.count > most.key && records[header].filled <= most.key
            ? records[header].cells.count - most.key : 0
        return Found(
            score: score, share: share, columns: most.key, header: records[header].line, nameless: nameless,
            units: units(below: header, records, columns: most.key))
    }

    /// The units in the row below the names; none where that row is somebody's: every cell has to be one, and stand above figures
    /// or in a column that has none.
    private static func units(below header: Int, _ records: [Record], columns: Int) -> [String] {
        let body = records[(header + 1)...].dropFirst().prefix(40).filter { $0.cells.count == columns }
        let lines = 1 + records[header].cells.reduce(0) { $0 + $1.utf8.count { $0 == 0x0A } }
        guard body.count > 1, records[header + 1].cells.count <= columns,
            records[header + 1].line == records[header].line + lines
        else { return [] }
        var units: [String] = []
        for (place, cell) in records[header + 1].cells.map(\.trimmed).enumerated() where !cell.isEmpty && cell != "-" {
            guard isUnit(cell) else { return [] }
            let values = body.map { $0.cells[place].trimmed }.filter { !$0.isEmpty }
            guard !values.contains(cell) else { return [] }
            if values.count(where: isFigure) * 10 >= values.count * 8 { units.append(cell) }
        }
        return units
    }

    /// Whether a text is a unit, or the word for a kind of values: `1000 EUR`, `[kg]`, `%`, `yyyy-mm-dd`.
    private static func isUnit(_ text: String) -> Bool {
        let bare = text.lowercased().filter { !"[](){}.".contains($0) }
        let words = bare.split { " /*·".contains($0) }.map(String.init)
        guard (1...4).contains(words.count) else { return false }
        return words.contains(where: unitWords.contains)
            && words.allSatisfy {
                unitWords.contains($0) || ["1000", "1,000", "100", "in", "per", "of", "1000s"].contains($0)
            }
    }

    private static let unitWords: Set<String> = Set(
        """
        eur usd gbp chf jpy cny sek nok dkk pln czk huf euro euros dollar dollars us$ € $ £ mio mn mill million millions thousand th \
        thsd teur keur meur kusd musd kg g mg t to tonne tonnes tons kt mt lb l hl ml m m2 m² m3 m³ km km2 km² cm mm ha hectares kwh \
        mwh gwh twh gj tj kw mw °c c h min s % percent percentage pct ‰ share ratio rate index number numbers no nr n count counts \
        persons people employees heads fte years year yrs months days hours pieces pcs pce units unit stück stk anzahl personen jahre \
        tage stunden prozent currency code text string integer int float double numeric character char bool boolean date datetime \
        yyyy yyyy-mm-dd dd-mm-yyyy ddmmyyyy yyyymmdd mm-dd-yyyy
        """.split { $0.isWhitespace }.map(String.init))

    /// Whether a record of more or fewer cells than the rows is their header all the same: a title would not have a name for
    /// each column, nor stand above a row of somebody's data.
    private static func isHeader(_ record: Record, above rows: ArraySlice<Record>, columns: Int) -> Bool {
        let names = record.cells.map(\.trimmed).filter { !$0.isEmpty }
        guard record.cells.count != columns, names.count > 1, Set(names).count == names.count,
            names.count * 2 >= columns, names.count <= 2 * columns, !names.contains(where: isNumber),
            let first = rows.first
        else { return false }
        if record.filled == columns, names.count == columns { return true }
        let body = rows.dropFirst().prefix(100).filter { $0.cells.count == columns }
        // What is called the first row would be the header otherwise: it is a row where it has a figure, or what rows have.
        return first.cells.indices.contains { place in
            let cell = first.cells[place].trimmed
            guard !cell.isEmpty else { return false }
            let isYear = cell.utf8.count == 4 && (1800...2199).contains(Int(cell) ?? 0)
            return isFigure(cell) && !isYear || body.contains { $0.cells[place].trimmed == cell }
                || isAlike(cell, body, place)
        }
    }

    /// Whether a cell with a digit is written just as those below it: `F1000` above `F1001`.
    private static func isAlike(_ cell: String, _ body: [Record], _ place: Int) -> Bool {
        func shape(_ text: String) -> String { String(text.map { $0.isNumber ? "9" : $0.isLetter ? "A" : $0 }) }
        guard cell.contains(where: \.isNumber), body.count > 1 else { return false }
        return body.count { shape($0.cells[place].trimmed) == shape(cell) } * 10 >= body.count * 8
    }

    /// Where the names stand if the rows from `first` on are titles of several cells: `Register of farms;2024;;`.
    ///
    /// Names are texts, each once, above a column of numbers. What is above them has a cell of several words, and numbers or
    /// blanks where there would be names.
    private static func namesBelowTitles(_ records: [Record], from first: Int, columns: Int) -> Int? {
        for place in (first + 1)..<max(first + 1, min(first + 8, records.count)) {
            let title = records[place - 1]
            guard title.cells.count == columns, title.cells.contains(where: { $0.trimmed.contains(" ") }),
                title.words * 2 <= columns || title.cells.contains(where: isNumber)
            else { return nil }
            let body = records[(place + 1)...].prefix(20).filter { $0.cells.count == columns }
            let names = records[place].cells.map(\.trimmed).filter { !$0.isEmpty }
            guard records[place].cells.count == columns, body.count > 1, Set(names).count == names.count,
                records[place].filled >= body.map(\.filled).max() ?? 0, names.allSatisfy(isName)
            else { continue }
            let isAboveNumbers = (0..<columns).contains { column in
                let cells = body.map { $0.cells[column].trimmed }.filter { !$0.isEmpty }
                return cells.count * 2 >= body.count && !records[place].cells[column].trimmed.isEmpty
                    && cells.count(where: isFigure) * 10 >= cells.count * 8
            }
            if isAboveNumbers { return place }
        }
        return nil
    }

    /// Two letters at least, and none of the words that stand for a missing number.
    private static func isName(_ text: String) -> Bool {
        text.count(where: \.isLetter) > 1 && !["na", "n/a", "nan", "null", "none", "nil"].contains(text.lowercased())
    }

    /// Digits with the signs that numbers and dates have between them.
    static func isFigure(_ text: String) -> Bool {
        text.contains { $0.isASCII && $0.isNumber }
            && text.unicodeScalars.allSatisfy {
                (0x30...0x39).contains($0.value) || " .,-+'/:%−’\u{A0}\u{202F}\u{2009}".unicodeScalars.contains($0)
            }
    }

    private static func isNumber(_ cell: String) -> Bool {
        let text = cell.trimmed.utf8
        return !text.isEmpty && text.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
