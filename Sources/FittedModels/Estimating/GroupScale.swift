import Domains

/// The groups of an ordered column as steps of its scale.
struct GroupScale: Sendable {
    /// For each group its place on the scale; nil where it stands for no value. Codes without a value that are too rare for a
    /// group of their own lie in one of values, and have its place.
    let places: [Int?]
    /// Steps of the scale.
    let count: Int

    /// - Returns: nil for a column without an order, or whose groups do not follow it.
    init?(_ attribute: ModelAttribute, _ domain: ColumnDomain) {
        guard domain.isOrdered, domain.valueCount > 1 else { return nil }
        var places = [Int?](repeating: nil, count: attribute.size)
        var last: Int?
        var count = 0
        for code in 0..<domain.valueCount {
            let group = attribute.group(of: code)
            guard group != last else { continue }
            if places[group] != nil { return nil }
            places[group] = count
            count += 1
            last = group
        }
        guard count > 1 else { return nil }
        self.places = places
        self.count = count
    }

    /// The column as a normal that is cut into these steps.
    ///
    /// - Parameter shares: of the groups.
    func scores(_ column: Int, shares: [Double]) -> NormalScores {
        var weights = [Double](repeating: 0, count: count)
        for (group, place) in places.enumerated() { if let place { weights[place] += shares[group] } }
        return NormalScores(column, weights: weights)
    }
}
