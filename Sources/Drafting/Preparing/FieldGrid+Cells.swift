internal import VectorMath

extension FieldGrid {
    /// Where the bytes of one cell begin and end.
    func place(row: Int, column: Int) -> (start: Int, end: Int) {
        let place = row * columns + column
        let start = Int(starts[place])
        var end = Int(starts[place + 1]) - 1
        if endsInCarriageReturn, column == columns - 1, end > start, bytes[end - 1] == 0x0D { end -= 1 }
        return (start, end)
    }

    /// The bytes of one cell, shared with the grid.
    func field(row: Int, column: Int) -> ArraySlice<UInt8> {
        let (start, end) = place(row: row, column: column)
        return bytes[start..<end]
    }
}
