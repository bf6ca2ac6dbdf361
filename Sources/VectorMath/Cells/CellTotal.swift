/// The sum of a range of cells, in four interleaved partial sums.
@inline(never)
public func total(of values: [Double], in range: Range<Int>) -> Double {
    precondition(range.lowerBound >= 0 && range.upperBound <= values.count)
    // Proof: `range` lies inside the buffer by the precondition; blocks of four never pass its end.
    return values.withUnsafeBufferPointer { buffer in
        guard let cells = buffer.baseAddress else { return 0 }
        var a = 0.0
        var b = 0.0
        var c = 0.0
        var d = 0.0
        var i = range.lowerBound
        while i &+ 4 <= range.upperBound {
            a += cells[i]
            b += cells[i &+ 1]
            c += cells[i &+ 2]
            d += cells[i &+ 3]
            i &+= 4
        }
        while i < range.upperBound {
            a += cells[i]
            i &+= 1
        }
        return (a + b) + (c + d)
    }
}
