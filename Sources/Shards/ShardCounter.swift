public import Domains
import Foundation
public import PrivacyKernel
import Synchronization
@_spi(PassedRows) public import Tables
import VectorMath

/// Counts rows on several shards: this program reads the files, cuts each row to the shard of its key, and adds up the tables of whole
/// numbers that come back.
///
/// Beside the rows each shard counts a known table: one that does not count it to the last row is refused, and so is one whose
/// tables do not have the rows that it was sent. A shard that is lost gets its rows again: no noise was drawn by then.
public final class ShardCounter: ExactCounter {
    public let domain: TableDomain
    public let rowsPerKey: Int
    /// Of each file, by the order of the sources.
    public let digests: [[UInt8]]

    private let lanes: [ShardLane]
    private let sources: [Source]
    private let waits: [Double]
    private let sizes: [Int]
    /// Is told why nothing more is counted.
    private let note: @Sendable (ShardError) -> Void

    /// One party's table.
    public struct Source: Sendable {
        let name: String
        let domain: TableDomain
        let key: KeyRule?
        let feed: @Sendable ((CSVTableReader) -> Void) throws -> [UInt8]

        /// - Parameters:
        ///   - name: as its owner names it.
        ///   - key: nil for rows that are records of their own.
        ///   - feed: makes a reader, hands it in, reads the file to its end, and gives a digest of its bytes. It is called again
        ///     where a shard is lost.
        public init(
            name: String, domain: TableDomain, key: KeyRule?,
            feed: @escaping @Sendable ((CSVTableReader) -> Void) throws -> [UInt8]
        ) {
            (self.name, self.domain, self.key, self.feed) = (name, domain, key, feed)
        }
    }

    /// One shard: what it is called, and how it is reached.
    public struct Shard: Sendable {
        let name: String
        let open: @Sendable () throws -> any ShardLink

        /// - Parameter open: connects and verifies, and throws what is wrong with the evidence.
        public init(name: String, open: @escaping @Sendable () throws -> any ShardLink) {
            (self.name, self.open) = (name, open)
        }
    }

    /// How many seconds are waited for a shard that was lost, each time before it is tried again: a minute in all.
    public static let patience: [Double] = [1, 2, 4, 8, 16, 32]

    /// Reads every file once and sends its rows.
    ///
    /// - Parameters:
    ///   - sources: several are joined on their keys.
    ///   - domain: of the joined columns, with the rules of their rows.
    ///   - rowsPerKey: of more rows of a key some are left out; where it is 1, a second one is refused.
    ///   - hashKey: chooses which stay; drawn anew for each fit.
    ///   - waits: before a lost shard is tried again.
    /// - Throws: `ShardError`, or what a file or a shard's evidence is refused for.
    public init(
        _ sources: [Source], domain: TableDomain, rowsPerKey: Int, shards: [Shard],
        hashKey: (UInt64, UInt64) = ShardCounter.randomKey, waits: [Double] = ShardCounter.patience
    ) throws {
        let read = sources.flatMap(\.domain.columns)
        guard read.map(\.size) == domain.sizes else { throw ShardError.notCounted("A column that a rule computes") }
        self.domain = domain
        self.rowsPerKey = max(1, rowsPerKey)
        self.sources = sources
        self.waits = waits
        sizes = domain.sizes
        note = { _ in }
        lanes = try ShardLane.lanes(
            to: shards, sources.map { (domain: $0.domain, isKeyed: $0.key != nil) }, rowsPerKey: self.rowsPerKey,
            hashKey: hashKey)
        do { digests = try Self.load(lanes, sources) } catch {
            for lane in lanes { lane.end() }
            throw error
        }
    }

    /// Rows that shards hold already. There is no second copy of them: a shard that is lost is not sent them again.
    init(
        _ lanes: [ShardLane], domain: TableDomain, rowsPerKey: Int, digests: [[UInt8]] = [],
        note: @escaping @Sendable (ShardError) -> Void
    ) {
        (self.lanes, self.domain, self.rowsPerKey, self.digests) = (lanes, domain, rowsPerKey, digests)
        (sources, waits, sizes, self.note) = ([], [], domain.sizes, note)
    }

    deinit { end() }

    /// Has every shard overwrite its rows. A later question has them sent anew.
    public func end() { for lane in lanes { lane.end() } }

    /// A fresh key of the keyed hash.
    public static var randomKey: (UInt64, UInt64) {
        var generator = SystemRandomNumberGenerator()
        return (generator.next(), generator.next())
    }

    /// Sends some shards all of their rows.
    private static func load(
        _ lanes: [ShardLane], _ sources: [Source], isAgain: Bool = false
    ) throws -> [[UInt8]] {
        try together(lanes) { try $0.begin() }
        var digests: [[UInt8]] = []
        for (table, source) in sources.enumerated() {
            let cutter = ShardCutter(lanes, table: table)
            do {
                digests.append(try source.feed { $0.passRows(blocksOf: ShardLayout.blockRows, cutter.take) })
            } catch {
                throw cutter.failure ?? (isAgain ? ShardError.changed(table: source.name) : error)
            }
            try cutter.finish()
        }
        let reports = try together(lanes) { try $0.finish() }
        for (table, source) in sources.enumerated() {
            let repeated = reports.map { $0.repeated[table] }.filter { $0.count > 0 }
            guard repeated.isEmpty else { throw refusal(of: repeated, source) }
        }
        return digests
    }

    /// What the owner reads of keys that more than one row has.
    private static func refusal(of repeated: [ShardReport.Repeated], _ source: Source) -> ShardError {
        .rows(table: source.name, problems(of: repeated, source.key))
    }

    /// The same as problems of a table.
    static func problems(of repeated: [ShardReport.Repeated], _ key: KeyRule?) -> TableProblems {
        let pairs = repeated.flatMap { zip($0.first, $0.second) }.sorted { $0.1 < $1.1 }
        let problems = pairs.prefix(ShardReport.listed).map { first, second in
            TableProblem(
                code: "duplicate_key", row: Int(second), column: key?.columns.joined(separator: "|"),
                expected: "each key once",
                hint: "Row \(first) has the same key: remove one of the two rows, or raise rows_per_key in the task")
        }
        return TableProblems(problems: problems, counts: ["duplicate_key": repeated.reduce(0) { $0 + $1.count }])
    }

    // MARK: - Questions

    /// Cells of the tables that are asked for at once.
    private static let cellsAtOnce = 1 << 22

    public func counts(_ cliques: [[Int]], further: [FurtherAttribute]) throws -> [[Int64]] {
        let attributes = further.map { ShardQuestion.Further($0) }
        let attributeSizes = sizes + further.map(\.size)
        let all = cliques.map { clique in clique.reduce(1) { $0 * attributeSizes[$1] } }
        var answers: [[Int64]] = []
        var place = 0
        while place < cliques.count {
            var (end, cells) = (place, 0)
            repeat {
                cells += all[end]
                end += 1
            } while end < cliques.count && end - place < ShardQuestion.mostTables
                && cells + all[end] <= Self.cellsAtOnce
            answers += try whole(.counts(cliques: Array(cliques[place..<end]), further: attributes))
            place = end
        }
        return answers
    }

    public func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) throws -> [Int64] {
        try whole(.sums(values: values, attribute: attribute, groups: groups))[0]
    }

    public func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) throws -> [Int64] {
        try whole(.gram(attributes: attributes, scores: scores, bound: bound))[0]
    }

    /// What the answers of all shards add up to.
    private func whole(_ question: ShardQuestion) throws -> [[Int64]] {
        let cells: [Int]
        do { cells = try question.cells(sizes) } catch { throw ShardError.notCounted("A question in which \(error)") }
        let parts: [[[Int64]]]
        do { parts = try Self.together(lanes) { try self.answer($0, question, cells) } } catch {
            if let error = error as? ShardError { note(error) }
            throw error
        }
        var whole = cells.map { [Int64](repeating: 0, count: $0) }
        for part in parts {
            for table in part.indices { for cell in part[table].indices { whole[table][cell] &+= part[table][cell] } }
        }
        return whole
    }

    /// One shard's answer. Where it is lost it gets its rows anew and is asked again.
    private func answer(_ lane: ShardLane, _ question: ShardQuestion, _ cells: [Int]) throws -> [[Int64]] {
        var attempt = 0
        // Why it was lost, which says more than that it stays away.
        var loss: ShardError?
        while true {
            do {
                if loss != nil { try reload(lane) }
                return try lane.answer(question, cells: cells)
            } catch let error as ShardError {
                guard error.mayPass else { throw error }
                guard attempt < waits.count else { throw loss ?? error }
                Thread.sleep(forTimeInterval: waits[attempt])
                attempt += 1
                loss = loss ?? error
            }
        }
    }

    private func reload(_ lane: ShardLane) throws {
        let again = try Self.load([lane], sources, isAgain: true)
        for (source, digests) in zip(sources, zip(digests, again)) where digests.0 != digests.1 {
            throw ShardError.changed(table: source.name)
        }
    }

    /// Does something with every shard, each on a thread of its own: they wait for their machines.
    @discardableResult
    static func together<Answer: Sendable>(
        _ lanes: [ShardLane], _ work: @escaping @Sendable (ShardLane) throws -> Answer
    ) throws -> [Answer] {
        if lanes.count == 1 { return [try work(lanes[0])] }
        let answers = Mutex<[Int: Result<Answer, any Error>]>([:])
        let group = DispatchGroup()
        for (place, lane) in lanes.enumerated() {
            group.enter()
            Thread.detachNewThread {
                let answer = Result { try work(lane) }
                answers.withLock { $0[place] = answer }
                group.leave()
            }
        }
        group.wait()
        return try answers.withLock { answers in try lanes.indices.compactMap { try answers[$0]?.get() } }
    }
}
