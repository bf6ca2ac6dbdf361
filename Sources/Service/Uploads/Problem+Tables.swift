import Domains
import HTTPTypes
import Tables

extension Problem {
    /// Why a table was refused, for its owner only, with the code and the wording that the workshop's clients know.
    ///
    /// - Parameter keyColumns: the key columns that the task declares.
    static func table(_ problems: TableProblems, keyColumns: [String]) -> Problem {
        let key = keyColumns.joined(separator: "|")
        let kind = TableRefusal(problems)
        let detail =
            switch kind {
            case .tooLarge: "The file is larger than the task permits."
            case .keyMissing: "\(key) must be a column in the csv file uploaded."
            case .keyDuplicate:
                "All values in the \(key) column must be unique. This is important for the differential privacy budget."
            case .encoding: "The file is not a CSV file in UTF-8."
            case .notCSV: "The file cannot be read as CSV."
            case .schemaMismatch: "The file does not fit the schema that the task declares."
            }
        return Problem(
            kind == .tooLarge ? .contentTooLarge : .badRequest, code: kind.rawValue, detail: detail,
            hint: "Mend the rows listed under problems and upload again; nothing was kept. `entrepot check` says the "
                + "same without sending.",
            audience: .owner, table: problems)
    }
}

/// The stable code for a refused table: that of its gravest problem.
private enum TableRefusal: String {
    case tooLarge = "too_large"
    case encoding
    case keyMissing = "id_missing"
    case keyDuplicate = "id_duplicate"
    case notCSV = "csv_invalid"
    case schemaMismatch = "schema_mismatch"

    init(_ problems: TableProblems) {
        let codes = Set(problems.counts.keys)
        let isWithoutKeyColumn = problems.problems.contains { $0.code == "key_missing" && $0.row == 1 }
        if !codes.isDisjoint(with: ["too_large", "too_many_rows"]) {
            self = .tooLarge
        } else if codes.contains("encoding") {
            self = .encoding
        } else if isWithoutKeyColumn {
            self = .keyMissing
        } else if !codes.isDisjoint(with: [
            "empty_file", "ragged_row", "unclosed_quote", "long_line", "bad_quote", "wrong_delimiter", "line_ends",
        ]) {
            self = .notCSV
        } else if codes.contains("duplicate_key") {
            self = .keyDuplicate
        } else {
            self = .schemaMismatch
        }
    }
}
