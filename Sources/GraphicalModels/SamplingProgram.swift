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

        /// The attribute that the step gives.
        public var attribute: Int {
            switch self {
            case .draw(let conditional): conditional.attribute
            case .look(let dependency): dependency.attribute
            }
        }
    }

    /// The distribution of one attribute for every combination of its parents' codes, in sparse rows.
    public struct Conditional: Sendable {
        /// The attribute that is drawn.
        public let attribute: Int
        /// Attributes drawn earlier, ascending.
        public let parents: [Int]
        /// The number of codes of each parent, in the same order.
        public let parentShape: [Int]
        /// Row r has the entries `offsets[r]..<offsets[r + 1]`. A row without entries is a combination of the parents
        /// that cannot occur.
        public let offsets: [Int]
        /// Codes of positive probability, ascending in each row.
        public let codes: [UInt32]
        /// Sums to 1 in each row that has entries.
        public let probabilities: [Double]
    }

    /// In the order in which they are carried out.
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
        // The joint table without the axes of parents that the attribute itself determines: HS6 given HS2 has one entry
        // for each HS6 code, not for each pair.
        let axes = tree.dependencies.axes(of: (parents + [attribute]).sorted())
        let projection = tree.projection(from: tree.nodes[node].axes, onto: axes)
        var joint = [Double](repeating: 0, count: projection.targetCount)
        projection.sum(marginals[node].values, into: &joint)
        let toRows = tree.projection(from: axes, onto: parents)
        let toCode = tree.projection(from: axes, onto: [attribute])
        var rowSums = [Double](repeating: 0, count: toRows.targetCount)
        toRows.sum(joint, into: &rowSums)

        var offsets = [Int](repeating: 0, count: rowSums.count + 1)
        for cell in joint.indices where joint[cell] > 0 { offsets[toRows.target(of: cell) + 1] += 1 }
        for row in rowSums.indices { offsets[row + 1] += offsets[row] }
        var next = offsets
        var codes = [UInt32](repeating: 0, count: offsets[rowSums.count])
        var probabilities = [Double](repeating: 0, count: codes.count)
        // Cells of one row differ in the attribute alone, so that its codes come in ascending order.
        for cell in joint.indices where joint[cell] > 0 {
            let row = toRows.target(of: cell)
            codes[next[row]] = UInt32(toCode.target(of: cell))
            probabilities[next[row]] = joint[cell] / rowSums[row]
            next[row] += 1
        }
        return SamplingProgram.Conditional(
            attribute: attribute, parents: parents, parentShape: parents.map { sizes[$0] }, offsets: offsets,
            codes: codes, probabilities: probabilities)
    }
}
