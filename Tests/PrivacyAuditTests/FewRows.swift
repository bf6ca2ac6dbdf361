@testable import FittedModels

/// The audit fits a hundred thousand times and looks at the releases alone: its models get few rows, which a debug build
/// allows (as it does the functions of `PlantedBugs`).
enum FewRows {
    /// Rows of a block in this task; nil for as many as in production.
    @TaskLocal static var block: Int?
}

extension RepresentativeRows {
    @_dynamicReplacement(for:blockSize(forTotal:))
    static func fewRows(forTotal total: Double) -> Int {
        // Not by `??`: in its closure the name means this function.
        if let block = FewRows.block { return block }
        return blockSize(forTotal: total)
    }

    @_dynamicReplacement(for:candidates(forBlock:isWeighted:))
    static func fewCandidates(forBlock size: Int, isWeighted: Bool) -> Int {
        FewRows.block == nil ? candidates(forBlock: size, isWeighted: isWeighted) : 4 * size
    }
}
