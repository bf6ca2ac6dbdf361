public import Domains
@_spi(PrivateRows) import Tables

extension PrivateTable {
    // KERNEL 2.10
    /// The same rows with columns that follow from theirs, row by row: groups of a column's codes, and ratios of two columns.
    /// What a row's columns become depends on the recipe, which is public, and on this row alone; no row comes or goes. Rows
    /// of padding go the same way, and what becomes of them is public.
    ///
    /// - Throws: `wrongRecipe` if the recipe is of another table.
    public consuming func following(_ recipe: TableRecipe) throws(PrivacyError) -> PrivateTable {
        guard recipe.fits(rows.domain) else { throw .wrongRecipe }
        return PrivateTable(rows: PrivateRows(rows, following: recipe))
    }
}

extension PrivateRows {
    /// - Precondition: the recipe fits the rows' domain.
    convenience init(_ source: PrivateRows, following recipe: TableRecipe) {
        let read = source.table.columns
        let count = source.table.rowCount
        let columns = zip(recipe.columns, recipe.domain.columns).map { column, domain in
            switch column {
            case .kept(let place): read[place]
            case .grouped(let place, let map):
                CodedColumn(proven: (0..<count).map { map[read[place][$0]] }, domainSize: domain.size)
            case .ratio(let ratio):
                CodedColumn(
                    proven: (0..<count).map { row in
                        ratio.code(numerator: read[ratio.numerator][row], denominator: read[ratio.denominator][row])
                    }, domainSize: domain.size)
            }
        }
        let filler = recipe.columns.map { column in
            switch column {
            case .kept(let place): source.filler[place]
            case .grouped(let place, let map): map[Int(source.filler[place])]
            case .ratio(let ratio):
                ratio.code(
                    numerator: Int(source.filler[ratio.numerator]), denominator: Int(source.filler[ratio.denominator]))
            }
        }
        self.init(
            domain: recipe.domain, table: CodedTable(proven: columns, rowCount: count), rowsPerKey: source.rowsPerKey,
            rowCount: source.rowCount, steps: source.steps, filler: filler,
            evidence: source.evidence)
    }
}
