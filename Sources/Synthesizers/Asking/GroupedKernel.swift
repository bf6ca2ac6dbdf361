import FittedModels
import PrivacyKernel

/// The kernel's numbers for groupings of columns' codes; each grouping is registered once.
struct GroupedKernel {
    let kernel: Kernel
    private var numbers: [ModelAttribute: Int] = [:]
    /// The kernel's numbers of further columns: differences.
    private var columns: [Int: Int] = [:]

    init(_ kernel: Kernel) { self.kernel = kernel }

    /// Registers differences as columns of the model.
    ///
    /// - Parameter first: the column that the first of them is.
    mutating func add(_ differences: [ColumnDifference], first: Int) {
        for (place, one) in differences.enumerated() { columns[first + place] = one.number }
    }

    /// The kernel's number of a column of the model.
    func number(ofColumn column: Int) -> Int { columns[column] ?? column }

    mutating func number(of attribute: ModelAttribute) throws(PrivacyError) -> Int {
        let column = columns[attribute.column] ?? attribute.column
        guard let groups = attribute.groups else { return column }
        if let known = numbers[attribute] { return known }
        let number = try kernel.addGrouping(of: column, map: groups)
        numbers[attribute] = number
        return number
    }

    /// A set of attributes in the kernel's ascending order: the members in that order, and their numbers.
    mutating func ordered(
        _ members: [ModelAttribute]
    ) throws(PrivacyError) -> (members: [ModelAttribute], numbers: [Int]) {
        var pairs: [(member: ModelAttribute, number: Int)] = []
        for member in members { pairs.append((member, try number(of: member))) }
        pairs.sort { $0.number < $1.number }
        return (pairs.map(\.member), pairs.map(\.number))
    }
}

extension NoisyMarginal {
    /// The same counts as a marginal of a column of the model.
    func of(_ column: Int) -> NoisyMarginal {
        NoisyMarginal(attributes: [column], shape: shape, counts: counts, scale: scale)
    }
}
