/// Words of classifications that many families and persons are called by: White, Cook, Klein, May. They are a class beside other
/// classes of their kind; alone, or where colours stand beside trades, they are names.
struct SharedNames {
    enum Kind: CaseIterable { case colour, trade, size, direction, thing, time, rank }

    /// What the words would be if they were none.
    let kinds: Set<Kind>
    let isSingle: Bool
    /// Whether a capital stands in front of each.
    let isCapital: Bool

    /// - Returns: nil unless every word is one.
    init?(_ text: String) {
        let words = text.split { !$0.isLetter && $0 != "-" }
        guard (1...3).contains(words.count) else { return nil }
        var kinds: Set<Kind> = []
        for word in words {
            guard let kind = Self.kinds[word.lowercased()] else { return nil }
            kinds.insert(kind)
        }
        isCapital = words.allSatisfy { $0.first?.isUppercase == true }
        self.kinds = kinds
        isSingle = words.count == 1
    }

    /// Whether the texts of a column that are such words are persons' names.
    ///
    /// - Parameters:
    ///   - texts: those of them that are public words.
    ///   - hasNames: other values of the column look like names.
    static func areNames(_ texts: [String], hasNames: Bool) -> Bool {
        let shared = texts.compactMap { SharedNames($0) }
        guard !shared.isEmpty else { return false }
        if hasNames { return true }
        let others = texts.filter { SharedNames($0) == nil && !rest.contains($0.lowercased()) }
        let kinds = shared.reduce(into: Set<Kind>()) { $0.formUnion($1.kinds) }
        guard shared.contains(where: \.isCapital) else {
            // In small letters colours, trades or sizes alone are a class; beside each other they are names.
            return kinds.count > 1 && shared.count > others.count && !kinds.isDisjoint(with: [.colour, .trade])
        }
        if kinds.count > 1 { return shared.count > others.count }
        // Colours, trades and sizes alone; two colours or sizes may be all that there are.
        let isPair = kinds.isSubset(of: [.colour, .size]) && shared.count == 2 && shared.allSatisfy(\.isSingle)
        return others.isEmpty && shared.count > 1 && !isPair
            && !kinds.isDisjoint(with: [.colour, .trade, .size, .thing])
    }

    private static let rest: Set<String> = ["other", "others", "none", "unknown", "no", "yes", "all"]

    private static let kinds: [String: Kind] = {
        let words: [(Kind, String)] = [
            (
                .colour,
                "white black brown green grey gray gold silver violet schwarz weiß braun grün blanc noir blanco negro bianco nero"
            ),
            (
                .trade,
                "cook farmer fisher miner carpenter clerk driver mechanic chef guard soldier builder carer cleaner waiter plumber "
                    + "bauer priest bishop church"
            ),
            (
                .size,
                "long short small little young old strong light new sharp klein kleine groß gross lang petit grand groot piccolo"
            ),
            (.direction, "north west nord ost norte sur sud west"),
            (
                .thing,
                "hills lake lakes stone stones wood woods sand rice bean beans corn steel glass iron rye barley bird birds "
                    + "price cash bonds banks land field power cable parts works bond check day days weeks"
            ),
            (
                .time,
                "may april june august jan summer winter sommer autumn spring domingo mayo julio agosto friday avril noon"
            ),
            (.rank, "major general senior junior self christian child man art will page grant"),
        ]
        return Dictionary(
            words.flatMap { kind, text in text.split(separator: " ").map { (String($0), kind) } },
            uniquingKeysWith: { first, _ in first })
    }()
}
