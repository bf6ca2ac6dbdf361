@testable import PrivacyKernel

extension Budget {
    @_dynamicReplacement(for:remove(_:))
    mutating func removeOrKeep(_ slice: UInt64) {
        if planted(.takenSliceStaysBehind) { return }
        remove(slice)
    }
}

extension BudgetRoot {
    @_dynamicReplacement(for:reserve(epsilon:))
    static func reserveOrNothing(epsilon: Double) -> Double {
        planted(.deltaNotSetAside) ? 0 : reserve(epsilon: epsilon)
    }
}

extension BudgetClaim {
    @_dynamicReplacement(for:claim(_:))
    func claimOrAcceptAny(_ budget: BudgetRoot) throws(PrivacyError) {
        if planted(.foreignBudgetTaken) { return }
        try claim(budget)
    }
}

extension Payment {
    @_dynamicReplacement(for:scale(squared:linear:units:))
    func wrongScale(squared: UInt128, linear: UInt64, units: UInt64) throws(PrivacyError) -> NoiseScale {
        guard planted(.deviationForVariance), accounting != .pure, units > 0 else {
            return try scale(squared: squared, linear: linear, units: units)
        }
        let deviation = TextbookSampler.squareRoot((squared << 49) / UInt128(units))
        return .gaussian(
            try GaussianScale(atLeast: deviation * UInt128(units), over: UInt128(units), plus: smoothing))
    }

    @_dynamicReplacement(for:smoothing)
    var smoothingOrNone: UInt128 { planted(.smoothingDropped) ? 0 : smoothing }
}
