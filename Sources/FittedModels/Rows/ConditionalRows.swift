import GraphicalModels
import VectorMath

/// Distributions over codes, one a row: what an attribute is drawn from given its parents, or a code given its group.
struct ConditionalRows: Sendable {
    /// Row r has the entries `offsets[r] ..< offsets[r + 1]`.
    var offsets: [Int]
    var codes: [UInt32]
    /// Sums to 1 in each row that has entries.
    var probabilities: [Double]

    var rowCount: Int { offsets.count - 1 }
    var aliasTable: AliasTable { AliasTable(offsets: offsets, codes: codes, weights: probabilities) }

    init(_ conditional: SamplingProgram.Conditional) {
        offsets = conditional.offsets
        codes = conditional.codes
        probabilities = conditional.probabilities
    }

    /// The codes of each group in proportion to their shares, uniformly where all of a group's shares are zero.
    ///
    /// - Parameter allowed: where not nil, only these codes are drawn.
    init(attribute: ModelAttribute?, shares: [Double], allowed: Set<Int>?) {
        let groupCount = attribute?.size ?? 1
        var members = [[Int]](repeating: [], count: groupCount)
        for code in shares.indices where allowed?.contains(code) ?? true {
            members[attribute?.group(of: code) ?? 0].append(code)
        }
        offsets = [0]
        codes = []
        probabilities = []
        for group in members {
            let sum = group.reduce(0) { $0 + shares[$1] }
            for code in group where sum == 0 || shares[code] > 0 {
                codes.append(UInt32(code))
                probabilities.append(sum > 0 ? shares[code] / sum : 1 / Double(group.count))
            }
            offsets.append(codes.count)
        }
    }

    /// Draws that are as even as they can be: of the k draws from one row, which come in random order, the i-th takes
    /// the quantile (i + U) / k. So each code is drawn its expected number of times, up or down by less than one.
    func evenly(rows: [UInt32]?, count: Int, _ generator: inout SplitMix64) -> [UInt32] {
        let order = generator.permutation(count)
        var places = [Int](repeating: 0, count: rowCount + 1)
        if let rows { for row in rows { places[Int(row) + 1] += 1 } } else { places[1] = count }
        for row in 0..<rowCount { places[row + 1] += places[row] }
        let starts = places
        var sorted = [UInt32](repeating: 0, count: count)
        for index in order {
            let row = rows.map { Int($0[Int(index)]) } ?? 0
            sorted[places[row]] = index
            places[row] += 1
        }
        var result = [UInt32](repeating: 0, count: count)
        for row in 0..<rowCount where starts[row + 1] > starts[row] && offsets[row + 1] > offsets[row] {
            let k = Double(starts[row + 1] - starts[row])
            let shift = generator.unit()
            var entry = offsets[row]
            var reached = probabilities[entry]
            for (rank, place) in (starts[row]..<starts[row + 1]).enumerated() {
                let quantile = (Double(rank) + shift) / k
                while quantile >= reached && entry + 1 < offsets[row + 1] {
                    entry += 1
                    reached += probabilities[entry]
                }
                result[Int(sorted[place])] = codes[entry]
            }
        }
        return result
    }
}

extension SplitMix64 {
    mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    mutating func permutation(_ count: Int) -> [UInt32] {
        var order = [UInt32](repeating: 0, count: count)
        for i in order.indices {
            let j = below(i + 1)
            order[i] = order[j]
            order[j] = UInt32(i)
        }
        return order
    }
}
