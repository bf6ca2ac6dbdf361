import Linkage
import Testing

@Suite struct IntersectionTests {
    private let task = [UInt8](repeating: 7, count: 32)

    private func keys(_ numbers: Range<Int>) -> [[UInt8]] { numbers.map { Array("unit-\($0)".utf8) } }

    private func lists(_ party: inout IntersectionParty) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await party.blindedNames { bytes += $0 }
        return bytes
    }

    /// Both parties, from lists to outcomes.
    private func meeting(
        _ reveal: IntersectionTerms.Reveal, _ first: [[UInt8]], _ second: [[UInt8]], noise: (Int, Int) = (0, 0),
        sizes: (Int, Int) = (40, 60)
    ) async throws -> (IntersectionParty.Outcome, IntersectionParty.Outcome) {
        let terms = IntersectionTerms(task: task, reveal: reveal, sizes: (sizes.0, sizes.1))
        var one = try IntersectionParty(terms, role: .listener, keys: first, noise: noise.0)
        var two = try IntersectionParty(terms, role: .joiner, keys: second, noise: noise.1)
        let (fromOne, fromTwo) = (try await lists(&one), try await lists(&two))
        #expect(fromOne.count == 32 * terms.points(.listener) && fromTwo.count == 32 * terms.points(.joiner))
        var (backToTwo, backToOne): ([UInt8], [UInt8]) = ([], [])
        let seenByOne = try await one.answered(fromTwo) { backToTwo += $0 }
        let seenByTwo = try await two.answered(fromOne) { backToOne += $0 }
        return (try one.common(seenByOne, backToOne), try two.common(seenByTwo, backToTwo))
    }

    @Test("members are those that both lists have, for either party in its own order")
    func members() async throws {
        let (one, two) = try await meeting(.members, keys(0..<30), keys(20..<70))
        #expect(one.members == Array(20..<30) && one.estimate == 10)
        #expect(two.members == Array(0..<10) && two.estimate == 10)
        let (none, _) = try await meeting(.members, [], keys(0..<3))
        #expect(none.members == [])
    }

    @Test(
        "a count is the common names, dummies of both and nothing else; each takes its own dummies off",
        arguments: [-3, 0, 5])
    func count(noise: Int) async throws {
        let (one, two) = try await meeting(
            .count(epsilon: 1, delta: 1e-3), keys(0..<30), keys(20..<60), noise: (noise, 2))
        let reach = IntersectionTerms(task: task, reveal: .count(epsilon: 1, delta: 1e-3), sizes: (1, 1)).reach
        #expect(reach == 7)
        #expect(one.common == 10 + (reach + noise) + (reach + 2) && two.common == one.common)
        #expect(one.estimate == 10 + 2 && two.estimate == 10 + noise)
        #expect(one.members == nil && two.members == nil)
    }

    @Test("noise beyond its reach is cut, so that the dummies suffice")
    func cut() async throws {
        let (one, _) = try await meeting(.count(epsilon: 1, delta: 1e-3), keys(0..<3), keys(0..<3), noise: (-100, 100))
        #expect(one.common == 3 + 0 + 14)
    }

    @Test("what a party sends shows neither the length of its list nor its order")
    func shape() async throws {
        let terms = IntersectionTerms(task: task, reveal: .members, sizes: (40, 1))
        for count in [0, 1, 40] {
            var one = try IntersectionParty(terms, role: .listener, keys: keys(0..<count), noise: 0)
            #expect(try await lists(&one).count == 32 * 40)
        }
        #expect(throws: IntersectionError.listTooLong(declared: 40)) {
            _ = try IntersectionParty(terms, role: .listener, keys: keys(0..<41), noise: 0)
        }
    }

    @Test("points off the curve, repeated, too few or too many end it without a result")
    func badPoints() async throws {
        let terms = IntersectionTerms(task: task, reveal: .members, sizes: (4, 4))
        let one = try IntersectionParty(terms, role: .listener, keys: keys(0..<4), noise: 0)
        var two = try IntersectionParty(terms, role: .joiner, keys: keys(0..<4), noise: 0)
        let good = try await lists(&two)
        func answer(_ points: [UInt8]) async throws -> Int {
            var sent = 0
            _ = try await one.answered(points) { sent += $0.count }
            return sent
        }
        #expect(try await answer(good) == 128)
        await #expect(throws: IntersectionError.wrongNumber) { _ = try await answer(Array(good.dropLast(32))) }
        await #expect(throws: IntersectionError.wrongNumber) { _ = try await answer(good + good.prefix(32)) }
        await #expect(throws: IntersectionError.repeatedPoint) {
            _ = try await answer(Array(good.prefix(96) + good.prefix(32)))
        }
        // About half of all numbers are no x of a point; all bits set is none for certain.
        await #expect(throws: IntersectionError.pointOffCurve) {
            _ = try await answer(Array(good.prefix(96)) + [UInt8](repeating: 0xFF, count: 32))
        }
        #expect(throws: IntersectionError.wrongNumber) { _ = try one.common([], Array(good.prefix(64))) }
    }

    @Test("the same list looks different in every run and in every task")
    func fresh() async throws {
        let terms = IntersectionTerms(task: task, reveal: .members, sizes: (4, 4))
        var one = try IntersectionParty(terms, role: .listener, keys: keys(0..<4), noise: 0)
        var two = try IntersectionParty(terms, role: .listener, keys: keys(0..<4), noise: 0)
        let (first, second) = (try await lists(&one), try await lists(&two))
        let points = { (bytes: [UInt8]) in Set((0..<4).map { Array(bytes[32 * $0..<32 * $0 + 32]) }) }
        #expect(points(first).isDisjoint(with: points(second)))
    }
}
