/// Did-you-mean for names and values.
public enum NearestWord {
    /// The candidate at the least edit distance, if it is near enough to be a slip of the pen: at most a third of the
    /// word's letters, at least one.
    ///
    /// Case does not count. Of equally near candidates the first one counts; only the first 20,000 are looked at.
    public static func to(_ word: String, among candidates: some Sequence<String>) -> String? {
        let folded = Array(word.lowercased().unicodeScalars.prefix(longest))
        let reach = max(1, folded.count / 3)
        var best: (distance: Int, candidate: String)?
        for candidate in candidates.prefix(20_000) {
            let other = Array(candidate.lowercased().unicodeScalars.prefix(longest))
            guard abs(other.count - folded.count) <= reach else { continue }
            let distance = editDistance(folded, other)
            if distance < best?.distance ?? Int.max { best = (distance, candidate) }
        }
        guard let best, best.distance <= reach, best.distance < max(folded.count, 1) else { return nil }
        return best.candidate
    }

    /// Letters of a word that are compared.
    private static let longest = 64

    /// The least number of letters to insert, delete or replace (Levenshtein 1966).
    public static func editDistance<Letter: Equatable>(_ first: [Letter], _ second: [Letter]) -> Int {
        var row = Array(0...second.count)
        for (i, letter) in first.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in second.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[second.count]
    }
}
