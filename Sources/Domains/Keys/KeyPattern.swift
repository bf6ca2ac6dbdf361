package import VectorMath

/// A regular expression that a whole key must match, in time linear in the key.
///
/// ``KeyPatternReader`` documents the language. A row of classes of which one at most varies in length
/// (`^[0-9]{1,8}$`, `[A-Z]{2}\d{4}`) runs over bytes; everything else runs through ``KeyAutomaton``. Neither goes back.
package struct KeyPattern {
    private struct Step {
        var allowed: [Bool]
        var shortest: Int
        /// Int.max where there is no limit.
        var longest: Int
    }

    private enum Engine {
        case steps([Step])
        case automaton(KeyAutomaton)
    }

    private let engine: Engine

    /// - Throws: `KeyPatternError` if the source is not in the language.
    package init(_ source: String) throws(KeyPatternError) {
        let tree = try KeyPatternTree(source)
        if let steps = KeyPattern.steps(of: tree) {
            engine = .steps(steps)
        } else {
            engine = .automaton(try KeyAutomaton(tree))
        }
    }

    package func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
        switch engine {
        case .steps(let steps): KeyPattern.matches(bytes, steps)
        case .automaton(let automaton): automaton.matches(bytes)
        }
    }

    /// The most operations that one byte of a key costs.
    var cost: Int {
        switch engine {
        case .steps: 1
        case .automaton(let automaton): automaton.cost
        }
    }

    /// The shape of a key, where the pattern is one class with a count.
    package var shape: ByteShape? {
        guard case .steps(let steps) = engine, steps.count == 1, let step = steps.first else { return nil }
        return ByteShape(allowed: step.allowed, shortest: max(1, step.shortest), longest: step.longest)
    }

    /// The length of the one step that varies follows from that of the key.
    private static func matches(_ bytes: ArraySlice<UInt8>, _ steps: [Step]) -> Bool {
        let spare = bytes.count - steps.reduce(0) { $0 + $1.shortest }
        guard spare >= 0 else { return false }
        var place = bytes.startIndex
        for step in steps {
            let count = step.longest > step.shortest ? step.shortest + spare : step.shortest
            guard count <= step.longest, place + count <= bytes.endIndex else { return false }
            for byte in bytes[place..<place + count] where !step.allowed[Int(byte)] { return false }
            place += count
        }
        return place == bytes.endIndex
    }

    /// The steps of a simple pattern, or nil if it is not simple.
    private static func steps(of tree: KeyPatternTree) -> [Step]? {
        let parts = if case .sequence(let parts) = tree { parts } else { [tree] }
        var steps: [Step] = []
        for part in parts {
            switch part {
            case .start, .end: continue
            case .set(let set):
                guard let allowed = set.asciiOnly else { return nil }
                steps.append(Step(allowed: allowed, shortest: 1, longest: 1))
            case .repeated(.set(let set), let least, let most):
                guard let allowed = set.asciiOnly else { return nil }
                steps.append(Step(allowed: allowed, shortest: least, longest: most ?? .max))
            default: return nil
            }
        }
        return steps.isEmpty || steps.count { $0.longest > $0.shortest } > 1 ? nil : steps
    }
}
