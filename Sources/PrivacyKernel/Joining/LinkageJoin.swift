import Domains
@_spi(PrivateRows) import Tables
import VectorMath

extension PrivateRows {
    /// The links of two parties' records, each with the columns of both.
    ///
    /// - Parameters:
    ///   - parties: two, read with the same `KeyedHash` and with the texts that the terms name.
    ///   - withEvidence: whether the quality of the linkage will be asked for.
    convenience init(
        linking parties: [(name: String, rows: KeyedRows)], terms: LinkageTerms, withEvidence: Bool = false
    ) {
        let (first, second) = (parties[0].rows, parties[1].rows)
        let scores = PairScores(first, second, terms)
        let ranks = [LinkageBlocks.ranks(first, table: 0), LinkageBlocks.ranks(second, table: 1)]
        let passes = terms.blocking.indices.map {
            BlockedPairs([first, second], terms, pass: $0, ranks: ranks, tallied: withEvidence)
        }
        let links = LinkedRows([first, second], passes, scores, ranks)
        let evidence = withEvidence ? LinkageEvidence(parties, terms, passes, scores, links) : nil
        var columns: [CodedColumn] = []
        for (party, places) in zip(parties, links.rows) {
            for column in party.rows.table.columns { columns.append(column.gatheredOrZero(places)) }
        }
        self.init(
            domain: TableDomain.joined(parties.map { ($0.name, $0.rows.domain) }),
            table: CodedTable(proven: columns, rowCount: links.rows.first?.count ?? 0),
            rowsPerKey: LinkageBound.rows(terms), rowCount: links.count, steps: links.steps, evidence: evidence)
    }
}

/// How far one record can move the links.
enum LinkageBound {
    // KERNEL 2.11
    /// The most links that adding or removing one record takes away or brings.
    ///
    /// In each pass a record is in one block. There it may displace another from those that take part, and every link of the
    /// block may become another one: at most `partners` go and as many come. Blocks of other records stay as they are.
    static func rows(_ terms: LinkageTerms) -> Int { terms.rowsPerRecord }

    // KERNEL 2.12
    /// How many records of a block take part, of either table.
    static func partners(_ terms: LinkageTerms) -> Int { max(1, terms.partners) }
}

/// For each party the record that stands in each link.
///
/// Steps and memory follow from the tables' sizes with their padding and from the terms. What is compared for how long depends on
/// the lengths of the texts, each of which is bounded.
struct LinkedRows {
    /// As many for each party as there can be links; behind the links the number that stands for no record.
    private(set) var rows: [[UInt32]]
    /// How many links there are: private.
    private(set) var count = 0
    /// For each set of passes, numbered by its bits less one, how many records of the first table have a link in these passes
    /// and in no other.
    ///
    /// Whether a record has a link, not with whom: partners may pass along a chain through all of a block.
    private(set) var histories: [Int64]
    /// How many steps of loops it took.
    private(set) var steps = 0

    init(_ parties: [KeyedRows], _ passes: [BlockedPairs], _ scores: PairScores, _ ranks: [[UInt64]]) {
        let (first, second) = (parties[0], parties[1])
        let room = JoinedSize.links((first.table.rowCount, second.table.rowCount), passes: passes.count)
        var links = (
            [UInt32](repeating: first.filler, count: room + 1), [UInt32](repeating: second.filler, count: room + 1)
        )
        let sizes = (first.table.rowCount, second.table.rowCount)
        let partners = LinkagePasses.partners(passes, scores, ranks, rowCounts: sizes)
        // A pair that several passes find is one link. Written whether or not it is new: what is not counted is written over.
        for (pass, found) in partners.enumerated() {
            for record in 0..<sizes.0 {
                var isNew = found[record] != second.filler
                for earlier in 0..<pass { isNew = isNew && partners[earlier][record] != found[record] }
                links.0[count] = isNew ? UInt32(truncatingIfNeeded: record) : first.filler
                links.1[count] = isNew ? found[record] : second.filler
                count += isNew ? 1 : 0
            }
        }
        var sets = [Int64](repeating: 0, count: 1 << passes.count)
        for record in 0..<sizes.0 {
            var set = 0
            for (pass, found) in partners.enumerated() { set |= (found[record] == second.filler ? 0 : 1) << pass }
            sets[set] += 1
        }
        // Padding has no link, like many records: what is in no pass is not told.
        histories = Array(sets.dropFirst())
        steps = passes.reduce(0) { $0 + $1.steps + 6 * $1.first.count + 2 * sizes.0 }
        let filled = JoinedSize.filled(count, of: room)
        rows = [Array(links.0.prefix(filled)), Array(links.1.prefix(filled))]
    }
}

/// The passes of a linkage.
enum LinkagePasses {
    // KERNEL 2.13
    /// Of each record of the first table its partner in each pass: every pass for itself.
    ///
    /// A second pass over what the first left unmatched, or one assignment over the pairs of all passes, would let one record
    /// move links in block after block.
    static func partners(
        _ passes: [BlockedPairs], _ scores: PairScores, _ ranks: [[UInt64]], rowCounts: (Int, Int)
    ) -> [[UInt32]] {
        passes.map { OneToOne($0, scores, ranks, rowCounts: rowCounts).partners }
    }
}

extension JoinedSize {
    /// The most links of two tables: one to one in each pass.
    static func links(_ sizes: (Int, Int), passes: Int) -> Int { min(sizes.0, sizes.1) * passes }
}
