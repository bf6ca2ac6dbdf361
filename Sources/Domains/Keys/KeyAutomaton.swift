/// A key pattern as the automaton of Glushkov (1961): one state for each place of the pattern, and no others.
///
/// All states that a key can have reached are followed at once, as bits. Each character therefore costs at most
/// ``cost`` operations, whatever came before: there is nothing to go back to.
struct KeyAutomaton: Sendable {
    /// The most places that a pattern may have with its counts written out.
    static let mostPlaces = 256

    /// Which characters each place takes.
    private var sets: [ScalarSet] = []
    /// Which places may come after each, `words` words a place.
    private var follow: [UInt64] = []
    /// Which places take a character of ASCII, `words` words a character.
    private var taking: [UInt64] = []
    private let words: Int
    private var first: [UInt64] = []
    private var last: [UInt64] = []
    private var takesNothing = false

    /// - Throws: if the pattern has too many places.
    init(_ tree: KeyPatternTree) throws(KeyPatternError) {
        let places = tree.places(limit: KeyAutomaton.mostPlaces)
        guard places <= KeyAutomaton.mostPlaces else {
            throw KeyPatternError(
                "with its counts written out it has more than \(KeyAutomaton.mostPlaces) places; lower the counts")
        }
        words = (places + 63) / 64
        let whole = add(tree)
        (first, last, takesNothing) = (whole.first, whole.last, whole.isOptional)
        for character in UInt32(0)..<0x80 {
            for word in 0..<words {
                var bits: UInt64 = 0
                for place in (word * 64)..<max(word * 64, min(sets.count, word * 64 + 64))
                where sets[place].contains(character) { bits |= 1 << UInt64(place - word * 64) }
                taking.append(bits)
            }
        }
    }

    /// The most operations on words of 64 bits that one character costs.
    var cost: Int { words * (sets.count + 1) }

    /// Whether the automaton takes a whole key.
    func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
        if bytes.isEmpty { return takesNothing }
        guard words == 1, bytes.allSatisfy({ $0 < 0x80 }) else { return matchesScalars(bytes) }
        var reached = first[0] & taking[Int(bytes[bytes.startIndex])]
        for byte in bytes.dropFirst() {
            if reached == 0 { return false }
            var next: UInt64 = 0
            while reached != 0 {
                next |= follow[reached.trailingZeroBitCount]
                reached &= reached - 1
            }
            reached = next & taking[Int(byte)]
        }
        return reached & last[0] != 0
    }

    private func matchesScalars(_ bytes: ArraySlice<UInt8>) -> Bool {
        var reached: [UInt64] = []
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            reached = take(scalar.value, reached.isEmpty ? first : after(reached))
            if reached.allSatisfy({ $0 == 0 }) { return false }
        }
        return zip(reached, last).contains { $0 & $1 != 0 }
    }

    private func after(_ reached: [UInt64]) -> [UInt64] {
        var next = [UInt64](repeating: 0, count: words)
        for place in KeyAutomaton.places(reached) {
            for word in 0..<words { next[word] |= follow[place * words + word] }
        }
        return next
    }

    private func take(_ scalar: UInt32, _ candidates: [UInt64]) -> [UInt64] {
        var taken = candidates
        if scalar < 0x80 {
            for word in 0..<words { taken[word] &= taking[Int(scalar) * words + word] }
        } else {
            for place in KeyAutomaton.places(candidates) where !sets[place].contains(scalar) {
                taken[place / 64] &= ~(1 << UInt64(place % 64))
            }
        }
        return taken
    }

    private static func places(_ bits: [UInt64]) -> [Int] {
        var places: [Int] = []
        for (index, word) in bits.enumerated() {
            var word = word
            while word != 0 {
                places.append(index * 64 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
        return places
    }

    // MARK: - Building

    /// A part of the pattern: where it can begin and end, and whether it can be empty.
    private struct Part {
        var first: [UInt64]
        var last: [UInt64]
        var isOptional: Bool
    }

    private var nothing: Part {
        let none = [UInt64](repeating: 0, count: words)
        return Part(first: none, last: none, isOptional: true)
    }

    private mutating func add(_ tree: KeyPatternTree) -> Part {
        switch tree {
        case .empty, .start, .end: return nothing
        case .set(let set):
            var part = nothing
            part.isOptional = false
            part.first[sets.count / 64] |= 1 << UInt64(sets.count % 64)
            part.last = part.first
            sets.append(set)
            follow += [UInt64](repeating: 0, count: words)
            return part
        case .sequence(let trees):
            var whole = nothing
            for tree in trees { whole = joined(whole, add(tree)) }
            return whole
        case .choice(let trees):
            var whole = nothing
            whole.isOptional = false
            for tree in trees {
                let part = add(tree)
                whole.first = KeyAutomaton.union(whole.first, part.first)
                whole.last = KeyAutomaton.union(whole.last, part.last)
                whole.isOptional = whole.isOptional || part.isOptional
            }
            return whole
        case .repeated(let tree, let least, let most):
            var whole = nothing
            for count in 0..<(most ?? max(1, least)) {
                var part = add(tree)
                if most == nil, count + 1 >= least { connect(part.last, to: part.first) }
                if count >= least { part.isOptional = true }
                whole = joined(whole, part)
            }
            return whole
        }
    }

    private mutating func joined(_ one: Part, _ other: Part) -> Part {
        connect(one.last, to: other.first)
        return Part(
            first: one.isOptional ? KeyAutomaton.union(one.first, other.first) : one.first,
            last: other.isOptional ? KeyAutomaton.union(one.last, other.last) : other.last,
            isOptional: one.isOptional && other.isOptional)
    }

    private mutating func connect(_ from: [UInt64], to next: [UInt64]) {
        for place in KeyAutomaton.places(from) {
            for word in 0..<words { follow[place * words + word] |= next[word] }
        }
    }

    private static func union(_ one: [UInt64], _ other: [UInt64]) -> [UInt64] { zip(one, other).map { $0 | $1 } }
}
