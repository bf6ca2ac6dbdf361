import Tables

@testable import PrivacyKernel

extension LinkageBound {
    @_dynamicReplacement(for:rows(_:))
    static func rowsWithoutDisplacement(_ terms: LinkageTerms) -> Int {
        planted(.linkageDisplacementIgnored) ? terms.partners * terms.blocking.count : rows(terms)
    }

    @_dynamicReplacement(for:partners(_:))
    static func partnersOrAll(_ terms: LinkageTerms) -> Int {
        planted(.linkagePartnersIgnored) ? 64 : partners(terms)
    }
}

extension LinkagePasses {
    @_dynamicReplacement(for:partners(_:_:_:rowCounts:))
    static func dependentPartners(
        _ passes: [BlockedPairs], _ scores: PairScores, _ ranks: [[UInt64]], rowCounts: (Int, Int)
    ) -> [[UInt32]] {
        planted(.linkageOneAssignment)
            ? [overAllPairs(passes, scores, ranks, rowCounts)]
            : partners(passes, scores, ranks, rowCounts: rowCounts)
    }

    private static func overAllPairs(
        _ passes: [BlockedPairs], _ scores: PairScores, _ ranks: [[UInt64]], _ rowCounts: (Int, Int)
    ) -> [UInt32] {
        let first = passes.flatMap { $0.first.prefix($0.count) }
        let second = passes.flatMap { $0.second.prefix($0.count) }
        return OneToOne(
            BlockedPairs(first: first, second: second, count: first.count), scores, ranks, rowCounts: rowCounts
        ).partners
    }
}
