/// `result[t(cell)] += weights[cell] · rows[s(cell)]`, where every row has `width` numbers.
///
/// One step of carrying the joint distribution of an attribute with a separator (the rows) across a clique (the weights,
/// conditional on that separator) to another separator or attribute.
///
/// - Parameters:
///   - weights: one for each cell of the clique.
///   - source: from the clique's cells to the rows.
///   - rows: row-major, `source.targetCount` rows.
///   - target: from the clique's cells to the rows of the result.
/// - Returns: row-major, `target.targetCount` rows.
@inline(never)
public func carryRows(
    _ weights: [Double], from source: CellProjection, rows: [Double], width: Int, onto target: CellProjection
) -> [Double] {
    precondition(source.sourceCount == weights.count && target.sourceCount == weights.count)
    precondition(width > 0 && rows.count == source.targetCount * width)
    var result = [Double](repeating: 0, count: target.targetCount * width)
    // Proof: `target(of:)` is below `targetCount` for every cell by CellProjection's invariant, so that a row ends at or
    // before `targetCount · width`, the length of either buffer.
    rows.withUnsafeBufferPointer { rowBuffer in
        result.withUnsafeMutableBufferPointer { resultBuffer in
            guard let input = rowBuffer.baseAddress, let output = resultBuffer.baseAddress else { return }
            for cell in weights.indices {
                let weight = weights[cell]
                if weight == 0 { continue }
                let from = input + source.target(of: cell) &* width
                let to = output + target.target(of: cell) &* width
                for i in 0..<width { to[i] = to[i].addingProduct(weight, from[i]) }
            }
        }
    }
    return result
}
