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

/// Moves every value a share of the way to another: `values[i] += share · (others[i] − values[i])`.
@inline(never)
public func blend(_ values: inout [Double], toward others: [Double], by share: Double) {
    precondition(values.count == others.count)
    // Proof: both buffers have the same count by the precondition, and i runs below it.
    values.withUnsafeMutableBufferPointer { output in
        others.withUnsafeBufferPointer { input in
            guard let output = output.baseAddress, let source = input.baseAddress else { return }
            for i in 0..<input.count { output[i] = output[i].addingProduct(share, source[i] - output[i]) }
        }
    }
}

/// `Σ a[i] · b[i]`, in four interleaved partial sums.
@inline(never)
public func dotProduct(_ a: [Double], _ b: [Double]) -> Double {
    precondition(a.count == b.count)
    // Proof: both buffers have the same count by the precondition; blocks of four never pass it.
    return a.withUnsafeBufferPointer { left in
        b.withUnsafeBufferPointer { right in
            guard let x = left.baseAddress, let y = right.baseAddress else { return 0 }
            var s = 0.0
            var t = 0.0
            var u = 0.0
            var v = 0.0
            var i = 0
            while i &+ 4 <= left.count {
                s = s.addingProduct(x[i], y[i])
                t = t.addingProduct(x[i &+ 1], y[i &+ 1])
                u = u.addingProduct(x[i &+ 2], y[i &+ 2])
                v = v.addingProduct(x[i &+ 3], y[i &+ 3])
                i &+= 4
            }
            while i < left.count {
                s = s.addingProduct(x[i], y[i])
                i &+= 1
            }
            return (s + t) + (u + v)
        }
    }
}

/// `Σ (a[i] − b[i])²`, in four interleaved partial sums.
@inline(never)
public func squaredDistance(_ a: [Double], _ b: [Double]) -> Double {
    precondition(a.count == b.count)
    // Proof: both buffers have the same count by the precondition; blocks of four never pass it.
    return a.withUnsafeBufferPointer { left in
        b.withUnsafeBufferPointer { right in
            guard let x = left.baseAddress, let y = right.baseAddress else { return 0 }
            var s = 0.0
            var t = 0.0
            var u = 0.0
            var v = 0.0
            var i = 0
            while i &+ 4 <= left.count {
                let p = x[i] - y[i]
                let q = x[i &+ 1] - y[i &+ 1]
                let r = x[i &+ 2] - y[i &+ 2]
                let w = x[i &+ 3] - y[i &+ 3]
                s = s.addingProduct(p, p)
                t = t.addingProduct(q, q)
                u = u.addingProduct(r, r)
                v = v.addingProduct(w, w)
                i &+= 4
            }
            while i < left.count {
                let p = x[i] - y[i]
                s = s.addingProduct(p, p)
                i &+= 1
            }
            return (s + t) + (u + v)
        }
    }
}

/// `Σ (scale · a[i] − b[i])²`, in two interleaved partial sums.
@inline(never)
public func scaledSquaredDistance(_ a: [Double], scale: Double, _ b: [Double]) -> Double {
    precondition(a.count == b.count)
    // Proof: both buffers have the same count by the precondition; blocks of four never pass it.
    return a.withUnsafeBufferPointer { left in
        b.withUnsafeBufferPointer { right in
            guard let x = left.baseAddress, let y = right.baseAddress else { return 0 }
            var s = 0.0
            var t = 0.0
            var u = 0.0
            var v = 0.0
            var i = 0
            while i &+ 4 <= left.count {
                let p = scale * x[i] - y[i]
                let q = scale * x[i &+ 1] - y[i &+ 1]
                let r = scale * x[i &+ 2] - y[i &+ 2]
                let w = scale * x[i &+ 3] - y[i &+ 3]
                s = s.addingProduct(p, p)
                t = t.addingProduct(q, q)
                u = u.addingProduct(r, r)
                v = v.addingProduct(w, w)
                i &+= 4
            }
            while i < left.count {
                let p = scale * x[i] - y[i]
                s = s.addingProduct(p, p)
                i &+= 1
            }
            return (s + t) + (u + v)
        }
    }
}

/// `result[i] = factor · (scale · a[i] − b[i])`: the gradient of a weighted squared distance.
@inline(never)
public func scaledDifference(
    _ a: [Double], scale: Double, _ b: [Double], factor: Double, into result: inout [Double]
) {
    precondition(a.count == b.count && b.count == result.count)
    // Proof: the three buffers have the same count by the precondition, and i runs below it.
    a.withUnsafeBufferPointer { left in
        b.withUnsafeBufferPointer { right in
            result.withUnsafeMutableBufferPointer { output in
                guard let x = left.baseAddress, let y = right.baseAddress, let z = output.baseAddress else { return }
                for i in 0..<left.count { z[i] = factor * (scale * x[i] - y[i]) }
            }
        }
    }
}

/// Copies all of one array into another of the same length, without a new allocation.
@inline(never)
public func copyCells(_ source: [Double], into target: inout [Double]) {
    precondition(source.count == target.count)
    // Proof: both buffers have the same count by the precondition, and i runs below it.
    source.withUnsafeBufferPointer { input in
        target.withUnsafeMutableBufferPointer { output in
            guard let from = input.baseAddress, let to = output.baseAddress else { return }
            to.update(from: from, count: input.count)
        }
    }
}
