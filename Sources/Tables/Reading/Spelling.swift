/// Did-you-mean for names and values.
enum Spelling {
    /// The candidate at the least edit distance, if it is near enough to be a slip of the pen.
    static func nearest(to word: String, among candidates: some Collection<String>) -> String? {
        let folded = Array(word.lowercased().utf8.prefix(64))
        var best: (distance: Int, candidate: String)?
        for candidate in candidates.prefix(20_000) {
            let other = Array(candidate.lowercased().utf8.prefix(64))
            guard abs(other.count - folded.count) <= 3 else { continue }
            let distance = editDistance(folded, other)
            if distance < best?.distance ?? Int.max { best = (distance, candidate) }
        }
        guard let best else { return nil }
        return best.distance <= max(1, folded.count / 3) && best.distance < max(folded.count, 1) ? best.candidate : nil
    }

    /// Levenshtein's distance.
    static func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var previous = Array(0...second.count)
        var current = previous
        for (row, byte) in first.enumerated() {
            current[0] = row + 1
            for (column, other) in second.enumerated() {
                current[column + 1] = min(
                    previous[column] + (byte == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
            }
            swap(&previous, &current)
        }
        return previous[second.count]
    }
}
