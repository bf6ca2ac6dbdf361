// Proof: no byte is read here by its place; `elementsEqual` stays inside, within the call that lends them.

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
