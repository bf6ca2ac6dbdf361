import Foundation
public import PrivacyKernel

/// What the releases of a transcript cost, computed from the scales of their noise, beside what they paid.
public struct PrivacyRecomputation: Sendable, Equatable {
    /// One reading of neighbouring tables.
    public struct Reading: Sendable, Equatable {
        /// ε as the kernel's record has it.
        public let recorded: Double
        /// ε by this target's accountant, rounded up.
        public let recomputed: Double

        /// The grid of the recomputation may lie above the truth by a ten-thousandth.
        public var isKept: Bool { recomputed <= recorded * (1 + PrivacyRecomputation.slack) }
    }

    /// Relative: what the grid may add.
    static let slack = 1e-3

    /// The δ that both readings are stated at.
    public let delta: Double
    /// How the releases add up.
    public let accounting: Accounting
    /// The number of releases.
    public let releases: Int
    /// The rows of a key that the noise was computed for.
    public let rowsPerKey: Int
    /// Adding or removing all rows of one key.
    public let addingOne: Reading
    /// Changing all rows of one key.
    public let changingOne: Reading
    /// What does not agree between the releases; empty where all is well.
    public let findings: [Finding]

    /// Whether both readings are kept to and nothing disagrees.
    public var isKept: Bool { addingOne.isKept && changingOne.isKept && findings.isEmpty }

    /// Something in the transcript that contradicts its own record.
    public enum Finding: Sendable, Equatable {
        /// The noise of a release is worth more than it paid, for adding (or changing) one key.
        case underpaid(release: Int, paid: Double, worth: Double, isChange: Bool)
        /// A release stands under another promise than the first.
        case otherPromise(release: Int)
        /// A release names another number of rows a key than the first, or than the plan.
        case otherRowsPerKey(release: Int, found: Int)
        /// The promise of the plan is not the one that the releases stand under.
        case otherPlan(epsilon: Double, delta: Double)
        /// Noise that this accounting does not know.
        case otherNoise(release: Int)
    }

    /// Why nothing can be said.
    public enum Failure: Error, Sendable, Equatable {
        case noReleases
        /// The file was written before this was recorded.
        case unknown(what: String, release: Int)
        case malformed(release: Int)
    }

    /// - Parameters:
    ///   - promised: (ε, δ) that the plan or the task names; where it is not the releases' own, that is a finding.
    ///   - rowsPerKey: of the plan or the task. Transcripts of earlier versions do not say it.
    public init(
        _ transcript: Transcript, promised: PrivacyParameters? = nil, rowsPerKey: Int? = nil
    ) throws(Failure) {
        guard let first = transcript.releases.first, let spent = transcript.spent else { throw .noReleases }
        guard let rows = rowsPerKey ?? first.terms?.rowsPerKey else {
            throw .unknown(what: "how many rows a key may have", release: 0)
        }
        var findings: [Finding] = []
        var adding = MechanismList()
        var changing = MechanismList()
        for (place, release) in transcript.releases.enumerated() {
            if release.promise != first.promise { findings.append(.otherPromise(release: place)) }
            if let own = release.terms?.rowsPerKey, own != rows {
                findings.append(.otherRowsPerKey(release: place, found: own))
            }
            let price = try ReleasePrice(release, number: place, rowsPerKey: rows, first.promise.accounting)
            findings += price.findings
            adding.add(price.adding)
            changing.add(price.changing)
        }
        if let promised, promised != first.promise.parameters {
            findings.append(.otherPlan(epsilon: promised.epsilon, delta: promised.delta))
        }
        let promise = first.promise.parameters
        delta = min(promise.delta, promised?.delta ?? promise.delta)
        accounting = first.promise.accounting
        releases = transcript.releases.count
        self.rowsPerKey = rows
        self.findings = findings
        addingOne = Reading(
            recorded: min(promise.epsilon, promised?.epsilon ?? promise.epsilon),
            recomputed: adding.composed.epsilon(delta: delta))
        changingOne = Reading(
            recorded: spent.epsilonChangingOne, recomputed: changing.composed.epsilon(delta: delta))
    }
}

extension PrivacyRecomputation {
    /// What the releases tell, for adding or removing a key and for changing one.
    static func mechanisms(
        _ transcript: Transcript, rowsPerKey: Int?
    ) throws(Failure) -> (adding: MechanismList, changing: MechanismList) {
        guard let first = transcript.releases.first else { throw .noReleases }
        guard let rows = rowsPerKey ?? first.terms?.rowsPerKey else {
            throw .unknown(what: "how many rows a key may have", release: 0)
        }
        var (adding, changing) = (MechanismList(), MechanismList())
        for (place, release) in transcript.releases.enumerated() {
            let price = try ReleasePrice(release, number: place, rowsPerKey: rows, first.promise.accounting)
            adding.add(price.adding)
            changing.add(price.changing)
        }
        return (adding, changing)
    }
}

extension PrivacyRecomputation.Finding: CustomStringConvertible {
    /// One sentence about releases that do not agree; releases are counted from 1.
    public var description: String {
        switch self {
        case .underpaid(let release, let paid, let worth, let isChange):
            "Release \(release + 1): its noise is worth \(worth) of the budget\(isChange ? " for changing one" : ""), and it "
                + "paid \(paid)."
        case .otherPromise(let release): "Release \(release + 1) stands under another promise than the first."
        case .otherRowsPerKey(let release, let found): "Release \(release + 1) says that a key has up to \(found) rows."
        case .otherPlan(let epsilon, let delta):
            "The plan promises ε = \(epsilon), δ = \(delta); the releases stand under another promise."
        case .otherNoise(let release): "Release \(release + 1) has noise that its accounting does not know."
        }
    }
}

extension PrivacyRecomputation.Failure: CustomStringConvertible {
    /// One sentence: why nothing could be computed.
    public var description: String {
        switch self {
        case .noReleases: "There is no release in it: nothing was spent."
        case .unknown(let what, let release):
            "It was written before \(what) was recorded (release \(release + 1)); this cannot be recomputed from it."
        case .malformed(let release): "Release \(release + 1) is not sound."
        }
    }
}
