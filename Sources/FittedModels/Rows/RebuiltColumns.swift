import Domains
import Tables
import VectorMath

/// Computes the columns that differences stand for, from what was drawn.
struct RebuiltColumns: Sendable {
    private struct Part: Sendable {
        let difference: ColumnDifference
        /// The further column that holds the difference.
        let source: Int
        let base: AxisPositions
        let own: AxisPositions
        let density: BinDensity
        let baseColumn: ColumnDomain
        let column: ColumnDomain
        /// Where not nil, only these codes are wanted.
        let allowed: Set<Int>?
        let edges: [Double]
    }

    private let parts: [Part]
    /// Densities of the rebuilt columns, for rows without a difference.
    private let densities: [Int: BinDensity]
    /// Fractions that are tried for a row until it meets conditions.
    private static let attempts = 32

    /// - Parameter allowed: conditions on columns.
    init(_ model: FittedModel, allowed: [Int: Set<Int>] = [:]) {
        let domain = model.domain
        parts = model.differences.enumerated().map { place, one in
            let source = domain.columns.count + place
            return Part(
                difference: one, source: source, base: AxisPositions(one.baseAxis, domain.columns[one.base], steps: 64),
                own: AxisPositions(one.columnAxis, domain.columns[one.column], steps: 64),
                density: BinDensity(
                    model.modelDomain.columns[source], shares: model.shares[source], hasTail: false),
                baseColumn: domain.columns[one.base], column: domain.columns[one.column], allowed: allowed[one.column],
                edges: one.edges.map { Double($0) / one.scale })
        }
        var densities: [Int: BinDensity] = [:]
        for one in model.differences where domain.columns[one.column].isBinned {
            densities[one.column] = BinDensity(domain.columns[one.column], shares: model.shares[one.column])
        }
        self.densities = densities
    }

    /// Whether a rebuilt column is under a condition.
    var isConditioned: Bool { parts.contains { $0.allowed != nil } }

    /// Columns whose fractions are drawn anew with each attempt: those that others are rebuilt from.
    private var bases: Set<Int> { Set(parts.filter { !$0.difference.isAlone }.map(\.difference.base)) }

    /// Fills in codes and fractions of the rebuilt columns.
    ///
    /// - Parameters:
    ///   - words: uniform words of a column, one a row.
    ///   - densities: of the columns that are drawn.
    func rebuild(
        _ codes: inout [[UInt32]], _ fractions: inout [[Float]], densities known: [BinDensity?],
        words: (_ column: Int) -> [UInt64]
    ) {
        guard !parts.isEmpty else { return }
        let sources = parts.map { words($0.source) }
        for (part, source) in zip(parts, sources) {
            apply(part, &codes, &fractions, words(part.difference.column), source)
        }
        guard isConditioned else { return }
        retry(&codes, &fractions, known, sources, words)
    }

    private func apply(
        _ part: Part, _ codes: inout [[UInt32]], _ fractions: inout [[Float]], _ own: [UInt64], _ source: [UInt64]
    ) {
        let column = part.difference.column
        let count = codes[part.source].count
        let intervals = UInt32(part.difference.intervals)
        var drawn = [UInt32](repeating: 0, count: count)
        for row in 0..<count where codes[part.source][row] >= intervals {
            drawn[row] = codes[part.source][row] - intervals
        }
        var places = densities[column]?.fractions(of: drawn, words: own) ?? []
        let inside = part.density.fractions(
            of: codes[part.source].map { min($0, intervals - 1) }, words: source)
        for row in 0..<count where codes[part.source][row] < intervals {
            let found = self.place(part, codes, fractions, row, inside[row])
            drawn[row] = found.code
            if !places.isEmpty { places[row] = found.fraction }
        }
        codes[column] = drawn
        fractions[column] = places
    }

    /// Where the number of a row stands.
    private func place(
        _ part: Part, _ codes: [[UInt32]], _ fractions: [[Float]], _ row: Int, _ inside: Float
    ) -> (code: UInt32, fraction: Float) {
        let interval = Int(codes[part.source][row])
        let (low, high) = (part.edges[interval], part.edges[interval + 1])
        let number = low + Double(inside) * (high - low)
        func found(_ position: Double) -> (code: UInt32, fraction: Float) {
            let found = part.own.place(of: position)
            let drawn = part.column.drawnFraction(of: Int(found.code), number: Double(found.fraction))
            return (found.code, Float(min(max(drawn, 0), 1 - 0x1p-24)))
        }
        guard !part.difference.isAlone else { return found(number) }
        let base = part.difference.base
        let code = Int(codes[base][row])
        let fraction =
            part.baseColumn.isBinned
            ? part.baseColumn.numberFraction(of: code, drawn: Double(fractions[base][row])) : 0.5
        // A base without a number is not drawn with a difference but for noise: the nearest number stands for it.
        let from = part.base.position(of: code, fraction: fraction) ?? part.base.range.low
        return found(from + number)
    }

    /// Draws the fractions of rows that miss a condition again; what still misses it is moved to the nearest wanted code.
    private func retry(
        _ codes: inout [[UInt32]], _ fractions: inout [[Float]], _ known: [BinDensity?], _ sources: [[UInt64]],
        _ words: (_ column: Int) -> [UInt64]
    ) {
        let count = codes[parts[0].source].count
        let drawnBases = bases.filter { base in !parts.contains { $0.difference.column == base } }.sorted()
        let baseWords = drawnBases.map { words($0) }
        for row in 0..<count where !isWanted(codes, row) {
            var isFound = false
            for attempt in 1...Self.attempts where !isFound {
                func unit(_ word: UInt64) -> [UInt64] {
                    var generator = SplitMix64(state: word ^ UInt64(attempt) &* 0x9E37_79B9_7F4A_7C15)
                    return [generator.next()]
                }
                for (base, word) in zip(drawnBases, baseWords) {
                    guard let density = known[base] else { continue }
                    fractions[base][row] = density.fractions(of: [codes[base][row]], words: unit(word[row]))[0]
                }
                for (part, source) in zip(parts, sources)
                where codes[part.source][row] < UInt32(part.difference.intervals) {
                    let inside = part.density.fractions(of: [codes[part.source][row]], words: unit(source[row]))[0]
                    let found = place(part, codes, fractions, row, inside)
                    codes[part.difference.column][row] = found.code
                    if !fractions[part.difference.column].isEmpty {
                        fractions[part.difference.column][row] = found.fraction
                    }
                }
                isFound = isWanted(codes, row)
            }
            if !isFound { settle(&codes, &fractions, row) }
        }
    }

    private func isWanted(_ codes: [[UInt32]], _ row: Int) -> Bool {
        parts.allSatisfy { part in part.allowed?.contains(Int(codes[part.difference.column][row])) ?? true }
    }

    private func settle(_ codes: inout [[UInt32]], _ fractions: inout [[Float]], _ row: Int) {
        for part in parts {
            guard let allowed = part.allowed, !allowed.isEmpty else { continue }
            let code = Int(codes[part.difference.column][row])
            guard !allowed.contains(code), let nearest = allowed.min(by: { abs($0 - code) < abs($1 - code) }) else {
                continue
            }
            codes[part.difference.column][row] = UInt32(nearest)
            if !fractions[part.difference.column].isEmpty {
                fractions[part.difference.column][row] = nearest > code ? 0 : 1 - 0x1p-24
            }
        }
    }

    /// For each row about the probability that it meets the conditions on rebuilt columns.
    func chances(_ columns: [[UInt32]], densities known: [BinDensity?], trials: Int = 8) -> [Double] {
        let count = columns.first { !$0.isEmpty }?.count ?? 0
        var hits = [Double](repeating: 0, count: count)
        for trial in 0..<trials {
            var codes = columns
            var fractions = known.enumerated().map { column, density -> [Float] in
                guard let density, !codes[column].isEmpty else { return [] }
                return density.fractions(of: codes[column], words: Self.words(trial, column, count))
            }
            for part in parts {
                apply(
                    part, &codes, &fractions, Self.words(trial, part.difference.column, count),
                    Self.words(trial, part.source, count))
            }
            for row in 0..<count where isWanted(codes, row) { hits[row] += 1 / Double(trials) }
        }
        return hits
    }

    private static func words(_ trial: Int, _ column: Int, _ count: Int) -> [UInt64] {
        var generator = SplitMix64(state: UInt64(truncatingIfNeeded: column &* 64 &+ trial) &* 0xD134_2543_DE82_EF95)
        return (0..<count).map { _ in generator.next() }
    }
}
