internal import Domains

/// Listed values that look like somebody's data: a task is shown to every party and to whoever asks the service for it.
extension TaskReader {
    /// Below so many values a list may be anything.
    private static let fewValues = 8

    mutating func checkValues(_ values: [String], line: Int, path: String) {
        guard values.count > Self.fewValues else { return }
        func most(_ isSo: (String) -> Bool) -> Bool { values.count(where: isSo) * 2 > values.count }
        let areDigits = values.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        let what: String? =
            if most({ $0.contains("@") && $0.contains(".") }) {
                "look like e-mail addresses"
            } else if most({ ColumnKind.isIBAN($0) }) {
                "look like bank accounts"
            } else if most({ DateSpelling.isDate($0) && $0.utf8.count > 6 }) {
                "are dates"
            } else if most({ ColumnKind.isPhone($0) }) {
                "look like telephone numbers"
            } else if !areDigits, most({ NumberSpelling.isNumber($0) }) {
                "are numbers"
            } else if most({ PrivateTexts.isPersonal($0) }) {
                "look like what belongs to one person or firm"
            } else if values.count > 30, most({ ColumnKind.looksLikeName($0) }) {
                "look like names of persons"
            } else if values.count > 12, most({ $0.utf8.count > 40 }) {
                "look like free text"
            } else {
                nil
            }
        guard let what else { return }
        problem(
            .warning, line: line, path: path, "most of the \(values.count) listed values \(what)",
            fix:
                "If they were copied from a table they are somebody's data, and everybody reads the task: declare bounds, a "
                + "public list, or leave the column out")
    }
}
