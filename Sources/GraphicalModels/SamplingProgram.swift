internal import VectorMath

/// An order in which to draw the attributes of a row, each from a table given attributes drawn before it.
///
/// Every attribute occurs once, after everything that it depends on; the product of the steps is the model.
public struct SamplingProgram: Sendable {
    /// One attribute and how it follows from earlier ones.
    public enum Step: Sendable {
        /// Draw `attribute` from row r of the table, where r is the row-major index of the parents' codes.
        case draw(Conditional)
        /// Look `attribute` up: `map[code of parent]`.
        case look(FunctionalDependency)

        public var attribute: Int {
            switch self {
            case .draw(let conditional): conditional.attribute
            case .look(let dependency): dependency.attribute
            }
        }
    }

    /// The distribution of one attribute for every combination of its parents' codes, in sparse rows.
    public struct Conditional: Sendable {
        public let attribute: Int
        /// Attributes drawn earlier, ascending.
        public let parents: [Int]
        public let parentShape: [Int]
        /// Row r has the entries `offsets[r]..<offsets[r + 1]`. A row without entries is a combination of the parents
        /// that cannot occur.
        public let offsets: [Int]
        /// Codes of positive probability, ascending in each row.
        public let codes: [UInt32]
        /// Sums to 1 in each row that has entries.
        public let probabilities: [Double]
    }

    public let steps: [Step]
}

extension GraphicalModel {
    /// The steps of drawing a row: exact for the model, every attribute once, parents first.
    public func samplingProgram() -> SamplingProgram {
        var steps: [SamplingProgram.Step] = []
        var known = Set<Int>()
        for (node, place) in tree.nodes.enumerated() {
            var inClique = place.attributes.filter(known.contains)
            let open = place.axes.filter { !known.contains($0) }.sorted { (sizes[$0], $0) < (sizes[$1], $1) }
            for attribute in open {
                steps.append(.draw(conditional(of: attribute, given: tree.dependencies.axes(of: inClique), in: node)))
                inClique.append(attribute)
                known.insert(attribute)
            }
            for attribute in place.attributes where !known.contains(attribute) {
                let axis = place.axes.first { tree.dependencies.map(of: attribute, from: $0) != nil }
                guard let axis, let map = tree.dependencies.map(of: attribute, from: axis) else { continue }
                steps.append(
                    .look(FunctionalDependency(attribute: attribute, parent: axis, map: map.map { UInt32($0) })))
                known.insert(attribute)
            }
        }
        return SamplingProgram(steps: steps)
    }

    private func conditional(of attribute: Int, given known: [Int], in node: Int) -> SamplingProgram.Conditional {
        let parents = known.sorted()
        let axes = tree.nodes[node].axes
        let width = sizes[attribute]
        // Row-major over the parents with the attribute last.
        let projection = tree.projection(from: axes, onto: parents + [attribute])
        var joint = [Double](repeating: 0, count: projection.targetCount)
        projection.sum(marginals[node].values, into: &joint)
        var offsets = [0]
        var codes: [UInt32] = []
        var probabilities: [Double] = []
        for row in 0..<joint.count / width {
            let range = row * width..<(row + 1) * width
            let sum = range.reduce(0) { $0 + joint[$1] }
            if sum > 0 {
                for code in 0..<width where joint[row * width + code] > 0 {
                    codes.append(UInt32(code))
                    probabilities.append(joint[row * width + code] / sum)
                }
            }
            offsets.append(codes.count)
        }
        return SamplingProgram.Conditional(
            attribute: attribute, parents: parents, parentShape: parents.map { sizes[$0] }, offsets: offsets,
            codes: codes, probabilities: probabilities)
    }
}
