import VectorMath

/// What two parties agreed to learn of their lists, and the public sizes that follow.
public struct IntersectionTerms: Sendable, Equatable {
    /// Which end of the connection a party is.
    public enum Role: Sendable, Equatable {
        case listener
        case joiner

        /// The other end.
        public var other: Role { self == .listener ? .joiner : .listener }
    }

    /// What comes out.
    public enum Reveal: Sendable, Equatable {
        /// How many names are common, with noise: differentially private.
        case count(epsilon: Double, delta: Double)
        /// Which names are common: not differentially private.
        case members
    }

    /// The digest of the task.
    public let task: [UInt8]
    /// What comes out.
    public let reveal: Reveal
    /// The declared greatest number of names of either party. Lists are filled up to it.
    public let sizes: (listener: Int, joiner: Int)

    /// - Parameter sizes: the declared rows of either table.
    public init(task: [UInt8], reveal: Reveal, sizes: (listener: Int, joiner: Int)) {
        self.task = task
        self.reveal = reveal
        self.sizes = sizes
    }

    /// How far either side of the noise reaches: s = ⌈ln(1/δ)/ε⌉. Beyond it lies less than δ of the discrete Laplace law.
    public var reach: Int {
        guard case .count(let epsilon, let delta) = reveal else { return 0 }
        // An ε that asks for more has lists of more points than can be sent: `IntersectionParty` refuses them.
        return Int(min((naturalLogarithm(1 / delta) / epsilon).rounded(.up), 0x1p40))
    }

    /// How far the noise of both parties together reaches in at least 95 of 100 draws.
    ///
    /// The sum of two discrete Laplace variables of decay q = e^−ε is k with the probability
    /// ((1 − q)/(1 + q))² · q^|k| · (|k| + (1 + q²)/(1 − q²)), by adding over the first of them.
    public static func halfWidth(epsilon: Double) -> Int {
        let decay = exponential(-epsilon)
        let scale = (1 - decay) / (1 + decay)
        let middle = (1 + decay * decay) / (1 - decay * decay)
        var (reach, power) = (0, 1.0)
        var inside = scale * scale * middle
        // An ε far below any that a task names would count for ever.
        while inside < 0.95, reach < 1 << 30 {
            reach += 1
            power *= decay
            inside += 2 * scale * scale * power * (Double(reach) + middle)
        }
        return reach
    }

    /// The declared names of a party.
    public func declared(_ role: Role) -> Int { role == .listener ? sizes.listener : sizes.joiner }

    /// How many points a party sends: its names, filled up, and the dummies of both parties.
    public func points(_ role: Role) -> Int { declared(role) + 4 * reach }

    public static func == (one: IntersectionTerms, two: IntersectionTerms) -> Bool {
        one.task == two.task && one.reveal == two.reveal && one.sizes == two.sizes
    }
}

/// Why an intersection ended without a result.
public enum IntersectionError: Error, Sendable, Equatable {
    /// What the other party sent is no point of the curve.
    case pointOffCurve
    /// It sent a point twice.
    case repeatedPoint
    /// It sent another number of points than the task says, or stopped.
    case wrongNumber
    /// A list is longer than the task declares.
    case listTooLong(declared: Int)
    /// The declared rows and ε ask for longer lists than can be sent.
    case tooManyPoints
    /// The other party takes part in something else.
    case otherTerms(String)
    /// The answer was on its way once already: another one would cost ε again.
    case alreadyAnswered
    /// The count lacks dummies that an honest list has.
    case dummiesMissing
    /// This party's answer went out, and the other's did not come, or was wrong.
    case unanswered(peer: String, cause: String)
}

extension IntersectionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .pointOffCurve:
            "The other party sent what is no point of the curve. Nothing came out."
        case .repeatedPoint: "The other party sent a point twice. Nothing came out."
        case .wrongNumber:
            "The other party stopped, or sent another number of points than the task declares. Nothing came out."
        case .listTooLong(let declared): "The list has more names than the \(declared) that the task declares."
        case .tooManyPoints:
            "Lists of the declared rows with the dummies of this epsilon have more than 4294967295 points. Declare fewer rows, or a larger epsilon."
        case .otherTerms(let what): "The other party takes part in something else: \(what)."
        case .alreadyAnswered:
            "This task's answer was sent once already, so its epsilon is spent: another run could tell more. Agree on a new task."
        case .dummiesMissing:
            "The other party's list lacks names that the protocol puts into it: it does not keep to the protocol, and may know exactly how many of the names that it sent are in yours."
        case .unanswered(let peer, let cause):
            "Your answer went out, and the answer of \(peer) did not come whole: \(cause) \(peer) may know the number, you do not, and epsilon is spent."
        }
    }
}
