import Foundation
public import PrivacyKernel

/// What one task cost, as far as a party can show.
public struct TaskCost: Sendable {
    /// What is known of its releases.
    public enum Source: Sendable {
        /// The reservation in the ledger: what all releases keep to.
        case promise(PrivacyParameters, Accounting, changingFactor: Double)
        /// The releases.
        case transcript(Transcript, rowsPerKey: Int?)
    }

    /// SHA-256 of the task, in hexadecimal.
    public var task: String
    /// What names each party's table: alike for the same file.
    public var tables: [String: String]
    /// What the cost is computed from.
    public var source: Source

    /// A task's cost, with what names the tables that it was paid for.
    public init(task: String, tables: [String: String], source: Source) {
        self.task = task
        self.tables = tables
        self.source = source
    }
}

/// What several tasks on the same tables cost together: their releases compose as if one task had made them.
public struct LineageTotal: Sendable, Equatable {
    /// The number of tasks.
    public let tasks: Int
    /// The sum of the tasks' δ.
    public let delta: Double
    /// Adding or removing all rows of one key, in every task.
    public let addingOne: Double
    /// Changing all rows of one key, in every task.
    public let changingOne: Double

    /// - Throws: what reading a transcript throws.
    public init(_ costs: [TaskCost]) throws(PrivacyRecomputation.Failure) {
        var adding = ComposedCost()
        var changing = ComposedCost()
        var delta = 0.0
        for cost in costs {
            switch cost.source {
            case .promise(let privacy, let accounting, let factor):
                delta += privacy.delta
                adding.add(privacy, accounting, factor: 1)
                changing.add(privacy, accounting, factor: factor)
            case .transcript(let transcript, let rows):
                guard let promise = transcript.releases.first?.promise else { continue }
                delta += promise.parameters.delta
                let lists = try PrivacyRecomputation.mechanisms(transcript, rowsPerKey: rows)
                adding.add(lists.adding)
                changing.add(lists.changing)
            }
        }
        tasks = costs.count
        self.delta = delta
        addingOne = adding.epsilon(delta: delta)
        changingOne = changing.epsilon(delta: delta)
    }
}

/// Costs of several tasks: as pairs of distributions where all are known so, in ρ otherwise.
private struct ComposedCost {
    private var mechanisms = MechanismList()
    /// Of tasks that promise zCDP and nothing else: no pair of distributions bounds those.
    private var rho = 0.0

    mutating func add(_ other: MechanismList) {
        mechanisms.add(other)
    }

    mutating func add(_ privacy: PrivacyParameters, _ accounting: Accounting, factor: Double) {
        switch accounting {
        case .pure: mechanisms.add(.pure(epsilon: factor * privacy.epsilon))
        case .gaussian:
            let mu = GaussianConversion.mu(epsilon: privacy.epsilon, delta: privacy.delta)
            mechanisms.add(.gaussian(mu: mu * factor.squareRoot()))
        case .zeroConcentrated:
            rho += factor * ConcentratedConversion.rho(epsilon: privacy.epsilon, delta: privacy.delta)
        }
    }

    func epsilon(delta: Double) -> Double {
        guard rho > 0 else { return mechanisms.composed.epsilon(delta: delta) }
        let all = mechanisms.mechanisms.reduce(rho) { $0 + Double($1.count) * $1.mechanism.rho }
        return ConcentratedConversion.epsilon(rho: all, delta: delta)
    }
}

/// Between ρ-zCDP and (ε, δ): Canonne, Kamath, Steinke 2020, Corollary 13. Apart from the kernel's, so that a mistake there
/// does not hide itself.
enum ConcentratedConversion {
    static func epsilon(rho: Double, delta: Double) -> Double {
        // Any order gives a true bound; a fine ladder of them is within 1e-6 of the least.
        var least = Double.infinity
        var excess = 1e-4
        while excess < 1e6 {
            let order = 1 + excess
            least = min(
                least, order * rho + (order * log1p(-1 / order) - log(excess) - log(delta)) / excess)
            excess *= 1.002
        }
        return max(0, least)
    }

    /// The least ρ whose ε is not below: rounded up.
    static func rho(epsilon: Double, delta: Double) -> Double {
        var (low, high) = (0.0, epsilon + 1)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if self.epsilon(rho: middle, delta: delta) < epsilon { low = middle } else { high = middle }
        }
        return high
    }
}

/// From (ε, δ) to μ-GDP: Dong, Roth, Su 2019, Corollary 2.13, apart from the kernel's.
enum GaussianConversion {
    /// Rounded up.
    static func mu(epsilon: Double, delta: Double) -> Double {
        var (low, high) = (0.0, 2 * (epsilon + 1).squareRoot() + 40)
        func tail(_ x: Double) -> Double { erfc(x * 0.5.squareRoot()) / 2 }
        for _ in 0..<80 {
            let mu = (low + high) / 2
            let found = tail(epsilon / mu - mu / 2) - exp(epsilon + log(max(tail(epsilon / mu + mu / 2), 1e-300)))
            if found < delta { low = mu } else { high = mu }
        }
        return high * (1 + 1e-9)
    }
}
