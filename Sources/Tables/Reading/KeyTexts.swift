package import Domains
package import VectorMath

/// Reads the keys of a local file as texts, normalised and checked as every upload's keys are: for a party that meets another one
/// without a service, on its own machine.
package struct KeyTexts {
    private let reader: KeyReader
    private let rule: KeyRule

    /// - Throws: `KeyPatternError` if the pattern is not in the language.
    package init(rule: KeyRule) throws {
        self.rule = rule
        reader = try KeyReader(rule: rule, hash: KeyedHash.random)
    }

    /// The places of the key's columns among a file's names.
    ///
    /// - Returns: nil with the first column that is not there.
    package func columns(_ names: [String]) -> (places: [Int], missing: String?) {
        let names = names.map { CSVHeader.declaredName($0, among: rule.columns) }
        let places = rule.columns.map { names.firstIndex(of: $0) }
        return (places.compactMap { $0 }, zip(rule.columns, places).first { $0.1 == nil }?.0)
    }

    /// The keys of a block of rows; nil for a row without a valid one.
    ///
    /// - Parameter fault: called for each such row, counted from 0, with what a service would say of it.
    package func texts(
        _ grid: FieldGrid, columns: [Int], fault: (_ row: Int, TableProblem) -> Void
    ) -> [[UInt8]?] {
        (0..<grid.rows).map { row in
            reader.key(grid, row, columns) { _, part, kind in
                let value = grid.withField(row: row, column: columns[part]) {
                    String(decoding: $0.prefix(80), as: UTF8.self)
                }
                fault(row, kind.problem(rule, part: part, row: row, value: value))
            }
        }
    }
}
