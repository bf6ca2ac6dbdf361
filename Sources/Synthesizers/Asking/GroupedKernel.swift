import FittedModels
import PrivacyKernel

/// The kernel's numbers for groupings of columns' codes; each grouping is registered once.
struct GroupedKernel {
    let kernel: Kernel
    private var numbers: [ModelAttribute: Int] = [:]

    init(_ kernel: Kernel) { self.kernel = kernel }

    mutating func number(of attribute: ModelAttribute) throws(PrivacyError) -> Int {
        guard let groups = attribute.groups else { return attribute.column }
        if let known = numbers[attribute] { return known }
        let number = try kernel.addGrouping(of: attribute.column, map: groups)
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
