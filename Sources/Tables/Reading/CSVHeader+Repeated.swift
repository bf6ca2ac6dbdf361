extension Derivation {
    /// In an order in which each comes behind those that it is derived from.
    static func parentsFirst(_ derivations: [Derivation]) -> [Derivation] {
        var waiting = derivations
        var ordered: [Derivation] = []
        while !waiting.isEmpty {
            let ready = waiting.filter { one in !waiting.contains { $0.column == one.parent } }
            guard !ready.isEmpty else { return ordered }
            ordered += ready
            waiting.removeAll { one in ready.contains { $0.column == one.column } }
        }
        return ordered
    }
}

extension CSVHeader {
    /// Whether a cell says its column's name.
    static func isName(_ text: UnsafeRawBufferPointer, _ column: String) -> Bool { text.elementsEqual(column.utf8) }

    /// What is wrong with a row that is the header once more.
    static func repeated(_ column: String, row: Int) -> TableProblem {
        TableProblem(
            code: "repeated_header", row: row, column: column, expected: "column names in the first row alone",
            hint: "The row repeats the column names: remove it, or let `entrepot prepare` do so")
    }
}
