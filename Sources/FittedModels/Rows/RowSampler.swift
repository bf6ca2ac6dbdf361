import Crypto
public import Domains
import GraphicalModels
import Tables
import VectorMath

/// How rows are drawn.
public enum Draws: String, Sendable, Codable, CaseIterable {
    /// Every stretch of rows follows the model more evenly than chance would: best for figures made from the rows.
    case balanced
    /// Each row is drawn on its own: the variance is that of a random sample.
    case independent
}

/// Draws rows from a model: row i of a seed does not depend on the block it is drawn in or on how many rows are asked
/// for.
///
/// A pure function of model, seed, kind of draws and conditions. Memory does not grow with the rows drawn.
public struct RowSampler: Sendable {
    /// Blocks that one thread draws at a time: what is made on the way of so many rows stays in a processor's cache.
    private static let blockRows: UInt64 = 1 << 14

    private enum Source: Sendable {
        /// Alias tables along the model's tree.
        case program(RowDrawing)
        /// Representative rows in this seed's order.
        case representatives(RowCycle)
    }

    private let source: Source
    private let domain: TableDomain
    private let derivations: [Int: Derivation]
    private let derivedOrder: [Int]
    private let densities: [BinDensity?]
    private let streams: RowStreams
    private let latents: LatentRows?
    private let rebuilt: RebuiltColumns
    private let places: PlacesInGroups?
    /// Columns that are drawn or rebuilt.
    private let columnCount: Int
    /// The last step over rows: nil where the domain has no rules.
    private var ruled: RuledRows?

    /// - Parameters:
    ///   - seed: another seed gives other rows.
    ///   - conditions: only rows with these codes are drawn, from the model's distribution given them.
    /// - Throws: `SynthesisError.conditionOutsideDomain` or `.impossibleConditions`.
    public init(
        _ model: FittedModel, seed: UInt64, draws: Draws = .balanced, conditions: [(column: Int, code: Int)] = []
    ) throws(SynthesisError) {
        let conditions = try RuledRows.Conditions(conditions, of: model)
        try self.init(model, seed: seed, draws: draws, drawn: conditions.drawn)
        ruled = try RuledRows(model.domain, conditions: conditions, seed: seed) { visible($0) }
    }

    /// Rows as the model draws them, before rules.
    init(
        _ model: FittedModel, seed: UInt64, draws: Draws, drawn conditions: [(column: Int, code: Int)]
    ) throws(SynthesisError) {
        let computed = model.domain.computedColumns
        domain = model.domain
        derivations = model.domain.derivationOf
        derivedOrder = model.domain.derivedOrder
        streams = RowStreams(seed: seed)
        let undrawn = model.differences.rebuilt
        let densities = model.modelDomain.columns.enumerated().map { index, column in
            column.isBinned && !undrawn.contains(index) && !computed.contains(index)
                ? BinDensity(
                    column, shares: model.estimatedShares(of: index), hasTail: index < model.domain.columns.count) : nil
        }
        self.densities = densities
        columnCount = densities.count
        let rebuilt = RebuiltColumns(
            model, allowed: conditions.isEmpty || undrawn.isEmpty ? [:] : try model.allowedCodes(conditions))
        self.rebuilt = rebuilt
        let program = try model.program(conditions: conditions)
        latents = try LatentRows(model, program: program, conditions: conditions, draws: draws)
        places = latents == nil ? PlacesInGroups(model) : nil
        switch draws {
        case .independent where !program.isWeighted && !rebuilt.isConditioned: source = .program(RowDrawing(program))
        case .independent:
            let rows =
                try conditions.isEmpty
                ? model.representatives
                : RepresentativeRows(given: program, of: model, rebuilt, densities: densities)
            source = .representatives(RowCycle(rows, program: program, order: .chance))
        case .balanced:
            let rows =
                try conditions.isEmpty
                ? model.representatives
                : RepresentativeRows(given: program, of: model, rebuilt, densities: densities)
            source = .representatives(RowCycle(rows, program: program, order: .balanced(seed: streams.orderSeed)))
        }
    }

    /// The rows with these numbers.
    public func rows(_ range: Range<UInt64>) -> SampleBlock {
        inBlocks(range, columnCount: domain.columns.count) { obeying($0) }
    }

    /// The same before rules, with the differences that columns were rebuilt from as further columns.
    func modelRows(_ range: Range<UInt64>) -> SampleBlock { inBlocks(range, columnCount: columnCount) { block($0) } }

    private func inBlocks(
        _ range: Range<UInt64>, columnCount count: Int, _ drawn: @Sendable (Range<UInt64>) -> SampleBlock
    ) -> SampleBlock {
        var blocks: [Range<UInt64>] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let (next, overflow) = (start / Self.blockRows * Self.blockRows).addingReportingOverflow(Self.blockRows)
            let end = overflow ? range.upperBound : min(next, range.upperBound)
            blocks.append(start..<end)
            start = end
        }
        let ranges = blocks
        guard ranges.count > 1 else { return drawn(range) }
        return Self.joined(inParallel(ranges.count) { drawn(ranges[$0]) }, columnCount: count)
    }

    /// Rows that obey every rule.
    private func obeying(_ range: Range<UInt64>) -> SampleBlock {
        let drawn = visible(range)
        guard let ruled else { return drawn }
        var obeying = ruled.obeying(drawn, range, streams)
        for column in derivedOrder {
            guard let derivation = derivations[column] else { continue }
            gather(derivation.map, at: obeying.codes[derivation.parent], into: &obeying.codes[column])
        }
        return obeying
    }

    /// Rows before rules, without the differences that columns were rebuilt from.
    private func visible(_ range: Range<UInt64>) -> SampleBlock {
        var block = block(range)
        if columnCount > domain.columns.count {
            block.codes.removeLast(columnCount - domain.columns.count)
            block.fractions.removeLast(columnCount - domain.columns.count)
        }
        return block
    }

    private func block(_ range: Range<UInt64>) -> SampleBlock {
        guard let latents else {
            guard places != nil, !range.isEmpty else { return block(range, visibleColumns(range), parts: [:]) }
            let whole = PlacesInGroups.whole(range)
            return block(whole, visibleColumns(whole), parts: [:]).rows(range, of: whole)
        }
        if latents.isConditioned {
            let drawn = latents.conditioned(range, streams)
            return block(range, drawn.columns, parts: drawn.parts)
        }
        let blocks = LatentRows.stretches(over: range).map { stretch in
            let drawn = latents.filled(visibleColumns(stretch), stretch, streams)
            return block(stretch, drawn.columns, parts: drawn.parts).rows(range.clamped(to: stretch), of: stretch)
        }
        return Self.joined(blocks, columnCount: columnCount)
    }

    /// Codes of what the graphical model draws.
    private func visibleColumns(_ range: Range<UInt64>) -> [[UInt32]] {
        switch source {
        case .program(let drawing): drawing.columns(range, streams)
        case .representatives(let cycle): cycle.columns(range, streams)
        }
    }

    /// - Parameter parts: for latent columns the share of the code's mass that lies below the value.
    private func block(_ range: Range<UInt64>, _ drawn: [[UInt32]], parts: [Int: [Float]]) -> SampleBlock {
        let count = range.count
        var columns = drawn
        for column in derivedOrder {
            guard let derivation = derivations[column] else { continue }
            var codes = [UInt32](repeating: 0, count: count)
            gather(derivation.map, at: columns[derivation.parent], into: &codes)
            columns[column] = codes
        }
        var fractions = densities.enumerated().map { index, density -> [Float] in
            guard let density else { return [] }
            if let parts = parts[index] { return density.fractions(of: columns[index], parts: parts) }
            return density.fractions(of: columns[index], words: streams.words(.fraction, index, range))
        }
        places?.deal(&columns, &fractions, count: count) { streams.words(.within, $0, range) }
        rebuilt.rebuild(&columns, &fractions, densities: densities) { streams.words(.fraction, $0, range) }
        return SampleBlock(rowCount: count, codes: columns, fractions: fractions)
    }

    fileprivate static func joined(_ blocks: [SampleBlock], columnCount: Int) -> SampleBlock {
        let count = blocks.reduce(0) { $0 + $1.rowCount }
        var joined = SampleBlock(
            rowCount: count, codes: [[UInt32]](repeating: [], count: columnCount),
            fractions: [[Float]](repeating: [], count: columnCount))
        for column in 0..<columnCount {
            joined.codes[column].reserveCapacity(count)
            let isBinned = blocks.first.map { !$0.fractions[column].isEmpty } ?? false
            if isBinned { joined.fractions[column].reserveCapacity(count) }
            for block in blocks {
                joined.codes[column] += block.codes[column]
                joined.fractions[column] += block.fractions[column]
            }
        }
        for column in blocks.first?.exact.keys.sorted() ?? [] {
            joined.exact[column] = .joined(blocks.compactMap { $0.exact[column] })
        }
        return joined
    }
}

extension SampleBlock {
    /// The part of a block that a range of rows is.
    fileprivate func rows(_ part: Range<UInt64>, of whole: Range<UInt64>) -> SampleBlock {
        guard part != whole else { return self }
        let places = Int(part.lowerBound - whole.lowerBound)..<Int(part.upperBound - whole.lowerBound)
        return SampleBlock(
            rowCount: part.count, codes: codes.map { $0.isEmpty ? [] : Array($0[places]) },
            fractions: fractions.map { $0.isEmpty ? [] : Array($0[places]) })
    }
}

/// Random words for each row and purpose: word i of a stream belongs to row i.
struct RowStreams: Sendable {
    enum Purpose: UInt64 {
        case attribute = 1
        case code, fraction, place
        /// Of latent normals: their words, whether a row has a value, and what a stretch of rows shares.
        case latent, presence, stretch
        /// Of rules.
        case rule
        /// Of places inside groups.
        case within
    }

    private let key: [UInt8]
    let orderSeed: UInt64

    init(seed: UInt64) {
        var message = Array("entrepot rows 1".utf8)
        for byte in 0..<8 { message.append(UInt8(truncatingIfNeeded: seed >> UInt64(8 * byte))) }
        key = Array(SHA256.hash(data: message))
        orderSeed = key.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    func words(_ purpose: Purpose, _ index: Int, _ range: Range<UInt64>) -> [UInt64] {
        let skipped = Int(range.lowerBound % 8)
        var words = Keystream(key: key, nonce: purpose.rawValue << 32 | UInt64(index)).words(
            range.count + skipped, fromBlock: range.lowerBound / 8)
        if skipped > 0 { words.removeFirst(skipped) }
        return words
    }
}

/// Alias tables along a program.
struct RowDrawing: Sendable {
    private enum Step: Sendable {
        case draw(RowProgram.Draw, AliasTable)
        case look(FunctionalDependency)
    }

    private let program: RowProgram
    private let steps: [Step]
    private let within: [AliasTable?]

    init(_ program: RowProgram) {
        self.program = program
        steps = program.steps.map { step in
            switch step {
            case .draw(let draw): .draw(draw, draw.rows.aliasTable)
            case .look(let look): .look(look)
            }
        }
        within = program.within.map { $0?.aliasTable }
    }

    /// Codes of every column that is not derived.
    func columns(_ range: Range<UInt64>, _ streams: RowStreams) -> [[UInt32]] {
        let count = range.count
        var codes = [[UInt32]](repeating: [], count: program.attributes.count)
        for step in steps {
            switch step {
            case .draw(let draw, let table):
                var drawn = [UInt32](repeating: 0, count: count)
                table.draw(
                    rows: program.rows(of: draw, given: codes, count: count),
                    words: streams.words(.attribute, draw.attribute, range), into: &drawn)
                codes[draw.attribute] = drawn
            case .look(let look):
                var found = [UInt32](repeating: 0, count: count)
                gather(look.map, at: codes[look.parent], into: &found)
                codes[look.attribute] = found
            }
        }
        return program.domain.columns.indices.map { column in
            if program.derivations[column] != nil || program.latent.contains(column) { return [] }
            let groups = program.finest[column].map { codes[$0] }
            guard let table = within[column] else { return groups ?? [UInt32](repeating: 0, count: count) }
            var drawn = [UInt32](repeating: 0, count: count)
            table.draw(rows: groups, words: streams.words(.code, column, range), into: &drawn)
            return drawn
        }
    }
}
