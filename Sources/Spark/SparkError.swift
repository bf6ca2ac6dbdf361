import Bytes
public import Tables

/// Why a cluster does not count. Nothing is spent by any of it before the first release.
public enum SparkError: Error, Sendable, Equatable {
    /// Not an address of the form `sc://HOST:PORT`.
    case address(String, why: String)
    /// The program that speaks gRPC is not there.
    case noClient
    /// It stopped, or said something that it never says.
    case clientFailed(String)
    /// The server cannot be reached, after so many tries.
    case unreachable(String, tries: Int)
    /// The server does not know a statement or a table.
    case refused(String)
    /// A server of a version that was not tried.
    case version(String)
    /// An answer that is no table of numbers of the expected kind.
    case answer(String)
    /// The cluster counts a known table wrongly, or its tables do not add up to the rows.
    case wrongSums(String)
    /// The table lacks a column.
    case columns(table: String, missing: [String])
    /// The schema asks for what a column of that type does not hold.
    case type(table: String, column: String, is: String, expected: String)
    /// What the schema or task asks for and SQL is not written for.
    case notCounted(String)
    /// Rows that the schema does not allow, with their places: for the owner of the table alone.
    case rows(table: String, TableProblems)
}

extension SparkError: CustomStringConvertible {
    /// One sentence, with what to do. Only `rows` quotes values, to the owner alone.
    ///
    /// The server may be anybody's: none of its words makes a line of its own.
    public var description: String {
        if case .rows(let table, let problems) = self { return "\(ShownText.line(table)):\n\(problems)" }
        return ShownText.line(sentence)
    }

    private var sentence: String {
        switch self {
        case .address(let text, let why):
            "\(text) is no address of a Spark Connect server: \(why). Write sc://HOST:PORT."
        case .noClient:
            "--engine spark needs the program entrepot-spark, which this build does not bring: build it once by "
                + "`swift build -c release --package-path Spark`, or name it in ENTREPOT_SPARK."
        case .clientFailed(let what): "entrepot-spark stopped: \(what)."
        case .unreachable(let why, let tries): "The Spark server cannot be reached after \(tries) tries: \(why)"
        case .refused(let why): "The Spark server refuses: \(why)"
        case .version(let version):
            "The server is Spark \(version); tables are counted on Spark 4. Connect to a server of that version."
        case .answer(let what): "The Spark server's answer cannot be used: \(what)."
        case .wrongSums(let what): "The cluster counts wrongly and is refused: \(what). Nothing of it was released."
        case .columns(let table, let missing):
            "\(table) lacks \(missing.map { "\"\($0)\"" }.joined(separator: ", ")), which the schema declares."
        case .type(let table, let column, let type, let expected):
            "\(table): column \"\(column)\" is of type \(type), where \(expected) is expected. Cast it in a view, and name the view."
        case .notCounted(let what): "\(what) cannot be counted on Spark. Use --engine memory."
        case .rows(let table, _): "\(table) has rows that the schema does not allow."
        }
    }
}
