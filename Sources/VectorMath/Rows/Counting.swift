import Dispatch

/// Contingency tables of several attribute sets over the same rows, on every core for large tables.
///
/// Proof: a table has Π sizes cells (the product is checked against overflow), where the size of an attribute is the
/// bound of its codes. With c₁ < s₁, …, cₖ < sₖ, which the type of the columns holds, the cell (…(c₁ · s₂ + c₂) · …) + cₖ
/// is below that product, and so is each step on the way to it. Rows run over columns of one length, as checked.
/// Threads write to tables of their own.
///
/// - Parameters:
///   - columns: equally long; the size of attribute c is `columns[c].bound`.
///   - cliques: places in `columns`; none gives the number of rows.
/// - Returns: for each clique the counts in row-major order: the last attribute of the clique is fastest.
public func countCodes(_ columns: [CodeArray], cliques: [[Int]]) -> [[Int64]] {
    var tables = cliques.map { clique in
        guard let cells = cellCount(of: clique.map { columns[$0].bound }) else {
            preconditionFailure("a table has more cells than memory could hold")
        }
        return [Int64](repeating: 0, count: cells)
    }
    addCounts(columns, cliques: cliques, to: &tables)
    return tables
}

/// Counts further rows into tables that `countCodes` would make of them.
///
/// - Precondition: each table has the cells of its clique.
public func addCounts(_ columns: [CodeArray], cliques: [[Int]], to tables: inout [[Int64]]) {
    let rowCount = columns.first?.count ?? 0
    precondition(columns.allSatisfy { $0.count == rowCount } && tables.count == cliques.count)
    guard rowCount > 0 else { return }
    if rowCount * cliques.count < 1 << 18 || cliques.count == 1 {
        for index in cliques.indices { count(cliques[index].map { columns[$0] }, rowCount, &tables[index]) }
        return
    }
    tables.withUnsafeMutableBufferPointer { tables in
        nonisolated(unsafe) let tables = tables
        DispatchQueue.concurrentPerform(iterations: cliques.count) { index in
            count(cliques[index].map { columns[$0] }, rowCount, &tables[index])
        }
    }
}

/// Counts the rows of a few columns into the table of their bounds.
private func count(_ columns: [CodeArray], _ rowCount: Int, _ table: inout [Int64]) {
    precondition(cellCount(of: columns.map(\.bound)) == table.count)
    table.withUnsafeMutableBufferPointer { table in
        guard let cells = table.baseAddress else { return }
        switch columns.count {
        case 0: cells[0] &+= Int64(rowCount)
        case 1: countOne(columns[0], cells)
        case 2: countTwo(columns[0], columns[1], cells)
        default: countMany(columns, rowCount, cells)
        }
    }
}

private func countOne(_ column: CodeArray, _ cells: UnsafeMutablePointer<Int64>) {
    switch column {
    case .bytes(let column): tally(column, cells)
    case .halves(let column): tally(column, cells)
    case .words(let column): tally(column, cells)
    }
}

@inline(__always)
private func tally<Code>(_ column: BoundedCodes<Code>, _ cells: UnsafeMutablePointer<Int64>) {
    column.codes.withUnsafeBufferPointer { codes in
        for row in 0..<codes.count { cells[Int(truncatingIfNeeded: codes[row])] &+= 1 }
    }
}

private func countTwo(_ first: CodeArray, _ second: CodeArray, _ cells: UnsafeMutablePointer<Int64>) {
    switch first {
    case .bytes(let first): countTwo(first, second, cells)
    case .halves(let first): countTwo(first, second, cells)
    case .words(let first): countTwo(first, second, cells)
    }
}

@inline(__always)
private func countTwo<Code>(
    _ first: BoundedCodes<Code>, _ second: CodeArray, _ cells: UnsafeMutablePointer<Int64>
) {
    switch second {
    case .bytes(let second): tally(first, second, cells)
    case .halves(let second): tally(first, second, cells)
    case .words(let second): tally(first, second, cells)
    }
}

@inline(__always)
private func tally<First, Second>(
    _ first: BoundedCodes<First>, _ second: BoundedCodes<Second>, _ cells: UnsafeMutablePointer<Int64>
) {
    let size = second.bound
    first.codes.withUnsafeBufferPointer { first in
        second.codes.withUnsafeBufferPointer { second in
            for row in 0..<first.count {
                cells[Int(truncatingIfNeeded: first[row]) &* size &+ Int(truncatingIfNeeded: second[row])] &+= 1
            }
        }
    }
}

/// Three columns and more: cell numbers for a block of rows, column by column, then the counts.
private func countMany(_ columns: [CodeArray], _ rowCount: Int, _ cells: UnsafeMutablePointer<Int64>) {
    let block = 4096
    // Proof: the block is zeroed before it is read; a stretch of it is never longer than the block, nor do its rows pass
    // the columns' length.
    withUnsafeTemporaryAllocation(of: Int.self, capacity: block) { places in
        guard let places = places.baseAddress else { return }
        var start = 0
        while start < rowCount {
            let length = min(block, rowCount - start)
            for index in 0..<length { places[index] = 0 }
            for column in columns {
                switch column {
                case .bytes(let column): extend(places, column, start, length)
                case .halves(let column): extend(places, column, start, length)
                case .words(let column): extend(places, column, start, length)
                }
            }
            for index in 0..<length { cells[places[index]] &+= 1 }
            for index in 0..<length { places[index] = 0 }
            start += length
        }
    }
}

@inline(__always)
private func extend<Code>(
    _ places: UnsafeMutablePointer<Int>, _ column: BoundedCodes<Code>, _ start: Int, _ length: Int
) {
    let size = column.bound
    column.codes.withUnsafeBufferPointer { codes in
        for index in 0..<length {
            places[index] = places[index] &* size &+ Int(truncatingIfNeeded: codes[start &+ index])
        }
    }
}
