/// Where inside their groups the numbers of a row lie, so that columns that depend on each other do so there too.
///
/// A table of groups says nothing of what happens inside them. Places drawn one by one weaken every relation, and a regression
/// on the rows is off by more than its noise. Ordered columns of measured tables are therefore taken as normals that are cut
/// into groups, with the correlations that the model's own rows show (polychoric: Olsson 1979). A column without an order that
/// shares a table with one shifts its normal: each code by the mean that its rows show. For each row a latent number is
/// drawn within its group, given the columns that say most about it. Then the codes and places that the model drew of a
/// group are dealt out among the group's rows of a stretch in the order of their latent numbers. So the distribution of every
/// column, and every table of groups, stays as it was to the last row.
struct PlacesInGroups: Sendable {
    /// Rows among which places are dealt out.
    static let stretch: UInt64 = 1024

    /// A column as a cut normal.
    struct Latent: Sendable {
        let column: Int
        /// For each code the place of its group on the scale; −1 where it stands for no value.
        let groups: [Int32]
        /// For each code the bounds of its group, and the mean of the latent number between them; zero for no value.
        let lows: [Float]
        let highs: [Float]
        let means: [Float]
    }

    /// What a row says of a latent number.
    enum Predictor: Sendable {
        /// So many times another latent number.
        case latent(Int, weight: Float)
        /// A number for each code of a column.
        case codes(column: Int, effects: [Float])
    }

    /// A column whose places are dealt out.
    struct Step: Sendable {
        let latent: Int
        let predictors: [Predictor]
        /// Of the latent number, given the predictors.
        let deviation: Float
    }

    let latents: [Latent]
    let steps: [Step]
    static let reach: Float = 8

    /// The stretches that rows lie in, from the start of the first to the end of the last.
    static func whole(_ range: Range<UInt64>) -> Range<UInt64> {
        let last = range.upperBound - 1
        let (end, overflow) = (last / stretch * stretch).addingReportingOverflow(stretch)
        return range.lowerBound / stretch * stretch..<(overflow ? .max : end)
    }

    /// Deals out codes and places among the rows of whole stretches.
    ///
    /// - Parameter words: of a column, one a row.
    func deal(
        _ codes: inout [[UInt32]], _ fractions: inout [[Float]], count: Int, words: (_ column: Int) -> [UInt64]
    ) {
        let normals = CutNormals.shared
        var numbers = latents.map { latent in codes[latent.column].map { latent.means[Int($0)] } }
        var dealing = Dealing()
        for step in steps {
            let latent = latents[step.latent]
            let own = draw(step, codes, numbers, words(latent.column), normals)
            numbers[step.latent] = own
            for start in stride(from: 0, to: count, by: Int(Self.stretch)) {
                dealing.deal(
                    latent, own, &codes[latent.column], &fractions[latent.column],
                    rows: start..<min(start + Int(Self.stretch), count))
            }
        }
    }

    /// The latent number of each row, within its group.
    private func draw(
        _ step: Step, _ codes: [[UInt32]], _ numbers: [[Float]], _ words: [UInt64], _ normals: CutNormals
    ) -> [Float] {
        let latent = latents[step.latent]
        let own = codes[latent.column]
        var drawn = [Float](repeating: 0, count: own.count)
        for one in step.predictors {
            switch one {
            case .latent(let place, let weight):
                let other = numbers[place]
                for row in drawn.indices { drawn[row] += weight * other[row] }
            case .codes(let column, let effects):
                let other = codes[column]
                for row in drawn.indices { drawn[row] += effects[Int(other[row])] }
            }
        }
        let scale = 1 / step.deviation
        for row in drawn.indices {
            let (code, mean) = (Int(own[row]), drawn[row])
            let number = normals.number(
                from: (latent.lows[code] - mean) * scale, to: (latent.highs[code] - mean) * scale,
                share: Float(words[row] &>> 40) * 0x1p-24)
            drawn[row] = latent.groups[code] < 0 ? 0 : mean + step.deviation * number
        }
        return drawn
    }
}

/// Deals codes and places out among the rows of a stretch, in the order of groups and latent numbers.
private struct Dealing {
    private var order: [UInt64] = []
    private var places: [UInt64] = []
    private var scratch: [UInt64] = []
    /// Latent numbers in steps of this many to one.
    private static let stepsPerUnit: Float = 4095

    mutating func deal(
        _ latent: PlacesInGroups.Latent, _ numbers: [Float], _ codes: inout [UInt32], _ fractions: inout [Float],
        rows: Range<Int>
    ) {
        order.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        var (lastGroup, lastCode) = (UInt64(0), UInt64(0))
        for row in rows {
            let code = codes[row]
            let group = latent.groups[Int(code)]
            guard group >= 0 else { continue }
            let height = min(max(numbers[row] + PlacesInGroups.reach, 0), 2 * PlacesInGroups.reach)
            order.append(
                UInt64(group) << 26 | UInt64(height * Self.stepsPerUnit) << 10 | UInt64(row - rows.lowerBound))
            let fraction = fractions.isEmpty ? 0 : fractions[row].bitPattern
            places.append(UInt64(code) << 32 | UInt64(fraction))
            lastGroup = max(lastGroup, UInt64(group))
            lastCode = max(lastCode, UInt64(code))
        }
        // The row's own bits and the lowest of a fraction may stay in any order.
        order.sortByDigits(from: 10, below: 26 + lastGroup.bitCount, &scratch)
        places.sortByDigits(from: fractions.isEmpty ? 32 : 14, below: 32 + lastCode.bitCount, &scratch)
        for (one, place) in zip(order, places) {
            let row = rows.lowerBound + Int(one & 1023)
            codes[row] = UInt32(truncatingIfNeeded: place >> 32)
            if !fractions.isEmpty { fractions[row] = Float(bitPattern: UInt32(truncatingIfNeeded: place)) }
        }
    }
}

extension UInt64 {
    fileprivate var bitCount: Int { Self.bitWidth - leadingZeroBitCount }
}

extension [UInt64] {
    /// Sorts by the bits from one to below another, eight at a time, the lowest first; equal ones stay in order.
    fileprivate mutating func sortByDigits(from lowest: Int, below end: Int, _ scratch: inout [UInt64]) {
        if scratch.count < count { scratch = [UInt64](repeating: 0, count: count) }
        var starts = [Int](repeating: 0, count: 256)
        for shift in stride(from: lowest, to: end, by: 8) {
            let mask = (1 &<< UInt64(Swift.min(8, end - shift))) - 1 as UInt64
            for digit in starts.indices { starts[digit] = 0 }
            for key in self { starts[Int(key &>> UInt64(shift) & mask)] += 1 }
            var sum = 0
            for digit in starts.indices { (starts[digit], sum) = (sum, sum + starts[digit]) }
            for key in self {
                let digit = Int(key &>> UInt64(shift) & mask)
                scratch[starts[digit]] = key
                starts[digit] += 1
            }
            for place in indices { self[place] = scratch[place] }
        }
    }
}
