package import VectorMath

extension Factor {
    /// The map from this factor's cells to those of a table over a subset of its attributes.
    package func projection(onto subset: [Int]) -> CellProjection {
        let kept = attributes.indices.filter { subset.contains(attributes[$0]) }
        let target = Shape(kept.map { shape[$0] })
        var strides = [Int](repeating: 0, count: attributes.count)
        for (axis, stride) in zip(kept, target.strides) { strides[axis] = stride }
        let contributions = attributes.indices.map { axis in (0..<shape[axis]).map { Int32($0 * strides[axis]) } }
        return CellProjection(contributions: contributions, targetCount: target.count)
    }

    /// Sums out every attribute that is not in `subset`.
    ///
    /// - Parameter subset: any of this factor's attributes, in any order; the result's attributes ascend.
    public func marginal(onto subset: [Int]) -> Factor {
        let kept = attributes.indices.filter { subset.contains(attributes[$0]) }
        precondition(kept.count == Set(subset).count, "a factor has no marginal on attributes that it lacks")
        if kept.count == attributes.count { return self }
        let shape = kept.map { self.shape[$0] }
        var sums = [Double](repeating: 0, count: shape.reduce(1, *))
        projection(onto: subset).sum(values, into: &sums)
        return Factor(attributes: kept.map { attributes[$0] }, shape: shape, values: sums)
    }

    /// The same factor over more attributes: each cell is repeated, not shared out.
    ///
    /// - Parameters:
    ///   - superset: must hold this factor's attributes.
    ///   - sizes: the number of codes of every attribute of the domain.
    public func expanded(to superset: [Int], sizes: [Int]) -> Factor {
        let all = superset.sorted()
        if all == attributes { return self }
        var result = Factor(attributes: all, sizes: sizes, repeating: 0)
        result.projection(onto: attributes).add(1, times: values, to: &result.values)
        return result
    }

    /// The product over the union of both factors' attributes.
    public func multiplied(by other: Factor) -> Factor {
        var sizeOf: [Int: Int] = [:]
        for (attribute, size) in zip(attributes + other.attributes, shape + other.shape) {
            precondition(sizeOf[attribute, default: size] == size, "the factors disagree on attribute \(attribute)")
            sizeOf[attribute] = size
        }
        let union = sizeOf.keys.sorted()
        let shape = union.map { sizeOf[$0] ?? 1 }
        var product = Factor(
            attributes: union, shape: shape, values: [Double](repeating: 1, count: shape.reduce(1, *)))
        product.projection(onto: attributes).multiply(&product.values, by: values)
        product.projection(onto: other.attributes).multiply(&product.values, by: other.values)
        return product
    }

    /// The quotient over the union of both factors' attributes, with 0/0 = 0.
    ///
    /// A zero cell of `other` says that the combination is impossible; whatever stood there becomes 0.
    public func divided(by other: Factor) -> Factor {
        let reciprocals = other.values.map { $0 == 0 ? 0 : 1 / $0 }
        return multiplied(by: Factor(attributes: other.attributes, shape: other.shape, values: reciprocals))
    }

    /// This factor scaled so that its cells sum to `total`; a factor of zeros becomes uniform.
    public func normalized(to total: Double) -> Factor {
        let sum = self.total
        var result = self
        if sum > 0 && sum.isFinite {
            for i in result.values.indices { result.values[i] *= total / sum }
        } else {
            let share = total / Double(max(values.count, 1))
            for i in result.values.indices { result.values[i] = share }
        }
        return result
    }
}
