/// Why a text is no key pattern, as a phrase.
package struct KeyPatternError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// A key pattern as it is written: what is read from the text, before anything is matched.
indirect enum KeyPatternTree: Equatable {
    case empty
    case set(ScalarSet)
    case sequence([KeyPatternTree])
    case choice([KeyPatternTree])
    /// Without `most`, as often as one likes.
    case repeated(KeyPatternTree, least: Int, most: Int?)
    /// `^` and `\A`; `$`, `\z` and `\Z`.
    case start, end

    /// - Throws: `KeyPatternError` for what is not in the language.
    init(_ source: String) throws(KeyPatternError) {
        guard source.utf8.count <= KeyPatternReader.longestPattern else {
            throw KeyPatternError("it is longer than \(KeyPatternReader.longestPattern) bytes")
        }
        var reader = KeyPatternReader(source)
        self = try reader.whole()
        try checkAnchors(canStart: true, canEnd: true)
    }

    /// How many characters it takes side by side once its counts are written out; at least 1, at most `limit` + 1.
    func places(limit: Int) -> Int {
        switch self {
        case .empty, .set, .start, .end: 1
        case .sequence(let parts), .choice(let parts):
            max(1, parts.reduce(0) { min(limit + 1, $0 + $1.places(limit: limit)) })
        case .repeated(let part, let least, let most):
            min(limit + 1, part.places(limit: limit) * max(1, most ?? max(1, least)))
        }
    }

    /// Takes no character, whatever comes.
    private var isInvisible: Bool {
        switch self {
        case .empty, .start, .end: true
        case .set: false
        case .sequence(let parts), .choice(let parts): parts.allSatisfy(\.isInvisible)
        case .repeated(let part, _, let most): part.isInvisible || most == 0
        }
    }

    /// Anchors say what holds anyway at the ends of a pattern, since it must match the whole key. Elsewhere no key would
    /// match, which nobody means.
    private func checkAnchors(canStart: Bool, canEnd: Bool) throws(KeyPatternError) {
        switch self {
        case .empty, .set: break
        case .start:
            guard canStart else { throw KeyPatternError("`^` stands where no key begins") }
        case .end:
            guard canEnd else { throw KeyPatternError("`$` stands where no key ends") }
        case .choice(let parts):
            for part in parts { try part.checkAnchors(canStart: canStart, canEnd: canEnd) }
        case .sequence(let parts):
            for (index, part) in parts.enumerated() {
                try part.checkAnchors(
                    canStart: canStart && parts[..<index].allSatisfy(\.isInvisible),
                    canEnd: canEnd && parts[(index + 1)...].allSatisfy(\.isInvisible))
            }
        case .repeated(let part, _, let most):
            try part.checkAnchors(canStart: canStart && most == 1, canEnd: canEnd && most == 1)
        }
    }
}

/// Reads the text of a key pattern.
///
/// The language is the part of the usual regular expressions that needs no memory of what was matched:
///
/// - characters, and `\` before a sign; `\t \n \r \f`, `\xHH`, `\uHHHH`
/// - `.` for every character but the end of a line; `\d` (0-9), `\w` (A-Z, a-z, 0-9, _), `\s` (blanks of ASCII), and
///   `\D \W \S` for the others; `\p{Lu}`, `\P{Lu}` for a general category of Unicode
/// - classes: `[a-z0-9_]`, `[^|]`, with the escapes above
/// - `?`, `*`, `+`, `{2}`, `{2,}`, `{2,5}`; a further `?` (lazy) changes nothing, as the whole key is matched
/// - groups `(…)`, `(?:…)`, `(?<name>…)`; choices `a|b`
/// - `^`, `$`, `\A`, `\z` at the ends; `(?i)` at the very beginning: letters of ASCII in both cases
///
/// Back references, look-around, atomic groups, possessive counts, word boundaries and classes inside classes are not in
/// the language.
struct KeyPatternReader {
    static let longestPattern = 1_000
    private static let deepestGroup = 50
    private static let highestCount = 100_000

    private var source: ArraySlice<Unicode.Scalar>
    private var foldsCase = false
    private var depth = 0

    init(_ source: String) { self.source = Array(source.unicodeScalars)[...] }

    mutating func whole() throws(KeyPatternError) -> KeyPatternTree {
        if take("(?i)") { foldsCase = true }
        let tree = try choice()
        guard source.isEmpty else { throw KeyPatternError("a `)` closes nothing") }
        return tree
    }

    private mutating func choice() throws(KeyPatternError) -> KeyPatternTree {
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence() throws(KeyPatternError) -> KeyPatternTree {
        var parts: [KeyPatternTree] = []
        while let next = source.first, next != "|", next != ")" {
            parts.append(try counted(try one()))
        }
        return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func one() throws(KeyPatternError) -> KeyPatternTree {
        guard let next = source.popFirst() else { return .empty }
        switch next {
        case "^": return .start
        case "$": return .end
        case ".": return .set(.any)
        case "[": return .set(try characterClass())
        case "(": return try group()
        case "\\": return try escaped()
        case "?", "*", "+", "{": throw KeyPatternError("`\(next)` counts nothing")
        default: return .set(folded(ScalarSet([next.value...next.value])))
        }
    }

    private mutating func group() throws(KeyPatternError) -> KeyPatternTree {
        depth += 1
        guard depth <= KeyPatternReader.deepestGroup else { throw KeyPatternError("its groups are nested too deeply") }
        if take("?") {
            if take("<"), source.first != "=", source.first != "!" {
                guard let close = source.firstIndex(of: ">") else {
                    throw KeyPatternError("the name of a group has no end")
                }
                source = source[(close + 1)...]
            } else if !take(":") {
                throw KeyPatternError("it looks ahead or behind, is atomic, or sets options within")
            }
        } else if source.first == "*" {
            throw KeyPatternError("`(*` begins no group")
        }
        let inner = try choice()
        guard take(")") else { throw KeyPatternError("a group has no `)`") }
        depth -= 1
        return inner
    }

    private mutating func escaped() throws(KeyPatternError) -> KeyPatternTree {
        switch source.first {
        case "A":
            source.removeFirst()
            return .start
        case "z", "Z":
            source.removeFirst()
            return .end
        default: return .set(try escapedSet())
        }
    }

    /// What stands behind a `\`, as a set of characters.
    private mutating func escapedSet() throws(KeyPatternError) -> ScalarSet {
        guard let letter = source.popFirst() else { throw KeyPatternError("it ends with `\\`") }
        switch letter {
        case "d": return .digits
        case "D": return .inverse(.digits)
        case "w": return .letters
        case "W": return .inverse(.letters)
        case "s": return .spaces
        case "S": return .inverse(.spaces)
        case "t": return ScalarSet("\t")
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case "f": return ScalarSet("\u{C}")
        case "x": return folded(try character(digits: 2))
        case "u": return folded(try character(digits: 4))
        case "p", "P":
            guard take("{"), let close = source.firstIndex(of: "}") else {
                throw KeyPatternError("`\\\(letter)` is written \\\(letter){Lu}")
            }
            let name = String(String.UnicodeScalarView(source[..<close]))
            source = source[(close + 1)...]
            guard ScalarSet.categories.contains(name) else {
                throw KeyPatternError(
                    "it names a category that is not known here; known are L, Lu, Ll, N, Nd, P, S and others")
            }
            return letter == "p" ? .category(name) : .inverse(.category(name))
        case _ where letter.isASCII && !ScalarSet.letters.contains(letter.value):
            return ScalarSet([letter.value...letter.value])
        case "0"..."9": throw KeyPatternError("it refers back to a group")
        default: throw KeyPatternError("`\\\(letter.isASCII ? String(letter) : "")` is not known here")
        }
    }

    private mutating func character(digits: Int) throws(KeyPatternError) -> ScalarSet {
        let written = source.prefix(digits)
        guard written.count == digits, written.allSatisfy({ $0.properties.isASCIIHexDigit }),
            let value = UInt32(String(String.UnicodeScalarView(written)), radix: 16), Unicode.Scalar(value) != nil
        else { throw KeyPatternError("a character is written by \(digits) hexadecimal digits") }
        source = source.dropFirst(digits)
        return ScalarSet([value...value])
    }

    private mutating func characterClass() throws(KeyPatternError) -> ScalarSet {
        let isInverse = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var sets: [ScalarSet] = []
        var isFirst = true
        while let next = source.popFirst() {
            if next == "]" {
                guard !isFirst else { throw KeyPatternError("a class is empty") }
                let own = folded(ScalarSet(ranges))
                let set = sets.isEmpty ? own : ScalarSet.union([own] + sets)
                return isInverse ? .inverse(set) : set
            }
            isFirst = false
            guard next != "[" else { throw KeyPatternError("`[` stands inside a class; write `\\[`") }
            if "&-~".unicodeScalars.contains(next), source.first == next {
                throw KeyPatternError("`\(next)\(next)` stands inside a class; write `\\\(next)`")
            }
            var lower = next.value
            if next == "\\" {
                let set = try escapedSet()
                guard case .ranges(let one) = set, one.count == 1, one[0].count == 1 else {
                    sets.append(set)
                    if source.first == "-", source.dropFirst().first != "]" {
                        throw KeyPatternError("a range begins with a set of characters")
                    }
                    continue
                }
                lower = one[0].lowerBound
            }
            ranges.append(lower...(try upperEnd(of: lower)))
        }
        throw KeyPatternError("a class has no `]`")
    }

    /// The end of a range of which `lower` was read, or `lower` itself.
    private mutating func upperEnd(of lower: UInt32) throws(KeyPatternError) -> UInt32 {
        guard source.first == "-", let upper = source.dropFirst().first, upper != "]" else { return lower }
        source.removeFirst(2)
        var end = upper.value
        if upper == "\\" {
            guard case .ranges(let one) = try escapedSet(), one.count == 1, one[0].count == 1 else {
                throw KeyPatternError("a range ends with a set of characters")
            }
            end = one[0].lowerBound
        } else if upper == "[" || upper == "-" && source.first != "]" {
            throw KeyPatternError("`\(upper)` ends a range; write `\\\(upper)`")
        }
        guard lower <= end else { throw KeyPatternError("a range ends before it begins") }
        return end
    }

    /// A part with the count behind it.
    private mutating func counted(_ part: KeyPatternTree) throws(KeyPatternError) -> KeyPatternTree {
        let (least, most): (Int, Int?)
        switch source.first {
        case "?": (least, most) = (0, 1)
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "{": (least, most) = try bounds()
        default: return part
        }
        source.removeFirst()
        if !take("?"), let next = source.first, "*+{".unicodeScalars.contains(next) {
            throw KeyPatternError("a count has `\(next)` behind it")
        }
        if let next = source.first, "?*+{".unicodeScalars.contains(next) {
            throw KeyPatternError("a count has `\(next)` behind it")
        }
        return .repeated(part, least: least, most: most)
    }

    /// What stands between braces; leaves the closing one.
    private mutating func bounds() throws(KeyPatternError) -> (Int, Int?) {
        guard let close = source.firstIndex(of: "}") else { throw KeyPatternError("a `{` has no `}`") }
        let written = String(String.UnicodeScalarView(source[source.startIndex + 1..<close]))
        let parts = written.split(separator: ",", omittingEmptySubsequences: false)
        source = source[close...]
        func number(_ text: Substring) -> Int? {
            text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
        }
        guard parts.count <= 2, let least = number(parts[0]), least <= KeyPatternReader.highestCount else {
            throw KeyPatternError("`{\(written.prefix(20))}` is no count")
        }
        guard parts.count == 2 else { return (least, least) }
        if parts[1].isEmpty { return (least, nil) }
        guard let most = number(parts[1]), most >= least, most <= KeyPatternReader.highestCount else {
            throw KeyPatternError("`{\(written.prefix(20))}` is no count")
        }
        return (least, most)
    }

    private func folded(_ set: ScalarSet) -> ScalarSet { foldsCase ? set.foldingCase : set }

    /// Takes a text where it comes next.
    private mutating func take(_ text: String) -> Bool {
        guard source.starts(with: text.unicodeScalars) else { return false }
        source = source.dropFirst(text.unicodeScalars.count)
        return true
    }
}
