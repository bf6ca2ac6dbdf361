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
        let words: [UInt32] = [
            UInt32(truncatingIfNeeded: hashKey.0), UInt32(hashKey.0 &>> 32), UInt32(truncatingIfNeeded: hashKey.1),
            UInt32(hashKey.1 &>> 32),
        ]
        let tables = sources.map { source in
            ShardLayout.Table(
                isKeyed: source.key != nil,
                columns: source.domain.columns.map { .init(size: $0.size, hasPlaces: $0.isBinned) })
        }
        let perKey = self.rowsPerKey
        lanes = shards.enumerated().map { place, shard in
            ShardLane(
                shard.name,
                ShardLayout(
                    version: ShardLayout.version, shards: shards.count, place: place, rowsPerKey: perKey,
                    hashKey: words, tables: tables), open: shard.open)
        }
        do { for lane in lanes { try lane.layout.check() } } catch {
            throw ShardError.notCounted("A table of such a layout, or by so many shards,")
        }
        do { digests = try Self.load(lanes, sources) } catch {
            for lane in lanes { lane.end() }
            throw error
        }
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
        let pairs = repeated.flatMap { zip($0.first, $0.second) }.sorted { $0.1 < $1.1 }
        let problems = pairs.prefix(ShardReport.listed).map { first, second in
            TableProblem(
                code: "duplicate_key", row: Int(second), column: source.key?.columns.joined(separator: "|"),
                expected: "each key once",
                hint: "Row \(first) has the same key: remove one of the two rows, or raise rows_per_key in the task")
        }
        return .rows(
            table: source.name,
            TableProblems(problems: problems, counts: ["duplicate_key": repeated.reduce(0) { $0 + $1.count }]))
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
        let parts = try Self.together(lanes) { try self.answer($0, question, cells) }
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

/// Cuts the rows of one table to the shards of their keys. After each block every shard is sent as many messages as every other one.
final class ShardCutter {
    private let lanes: [ShardLane]
    private let layout: ShardLayout
    private let table: Int
    private var rows = 0
    /// Why a shard takes no more.
    private(set) var failure: (any Error)?

    /// - Parameter lanes: of all shards, or of some of them.
    init(_ lanes: [ShardLane], table: Int) {
        (self.lanes, layout, self.table) = (lanes, lanes[0].layout, table)
    }

    /// - Returns: false where reading on is pointless.
    func take(_ passed: PassedRows) -> Bool {
        var start = 0
        while failure == nil, start < passed.table.rowCount {
            let end = min(passed.table.rowCount, start + ShardLayout.blockRows - rows % ShardLayout.blockRows)
            var parts = [[Int]](repeating: [], count: layout.shards)
            for row in start..<end {
                let shard = passed.keys.map { layout.shard(of: $0[row]) } ?? (rows + row - start) % layout.shards
                parts[shard].append(row)
            }
            for lane in lanes { lane.add(parts[lane.layout.place], of: passed, table: table) }
            rows += end - start
            start = end
            if rows % ShardLayout.blockRows == 0 { _ = flush() }
        }
        return failure == nil
    }

    /// The last block counts as a whole one. As long as rows of any shard wait, all shards are sent further messages: which one they
    /// wait for is not seen.
    func finish() throws {
        while failure == nil, flush() {}
        if let failure { throw failure }
    }

    /// - Returns: whether rows wait.
    private func flush() -> Bool {
        let table = table
        do { return try ShardCounter.together(lanes) { try $0.flush(table: table) }.contains(true) } catch {
            failure = error
            return false
        }
    }
}
