import Foundation
import Synchronization
import Testing
import VectorMath

@testable import PrivacyKernel

@Suite("Refusals")
struct RefusalTests {
    private let candidate = Candidate(attributes: [0], estimate: [1, 1])

    private func refusal(
        _ accounting: Accounting = .gaussian, _ epsilon: Double = 1, rowsPerKey: Int = 1, sizes: [Int] = [2, 3],
        question: (Kernel, consuming Budget) throws -> Void
    ) throws -> PrivacyError? {
        let kernel = testKernel(try testTable(sizes, [sizes.map { _ in 1 }], rowsPerKey: rowsPerKey))
        do {
            try question(kernel, testBudget(epsilon, 1e-9, accounting))
            return nil
        } catch let error as PrivacyError {
            // Nothing is spent, and the budget's root is not bound: another budget still works.
            #expect(kernel.transcript.releases.isEmpty)
            #expect(!error.description.isEmpty)
            _ = try kernel.measure([[0]], spending: testBudget(1, 1e-9, accounting))
            return error
        }
    }

    @Test("attributes, weights and cells are checked before anything is spent")
    func measure() throws {
        #expect(try refusal { _ = try $0.measure([], spending: $1) } == .noQuestions)
        #expect(
            try refusal { _ = try $0.measure([[0, 2]], spending: $1) } == .attributeOutOfRange(2, columns: 2))
        #expect(
            try refusal { _ = try $0.measure([[-1]], spending: $1) } == .attributeOutOfRange(-1, columns: 2))
        #expect(try refusal { _ = try $0.measure([[1, 0, 1]], spending: $1) } == .attributeRepeated(1))
        #expect(
            try refusal { _ = try $0.measure([[0, 1]], spending: $1, cellLimit: 5) }
                == .tooManyCells(cells: 6, limit: 5))
        #expect(
            try refusal { _ = try $0.measure([[0], [1]], weights: [1], spending: $1) }
                == .weightsMismatch(expected: 2, found: 1))
        for weight in [0, -1, .infinity, .nan] as [Double] {
            guard
                case .weightNotPositive = try refusal(question: {
                    _ = try $0.measure([[0]], weights: [weight], spending: $1)
                })
            else {
                Issue.record("weight \(weight) was taken")
                continue
            }
        }
    }

    @Test("a domain product beyond 63 bits is named as such")
    func overflow() throws {
        let sizes = [Int](repeating: 256, count: 8)
        let all = Array(0..<8)
        #expect(
            try refusal(sizes: sizes) { _ = try $0.measure([all], spending: $1) }
                == .tooManyCells(cells: nil, limit: Kernel.defaultCellLimit))
        let wide = Candidate(attributes: all, estimate: [])
        #expect(
            try refusal(sizes: sizes) { _ = try $0.select(from: [wide], spending: $1) }
                == .tooManyCells(cells: nil, limit: Kernel.defaultCellLimit))
    }

    @Test("candidates are checked", arguments: Accounting.allCases)
    func candidates(_ accounting: Accounting) throws {
        func refused(_ candidate: Candidate) throws -> PrivacyError? {
            let choice = try refusal(accounting) { _ = try $0.select(from: [candidate], spending: $1) }
            let errors = try refusal(accounting) { _ = try $0.measureErrors(of: [candidate], spending: $1) }
            #expect(choice == errors)
            return choice
        }
        #expect(try refusal(accounting) { _ = try $0.select(from: [], spending: $1) } == .noQuestions)
        #expect(try refused(Candidate(attributes: [1], estimate: [1])) == .shapeMismatch(expected: 3, found: 1))
        #expect(try refused(Candidate(attributes: [0], estimate: [1, 1], weight: 0)) == .weightNotPositive(0))
        for wrong in [
            Candidate(attributes: [0], estimate: [1, 1], weight: 1 << 21),
            Candidate(attributes: [0], estimate: [1 << 41, 1]), Candidate(attributes: [0], estimate: [.min, .min]),
            Candidate(attributes: [0], estimate: [1, 1], penalty: .min),
        ] {
            guard case .figureTooLarge = try refused(wrong) else {
                Issue.record("\(wrong) was taken")
                continue
            }
        }
    }

    @Test("scores, bounds and clamps are checked")
    func moments() throws {
        #expect(
            try refusal { _ = try $0.gram(of: [0, 9], scores: [[1, 2], [1, 2]], bound: 4, spending: $1) }
                == .attributeOutOfRange(9, columns: 2))
        #expect(
            try refusal { _ = try $0.gram(of: [1], scores: [[1, 2]], bound: 4, spending: $1) }
                == .shapeMismatch(expected: 3, found: 2))
        for bound in [0, -1, 1 << 14, .max] {
            guard
                case .figureTooLarge = try refusal(question: {
                    _ = try $0.gram(of: [0], scores: [[1, 2]], bound: bound, spending: $1)
                })
            else {
                Issue.record("bound \(bound) was taken")
                continue
            }
        }
        let sums = [SumQuestion(attribute: 0, values: [.min, .max], clamp: .min ... .max)]
        guard case .figureTooLarge = try refusal(question: { _ = try $0.sums(sums, spending: $1) }) else {
            Issue.record("the clamp was taken")
            return
        }
    }

    @Test("more rows a key than sensitivities are proven for are refused")
    func rowsPerKey() throws {
        let kernel = testKernel(try testTable([2], [], rowsPerKey: 5000))
        #expect(throws: PrivacyError.figureTooLarge(what: "number of rows a key", figure: 5000, limit: 4096)) {
            _ = try kernel.measure([[0]], spending: testBudget(1, 1e-9, .pure))
        }
    }

    @Test("the largest figures that are allowed neither trap nor wrap", arguments: Accounting.allCases)
    func extremes(_ accounting: Accounting) throws {
        let table = try testTable([2, 3], [[1, 2]], rowsPerKey: 64)
        for epsilon in [1e-6, 1, 8000] {
            let kernel = testKernel(table)
            var budget = try testBudget(epsilon, 1e-6, accounting)
            let hard = [
                Candidate(attributes: [0], estimate: [-(1 << 40), 0], weight: 1 << 20, penalty: 1 << 61),
                Candidate(attributes: [1], estimate: [1 << 39, 0, 1 << 39], weight: 1, penalty: -(1 << 61)),
            ]
            _ = try kernel.measure([[0, 1]], spending: budget.take(.fraction(1, 5)))
            _ = try kernel.select(from: hard, spending: budget.take(.fraction(1, 4)))
            // Noise that does not fit is refused; at ε = 1 all of it fits.
            do {
                _ = try kernel.sums(
                    [SumQuestion(attribute: 1, values: [.min, 0, .max], clamp: -(1 << 26)...(1 << 26), groups: [0])],
                    spending: budget.take(.fraction(1, 3)))
                _ = try kernel.gram(
                    of: [0, 1], scores: [[-8192, 8192], [8192, 0, 8192]], bound: 8192,
                    spending: budget.take(.fraction(1, 2)))
            } catch PrivacyError.noiseTooLarge {
                #expect(epsilon != 1)
            }
        }
    }
}

@Suite("Transcript")
struct TranscriptTests {
    private let candidates = [
        Candidate(attributes: [0], estimate: [1, 1]), Candidate(attributes: [1], estimate: [0, 0, 2]),
    ]

    private func fit(_ kernel: Kernel, _ accounting: Accounting) throws -> [Int64] {
        var budget = try testBudget(2, 1e-6, accounting)
        var all = try kernel.measure([[1, 0], []], spending: budget.take(.fraction(1, 6))).flatMap(\.counts)
        all.append(Int64(try kernel.select(from: candidates, spending: budget.take(.fraction(1, 5)))))
        all += try kernel.measureErrors(of: candidates, spending: budget.take(.fraction(1, 4))).map(\.value)
        all += try kernel.gram(
            of: [1, 0], scores: [[-1, 0, 1], [2, 3]], bound: 3, spending: budget.take(.fraction(1, 3))
        ).entries
        let question = SumQuestion(attribute: 1, values: [1, 2, 3], clamp: 0...2, groups: [0])
        all += try kernel.sums([question], spending: budget.take(.fraction(1, 2)))[0].sums
        all += try kernel.measure([[1]], spending: budget.take(.all))[0].counts
        return all
    }

    @Test("a replayed transcript answers alike without rows, then is exhausted", arguments: Accounting.allCases)
    func replay(_ accounting: Accounting) throws {
        let kernel = testKernel(try testTable([2, 3], [[1, 2], [0, 1], [0, 1]]))
        let first = try fit(kernel, accounting)
        let data = try JSONEncoder().encode(kernel.transcript)
        let read = try JSONDecoder().decode(Transcript.self, from: data)
        #expect(read == kernel.transcript)
        let replay = Kernel(replaying: read, domain: kernel.domain)
        #expect(try fit(replay, accounting) == first)
        #expect(replay.transcript == kernel.transcript)
        let torn = Kernel(replaying: Transcript(releases: Array(read.releases.prefix(3))), domain: kernel.domain)
        #expect(throws: PrivacyError.transcriptExhausted(releases: 3)) { _ = try fit(torn, accounting) }
    }

    @Test("another question, another budget or another accounting is not answered from a transcript")
    func mismatch() throws {
        let kernel = testKernel(try testTable([2, 3], [[1, 2]]))
        _ = try kernel.measure([[0]], spending: testBudget(1, 1e-6, .gaussian))
        func replay() -> Kernel { Kernel(replaying: kernel.transcript, domain: kernel.domain) }
        #expect(throws: PrivacyError.replayMismatch(release: 0)) {
            _ = try replay().measure([[1]], spending: testBudget(1, 1e-6, .gaussian))
        }
        #expect(throws: PrivacyError.replayMismatch(release: 0)) {
            _ = try replay().measure([[0]], spending: testBudget(1.5, 1e-6, .gaussian))
        }
        #expect(throws: PrivacyError.replayMismatch(release: 0)) {
            _ = try replay().select(from: candidates, spending: testBudget(1, 1e-6, .gaussian))
        }
        #expect(throws: PrivacyError.replayMismatch(release: 0)) {
            _ = try replay().measure([[0]], spending: testBudget(1, 1e-6, .zeroConcentrated))
        }
        _ = try replay().measure([[0]], spending: testBudget(1, 1e-6, .gaussian))
    }

    /// A figure is taken off the end, or the table has another shape with as many cells.
    @Test("an answer of another shape or length than was asked for is not taken from a transcript")
    func forgedShapes() throws {
        let kernel = testKernel(try testTable([2, 3], [[1, 2], [0, 1], [0, 1]]))
        _ = try fit(kernel, .gaussian)
        let releases = kernel.transcript.releases
        for place in releases.indices {
            let forged: [Answer] =
                switch releases[place].answer {
                case .marginals(let marginals):
                    [
                        .marginals(marginals.map { copy(of: $0, shape: $0.shape, counts: $0.counts.dropLast()) }),
                        .marginals(marginals.map { copy(of: $0, shape: $0.shape + [1], counts: $0.counts[...]) }),
                    ]
                case .gram(let gram):
                    [
                        .gram(
                            NoisyGram(
                                attributes: gram.attributes, entries: gram.entries.dropLast(),
                                diagonalVariance: gram.diagonalVariance,
                                offDiagonalVariance: gram.offDiagonalVariance, bound: gram.bound))
                    ]
                case .sums(let sums):
                    [
                        .sums(
                            sums.map {
                                NoisySums(
                                    attribute: $0.attribute, groups: $0.groups, shape: $0.shape,
                                    sums: $0.sums.dropLast(), variance: $0.variance, largest: $0.largest)
                            })
                    ]
                default: []
                }
            for answer in forged {
                var changed = releases
                changed[place] = Release(
                    promise: releases[place].promise, spent: releases[place].spent,
                    spentChangingOne: releases[place].spentChangingOne, answer: answer)
                let replay = Kernel(replaying: Transcript(releases: changed), domain: kernel.domain)
                #expect(throws: PrivacyError.replayMismatch(release: place)) { _ = try fit(replay, .gaussian) }
            }
        }
    }

    /// Where several holders add noise, errors are made of tables, and divided by their deviation.
    @Test("of tables of which a transcript says that they have no noise no errors are made")
    func forgedVariance() throws {
        let kernel = testKernel(try testTable([2, 3], [[1, 2], [0, 1], [0, 1]]))
        let table = try kernel.measure([[0]], spending: testBudget(1, 1e-6, .gaussian))[0]
        let same = [Candidate(attributes: [0], estimate: table.counts)]
        let text = String(decoding: try JSONEncoder().encode(kernel.transcript), as: UTF8.self)
        for variance in ["0", "-1"] {
            let forged = text.replacing(#/"variance":[-+.0-9e]+/#, with: "\"variance\":\(variance)")
            #expect(forged != text)
            let replay = Kernel(
                replaying: try JSONDecoder().decode(Transcript.self, from: Data(forged.utf8)), domain: kernel.domain)
            #expect(throws: PrivacyError.replayMismatch(release: 0)) {
                _ = try replay.measureErrors(of: same, spending: testBudget(1, 1e-6, .gaussian))
            }
        }
    }

    private func copy(of marginal: NoisyMarginal, shape: [Int], counts: ArraySlice<Int64>) -> NoisyMarginal {
        NoisyMarginal(attributes: marginal.attributes, shape: shape, counts: Array(counts), scale: marginal.scale)
    }

    @Test("the sink has each release before the caller has it")
    func sink() throws {
        let seen = Mutex<[Release]>([])
        let kernel = Kernel(rows: try testTable([2, 3], [[1, 2]])) { release in seen.withLock { $0.append(release) } }
        _ = try fit(kernel, .gaussian)
        #expect(seen.withLock { $0 } == kernel.transcript.releases)
        #expect(kernel.transcript.releases.count == 6)
    }

    /// 300 random plans of all three accountings.
    @Test("what a transcript cost never exceeds its promise, and a full budget is worth nearly all of it")
    func spent() throws {
        var random = SplitMix64(state: 5)
        #expect(Transcript().spent == nil)
        for accounting in Accounting.allCases {
            for _ in 0..<100 {
                let epsilon = Double.random(in: 0.01...12, using: &random)
                let kernel = testKernel(try testTable([2, 3], []))
                var budget = try testBudget(epsilon, 1e-7, accounting)
                var earlier = 0.0
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let part = Int.random(in: 1...5, using: &random)
                    _ = try kernel.measure([[0], [1]], weights: [1, 7], spending: budget.take(.fraction(part, 6)))
                    let spent = try #require(kernel.transcript.spent)
                    #expect(spent.epsilon <= epsilon && spent.epsilon >= earlier)
                    #expect(spent.epsilonChangingOne > spent.epsilon)
                    earlier = spent.epsilon
                }
                _ = try kernel.measure([[1]], spending: budget.take(.all))
                let spent = try #require(kernel.transcript.spent)
                #expect(spent.epsilon <= epsilon && spent.epsilon > epsilon * (1 - 1e-5) - 1e-7)
            }
        }
    }

    @Test("answers depend on the set of rows, not on their order")
    func order() throws {
        let rows = (0..<50).map { [$0 % 2, $0 % 3] }
        let forward = try fit(testKernel(testTable([2, 3], rows)), .gaussian)
        #expect(try fit(testKernel(testTable([2, 3], rows.reversed())), .gaussian) == forward)
        #expect(try fit(testKernel(testTable([2, 3], rows.sorted { $0[0] < $1[0] })), .gaussian) == forward)
    }

    @Test("a grouping is a coarser column in marginals and candidates, and its errors are found")
    func grouping() throws {
        let table = try testTable([2, 3], (0..<60).map { [$0 % 2, $0 % 3] })
        let kernel = testKernel(table)
        let group = try kernel.addGrouping(of: 1, map: [0, 1, 1])
        #expect(group == 2)
        #expect(kernel.sizes == [2, 3, 2])
        #expect(try kernel.counts([[0, 2], [2]], in: table) == [[10, 20, 10, 20], [20, 40]])
        var budget = try testBudget(2, 1e-6, .gaussian)
        let marginal = try kernel.measure([[2, 0]], spending: budget.take(.fraction(1, 2)))[0]
        #expect(marginal.shape == [2, 2])
        _ = try kernel.select(
            from: [Candidate(attributes: [2], estimate: [20, 40])], spending: budget.take(.all))
        #expect(throws: PrivacyError.shapeMismatch(expected: 3, found: 2)) {
            _ = try kernel.addGrouping(of: 1, map: [0, 1])
        }
        // A grouping of a grouping is one too.
        let coarser = try kernel.addGrouping(of: 2, map: [0, 0])
        #expect(coarser == 3)
        #expect(try kernel.counts([[0, 3]], in: table) == [[30, 30]])
        #expect(throws: PrivacyError.attributeOutOfRange(4, columns: 4)) {
            _ = try kernel.addGrouping(of: 4, map: [0, 1])
        }
        #expect(throws: PrivacyError.tooManyCells(cells: 100, limit: 3)) {
            _ = try kernel.addGrouping(of: 1, map: [0, 1, 99])
        }
    }
}
