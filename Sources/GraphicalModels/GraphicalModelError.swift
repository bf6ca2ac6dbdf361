/// What can be wrong with a request to this module. Nothing in a payload comes from private data: sizes, attributes and
/// limits are public.
public enum GraphicalModelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The model would need more cells than the limit. Thrown before anything of that size is allocated.
    case modelTooLarge(cells: Int, limit: Int, largestClique: [Int], largestCells: Int)
    /// An attribute number outside the domain, or the same one twice in a list.
    case invalidAttributes([Int], attributeCount: Int)
    /// A table whose number of cells is not the product of its attributes' sizes.
    case wrongShape(attributes: [Int], expected: Int, found: Int)
    /// A measured value, variance or weight that is not finite or beyond any count, or a variance or weight that is not
    /// positive.
    case invalidMeasurement(attributes: [Int])
    /// A total that is not positive or not finite.
    case invalidTotal
    /// Attributes that are functions of each other in a circle, or a map that does not fit its attributes' sizes.
    case invalidDependency(attribute: Int, parent: Int)
    /// The structural zeros or the evidence leave no combination possible.
    case impossible(attributes: [Int])
    /// An attribute without any code.
    case emptyDomain(attribute: Int)

    /// One sentence, with attribute numbers and sizes.
    public var description: String {
        switch self {
        case .modelTooLarge(let cells, let limit, let clique, let largest):
            "the model would need \(cells) cells, more than the limit of \(limit); the largest clique is of attributes "
                + "\(clique) with \(largest) cells. Measure fewer or smaller marginals, coarsen the widest attributes, "
                + "or raise the limit."
        case .invalidAttributes(let attributes, let count):
            "attributes \(attributes) are not distinct numbers below \(count)."
        case .wrongShape(let attributes, let expected, let found):
            "the table of attributes \(attributes) has \(found) cells instead of \(expected)."
        case .invalidMeasurement(let attributes):
            "the measurement of attributes \(attributes) has a value beyond ±1e18 or not finite, or a variance or weight "
                + "that is not positive."
        case .invalidTotal:
            "the total is not a positive number of at most 1e18."
        case .invalidDependency(let attribute, let parent):
            "attribute \(attribute) cannot be a function of attribute \(parent): the map does not fit their sizes, or "
                + "the dependencies form a circle."
        case .impossible(let attributes):
            "no combination of codes of attributes \(attributes) is possible."
        case .emptyDomain(let attribute):
            "attribute \(attribute) has no codes."
        }
    }
}
