public import Bytes
import Dispatch
import Synchronization

/// One party of a private set intersection (ECDH over P-256), without a network: it says what to send, and takes what came.
///
/// 1. Either party sends its names under its exponent, shuffled.
/// 2. Either raises the other's points to its own exponent and sends them back: shuffled anew where only their number may
///    come out, in the same order where members may.
/// 3. Names that both have are the points that are in both lists under both exponents.
///
/// The number of common names alone would tell of a list of one name whether it is in the other's. So the lists have dummies:
/// of the listener's 2s dummy names, which are public, the joiner's list has all, the listener's τ of them, and random names in
/// place of the rest; and the same the other way round. Both see |A ∩ B| + τ₁ + τ₂ and know their own τ: what either sees of the
/// other's names has the noise τ = s + DLap(ε), cut to [0, 2s]. That is (ε, δ)-differentially private for each name of the
/// other party, towards a party that follows the protocol. The estimate keeps the noise of both, so that it may be shown: with
/// its own noise taken off it would tell the other party the exact number.
///
/// **A party that does not follow the protocol learns the exact number**, of a list that it chooses: it puts random names in
/// place of the other's dummies, or raises them to another exponent than its names. Nothing that the other party sees tells
/// these from a list as it should be, except where its own dummies are missing from its own count.
public struct IntersectionParty: Sendable {
    /// What was agreed.
    public let terms: IntersectionTerms
    /// Which end this party is.
    public let role: IntersectionTerms.Role
    private let exponent: BlindingExponent
    private let names: ListedNames
    private let noise: Int

    /// Points are blinded in pieces of so many.
    public static let piece = 2_048

    /// - Parameters:
    ///   - keys: each once.
    ///   - noise: a draw of DLap(ε), kept by the caller from the first attempt to the last; 0 where members come out.
    /// - Throws: `IntersectionError.listTooLong` or `tooManyPoints`.
    public init(
        _ terms: IntersectionTerms, role: IntersectionTerms.Role, keys: ByteStrings, noise: Int
    ) throws(IntersectionError) {
        let declared = terms.declared(role)
        guard keys.count <= declared else { throw .listTooLong(declared: declared) }
        guard max(terms.points(role), terms.points(role.other)) <= Int(UInt32.max) else { throw .tooManyPoints }
        self.terms = terms
        self.role = role
        exponent = BlindingExponent(task: terms.task)
        self.noise = min(max(terms.reach + noise, 0), 2 * terms.reach)
        var random = SystemRandomNumberGenerator()
        names = ListedNames(terms, role, keys: keys, noise: self.noise, using: &random)
    }

    /// The party's own names under its exponent, piece by piece.
    public func blindedNames(_ send: ([UInt8]) async throws -> Void) async throws {
        for start in stride(from: 0, to: names.count, by: Self.piece) {
            let pieces = Self.halves(start, min(start + Self.piece, names.count))
            try await send(Self.inParallel(pieces.count) { exponent.blinded(names, pieces[$0]) }.flatMap { $0 })
        }
    }

    /// Points of the curve, as many as agreed, and none twice: one that stands there twice counts twice, and noise hides one.
    /// Asked before anything of the answer goes out.
    ///
    /// - Throws: `IntersectionError.wrongNumber`, `repeatedPoint` or `pointOffCurve`.
    public func accept(_ points: ReceivedPoints) throws(IntersectionError) {
        guard points.count == terms.points(role.other) else { throw .wrongNumber }
        guard !points.haveRepeats else { throw .repeatedPoint }
        guard points.areOnCurve else { throw .pointOffCurve }
    }

    /// The other's points under both exponents, piece by piece, in the order in which they go back: that in which they came
    /// where members come out, else another one.
    ///
    /// - Parameters:
    ///   - points: all that it sent, which ``accept(_:)`` takes; they are gone when this returns.
    ///   - send: called with each piece.
    /// - Returns: what must be known of them for ``common(_:_:)``.
    /// - Throws: `IntersectionError`.
    public func answered(
        _ points: ReceivedPoints, _ send: ([UInt8]) async throws -> Void
    ) async throws -> PointPrints {
        if terms.reveal != .members { points.shuffle() }
        let prints = PointPrints(capacity: points.count)
        while let block = points.takeBlock() {
            for start in stride(from: 0, to: block.count, by: Self.piece * CurveName.size) {
                let end = min(start + Self.piece * CurveName.size, block.count)
                let pieces = Self.halves(start / CurveName.size, end / CurveName.size)
                let parts = Self.inParallel(pieces.count) { place in
                    let piece = pieces[place]
                    return Result {
                        try exponent.blinded(
                            block[piece.lowerBound * CurveName.size..<piece.upperBound * CurveName.size])
                    }
                }
                let bytes = try parts.flatMap { try $0.get() }
                prints.append(bytes)
                try await send(bytes)
            }
        }
        return prints
    }

    /// What came out, once the other party has answered.
    public struct Outcome: Sendable, Equatable {
        /// How many points are common, dummies among them.
        public let common: Int
        /// The number of common names: exact where members come out, else the estimate with the noise of both parties. Both
        /// parties have the same.
        public let estimate: Int
        /// Which of this party's names are common, in the order of its list; nil where only the number comes out.
        public let members: [Int]?
    }

    /// - Parameters:
    ///   - others: what ``answered(_:_:)`` gave of the other's points.
    ///   - returned: of this party's points as the other sent them back.
    /// - Throws: `IntersectionError`.
    public func common(
        _ others: PointPrints, _ returned: PointPrints
    ) throws(IntersectionError) -> Outcome {
        guard returned.count == terms.points(role) else { throw .wrongNumber }
        if terms.reveal == .members {
            guard let places = returned.members(others) else { throw .repeatedPoint }
            let members = places.compactMap { names.key($0) }.sorted()
            return Outcome(common: places.count, estimate: places.count, members: members)
        }
        guard let common = returned.common(others) else { throw .repeatedPoint }
        // Whoever keeps to the protocol has all of this party's dummies.
        guard common >= noise else { throw .dummiesMissing }
        return Outcome(common: common, estimate: common - 2 * terms.reach, members: nil)
    }

    private static func halves(_ start: Int, _ end: Int) -> [Range<Int>] {
        let middle = (start + end) / 2
        return middle > start && end - start > 64 ? [start..<middle, middle..<end] : [start..<end]
    }

    /// The results of independent pieces of work, in order.
    private static func inParallel<Result: Sendable>(_ count: Int, _ work: @Sendable (Int) -> Result) -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { place in
            let result = work(place)
            results.withLock { $0[place] = result }
        }
        return results.withLock { $0.compactMap { $0 } }
    }
}
