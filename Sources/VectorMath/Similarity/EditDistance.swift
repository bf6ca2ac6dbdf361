/// How many characters must be put in, taken out or replaced, or how many neighbours swapped, to make one text of the other.
///
/// This is the unrestricted distance of Damerau and Levenshtein, a metric: between two swapped characters others may have been
/// put in or taken out. It takes |a|·|b| steps.
///
/// Source: R. Lowrance, R. A. Wagner, "An extension of the string-to-string correction problem", 1975.
public func damerauLevenshtein(_ first: Span<UInt16>, _ second: Span<UInt16>) -> Int {
    first.count <= 40 && second.count <= 40 ? shortDistance(first, second) : longDistance(first, second)
}

/// The same for texts of at most 40 characters, in bytes that are not allocated: distances are below 81.
private func shortDistance(_ first: Span<UInt16>, _ second: Span<UInt16>) -> Int {
    let width = second.count + 2
    var cells = InlineArray<1_764, UInt8>(repeating: UInt8(truncatingIfNeeded: first.count + second.count))
    for row in 0...first.count { cells[(row + 1) * width + 1] = UInt8(truncatingIfNeeded: row) }
    for column in 0...second.count { cells[width + column + 1] = UInt8(truncatingIfNeeded: column) }
    var lastRow = InlineArray<40, Int>(repeating: 0)
    for row in 0..<first.count {
        let character = first[row]
        var lastColumn = 0
        for column in 0..<second.count {
            let isSame = character == second[column]
            let (swapRow, swapColumn) = (lastRow[column], lastColumn)
            let here = (row + 1) * width + column + 1
            let swapped = Int(cells[swapRow * width + swapColumn]) + (row - swapRow) + 1 + (column - swapColumn)
            let replaced = Int(cells[here]) + (isSame ? 0 : 1)
            let changed = 1 + Int(min(cells[here + 1], cells[here + width]))
            cells[here + width + 1] = UInt8(truncatingIfNeeded: min(swapped, replaced, changed))
            lastColumn = isSame ? column + 1 : lastColumn
        }
        for column in 0..<second.count { lastRow[column] = second[column] == character ? row + 1 : lastRow[column] }
    }
    return Int(cells[(first.count + 1) * width + second.count + 1])
}

private func longDistance(_ first: Span<UInt16>, _ second: Span<UInt16>) -> Int {
    let width = second.count + 2
    let infinity = first.count + second.count
    // Row and column 0 stand for what is beyond the texts, row and column 1 for the empty beginnings.
    var cells = [Int](repeating: infinity, count: (first.count + 2) * width)
    for row in 0...first.count { cells[(row + 1) * width + 1] = row }
    for column in 0...second.count { cells[width + column + 1] = column }
    // For each character of the second text the last row of an equal one in the first.
    var lastRow = [Int](repeating: 0, count: second.count)
    for row in 0..<first.count {
        let character = first[row]
        var lastColumn = 0
        for column in 0..<second.count {
            let isSame = character == second[column]
            let (swapRow, swapColumn) = (lastRow[column], lastColumn)
            let here = (row + 1) * width + column + 1
            let swapped =
                cells[swapRow * width + swapColumn] + (row - swapRow) + 1 + (column - swapColumn)
            let replaced = cells[here] + (isSame ? 0 : 1)
            let changed = 1 + min(cells[here + 1], cells[here + width])
            cells[here + width + 1] = min(swapped, replaced, changed)
            if isSame { lastColumn = column + 1 }
        }
        for column in 0..<second.count where second[column] == character { lastRow[column] = row + 1 }
    }
    return cells[(first.count + 1) * width + second.count + 1]
}

/// One less the share of the longer text that ``damerauLevenshtein(_:_:)`` changes; 1 for two empty texts.
public func editSimilarity(_ first: Span<UInt16>, _ second: Span<UInt16>) -> Double {
    let length = max(first.count, second.count)
    return length == 0 ? 1 : 1 - Double(damerauLevenshtein(first, second)) / Double(length)
}
