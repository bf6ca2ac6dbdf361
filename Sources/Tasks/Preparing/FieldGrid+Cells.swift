internal import VectorMath

extension FieldGrid {
    /// The bytes of one cell, shared with the grid.
    func field(row: Int, column: Int) -> ArraySlice<UInt8> {
        let place = row * columns + column
        let start = Int(starts[place])
        var end = Int(starts[place + 1]) - 1
        if endsInCarriageReturn, column == columns - 1, end > start, bytes[end - 1] == 0x0D { end -= 1 }
        return bytes[start..<end]
    }
}
