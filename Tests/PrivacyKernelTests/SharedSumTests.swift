import Domains
import Foundation
import Synchronization
import Tables
import Testing
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

/// Several holders' kernels in one test, each on a thread of its own; their parts are added in the open.
final class Gathering: @unchecked Sendable {
    private let condition = NSCondition()
    private var parts: [[Int64]] = []
    private var questions: Set<String> = []
    private var total: (round: Int, values: [Int64])?
    private var round = 0
    private let count: Int

    init(count: Int) { self.count = count }

    func add(_ part: [Int64], _ question: String) -> [Int64] {
        condition.lock()
        defer { condition.unlock() }
        let mine = round
        parts.append(part)
        questions.insert(question)
        if parts.count == count {
            #expect(questions.count == 1)
            total = (mine, parts.dropFirst().reduce(parts[0]) { sum, part in zip(sum, part).map { $0 &+ $1 } })
            (parts, questions) = ([], [])
            round += 1
            condition.broadcast()
        }
        while total?.round != mine { condition.wait() }
        return total?.values ?? []
    }

    /// Runs one kernel a holder.
    static func run<Result: Sendable>(
        _ holders: NoiseHolders, bug: PlantedBug? = nil,
        _ work: @escaping @Sendable (Int, any SumOpening) throws -> Result
    ) throws -> [Result] {
        let gathering = Gathering(count: holders.count)
        let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
        let group = DispatchGroup()
        for holder in 0..<holders.count {
            group.enter()
            Thread.detachNewThread {
                let result = PlantedBug.$active.withValue(bug) {
                    Swift.Result { try work(holder, Member(holders: holders, gathering: gathering)) }
                }
                results.withLock { $0[holder] = result }
                group.leave()
            }
        }
        group.wait()
        return try results.withLock { results in try (0..<holders.count).map { try results[$0]!.get() } }
    }

    private struct Member: SumOpening {
        let holders: NoiseHolders
        let gathering: Gathering

        func open(_ part: [Int64], question: String) throws -> [Int64] { gathering.add(part, question) }
    }
}

@Suite("Sums over several holders")
struct SharedSumTests {
    private static let sizes = [3, 4, 5]
    private static let five = NoiseHolders(count: 5, colluding: 1)

    private static func rows(_ holder: Int) -> [[Int]] {
        var generator = SplitMix64(state: UInt64(holder + 1))
        return (0..<(100 * holder)).map { _ in sizes.map { Int(generator.next() % UInt64($0)) } }
    }

    private static func kernel(
        _ holder: Int, _ opening: any SumOpening, record: (@Sendable (Release) throws -> Void)? = nil
    ) throws -> Kernel {
        Kernel(
            rows: SharedRows(try testTable(sizes, rows(holder)), opening), record: record,
            generator: NoiseGenerator(key: [UInt64(holder), 9, 9, 9]))
    }

    /// Everything that a kernel can be asked and that adds up.
    private static func ask(_ kernel: Kernel) throws -> Transcript {
        var budget = try testBudget(2, 1e-9, .gaussian)
        let group = try kernel.addGrouping(of: 1, map: [0, 1, 1, 0])
        _ = try kernel.measure([[]], spending: budget.take(.fraction(1, 8)))
        _ = try kernel.measure(
            [[0], [1], [0, 1, 2], [0, group]], weights: [1, 2, 3, 4], spending: budget.take(.fraction(1, 8)))
        _ = try kernel.sums(
            [SumQuestion(attribute: 2, values: [5, -3, 0, 9, 100], clamp: -10...10, groups: [0])],
            spending: budget.take(.fraction(1, 8)))
        _ = try kernel.gram(
            of: [0, 2], scores: [[-3, 0, 3], [-4, -2, 0, 2, 4]], bound: 5, spending: budget.take(.fraction(1, 8)))
        let candidates = [[0, 1], [1, 2]].map {
            Candidate(attributes: $0, estimate: [Int64](repeating: 3, count: sizes[$0[0]] * sizes[$0[1]]))
        }
        _ = try kernel.measureErrors(of: candidates, spending: budget.take(.fraction(1, 8)))
        _ = try kernel.select(from: candidates, spending: budget.take(.fraction(1, 8)))
        return kernel.transcript
    }

    private static func figures(_ transcript: Transcript) -> [[Int64]] {
        transcript.releases.flatMap { release -> [[Int64]] in
            switch release.answer {
            case .marginals(let marginals): marginals.map(\.counts)
            case .sums(let sums): sums.map(\.sums)
            case .gram(let gram): [gram.entries]
            case .errors(let errors): [errors.map(\.value)]
            case .selection, .linkage: []
            }
        }
    }

    @Test("noise off, every figure is that of one table of all rows, to the last integer")
    func exact() throws {
        let shared = try Gathering.run(Self.five, bug: .noiseLeftOut) { holder, opening in
            try Self.ask(Self.kernel(holder, opening))
        }
        let all = (0..<5).flatMap(Self.rows)
        let whole = try PlantedBug.$active.withValue(.noiseLeftOut) {
            try Self.ask(
                Kernel(
                    rows: SharedRows(testTable(Self.sizes, all), Alone(holders: Self.five)), generator: NoiseGenerator()
                ))
        }
        let apart = try PlantedBug.$active.withValue(.noiseLeftOut) { () -> [[Int64]] in
            let kernel = Kernel(rows: try testTable(Self.sizes, all))
            var budget = try testBudget(2, 1e-9, .gaussian)
            let group = try kernel.addGrouping(of: 1, map: [0, 1, 1, 0])
            return try kernel.measure([[0], [1], [0, 1, 2], [0, group]], spending: budget.take(.fraction(1, 2))).map(
                \.counts)
        }
        for transcript in shared { #expect(Self.figures(transcript) == Self.figures(whole)) }
        #expect(Array(Self.figures(shared[0])[1...4]) == apart)
        #expect(Self.figures(shared[0])[0] == [1000])
    }

    @Test("all holders have the same record, which answers again without rows, errors and selections included")
    func replay() throws {
        let records = try Gathering.run(Self.five) { holder, opening in try Self.ask(Self.kernel(holder, opening)) }
        #expect(Set(records.map { "\($0)" }).count == 1)
        let replayed = try Self.ask(Kernel(replaying: records[0], domain: testDomain(Self.sizes)))
        #expect(replayed == records[0])
        #expect(records[0].spent.map { $0.epsilon <= 2 } == true)
        #expect(records[0].releases.allSatisfy { $0.terms?.holders == Self.five })
    }

    @Test("the figures' variance is that of all noise, and the honest holders' part is what was paid for")
    func variances() throws {
        let records = try Gathering.run(Self.five) { holder, opening in
            var budget = try testBudget(1, 1e-9, .gaussian)
            return try Self.kernel(holder, opening).measure([[0]], spending: budget.take(.all))[0]
        }
        var budget = try testBudget(1, 1e-9, .gaussian)
        let alone = try Kernel(rows: testTable(Self.sizes, [])).measure([[0]], spending: budget.take(.all))[0]
        #expect(records[0].variance * Self.five.countedShare >= alone.variance)
        #expect(records[0].variance * Self.five.countedShare < alone.variance * 1.001)
        #expect(abs(Self.five.deviationFactor - 1.118) < 0.001)
    }

    /// Convolved to 15 digits: the sum of h shares of variance v against one discrete Gaussian of h·v.
    @Test("the sum of shares has the law of one discrete Gaussian, and below the least variance it has not")
    func law() {
        func weights(_ variance: Double) -> [Double] {
            let raw = (-400...400).map { exp(-Double($0 * $0) / (2 * variance)) }
            let sum = raw.reduce(0, +)
            return raw.map { $0 / sum }
        }
        func worst(_ variance: Double, _ holders: Int) -> Double {
            let one = weights(variance)
            var sum = one
            for _ in 1..<holders {
                var next = [Double](repeating: 0, count: sum.count)
                for x in 0..<sum.count where sum[x] > 1e-300 {
                    for y in 0..<one.count where one[y] > 1e-300 {
                        let place = x + y - 400
                        if next.indices.contains(place) { next[place] += sum[x] * one[y] }
                    }
                }
                sum = next
            }
            let whole = weights(variance * Double(holders))
            let reach = Int(4 * (variance * Double(holders)).squareRoot())
            return (400 - reach...400 + reach).reduce(0) { max($0, abs(sum[$1] / whole[$1] - 1)) }
        }
        let least = Double(NoiseHolders.leastVariance)
        for holders in [2, 3, 5] { #expect(worst(least, holders) < 1e-12) }
        // exp(−π²/4) for a variance of a quarter: the law is another one, and this test would see it.
        #expect(worst(0.25, 2) > 0.01)
    }

    @Test("Laplace noise, more than 64 holders and a sum that does not open release nothing, each with a sentence")
    func refusals() throws {
        var pure = try testBudget(1, 0, .pure)
        let kernel = try Self.kernel(1, Alone(holders: Self.five))
        #expect(throws: PrivacyError.noiseNotShared(holders: 5)) {
            try kernel.measure([[0]], spending: pure.take(.all))
        }
        var budget = try testBudget(1, 1e-9, .gaussian)
        let many = try Self.kernel(1, Alone(holders: NoiseHolders(count: 65, colluding: 1)))
        #expect(throws: PrivacyError.noiseNotShared(holders: 65)) {
            try many.measure([[0]], spending: budget.take(.all))
        }
        struct Broken: SumOpening {
            var holders: NoiseHolders { NoiseHolders(count: 3, colluding: 1) }
            func open(_ part: [Int64], question: String) throws -> [Int64] { throw CancellationError() }
        }
        var other = try testBudget(1, 1e-9, .gaussian)
        let broken = try Self.kernel(1, Broken())
        #expect(throws: PrivacyError.self) { try broken.measure([[0]], spending: other.take(.all)) }
        #expect(broken.transcript.releases.isEmpty)
    }

    @Test("one holder's part of a union has the unit of the union of all")
    func units() throws {
        let rows = try testTable(Self.sizes, [])
        #expect(rows.rowsPerKey == 1)
        #expect(UnionUnit.key.tables(of: 5) == 5)
        #expect(NoiseHolders(count: 5, colluding: 9).honest == 1)
        #expect(NoiseHolders(count: 1, colluding: 1) == .one)
    }
}
