/// A set of Unicode scalars, as one place of a key pattern takes them.
indirect enum ScalarSet: Sendable, Equatable {
    /// Sorted ranges that do not touch.
    case ranges([ClosedRange<UInt32>])
    /// A general category of Unicode by its short name, such as `Lu`, or by its first letter.
    case category(String)
    case union([ScalarSet])
    case inverse(ScalarSet)

    /// Sorts and joins ranges.
    init(_ ranges: [ClosedRange<UInt32>]) {
        var joined: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound <= last.upperBound + 1 {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        self = .ranges(joined)
    }

    init(_ text: String) { self.init(text.unicodeScalars.map { $0.value...$0.value }) }

    static let digits = ScalarSet([0x30...0x39])
    static let letters = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let spaces = ScalarSet([0x09...0x0D, 0x20...0x20])
    /// What `.` takes: everything but the ends of lines.
    static let any = ScalarSet.inverse(ScalarSet([0x0A...0x0D, 0x85...0x85, 0x2028...0x2029]))

    /// The letters of ASCII in both cases, where either is in the set.
    var foldingCase: ScalarSet {
        guard case .ranges(let ranges) = self else { return self }
        var folded = ranges
        for letter in UInt32(0x41)...0x5A where contains(letter) || contains(letter | 0x20) {
            folded += [letter...letter, (letter | 0x20)...(letter | 0x20)]
        }
        return ScalarSet(folded)
    }

    func contains(_ scalar: UInt32) -> Bool {
        switch self {
        case .ranges(let ranges):
            var (low, high) = (0, ranges.count)
            while low < high {
                let middle = (low + high) / 2
                if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
            }
            return low < ranges.count && ranges[low].contains(scalar)
        case .category(let name):
            guard let scalar = Unicode.Scalar(scalar) else { return false }
            return scalar.properties.generalCategory.shortName.hasPrefix(name)
        case .union(let sets): return sets.contains { $0.contains(scalar) }
        case .inverse(let set): return !set.contains(scalar)
        }
    }

    /// The members among bytes that are characters by themselves, where the set has no others.
    var asciiOnly: [Bool]? {
        guard case .ranges(let ranges) = self, ranges.last.map({ $0.upperBound < 0x80 }) ?? true else { return nil }
        return (0..<256).map { contains(UInt32($0)) }
    }

    /// Short names of general categories, and their first letters.
    static let categories: Set<String> = [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp",
    ]
}

extension Unicode.GeneralCategory {
    fileprivate var shortName: String {
        switch self {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }
}
