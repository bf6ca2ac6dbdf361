/// How the text of a file is laid out, in the words of Frictionless Table Dialect where it has one.
///
/// A task declares it; nobody but the owner of a file guesses it (``recognised(in:)`` of the local tools).
public struct TableDialect: Sendable, Equatable {
    /// What the bytes of the file mean (`encoding` of a Frictionless resource).
    public enum Encoding: String, Sendable, CaseIterable {
        case utf8 = "utf-8"
        case utf16 = "utf-16"
        case windows1252 = "windows-1252"
    }

    public var encoding: Encoding
    /// What stands between the cells of a row.
    public var delimiter: UInt8
    /// Rows that begin with it are comments.
    public var commentChar: UInt8?
    /// The line of the file that holds the column names; nothing above it is read. Counted from 1.
    public var headerRow: Int
    /// How many rows hold the names: a second one has units or parts of names, which follow the name above behind a blank.
    public var headerRowCount: Int
    /// How many lines at the end, blank ones not counted, are not rows: totals, sources, notes.
    public var footerRows: Int
    /// Whether a bare carriage return ends a row, as old spreadsheets write it.
    public var hasCarriageReturns: Bool

    public static let mostHeaderRows = 1_000
    public static let mostNameRows = 3
    public static let mostFooterRows = 1_000

    public init(
        encoding: Encoding = .utf8, delimiter: UInt8 = UInt8(ascii: ","), commentChar: UInt8? = nil, headerRow: Int = 1,
        headerRowCount: Int = 1, footerRows: Int = 0, hasCarriageReturns: Bool = false
    ) {
        self.encoding = encoding
        self.delimiter = delimiter
        self.commentChar = commentChar
        self.headerRow = headerRow
        self.headerRowCount = headerRowCount
        self.footerRows = footerRows
        self.hasCarriageReturns = hasCarriageReturns
    }

    /// Whether the bytes of the file are its text, as UTF-8 with line feeds.
    package var needsDecoding: Bool { encoding != .utf8 || hasCarriageReturns }

    /// What a person calls a delimiter.
    package static func name(of delimiter: UInt8) -> String {
        switch delimiter {
        case UInt8(ascii: ","): "commas"
        case UInt8(ascii: ";"): "semicolons"
        case 0x09: "tabs"
        default: "\"\(Character(UnicodeScalar(delimiter)))\""
        }
    }
}
