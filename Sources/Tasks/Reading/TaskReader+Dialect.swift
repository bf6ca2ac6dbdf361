internal import Domains

/// How a provider's file is laid out, in the words of Frictionless Table Dialect.
extension TaskReader {
    static let dialectKeys = ["delimiter", "commentChar", "headerRows", "footerRows", "lineTerminator"]

    /// `encoding: windows-1252` and `dialect: {delimiter: ';', headerRows: [4]}`; what is absent is that of plain CSV.
    mutating func readDialect(_ table: Section) -> TableDialect? {
        let encoding = optional(table, "encoding") { reader, node, path in
            reader.word(node, at: path, as: TableDialect.Encoding.self)
        }
        guard let dialect = optionalSection(table, "dialect", keys: Self.dialectKeys) else { return nil }
        let delimiter = optional(dialect, "delimiter") { reader, node, path in
            reader.sign(
                node, at: path, of: [",": 0x2C, ";": 0x3B, "\t": 0x09, "tab": 0x09, "|": 0x7C],
                fix: "Write ',', ';', '|' or tab", named: "delimiter")
        }
        let comment = optional(dialect, "commentChar") { reader, node, path in
            reader.sign(
                node, at: path, of: ["#": 0x23, "%": 0x25, "!": 0x21, "*": 0x2A], fix: "Write '#', '%', '!' or '*'",
                named: "comment sign")
        }
        let header = optional(dialect, "headerRows") { reader, node, path in reader.headerRows(node, at: path) }
        let footer = optional(dialect, "footerRows") { reader, node, path in
            reader.integer(node, at: path, in: 0...TableDialect.mostFooterRows)
        }
        let ends = optional(dialect, "lineTerminator") { reader, node, path in
            reader.word(node, at: path, as: LineTerminator.self)
        }
        guard let encoding, let delimiter, let comment, let header, let footer, let ends else { return nil }
        return TableDialect(
            encoding: encoding ?? .utf8, delimiter: delimiter ?? UInt8(ascii: ","), commentChar: comment,
            headerRow: header?.lowerBound ?? 1, headerRowCount: header?.count ?? 1, footerRows: footer ?? 0,
            hasCarriageReturns: ends == .cr)
    }

    private mutating func sign(
        _ node: DocumentNode, at path: String, of signs: [String: UInt8], fix: String, named what: String
    ) -> UInt8? {
        guard let written = text(node, at: path) else { return nil }
        guard let sign = signs[written] else {
            problem(line: node.line, path: path, "\"\(written.shortened)\" is no \(what)", fix: fix)
            return nil
        }
        return sign
    }

    /// `[4]`: one row holds the names, and those above it are not read. `[4, 5]`: the next one holds units or parts of names.
    private mutating func headerRows(_ node: DocumentNode, at path: String) -> Range<Int>? {
        guard case .sequence(let rows) = node.content, (1...TableDialect.mostNameRows).contains(rows.count) else {
            problem(
                line: node.line, path: path,
                "this should be a list of one row, or of up to \(TableDialect.mostNameRows)",
                fix: "Write the line of the file that holds the column names, such as [4], or the lines, such as [4, 5]"
            )
            return nil
        }
        let lines = rows.enumerated().compactMap { place, row in
            integer(row, at: "\(path)[\(place)]", in: 1...TableDialect.mostHeaderRows)
        }
        guard let first = lines.first, lines.count == rows.count else { return nil }
        guard lines == Array(first..<(first + lines.count)) else {
            problem(
                line: node.line, path: path, "the rows do not follow each other",
                fix: "Write them in their order, such as [4, 5]")
            return nil
        }
        return first..<(first + lines.count)
    }
}

/// The words of `fieldsMatch`.
enum FieldsMatch: String, CaseIterable {
    /// A file has the declared columns and no others.
    case equal
    /// A file may have others, which are not read.
    case subset
}

/// What may end a row, beside line feeds with or without a carriage return in front.
private enum LineTerminator: String, CaseIterable {
    case lf, crlf, cr
}
