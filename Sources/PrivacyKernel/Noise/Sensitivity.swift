/// How far adding or removing all rows of one key can move a release, in whole numbers.
///
/// Every noise follows from it: in the kernel when it draws, and in plans and forecasts that say beforehand what will be
/// drawn. The bounds are proved in KERNEL.md, "Measure, errors, sums, Gram".
public struct Sensitivity: Sendable, Equatable {
    /// The square of the Euclidean norm of the difference.
    public let squared: UInt128
    /// The sum of the absolute values of the difference.
    public let linear: UInt64

    /// Of a table of counts: all rows of a key may lie in one cell.
    public static func counts(rowsPerKey: Int) -> Sensitivity { sums(largest: 1, rowsPerKey: rowsPerKey) }

    /// Of `count` L1-errors released together, each of which moves by the rows of a key.
    public static func errors(_ count: Int, rowsPerKey: Int) -> Sensitivity {
        let rows = UInt64(max(1, rowsPerKey))
        let count = UInt64(max(1, count))
        let (linear, overflow) = rows.multipliedReportingOverflow(by: count)
        return Sensitivity(squared: UInt128(rows * rows) * UInt128(count), linear: overflow ? .max : linear)
    }

    /// Of a table of sums of values within ±`largest`.
    public static func sums(largest: UInt64, rowsPerKey: Int) -> Sensitivity {
        let bound = max(1, largest) * UInt64(max(1, rowsPerKey))
        return Sensitivity(squared: UInt128(bound) * UInt128(bound), linear: bound)
    }

    /// Of a Gram matrix of rows of at most this norm: its diagonal and √2 times what lies off it, stacked.
    public static func gram(features: Int, bound: Int, rowsPerKey: Int) -> Sensitivity {
        let square = UInt64(bound * bound) * UInt64(max(1, rowsPerKey))
        return Sensitivity(
            squared: UInt128(square) * UInt128(square), linear: (square * UInt64(features + 1) + 1) / 2)
    }
}

/// How far adding or removing one unit moves released counts, where it is told more exactly than by rows a key: no further, in
/// sum and in square, than so many figures by so much each. Changing a unit moves them twice as far.
public struct CountMovement: Sendable, Equatable, Codable {
    /// How many figures.
    public let figures: Int
    /// How far each of them moves.
    public let by: Int

    /// A movement from its parts.
    public init(figures: Int, by: Int) {
        self.figures = figures
        self.by = by
    }

    /// The sensitivity that the noise follows from.
    public var sensitivity: Sensitivity {
        let (figures, by) = (UInt64(clamping: max(1, figures)), UInt64(clamping: max(1, by)))
        return Sensitivity(squared: UInt128(figures) * UInt128(by) * UInt128(by), linear: figures * by)
    }
}

extension Budget {
    /// The noise that the kernel will draw for a release that gets `amount` of ε or ρ: for plans and forecasts.
    ///
    /// - Throws: what the kernel would refuse: less than one unit, or noise beyond what can be drawn.
    public borrowing func noise(
        paidBy amount: Double, _ sensitivity: Sensitivity
    ) throws(PrivacyError) -> NoiseScale {
        let wanted = (amount * Budget.unitsPerWhole).rounded(.down)
        guard wanted >= 1 else { throw .shareTooSmall(amount) }
        guard wanted < 0x1p63 else { throw .budgetExceeded(asked: amount, left: self.amount) }
        let payment = Payment(root: root, units: UInt64(wanted))
        let scale = try payment.scale(sensitivity, units: payment.units)
        try NoiseSource.check(scale, count: 1, isExact: root.isExact)
        return scale
    }

    /// (ε, δ) of what `amount` of ε or ρ pays for, if it were all that is ever released; nil for less than one unit.
    public borrowing func parameters(ofSlice amount: Double) -> PrivacyParameters? {
        let wanted = (amount * Budget.unitsPerWhole).rounded(.down)
        return wanted >= 1 && wanted < 0x1p63 ? root.parameters(of: UInt64(wanted)) : nil
    }

    /// The least ε at the promise's δ for so many times what is left: changing a key costs a multiple.
    public borrowing func epsilon(times factor: Double) -> Double {
        root.epsilon(of: UInt128((Double(units) * factor).rounded(.up)))
    }
}
