import VectorMath

/// A table of non-negative or log values over a few attributes: a marginal, a message, a potential.
///
/// Storage is one contiguous row-major array; `attributes` ascend and the last one varies fastest.
public struct Factor: Sendable, Equatable, Codable {
    /// Ascending attribute numbers.
    public let attributes: [Int]
    /// Number of codes of each attribute, in the same order.
    public let shape: [Int]
    /// Row-major cells: the last attribute varies fastest.
    public var values: [Double]

    /// - Parameters:
    ///   - attributes: ascending attribute numbers.
    ///   - shape: the number of codes of each.
    ///   - values: row-major cells, as many as the product of `shape`.
    public init(attributes: [Int], shape: [Int], values: [Double]) {
        precondition(attributes.count == shape.count && shape.reduce(1, *) == values.count)
        precondition(zip(attributes, attributes.dropFirst()).allSatisfy { $0 < $1 })
        self.attributes = attributes
        self.shape = shape
        self.values = values
    }

    /// Reads a factor whose cells fit its shape.
    ///
    /// - Throws: `DecodingError` for cells that do not, or attributes that do not ascend.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let attributes = try container.decode([Int].self, forKey: .attributes)
        let shape = try container.decode([Int].self, forKey: .shape)
        let values = try container.decode([Double].self, forKey: .values)
        let cells = shape.reduce(1) { $1 < 0 ? -1 : JunctionTree.saturatingProduct($0, $1) }
        guard attributes.count == shape.count, cells == values.count,
            zip(attributes, attributes.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .values, in: container, debugDescription: "the cells do not fit the attributes and the shape")
        }
        self.init(attributes: attributes, shape: shape, values: values)
    }

    /// A factor with the same value in every cell.
    public init(attributes: [Int], sizes: [Int], repeating value: Double) {
        let shape = attributes.map { sizes[$0] }
        self.init(
            attributes: attributes, shape: shape, values: [Double](repeating: value, count: shape.reduce(1, *)))
    }

    /// The number without attributes.
    public static func constant(_ value: Double) -> Factor { Factor(attributes: [], shape: [], values: [value]) }

    /// The sum of all cells.
    public var total: Double { values.reduce(0, +) }

    /// The value of one combination of codes, given in the order of `attributes`.
    public subscript(codes: [Int]) -> Double {
        get { values[index(of: codes)] }
        set { values[index(of: codes)] = newValue }
    }

    /// The place of one combination of codes in `values`.
    public func index(of codes: [Int]) -> Int {
        precondition(codes.count == shape.count)
        var index = 0
        for (code, size) in zip(codes, shape) {
            precondition(code >= 0 && code < size)
            index = index * size + code
        }
        return index
    }

    /// The codes of the cell at a place in `values`, in the order of `attributes`.
    public func codes(at index: Int) -> [Int] {
        Shape(shape).codes(of: index)
    }
}
