public import Domains
@_spi(PrivateRows) import Tables
import VectorMath

/// What a linkage released about its own quality.
public struct LinkageAnswer: Sendable, Equatable {
    /// How many compared pairs agree in which way; see `LinkageQuestion.levels`.
    public let patterns: NoisyTally
    /// In 1/`LinkageQuestion.parts`, for each pass: records of either table that take part, all records of the first table, and
    /// how many of them the bound of a block lets meet their like.
    public let tallies: NoisyTally
    /// Records of one side that have a link, for each cell of the groups.
    public let links: NoisyTally
    /// Records of the first table by the set of passes that link them, numbered by its bits less one; nil of fewer than
    /// `LinkageQuestion.fewestPasses`.
    public let histories: NoisyTally?

    /// All tables, in the order of `LinkageQuestion.movements`.
    public var tables: [NoisyTally] { [patterns, tallies, links] + (histories.map { [$0] } ?? []) }

    init(_ tables: [NoisyTally]) {
        (patterns, tallies, links) = (tables[0], tables[1], tables[2])
        histories = tables.count > 3 ? tables[3] : nil
    }
}

extension Kernel {
    /// Agreement patterns of the compared pairs, tallies of the records that take part, linked records by groups and, of three
    /// passes or more, by the passes that link them: what totals that allow for linkage errors follow from.
    ///
    /// Each moves with one record by its own bound (KERNEL.md, "Measure"), which is smaller than that of linked rows at large.
    /// Changing a record costs four times ρ, or twice ε.
    ///
    /// - Parameters:
    ///   - groups: columns of one side; none for all records of the first.
    ///   - weights: shares of the budget: patterns, tallies, links and, of three passes or more, histories.
    ///   - terms: of the linkage.
    ///   - budget: spent whole.
    /// - Throws: `noLinkageEvidence` for rows that are no linkage or were linked without, or for columns of both sides.
    public func linkage(
        _ groups: [Int], _ terms: LinkageTerms, weights: [Double], spending budget: consuming Budget,
        cellLimit: Int = Kernel.defaultCellLimit
    ) throws(PrivacyError) -> LinkageAnswer {
        let payment = try payment(budget)
        let question = try shape(of: groups, limit: cellLimit)
        guard let cells = LinkageQuestion.cells(terms) else {
            throw .tooManyCells(cells: nil, limit: LinkageQuestion.cellLimit)
        }
        let passes = terms.blocking.count
        let movements = LinkageQuestion.movements(terms)
        let shares = try shares(of: payment.units, weights, count: movements.count)
        let counts = Array(
            [cells, LinkageQuestion.talliesPerPass * passes, question.cells, LinkageQuestion.sets(passes: passes)]
                .prefix(movements.count))
        var scales: [NoiseScale] = []
        for (place, share) in shares.enumerated() {
            scales.append(try payment.scale(movements[place].sensitivity, units: share))
            try NoiseSource.check(scales[place], count: counts[place], isExact: payment.root.isExact)
        }
        let figures = counts.reduce(0, +)
        switch try open(payment, changed: figures) {
        case .recorded(.linkage(let tallies)):
            guard tallies.map(\.counts.count) == counts, tallies.map(\.movement) == movements else { throw mismatch() }
            accept()
            return LinkageAnswer(tallies)
        case .recorded: throw mismatch()
        case .rows(let source):
            guard let rows = source as? PrivateRows, let evidence = rows.evidence,
                evidence.passes == passes, evidence.partners == terms.partners, evidence.patterns.count == cells,
                let side = evidence.side(of: question.attributes.map { domain.columns[$0].name })
            else { throw .noLinkageEvidence }
            var parts = [
                evidence.patterns, evidence.tallies, rows.firstLinks(side, by: question.attributes), evidence.histories,
            ]
            parts.removeLast(parts.count - counts.count)
            for place in parts.indices { addNoise(scales[place], to: &parts[place], isExact: payment.root.isExact) }
            let tallies = parts.indices.map {
                NoisyTally(counts: parts[$0], scale: scales[$0], movement: movements[$0])
            }
            try publish(.linkage(tallies), payment, changingOne: payment.accounting == .pure ? 2 : 4)
            return LinkageAnswer(tallies)
        }
    }
}

extension LinkageEvidence {
    /// The side that has all these columns; nil where there is none.
    func side(of columns: [String]) -> Side? {
        // A name that both sides have says nothing of whose it is.
        let shared = Set(sides[0].columns).intersection(sides[1].columns)
        guard shared.isDisjoint(with: columns) else { return nil }
        return sides.first { side in columns.allSatisfy(side.columns.contains) }
    }
}

extension PrivateRows {
    // KERNEL 4.11
    /// Records of one side that have a link, by columns of this side: only the first link of a record counts.
    func firstLinks(_ side: LinkageEvidence.Side, by groups: [Int]) -> [Int64] {
        let all = countCodes(codes + [side.isFirst.codes], cliques: [groups + [codes.count]])[0]
        return stride(from: 1, to: all.count, by: 2).map { all[$0] }
    }
}
