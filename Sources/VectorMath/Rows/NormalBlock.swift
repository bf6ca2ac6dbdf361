/// Correlated normal numbers for a stretch of rows, column by column.
///
/// Proof: `values` has `rows` numbers for each column, and while pairs are drawn for one column more where their number is
/// odd. Columns are named below `columns`, rows run below `rows` or over a stretch that ends there, a pair's words are at
/// least `rows`, as checked. The lower triangle has `columns · (columns + 1) / 2` numbers, as checked, and row c of it begins
/// at `c · (c + 1) / 2`. Loops over eight numbers at a time stop where fewer are left. Scratch is written before it is read.
///
/// Every number is computed from its own row's words by the same operations in the same order, whatever the stretch;
/// only the moments of `matchMoments` depend on the whole stretch.
public struct NormalBlock: Sendable {
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int
    /// Number r of column c is at `c · rows + r`.
    public private(set) var values: [Float]

    /// Independent standard normals (Box and Muller 1958): word r of pair p gives columns 2p and 2p + 1 of row r.
    ///
    /// The radius has 2^23 values, the largest 5.8; the angle 2^24 in each eighth of the circle.
    public init(rows: Int, columns: Int, words: (_ pair: Int) -> [UInt64]) {
        self.rows = rows
        self.columns = columns
        values = [Float](repeating: 0, count: rows * (columns + columns % 2))
        for pair in 0..<(columns + 1) / 2 {
            let words = words(pair)
            precondition(words.count >= rows)
            values.withUnsafeMutableBufferPointer { values in
                words.withUnsafeBufferPointer { words in
                    guard let v = values.baseAddress, let w = words.baseAddress else { return }
                    normalPairs(w, count: rows, v + 2 * pair * rows, v + (2 * pair + 1) * rows)
                }
            }
        }
        if columns % 2 == 1 { values.removeLast(rows) }
    }

    /// The numbers of one column.
    public func column(_ column: Int) -> ArraySlice<Float> { values[column * rows..<(column + 1) * rows] }

    /// Replaces each row z by `factor · z`.
    ///
    /// - Parameter factor: lower triangle, row by row: (0,0), (1,0), (1,1), …
    public mutating func multiply(byLowerTriangle factor: [Float]) {
        precondition(factor.count == columns * (columns + 1) / 2)
        let (rows, columns) = (rows, columns)
        values.withUnsafeMutableBufferPointer { values in
            factor.withUnsafeBufferPointer { factor in
                guard let v = values.baseAddress, let f = factor.baseAddress else { return }
                // A stretch of all columns stays in the first cache; the last column needs all others and goes first.
                var start = 0
                while start < rows {
                    let count = min(productStretch, rows - start)
                    for column in stride(from: columns - 1, through: 0, by: -1) {
                        combine(
                            v + start, stride: rows, count: count, column: column, f + column * (column + 1) / 2)
                    }
                    start += count
                }
            }
        }
    }

    /// Adds to each row of a column the shift of its code.
    public mutating func add(_ shifts: [Float], at codes: [UInt32], to column: Int) {
        precondition(codes.count == rows)
        for row in 0..<rows { values[column * rows + row] += shifts[Int(codes[row])] }
    }

    /// Scales a column.
    public mutating func scale(_ column: Int, by factor: Float) {
        for place in column * rows..<(column + 1) * rows { values[place] *= factor }
    }

    /// The lower triangle, row by row, of a matrix A such that rows A·(z − mean) have mean zero and covariance LLᵀ
    /// exactly, but for rounding; subtracts the means. `factor` L as in `multiply(byLowerTriangle:)`.
    ///
    /// nil if the rows span too little for that: then nothing changes.
    ///
    /// - Parameter root: the Cholesky factor of a symmetric matrix, both as lower triangles row by row; nil where the matrix
    ///   is too near to a singular one.
    public mutating func matchMoments(
        to factor: [Double], root: (_ moments: [Double]) -> [Double]?
    ) -> [Float]? {
        guard rows > 2 * columns, columns > 0 else { return nil }
        var means = [Float](repeating: 0, count: columns)
        var moments = [Double](repeating: 0, count: columns * (columns + 1) / 2)
        values.withUnsafeMutableBufferPointer { values in
            guard let v = values.baseAddress else { return }
            for column in 0..<columns { means[column] = sum(v + column * rows, rows) / Float(rows) }
            for column in 0..<columns {
                for row in 0..<rows { v[column * rows + row] -= means[column] }
            }
            var place = 0
            for first in 0..<columns {
                for second in stride(from: 0, through: first, by: 4) {
                    let b = v + second * rows
                    let steps = (min(1, first - second) * rows, min(2, first - second) * rows)
                    let sums = products(
                        v + first * rows, b, b + steps.0, b + steps.1, b + min(3, first - second) * rows, rows)
                    for lane in 0..<min(4, first - second + 1) {
                        moments[place] = Double(sums[lane]) / Double(rows)
                        place += 1
                    }
                }
            }
        }
        guard let root = root(moments), let matched = lowerQuotient(factor, root, columns) else {
            for column in 0..<columns {
                for row in 0..<rows { values[column * rows + row] += means[column] }
            }
            return nil
        }
        return matched.map { Float($0) }
    }
}

/// Rows of 50 columns that fit into the first cache.
private let productStretch = 128

/// `v[column] = Σ_k f[k] · v[k]` for k up to `column`, k ascending.
private func combine(
    _ v: UnsafeMutablePointer<Float>, stride: Int, count: Int, column: Int, _ f: UnsafePointer<Float>
) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: productStretch) { sums in
        guard let s = sums.baseAddress else { return }
        for row in 0..<count { s[row] = f[0] * v[row] }
        var k = 1
        while k &+ 3 <= column {
            let (a, b) = (v + k &* stride, v + (k &+ 1) &* stride)
            let (c, d) = (v + (k &+ 2) &* stride, v + (k &+ 3) &* stride)
            let (p, q, r, t) = (f[k], f[k &+ 1], f[k &+ 2], f[k &+ 3])
            for row in 0..<count {
                s[row] = s[row].addingProduct(p, a[row]).addingProduct(q, b[row]).addingProduct(r, c[row])
                    .addingProduct(t, d[row])
            }
            k &+= 4
        }
        while k <= column {
            let a = v + k &* stride
            let p = f[k]
            for row in 0..<count { s[row] = s[row].addingProduct(p, a[row]) }
            k &+= 1
        }
        let target = v + column &* stride
        for row in 0..<count { target[row] = s[row] }
    }
}

private func sum(_ a: UnsafePointer<Float>, _ count: Int) -> Float {
    var lanes = SIMD8<Float>()
    var i = 0
    while i &+ 8 <= count {
        lanes += UnsafeRawPointer(a + i).loadUnaligned(as: SIMD8<Float>.self)
        i &+= 8
    }
    var total: Float = 0
    for lane in 0..<8 { total += lanes[lane] }
    while i < count {
        total += a[i]
        i &+= 1
    }
    return total
}

/// The inner products of one column with four others.
private func products(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafePointer<Float>, _ d: UnsafePointer<Float>,
    _ e: UnsafePointer<Float>, _ count: Int
) -> SIMD4<Float> {
    typealias Lanes = SIMD8<Float>
    var (p, q, r, s) = (Lanes(), Lanes(), Lanes(), Lanes())
    var i = 0
    while i &+ 8 <= count {
        let x = UnsafeRawPointer(a + i).loadUnaligned(as: Lanes.self)
        p.addProduct(x, UnsafeRawPointer(b + i).loadUnaligned(as: Lanes.self))
        q.addProduct(x, UnsafeRawPointer(c + i).loadUnaligned(as: Lanes.self))
        r.addProduct(x, UnsafeRawPointer(d + i).loadUnaligned(as: Lanes.self))
        s.addProduct(x, UnsafeRawPointer(e + i).loadUnaligned(as: Lanes.self))
        i &+= 8
    }
    var totals = SIMD4<Float>()
    for lane in 0..<8 { totals += SIMD4(p[lane], q[lane], r[lane], s[lane]) }
    while i < count {
        totals.addProduct(SIMD4(repeating: a[i]), SIMD4(b[i], c[i], d[i], e[i]))
        i &+= 1
    }
    return totals
}

/// A with A · root = factor, all packed lower triangles.
private func lowerQuotient(_ factor: [Double], _ root: [Double], _ size: Int) -> [Double]? {
    guard factor.count == root.count else { return nil }
    var result = factor
    for i in 0..<size {
        let row = i * (i + 1) / 2
        for j in stride(from: i, through: 0, by: -1) {
            var value = factor[row + j]
            for k in (j + 1)..<max(j + 1, i + 1) { value -= result[row + k] * root[k * (k + 1) / 2 + j] }
            result[row + j] = value / root[j * (j + 1) / 2 + j]
        }
    }
    return result
}

/// Two normals a word. Polynomials: Moshier's Cephes library, single precision.
private func normalPairs(
    _ words: UnsafePointer<UInt64>, count: Int, _ first: UnsafeMutablePointer<Float>,
    _ second: UnsafeMutablePointer<Float>
) {
    for row in 0..<count {
        let high = UInt32(truncatingIfNeeded: words[row] &>> 32)
        let low = UInt32(truncatingIfNeeded: words[row])
        let radius = root(-2 * logarithmOfUnit(high))
        // Between −π/4 and π/4; three further bits reflect it into the whole circle.
        let angle = (Float(Int32(truncatingIfNeeded: low &>> 8)) - 8_388_607.5) * (Float.pi / 4 / 8_388_608)
        let square = angle * angle
        let sine = angle.addingProduct(
            angle * square,
            Float(-1.6666654611e-1).addingProduct(
                square, Float(8.3321608736e-3).addingProduct(square, -1.9515295891e-4)))
        let cosine = Float(1).addingProduct(
            square,
            Float(-0.5).addingProduct(
                square,
                Float(4.166664568298827e-2).addingProduct(
                    square, Float(-1.388731625493765e-3).addingProduct(square, 2.443315711809948e-5))))
        let swap = 0 &- (low & 1)
        let (c, s) = (cosine.bitPattern, sine.bitPattern)
        let x = (c & ~swap) | (s & swap)
        let y = (s & ~swap) | (c & swap)
        first[row] = radius * Float(bitPattern: x ^ ((low & 2) &<< 30))
        second[row] = radius * Float(bitPattern: y ^ ((low & 4) &<< 29))
    }
}

/// √x of a positive number by Newton's method on 1/√x; `squareRoot()` asks the C library and so is never vectorised.
@inline(__always)
private func root(_ x: Float) -> Float {
    var y = Float(bitPattern: 0x5F37_59DF &- (x.bitPattern &>> 1))
    let half = -0.5 * x
    y *= Float(1.5).addingProduct(half * y, y)
    y *= Float(1.5).addingProduct(half * y, y)
    y *= Float(1.5).addingProduct(half * y, y)
    return x * y
}

/// ln of (k + ½) / 2^23 for the high 23 bits k of a word.
@inline(__always)
private func logarithmOfUnit(_ word: UInt32) -> Float {
    let unit = (Float(Int32(truncatingIfNeeded: word &>> 9)) + 0.5) * 0x1p-23
    // Mantissa between √½ and √2.
    let bits = unit.bitPattern &- 0x3F35_04F3
    let exponent = Float(Int32(bitPattern: bits) &>> 23)
    let x = Float(bitPattern: (bits & 0x007F_FFFF) &+ 0x3F35_04F3) - 1
    let square = x * x
    var p: Float = 7.0376836292e-2
    p = Float(-1.1514610310e-1).addingProduct(p, x)
    p = Float(1.1676998740e-1).addingProduct(p, x)
    p = Float(-1.2420140846e-1).addingProduct(p, x)
    p = Float(1.4249322787e-1).addingProduct(p, x)
    p = Float(-1.6668057665e-1).addingProduct(p, x)
    p = Float(2.0000714765e-1).addingProduct(p, x)
    p = Float(-2.4999993993e-1).addingProduct(p, x)
    p = Float(3.3333331174e-1).addingProduct(p, x)
    let tail = (x * square * p).addingProduct(-2.12194440e-4, exponent).addingProduct(-0.5, square)
    return (x + tail).addingProduct(0.693359375, exponent)
}
