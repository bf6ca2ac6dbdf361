public import Domains
@_spi(PrivateRows) public import Tables

extension Kernel {
    /// A kernel of one of three parties that count on shares of columns of two holders, neither of whom learns whose keys both have.
    ///
    /// - Parameters:
    ///   - own: this holder's table, read with the `KeyedHash` that both holders use; nil at the third party. It has no rows afterwards.
    ///   - domain: of the columns of both.
    ///   - first: how many of them the first holder has.
    ///   - terms: how long the lists are.
    ///   - sharing: the way to the other parties.
    ///   - record: takes each release before it is returned.
    /// - Throws: `rowsAreGone`; `shapeMismatch` where the table has more rows than declared, or other columns.
    public convenience init(
        hiding own: (name: String, table: KeyedTable)?, in domain: TableDomain, first: Int, _ terms: HiddenTerms,
        sharing: any HiddenSharing, record: (@Sendable (Release) throws -> Void)? = nil
    ) throws(PrivacyError) {
        var list: HiddenList?
        if let own, let side = sharing.side, let keys = sharing.keys {
            guard var taken = own.table.take() else { throw .rowsAreGone }
            defer { taken.wipe() }
            let made = try HiddenList((own.name, taken), terms, side: side, keys: keys)
            let sizes = side == 0 ? domain.sizes.prefix(first) : domain.sizes.dropFirst(first)
            guard made.rows.domain.sizes == Array(sizes) else {
                throw .shapeMismatch(expected: sizes.count, found: made.rows.domain.sizes.count)
            }
            list = made
        }
        self.init(
            rows: HiddenColumns(list, of: domain, first: first, terms, sharing), record: record,
            generator: NoiseGenerator())
    }
}
