import VectorMath

/// A regular expression that a whole key must match.
///
/// Sequences of characters, classes and counts (`^[0-9]{1,8}$`, `[A-Z]{2}\d{4}`) run over bytes; anything richer is
/// left to Swift's `Regex`. Anchors say what holds anyway.
struct KeyPattern {
    struct Step {
        var allowed: [Bool]
        var shortest: Int
        var longest: Int
    }

    private let steps: [Step]?
    private let expression: Regex<AnyRegexOutput>?

    /// - Throws: if the source is not a regular expression.
    init(_ source: String) throws {
        self.steps = KeyPattern.steps(of: Array(source.utf8))
        self.expression = steps == nil ? try Regex(source) : nil
    }

    func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
        if let steps { return KeyPattern.matches(bytes, steps[...]) }
        guard let expression else { return false }
        return (try? expression.wholeMatch(in: String(decoding: bytes, as: UTF8.self))) ?? nil != nil
    }

    /// The shape of a key, where the pattern is one class with a count.
    var shape: ByteShape? {
        guard let steps, steps.count == 1, let step = steps.first else { return nil }
        return ByteShape(allowed: step.allowed, shortest: max(1, step.shortest), longest: step.longest)
    }

    private static func matches(_ bytes: ArraySlice<UInt8>, _ steps: ArraySlice<Step>) -> Bool {
        guard let step = steps.first else { return bytes.isEmpty }
        var count = 0
        while count < step.longest, count < bytes.count, step.allowed[Int(bytes[bytes.startIndex + count])] {
            count += 1
        }
        if steps.count == 1 { return count == bytes.count && count >= step.shortest }
        while count >= step.shortest {
            if matches(bytes.dropFirst(count), steps.dropFirst()) { return true }
            count -= 1
        }
        return false
    }

    /// The steps of a simple pattern, or nil if it is not simple.
    private static func steps(of source: [UInt8]) -> [Step]? {
        var source = source[...]
        if source.first == UInt8(ascii: "^") { source.removeFirst() }
        if source.last == UInt8(ascii: "$"), source.dropLast().last != UInt8(ascii: "\\") { source.removeLast() }
        var steps: [Step] = []
        while let first = source.first {
            var allowed = [Bool](repeating: false, count: 256)
            source.removeFirst()
            switch first {
            case UInt8(ascii: "["):
                guard readClass(&source, &allowed) else { return nil }
            case UInt8(ascii: "\\"):
                guard let escaped = source.popFirst(), allow(escaped: escaped, &allowed) else { return nil }
            case _ where "^$.|?*+(){}]".utf8.contains(first) || first >= 0x80: return nil
            default: allowed[Int(first)] = true
            }
            guard let (shortest, longest) = readCount(&source) else { return nil }
            steps.append(Step(allowed: allowed, shortest: shortest, longest: longest))
        }
        // Each step of variable length multiplies the ways to try on a hostile key.
        return steps.isEmpty || steps.count { $0.longest > $0.shortest } > 2 ? nil : steps
    }

    private static func allow(escaped: UInt8, _ allowed: inout [Bool]) -> Bool {
        switch escaped {
        case UInt8(ascii: "d"): for byte in 0x30...0x39 { allowed[byte] = true }
        case UInt8(ascii: "w"):
            for byte in 0..<128 {
                let scalar = Character(UnicodeScalar(UInt8(byte)))
                if scalar.isLetter || scalar.isNumber || scalar == "_" { allowed[byte] = true }
            }
        case _ where "-./\\_:|^$[](){}+*?".utf8.contains(escaped): allowed[Int(escaped)] = true
        default: return false
        }
        return true
    }

    private static func readClass(_ source: inout ArraySlice<UInt8>, _ allowed: inout [Bool]) -> Bool {
        if source.first == UInt8(ascii: "^") { return false }
        var isEmpty = true
        while let byte = source.popFirst() {
            if byte == UInt8(ascii: "]") { return !isEmpty }
            isEmpty = false
            guard byte < 0x80, byte != UInt8(ascii: "["), byte != UInt8(ascii: "&") else { return false }
            if byte == UInt8(ascii: "\\") {
                guard let escaped = source.popFirst(), allow(escaped: escaped, &allowed) else { return false }
            } else if source.first == UInt8(ascii: "-"), let upper = source.dropFirst().first,
                upper != UInt8(ascii: "]")
            {
                guard upper < 0x80, upper >= byte, upper != UInt8(ascii: "\\") else { return false }
                source.removeFirst(2)
                for between in byte...upper { allowed[Int(between)] = true }
            } else {
                allowed[Int(byte)] = true
            }
        }
        return false
    }

    private static func readCount(_ source: inout ArraySlice<UInt8>) -> (Int, Int)? {
        switch source.first {
        case UInt8(ascii: "?"):
            source.removeFirst()
            return isGreedy(source) ? (0, 1) : nil
        case UInt8(ascii: "*"):
            source.removeFirst()
            return isGreedy(source) ? (0, 1 << 20) : nil
        case UInt8(ascii: "+"):
            source.removeFirst()
            return isGreedy(source) ? (1, 1 << 20) : nil
        case UInt8(ascii: "{"):
            guard let close = source.firstIndex(of: UInt8(ascii: "}")) else { return nil }
            let written = String(decoding: source[source.startIndex + 1..<close], as: UTF8.self)
            source = source[(close + 1)...]
            let parts = written.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard isGreedy(source), let lower = parts.first ?? nil, lower >= 0, parts.count <= 2 else { return nil }
            if parts.count == 1 { return (lower, lower) }
            if written.hasSuffix(",") { return (lower, 1 << 20) }
            guard let upper = parts[1], upper >= lower else { return nil }
            return (lower, upper)
        default: return (1, 1)
        }
    }

    private static func isGreedy(_ source: ArraySlice<UInt8>) -> Bool {
        guard let next = source.first else { return true }
        return !"?*+{".utf8.contains(next)
    }
}
