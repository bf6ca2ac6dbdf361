// Proof for the writing of this file. `appendRows` checks, once for each block of rows, that every column has a code for
// each row, that the codes are below the number of labels, and that there is a fraction for each row where there are grids.
//
// Reading: a label lies at `places[code]` and is padded with zeros to whole words, of which `writeCell` loads as many as its
// length needs. A code without label is that of a grid: `TextColumn.init` checks it.
//
// Writing: the output grows by `longestRow` zeros a row, which is 8 and each column's `longest`; then what was not written
// is taken off again. A label moves the place by its length, and stores up to 7 bytes more. A number takes the column's
// prefix and suffix and at most 41 bytes: a sign and 19 figures (the magnitude of an `Int64`) with up to 15 zeros behind
// them, or with a point and up to 25 places behind it, or with `e`, a sign and up to 19 figures of an exponent. (Before its
// point is set, a decimal lies one place further to the right: 21 bytes.) A date takes 10. All of it is at most
// `longest − 8`, so that no cell ends behind the sum of `longest − 8` up to it, and no store is further than 7 from there.
// A running number takes at most 20 of the 24 bytes set aside for it.

/// How the codes of one column are written, with everything that stands before and after them.
public struct TextColumn: Sendable {
    /// Labels one behind the other, each padded to whole words.
    let labels: [UInt8]
    /// Where the label of a code stands, and its length; a length of zero means a number from `grids`.
    let places: [UInt32]
    let lengths: [UInt32]
    let grids: [DecimalGrid]
    let scale: AxisScale
    let pivot: Double
    let writesDates: Bool
    let prefix: [UInt8]
    let suffix: [UInt8]
    /// No cell of the column is longer than this.
    let longest: Int

    /// - Parameters:
    ///   - labels: the whole text of each code, prefix and suffix included; empty for cells of `grids`.
    ///   - grids: cells of the first codes.
    public init(
        labels: [[UInt8]], grids: [DecimalGrid] = [], scale: AxisScale = .linear, pivot: Double = 1,
        writesDates: Bool = false, prefix: [UInt8], suffix: [UInt8]
    ) {
        precondition(labels.indices.allSatisfy { !labels[$0].isEmpty || $0 < grids.count })
        var bytes: [UInt8] = []
        var places: [UInt32] = []
        for label in labels {
            places.append(UInt32(bytes.count))
            bytes += label
            bytes += [UInt8](repeating: 0, count: (8 - label.count % 8) % 8)
        }
        self.labels = bytes
        self.places = places
        self.lengths = labels.map { UInt32($0.count) }
        self.grids = grids
        self.scale = scale
        self.pivot = pivot
        self.writesDates = writesDates
        self.prefix = prefix
        self.suffix = suffix
        let longestNumber = grids.isEmpty ? 0 : prefix.count + suffix.count + 48
        self.longest = max(labels.map(\.count).max() ?? 0, longestNumber) + 8
    }

    var size: Int { places.count }
}

/// Appends the text of rows.
///
/// - Parameters:
///   - codes: for each column its codes.
///   - fractions: for each column with grids a fraction a row.
///   - numbering: text around the running number that stands first in each row, and the number of row zero.
public func appendRows(
    _ columns: [TextColumn], codes: [[UInt32]], fractions: [[Float]], rows: Range<Int>,
    numbering: (before: [UInt8], after: [UInt8], first: UInt64)? = nil, to output: inout [UInt8]
) {
    precondition(rows.lowerBound >= 0)
    for (index, column) in columns.enumerated() {
        precondition(codes[index].count >= rows.upperBound)
        precondition(column.grids.isEmpty || fractions[index].count >= rows.upperBound)
        precondition(largest(codes[index], rows) < column.size || rows.isEmpty, "a code lies outside its column")
    }
    let longestRow =
        columns.reduce(8) { $0 + $1.longest } + (numbering.map { $0.before.count + $0.after.count + 24 } ?? 0)
    var start = rows.lowerBound
    while start < rows.upperBound {
        let end = min(rows.upperBound, start + max(1, (1 << 18) / longestRow))
        let used = output.count
        let room = (end - start) * longestRow
        output.append(contentsOf: repeatElement(0, count: room))
        let written = output.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            return writeRows(columns, codes, fractions, start..<end, numbering, base + used)
        }
        output.removeLast(room - written)
        start = end
    }
}

private func largest(_ codes: [UInt32], _ rows: Range<Int>) -> UInt32 {
    codes.withUnsafeBufferPointer { codes in
        var largest: UInt32 = 0
        for row in rows { largest = max(largest, codes[row]) }
        return largest
    }
}

/// The arrays of one column, opened: nothing is counted or copied a row.
private struct ColumnPointers {
    var labels: UnsafeBufferPointer<UInt8>
    var places: UnsafeBufferPointer<UInt32>
    var lengths: UnsafeBufferPointer<UInt32>
    var grids: UnsafeBufferPointer<DecimalGrid>
    var prefix: UnsafeBufferPointer<UInt8>
    var suffix: UnsafeBufferPointer<UInt8>
    var codes: UnsafeBufferPointer<UInt32>
    var fractions: UnsafeBufferPointer<Float>
    var scale: AxisScale
    var pivot: Double
    var writesDates: Bool
}

private func writeRows(
    _ columns: [TextColumn], _ codes: [[UInt32]], _ fractions: [[Float]], _ rows: Range<Int>,
    _ numbering: (before: [UInt8], after: [UInt8], first: UInt64)?, _ output: UnsafeMutableRawPointer
) -> Int {
    withPointers(columns, codes, fractions, []) { pointers in
        (numbering?.before ?? []).withUnsafeBufferPointer { before in
            (numbering?.after ?? []).withUnsafeBufferPointer { after in
                pointers.withUnsafeBufferPointer { pointers in
                    var place = output
                    for row in rows {
                        if let numbering {
                            place = writeBytes(before, place)
                            place = writeDigits(numbering.first &+ UInt64(row), place)
                            place = writeBytes(after, place)
                        }
                        for index in 0..<pointers.count { place = writeCell(pointers[index], row, place) }
                    }
                    return UnsafeRawPointer(place) - UnsafeRawPointer(output)
                }
            }
        }
    }
}

@inline(__always)
private func writeCell(
    _ column: ColumnPointers, _ row: Int, _ start: UnsafeMutableRawPointer
) -> UnsafeMutableRawPointer {
    let code = Int(column.codes[row])
    let length = Int(column.lengths[code])
    if length > 0 {
        guard let source = UnsafeRawBufferPointer(column.labels).baseAddress.map({ $0 + Int(column.places[code]) })
        else { return start }
        start.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
        var offset = 8
        while offset < length {
            let word = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            start.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        return start + length
    }
    let grid = column.grids[code]
    let digits = grid.digits(fraction: Double(column.fractions[row]), scale: column.scale, pivot: column.pivot)
    var place = writeBytes(column.prefix, start)
    place = column.writesDates ? writeDate(Int(digits), place) : writeDecimal(digits, grid.exponent, place)
    return writeBytes(column.suffix, place)
}

/// Opens the arrays of all columns at once.
private func withPointers(
    _ columns: [TextColumn], _ codes: [[UInt32]], _ fractions: [[Float]], _ opened: [ColumnPointers],
    _ body: ([ColumnPointers]) -> Int
) -> Int {
    let index = opened.count
    guard index < columns.count else { return body(opened) }
    let column = columns[index]
    return column.labels.withUnsafeBufferPointer { labels in
        column.places.withUnsafeBufferPointer { places in
            column.lengths.withUnsafeBufferPointer { lengths in
                column.grids.withUnsafeBufferPointer { grids in
                    column.prefix.withUnsafeBufferPointer { prefix in
                        column.suffix.withUnsafeBufferPointer { suffix in
                            codes[index].withUnsafeBufferPointer { codesOfColumn in
                                fractions[index].withUnsafeBufferPointer { fractionsOfColumn in
                                    let pointers = ColumnPointers(
                                        labels: labels, places: places, lengths: lengths, grids: grids,
                                        prefix: prefix, suffix: suffix, codes: codesOfColumn,
                                        fractions: fractionsOfColumn, scale: column.scale, pivot: column.pivot,
                                        writesDates: column.writesDates)
                                    return withPointers(columns, codes, fractions, opened + [pointers], body)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

@inline(__always)
private func writeBytes(
    _ bytes: UnsafeBufferPointer<UInt8>, _ place: UnsafeMutableRawPointer
) -> UnsafeMutableRawPointer {
    for index in 0..<bytes.count { place.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self) }
    return place + bytes.count
}

@inline(__always)
private func writeDigits(_ number: UInt64, _ place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    var length = 1
    var limit: UInt64 = 10
    while length < 20, number >= limit {
        length &+= 1
        let (next, overflow) = limit.multipliedReportingOverflow(by: 10)
        if overflow { break }
        limit = next
    }
    var rest = number
    var index = length
    while index > 0 {
        index &-= 1
        let quotient = rest / 10
        place.storeBytes(
            of: UInt8(truncatingIfNeeded: rest &- quotient &* 10) &+ 0x30, toByteOffset: index, as: UInt8.self)
        rest = quotient
    }
    return place + length
}

/// The same text as a plain decimal without trailing zeros; scientific where it would be very long.
@inline(__always)
private func writeDecimal(
    _ signed: Int64, _ scale: Int, _ start: UnsafeMutableRawPointer
) -> UnsafeMutableRawPointer {
    var place = start
    func write(_ byte: UInt8) {
        place.storeBytes(of: byte, as: UInt8.self)
        place += 1
    }
    if signed == 0 {
        write(0x30)
        return place
    }
    if signed < 0 { write(0x2D) }
    var digits = signed.magnitude
    var exponent = scale
    if exponent < 0 || exponent > 15 {
        while digits % 10 == 0 {
            digits /= 10
            exponent &+= 1
        }
    }
    if exponent > 15 || exponent < -25 {
        place = writeDigits(digits, place)
        write(0x65)
        if exponent < 0 { write(0x2D) }
        return writeDigits(UInt64(exponent.magnitude), place)
    }
    if exponent >= 0 {
        place = writeDigits(digits, place)
        for _ in 0..<exponent { write(0x30) }
        return place
    }
    // Write all figures one place to the right, then pull the whole part over the point.
    let end = writeDigits(digits, place + 1)
    let figures = end - place - 1
    let whole = figures + exponent
    if whole > 0 {
        for index in 0..<whole {
            let figure = place.load(fromByteOffset: index + 1, as: UInt8.self)
            place.storeBytes(of: figure, toByteOffset: index, as: UInt8.self)
        }
        place.storeBytes(of: 0x2E, toByteOffset: whole, as: UInt8.self)
        return end
    }
    write(0x30)
    write(0x2E)
    for _ in 0..<(-whole) { write(0x30) }
    return writeDigits(digits, place)
}

private func writeDate(_ day: Int, _ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let (year, month, dayOfMonth) = civilDate(ofDay: day)
    var place = start
    for (number, width) in [(year, 4), (month, 2), (dayOfMonth, 2)] {
        if place != start {
            place.storeBytes(of: 0x2D, as: UInt8.self)
            place += 1
        }
        var rest = number
        for index in stride(from: width - 1, through: 0, by: -1) {
            place.storeBytes(of: UInt8(truncatingIfNeeded: rest % 10) + 0x30, toByteOffset: index, as: UInt8.self)
            rest /= 10
        }
        place += width
    }
    return place
}
