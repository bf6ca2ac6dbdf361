import Dispatch

/// The codes of one column at one of three widths.
public enum CodeArray: Sendable {
    case bytes([UInt8])
    case halves([UInt16])
    case words([UInt32])

    public var count: Int {
        switch self {
        case .bytes(let codes): codes.count
        case .halves(let codes): codes.count
        case .words(let codes): codes.count
        }
    }
}

/// Contingency tables of several attribute sets over the same rows, on every core for large tables.
///
/// - Parameters:
///   - columns: equally long; every code of column c is below `sizes[c]`, which the caller has proven.
///   - cliques: places in `columns`; none gives the number of rows.
/// - Returns: for each clique the counts in row-major order: the last attribute of the clique is fastest.
public func countCodes(_ columns: [CodeArray], sizes: [Int], cliques: [[Int]]) -> [[Int64]] {
    precondition(columns.count == sizes.count)
    let rowCount = columns.first?.count ?? 0
    precondition(columns.allSatisfy { $0.count == rowCount })
    var tables = cliques.map { clique in [Int64](repeating: 0, count: clique.reduce(1) { $0 * sizes[$1] }) }
    guard rowCount > 0 else { return tables }
    if rowCount * cliques.count < 1 << 18 || cliques.count == 1 {
        for index in cliques.indices { count(columns, sizes, cliques[index], rowCount, &tables[index]) }
        return tables
    }
    tables.withUnsafeMutableBufferPointer { tables in
        nonisolated(unsafe) let tables = tables
        DispatchQueue.concurrentPerform(iterations: cliques.count) { index in
            count(columns, sizes, cliques[index], rowCount, &tables[index])
        }
    }
    return tables
}

private func count(
    _ columns: [CodeArray], _ sizes: [Int], _ clique: [Int], _ rowCount: Int, _ table: inout [Int64]
) {
    table.withUnsafeMutableBufferPointer { table in
        guard let cells = table.baseAddress else { return }
        switch clique.count {
        case 0: cells[0] = Int64(rowCount)
        case 1: countOne(columns[clique[0]], cells)
        case 2: countTwo(columns[clique[0]], columns[clique[1]], sizes[clique[1]], cells)
        default: countMany(columns, sizes, clique, rowCount, cells)
        }
    }
}

private func countOne(_ column: CodeArray, _ cells: UnsafeMutablePointer<Int64>) {
    switch column {
    case .bytes(let codes): codes.withUnsafeBufferPointer { tally($0, cells) }
    case .halves(let codes): codes.withUnsafeBufferPointer { tally($0, cells) }
    case .words(let codes): codes.withUnsafeBufferPointer { tally($0, cells) }
    }
}

@inline(__always)
private func tally(_ codes: UnsafeBufferPointer<some FixedWidthInteger>, _ cells: UnsafeMutablePointer<Int64>) {
    for row in 0..<codes.count { cells[Int(truncatingIfNeeded: codes[row])] &+= 1 }
}

private func countTwo(
    _ first: CodeArray, _ second: CodeArray, _ size: Int, _ cells: UnsafeMutablePointer<Int64>
) {
    switch first {
    case .bytes(let codes): codes.withUnsafeBufferPointer { countTwo($0, second, size, cells) }
    case .halves(let codes): codes.withUnsafeBufferPointer { countTwo($0, second, size, cells) }
    case .words(let codes): codes.withUnsafeBufferPointer { countTwo($0, second, size, cells) }
    }
}

@inline(__always)
private func countTwo(
    _ first: UnsafeBufferPointer<some FixedWidthInteger>, _ second: CodeArray, _ size: Int,
    _ cells: UnsafeMutablePointer<Int64>
) {
    switch second {
    case .bytes(let codes): codes.withUnsafeBufferPointer { tally(first, $0, size, cells) }
    case .halves(let codes): codes.withUnsafeBufferPointer { tally(first, $0, size, cells) }
    case .words(let codes): codes.withUnsafeBufferPointer { tally(first, $0, size, cells) }
    }
}

@inline(__always)
private func tally(
    _ first: UnsafeBufferPointer<some FixedWidthInteger>, _ second: UnsafeBufferPointer<some FixedWidthInteger>,
    _ size: Int, _ cells: UnsafeMutablePointer<Int64>
) {
    for row in 0..<first.count {
        cells[Int(truncatingIfNeeded: first[row]) &* size &+ Int(truncatingIfNeeded: second[row])] &+= 1
    }
}

/// Three columns and more: cell numbers for a block of rows, column by column, then the counts.
private func countMany(
    _ columns: [CodeArray], _ sizes: [Int], _ clique: [Int], _ rowCount: Int, _ cells: UnsafeMutablePointer<Int64>
) {
    let block = 4096
    withUnsafeTemporaryAllocation(of: Int.self, capacity: block) { places in
        guard let places = places.baseAddress else { return }
        var start = 0
        while start < rowCount {
            let length = min(block, rowCount - start)
            for index in 0..<length { places[index] = 0 }
            for attribute in clique {
                let size = sizes[attribute]
                switch columns[attribute] {
                case .bytes(let codes): codes.withUnsafeBufferPointer { extend(places, $0, start, length, size) }
                case .halves(let codes): codes.withUnsafeBufferPointer { extend(places, $0, start, length, size) }
                case .words(let codes): codes.withUnsafeBufferPointer { extend(places, $0, start, length, size) }
                }
            }
            for index in 0..<length { cells[places[index]] &+= 1 }
            for index in 0..<length { places[index] = 0 }
            start += length
        }
    }
}

@inline(__always)
private func extend(
    _ places: UnsafeMutablePointer<Int>, _ codes: UnsafeBufferPointer<some FixedWidthInteger>, _ start: Int,
    _ length: Int, _ size: Int
) {
    for index in 0..<length { places[index] = places[index] &* size &+ Int(truncatingIfNeeded: codes[start &+ index]) }
}
