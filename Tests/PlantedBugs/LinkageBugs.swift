import Domains
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

extension LinkageQuestion {
    @_dynamicReplacement(for:patternMovement(passes:partners:))
    static func patternsWithoutDisplacement(passes: Int, partners: Int) -> CountMovement {
        planted(.linkagePatternsDisplaced)
            ? CountMovement(figures: 1, by: passes * partners) : patternMovement(passes: passes, partners: partners)
    }

    @_dynamicReplacement(for:historyMovement(passes:))
    static func historiesWithoutDisplacement(passes: Int) -> CountMovement {
        planted(.linkageHistoriesDisplaced)
            ? CountMovement(figures: 2, by: passes + 1) : historyMovement(passes: passes)
    }
}

extension LinkagePasses {
    @_dynamicReplacement(for:partners(_:_:_:rowCounts:))
    static func dependentPartners(
        _ passes: [BlockedPairs], _ scores: PairScores, _ ranks: [[UInt64]], rowCounts: (Int, Int)
    ) -> [[UInt32]] {
        switch PlantedBug.active {
        case .linkageLaterPassOnRest: onWhatIsLeft(passes, scores, ranks, rowCounts)
        case .linkageOneAssignment: [overAllPairs(passes, scores, ranks, rowCounts)]
        default: partners(passes, scores, ranks, rowCounts: rowCounts)
        }
    }

    private static func onWhatIsLeft(
        _ passes: [BlockedPairs], _ scores: PairScores, _ ranks: [[UInt64]], _ rowCounts: (Int, Int)
    ) -> [[UInt32]] {
        let none = UInt32(rowCounts.1)
        var (left, right): (Set<UInt32>, Set<UInt32>) = ([], [])
        var found: [[UInt32]] = []
        for pairs in passes {
            let free = (0..<pairs.count).filter { !left.contains(pairs.first[$0]) && !right.contains(pairs.second[$0]) }
            let rest = BlockedPairs(
                first: free.map { pairs.first[$0] }, second: free.map { pairs.second[$0] }, count: free.count)
            let partners = OneToOne(rest, scores, ranks, rowCounts: rowCounts).partners
            for (record, partner) in partners.enumerated() where partner != none {
                left.insert(UInt32(record))
                right.insert(partner)
            }
            found.append(partners)
        }
        return found
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
