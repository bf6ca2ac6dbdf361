public import Domains
@_spi(PrivateRows) import Tables
import VectorMath

/// What the quality of a linkage can be told from: how the compared pairs agree, how many records take part, which links are
/// the first of their record, and which passes link a record.
///
/// Steps and memory follow from the tables' sizes with their padding and from the terms, like those of the linkage itself.
struct LinkageEvidence {
    /// Links in columns of one side alone: of each record the first link counts, so that a record counts once.
    struct Side {
        /// The columns that hold nothing but what this side's record says.
        let columns: [String]
        /// For each row of the linked table 1 where it is its record's first link, 0 elsewhere and for padding.
        fileprivate(set) var isFirst: CodedColumn
    }

    /// For each agreement pattern how many compared pairs have it. A pair that several passes find counts once.
    private(set) var patterns: [Int64]
    /// In 1/`LinkageQuestion.parts`, for each pass: of either table the records that take part; all records of the first table,
    /// and how many of them would meet their like in the other table if it had one in the same block.
    private(set) var tallies: [Int64]
    private(set) var sides: [Side]
    /// See `LinkedRows.histories`.
    private(set) var histories: [Int64]
    let passes: Int
    let partners: Int

    init(
        _ parties: [(name: String, rows: KeyedRows)], _ terms: LinkageTerms, _ passes: [BlockedPairs],
        _ scores: PairScores, _ links: LinkedRows
    ) {
        let count = links.rows[0].count
        let tables = [parties[0].rows, parties[1].rows]
        self.passes = terms.blocking.count
        partners = LinkageBound.partners(terms)
        patterns = [Int64](repeating: 0, count: LinkageQuestion.cells(terms) ?? 1)
        histories = links.histories
        tallies = []
        let rowCounts = (tables[0].table.rowCount, tables[1].table.rowCount)
        for (place, pass) in passes.enumerated() {
            for pair in pass.first.indices {
                let (one, two) = (Int(pass.first[pair]), Int(pass.second[pair]))
                let isPair = pair < pass.count
                var isNew = isPair
                for earlier in passes[..<place] {
                    let met = earlier.meet(one, two)
                    isNew = isNew && !met
                }
                let other = PairScores.standIn(pair, rowCounts)
                patterns[scores.pattern(isPair ? one : other.0, isPair ? two : other.1)] += isNew ? 1 : 0
            }
            tallies += pass.tallies
        }
        sides = (0..<2).map { side in
            var seen = [Bool](repeating: false, count: tables[side].table.rowCount + 1)
            let isFirst = (0..<count).map { row -> UInt32 in
                let record = Int(links.rows[side][row])
                let isNew = row < links.count && !seen[record]
                seen[record] = seen[record] || isNew
                return isNew ? 1 : 0
            }
            return Side(
                columns: TableDomain.joined([(name: parties[side].name, parties[side].rows.domain)]).columns.map(
                    \.name),
                isFirst: CodedColumn(proven: isFirst, domainSize: 2))
        }
    }
}

extension LinkageEvidence {
    // KERNEL 2.6
    /// Overwrites every figure and every row's mark with zero.
    mutating func wipe() {
        for place in patterns.indices { patterns[place] = 0 }
        for place in tallies.indices { tallies[place] = 0 }
        for place in histories.indices { histories[place] = 0 }
        for place in sides.indices { sides[place].isFirst.wipe() }
    }
}

/// Questions about the quality of a linkage: public shapes, and how far one record moves the answers.
public enum LinkageQuestion {
    /// The most agreement patterns that are told apart.
    public static let cellLimit = 1 << 16
    /// Tallies are counted in so many parts of a record.
    public static let parts = 1_024
    /// How many tallies a pass has.
    public static let talliesPerPass = 4

    /// How many levels each comparison has: those of `at`, none of them, and one for a missing text.
    public static func levels(_ terms: LinkageTerms) -> [Int] { terms.compare.map { $0.weights.count + 1 } }

    /// How many agreement patterns there are; nil where there are more than are told apart.
    public static func cells(_ terms: LinkageTerms) -> Int? {
        var cells = 1
        for count in levels(terms) {
            cells *= count
            guard cells <= cellLimit else { return nil }
        }
        return cells
    }

    // KERNEL 4.10
    /// Of the counts of agreement patterns: in each pass the pairs of a record go, at most K, and as many of another one that
    /// takes its place come.
    public static func patternMovement(passes: Int, partners: Int) -> CountMovement {
        CountMovement(figures: 2, by: passes * partners)
    }

    // KERNEL 4.11
    /// Of the links in columns of one side, each record once: in each pass one-to-one links change along two chains, one from
    /// the record that goes and one from the record that takes its place; at most two records of a side lose their link, and two
    /// others get one.
    public static func linkMovement(passes: Int) -> CountMovement { CountMovement(figures: 2, by: 2 * passes) }

    // KERNEL 4.12
    /// Of the tallies: each moves by one record in each pass, and by what rounding adds.
    public static func tallyMovement(passes: Int) -> CountMovement {
        CountMovement(figures: talliesPerPass * passes, by: parts + 1)
    }

    /// The fewest passes whose sets of passes are asked for: of two nothing tells how they hang together.
    public static let fewestPasses = 3

    /// How many sets of passes a record with a link may have.
    public static func sets(passes: Int) -> Int { (1 << passes) - 1 }

    // KERNEL 4.13
    /// Of the records by the set of passes that link them: the record that goes leaves its set, and in each pass at most three
    /// others go from one set to another. Four figures by (3L + 1)/2, rounded up, cover both norms.
    public static func historyMovement(passes: Int) -> CountMovement {
        CountMovement(figures: 4, by: (3 * passes + 2) / 2)
    }

    /// Of each table of the answer, in this order: patterns, tallies, links and, of three passes or more, histories.
    public static func movements(_ terms: LinkageTerms) -> [CountMovement] {
        let passes = terms.blocking.count
        let movements = [
            patternMovement(passes: passes, partners: terms.partners), tallyMovement(passes: passes),
            linkMovement(passes: passes),
        ]
        return movements + (passes < fewestPasses ? [] : [historyMovement(passes: passes)])
    }
}
