// Proof for every loop of this file. `prepare` checks that the source range and the target range lie inside their
// arrays. A source index is `from + r · runLength + j` with r < starts.count and j < runLength, hence below
// `from + sourceCount`. A target index is `at + starts[r]` (+ j for kept runs), which the initializer has proved to be
// below `at + targetCount`. The two arrays are different variables, and exclusivity forbids that they overlap.

extension CellProjection {
    private func prepare(_ source: Int, from: Int, _ target: Int, at: Int) {
        precondition(from >= 0 && from + sourceCount <= source && at >= 0 && at + targetCount <= target)
    }

    /// Sums source cells into their target cells: `target[t] = Σ source[s]`. The target range is overwritten.
    @inline(never)
    public func sum(_ source: [Double], from: Int = 0, into target: inout [Double], at: Int = 0) {
        prepare(source.count, from: from, target.count, at: at)
        source.withUnsafeBufferPointer { sourceBuffer in
            target.withUnsafeMutableBufferPointer { targetBuffer in
                starts.withUnsafeBufferPointer { startBuffer in
                    guard let s = sourceBuffer.baseAddress, let t = targetBuffer.baseAddress,
                        let first = startBuffer.baseAddress
                    else { return }
                    let input = s + from
                    let output = t + at
                    for i in 0..<targetCount { output[i] = 0 }
                    switch run {
                    case .summed: Self.sumRuns(input, output, first, startBuffer.count, runLength)
                    case .kept: Self.addRuns(input, output, first, startBuffer.count, runLength)
                    }
                }
            }
        }
    }

    /// Multiplies every source cell by its target cell: `source[s] *= target[t(s)]`.
    @inline(never)
    public func multiply(_ source: inout [Double], from: Int = 0, by target: [Double], at: Int = 0) {
        prepare(source.count, from: from, target.count, at: at)
        source.withUnsafeMutableBufferPointer { sourceBuffer in
            target.withUnsafeBufferPointer { targetBuffer in
                starts.withUnsafeBufferPointer { startBuffer in
                    guard let s = sourceBuffer.baseAddress, let t = targetBuffer.baseAddress,
                        let first = startBuffer.baseAddress
                    else { return }
                    var cell = s + from
                    let length = runLength
                    for r in 0..<startBuffer.count {
                        let factor = t + (at &+ Int(first[r]))
                        switch run {
                        case .summed:
                            let value = factor[0]
                            for j in 0..<length { cell[j] *= value }
                        case .kept:
                            for j in 0..<length { cell[j] *= factor[j] }
                        }
                        cell += length
                    }
                }
            }
        }
    }

    /// Adds a multiple of the target cell to every source cell: `source[s] += scale · target[t(s)]`.
    @inline(never)
    public func add(
        _ scale: Double, times target: [Double], at: Int = 0, to source: inout [Double], from: Int = 0
    ) {
        prepare(source.count, from: from, target.count, at: at)
        source.withUnsafeMutableBufferPointer { sourceBuffer in
            target.withUnsafeBufferPointer { targetBuffer in
                starts.withUnsafeBufferPointer { startBuffer in
                    guard let s = sourceBuffer.baseAddress, let t = targetBuffer.baseAddress,
                        let first = startBuffer.baseAddress
                    else { return }
                    var cell = s + from
                    let length = runLength
                    for r in 0..<startBuffer.count {
                        let term = t + (at &+ Int(first[r]))
                        switch run {
                        case .summed:
                            let value = scale * term[0]
                            for j in 0..<length { cell[j] += value }
                        case .kept:
                            for j in 0..<length { cell[j] = cell[j].addingProduct(scale, term[j]) }
                        }
                        cell += length
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func sumRuns(
        _ input: UnsafePointer<Double>, _ output: UnsafeMutablePointer<Double>, _ starts: UnsafePointer<Int32>,
        _ count: Int, _ length: Int
    ) {
        var cell = input
        for r in 0..<count {
            // Four sums in parallel: a single one would wait for each addition.
            var a = 0.0
            var b = 0.0
            var c = 0.0
            var d = 0.0
            var j = 0
            while j &+ 4 <= length {
                a += cell[j]
                b += cell[j &+ 1]
                c += cell[j &+ 2]
                d += cell[j &+ 3]
                j &+= 4
            }
            while j < length {
                a += cell[j]
                j &+= 1
            }
            output[Int(starts[r])] += (a + b) + (c + d)
            cell += length
        }
    }

    @inline(__always)
    private static func addRuns(
        _ input: UnsafePointer<Double>, _ output: UnsafeMutablePointer<Double>, _ starts: UnsafePointer<Int32>,
        _ count: Int, _ length: Int
    ) {
        var cell = input
        for r in 0..<count {
            let sum = output + Int(starts[r])
            for j in 0..<length { sum[j] += cell[j] }
            cell += length
        }
    }
}
