import Domains
import FittedModels
import PrivacyKernel
import Queries
import Tasks

/// What a secure sum or a count on shares will send, and how long that takes: from the task alone.
public struct SumTraffic: Sendable, Equatable {
    /// How many offices there are.
    public let offices: Int
    /// How many may collude.
    public let colluding: Int
    /// At most so many figures open.
    public let figures: Int
    /// At most so many rounds, each of which waits once for the others.
    public let rounds: Int
    /// By how much the noise exceeds that of one place.
    public let noiseFactor: Double
    /// Bytes of names and of masked rows that either holder sends; where members are hidden, the most that one of the three sends of
    /// lists and tables; 0 in a secure sum.
    public let sharedBytes: Int
    /// What a third party's count of common keys takes of ε, where neither holder learns them; nil elsewhere.
    public let hiddenEpsilon: Double?

    /// - Returns: nil for a task that one service computes.
    public init?(_ task: TaskPlan) {
        guard task.holders.count > 1 else { return nil }
        offices = task.holders.count
        colluding = task.holders.colluding
        noiseFactor = task.holders.deviationFactor
        hiddenEpsilon = task.engine.hiddenEpsilon
        sharedBytes = task.hidden.map { Self.hidden(task, $0) } ?? Self.shared(task)
        let sizes = task.domain.sizes
        let pairs = sizes.indices.reduce(0) { sum, first in
            sum + sizes[first...].dropFirst().reduce(0) { $0 + sizes[first] * $1 }
        }
        let asked = ((try? task.queries.forecasts(task.plan.accounting)) ?? []).reduce(0) {
            $0 + $1.groups * $1.parts.count
        }
        // A method that looks at the distance of every pair measures every pair; what it then chooses, it measures again.
        let model = task.synthesizer == nil ? 0 : sizes.reduce(0, +) + 2 * pairs
        figures = asked + (task.leastRows == nil ? 0 : 1) + model
        rounds =
            task.queries.names.count + (task.leastRows == nil ? 0 : 1) + (task.synthesizer == nil ? 0 : 3 + sizes.count)
    }

    /// The names of the longer list, sixteen bytes and a bit each, and the words of the larger table of all its columns.
    ///
    /// Methods that look at sets of more columns share some of these once more, which is not in it.
    private static func shared(_ task: TaskPlan) -> Int {
        guard case .secretSharing = task.engine, let first = task.providerColumns.first else { return 0 }
        let sizes = task.domain.sizes
        let widths = [sizes.prefix(first).reduce(0, +), sizes.dropFirst(first).reduce(0, +)]
        let widest = widths.max() ?? 0
        let scored = task.plan.synthesizer == .gaussianCopula ? 8 * widest : 0
        return task.declaredRows.joined * (4 * widest + scored + values(task))
            + 17 * (task.declaredRows.tables - task.declaredRows.joined)
    }

    /// A holder sends its list, its rows with a name, and a part of the other one's rows; the third party places and a part of both
    /// holders' rows. Words of four bytes, nine of them a place of a list.
    private static func hidden(_ task: TaskPlan, _ terms: HiddenTerms) -> Int {
        guard let first = task.providerColumns.first else { return 0 }
        let sizes = task.domain.sizes
        let widths = [sizes.prefix(first).reduce(0, +), sizes.dropFirst(first).reduce(0, +)]
        // Scores come in words of eight bytes, once more.
        let factor = task.plan.synthesizer == .gaussianCopula ? 3 : 1
        let holders = (0..<2).map { side in
            9 * terms.places(side)
                + factor * (terms.named(side) * widths[side] + terms.slots * widths[1 - side])
        }
        let third = terms.slots * (2 + factor * (widths[0] + widths[1]))
        let longest = (0..<2).map { terms.named($0) }.max() ?? 0
        return 4 * max(third, holders.max() ?? 0) + longest * values(task)
    }

    /// Bytes a row of the digits of values that queries add, if their groups lie at the values' holder; elsewhere they are fewer.
    private static func values(_ task: TaskPlan) -> Int {
        ((try? task.queries.forecasts(task.plan.accounting)) ?? []).filter(\.addsValues).reduce(0) {
            $0 + $1.parts.count * mostDigits * (2 * $1.groups + 1) * 8
        }
    }

    /// A value of 2³⁰ has so many digits of three.
    private static let mostDigits = 21

    /// Whether three parties count on shares.
    public var isShared: Bool { sharedBytes > 0 }

    /// What each office sends to all others together.
    public var bytesSent: Int { (offices - 1) * (8 * figures + 300 * rounds) + sharedBytes }

    /// - Parameters:
    ///   - bitsPerSecond: of an office's line, each way.
    ///   - roundTrip: seconds from one office to another and back.
    public func seconds(bitsPerSecond: Double, roundTrip: Double) -> Double {
        8 * Double(bytesSent) / bitsPerSecond + Double(rounds + 3) * roundTrip
    }
}
