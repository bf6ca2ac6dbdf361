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

    /// The least number of letters to insert, delete or replace, and of neighbours to swap (Damerau 1964), where no letter
    /// takes part in two of these.
    public static func editDistance<Letter: Equatable>(_ first: [Letter], _ second: [Letter]) -> Int {
        var (before, last) = ([Int](), Array(0...second.count))
        for (i, letter) in first.enumerated() {
            var row = [i + 1]
            for (j, other) in second.enumerated() {
                var least = min(last[j + 1] + 1, row[j] + 1, last[j] + (letter == other ? 0 : 1))
                if i > 0, j > 0, letter == second[j - 1], first[i - 1] == other {
                    least = min(least, before[j - 1] + 1)
                }
                row.append(least)
            }
            (before, last) = (last, row)
        }
        return last[second.count]
    }
}
