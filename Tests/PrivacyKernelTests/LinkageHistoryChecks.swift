import Domains
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

extension LinkageWorld {
    /// Three passes, and in the block of each four records of the first table of which three take part: the first record, which
    /// has a link that the second would take; the third, which has one that the fourth would take from it. All but the first are
    /// linked elsewhere too, so that who loses or gets a link goes from one set of passes to another.
    static let displacing: LinkageWorld = {
        func record(_ blocks: [String], _ number: Int, _ code: Int) -> LinkedRecord {
            LinkedRecord(
                first: blocks[0], second: blocks[1], third: blocks[2], number: number, code: code % LinkageWorld.codes)
        }
        var first = [record(["b0", "b1", "b2"], 0, 0)]
        var second: [LinkedRecord] = []
        for pass in 0..<3 {
            let (next, last) = ((pass + 1) % 3, (pass + 2) % 3)
            func blocks(_ own: String, _ passes: [Int], _ shared: Bool) -> [String] {
                (0..<3).map { $0 == pass && shared ? "b\(pass)" : passes.contains($0) ? "\(own)\(pass)" : "" }
            }
            for (name, number, passes) in [("u", 4, [next, last]), ("v", 12, [next]), ("z", 10, [next, last])] {
                first.append(record(blocks(name, passes, true), number, first.count))
                second.append(record(blocks(name, passes, false), number, second.count))
            }
            for number in [1, 10] { second.append(record(blocks("", [], true), number, second.count)) }
        }
        return LinkageWorld(tables: [first, second])
    }()
}

extension AuditCheck {
    /// Where a record's place in three blocks passes on, 17 of the 20 by which records may move between sets of passes are seen.
    static let linkageHistories = AuditCheck(
        claim:
            "one record moves the records by the passes that link them no further than their bound, where it hurts most"
    ) {
        let terms = LinkageWorld.terms(passes: 3, partners: 3)
        let bound = LinkageQuestion.historyMovement(passes: 3).sensitivity
        let world = LinkageWorld.displacing
        // Who of a block takes part follows from the hash: in one of 64 the first three records of all three blocks do.
        for key in UInt64(1)...400 {
            let hash = KeyedHash(key: (key, 4))
            func histories(_ world: LinkageWorld) throws -> [Int64] {
                try world.linked(terms, hash, withEvidence: true).evidence?.histories ?? []
            }
            let moved = zip(try histories(world), try histories(world.removing(0, 0))).map { abs($0 - $1) }
            let linear = moved.reduce(0, +)
            guard linear <= Int64(bound.linear), moved.reduce(0, { $0 + $1 * $1 }) <= Int64(bound.squared) else {
                return false
            }
            if linear == 17 { return true }
        }
        // A world that moves nothing shows nothing.
        return false
    }
}
