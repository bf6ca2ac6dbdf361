import VectorMath

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
        let cells: [CutNormals.Cell]
        let means: [Float]

        var hasMissing: Bool { groups.contains { $0 < 0 } }
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
    /// Latents that others are drawn from.
    let predictors: Set<Int>
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
        var numbers = latents.indices.map { place -> [Float] in
            guard predictors.contains(place) else { return [] }
            var means = [Float](repeating: 0, count: count)
            addEffects(latents[place].means, of: codes[latents[place].column], to: &means)
            return means
        }
        var dealing = Dealing()
        for step in steps {
            let latent = latents[step.latent]
            let own = draw(step, codes, numbers, words(latent.column))
            for start in stride(from: 0, to: count, by: Int(Self.stretch)) {
                dealing.deal(
                    own, groups: latent.groups, codes: &codes[latent.column], fractions: &fractions[latent.column],
                    rows: start..<min(start + Int(Self.stretch), count))
            }
            if predictors.contains(step.latent) { numbers[step.latent] = own }
        }
    }

    /// The latent number of each row, within its group.
    private func draw(_ step: Step, _ codes: [[UInt32]], _ numbers: [[Float]], _ words: [UInt64]) -> [Float] {
        let latent = latents[step.latent]
        var drawn = [Float](repeating: 0, count: codes[latent.column].count)
        for one in step.predictors {
            switch one {
            case .latent(let place, let weight): addMultiple(numbers[place], times: weight, to: &drawn)
            case .codes(let column, let effects): addEffects(effects, of: codes[column], to: &drawn)
            }
        }
        CutNormals.shared.draw(
            around: &drawn, deviation: step.deviation, codes: codes[latent.column], cells: latent.cells, words: words)
        if latent.hasMissing {
            for row in drawn.indices where latent.groups[Int(codes[latent.column][row])] < 0 { drawn[row] = 0 }
        }
        return drawn
    }
}
