/// The similarity of two texts by the characters that they share in about the same places, from 0 to 1.
///
/// Characters that are equal and no further apart than half the longer text are matched from the left; with m of them, of
/// which t are in another order, Jaro's value is (m/|a| + m/|b| + (m − ⌊t/2⌋)/m)/3. Where it is above 0.7, Winkler adds a
/// tenth of what is missing to 1 for each of the first four characters that are equal. Two empty texts have 1, one empty
/// text has 0.
///
/// Source: W. E. Winkler, "String comparator metrics and enhanced decision rules in the Fellegi–Sunter model of record
/// linkage", 1990.
public func jaroWinkler(_ first: Span<UInt16>, _ second: Span<UInt16>) -> Double {
    let jaro = jaro(first, second)
    guard jaro > 0.7 else { return jaro }
    var prefix = 0
    let most = min(4, first.count, second.count)
    while prefix < most, first[prefix] == second[prefix] { prefix += 1 }
    return jaro + Double(prefix) * 0.1 * (1 - jaro)
}

/// Jaro's similarity: see ``jaroWinkler(_:_:)``.
public func jaro(_ first: Span<UInt16>, _ second: Span<UInt16>) -> Double {
    guard first.count > 0, second.count > 0 else { return first.count == second.count ? 1 : 0 }
    guard first.count <= 64, second.count <= 64 else { return longJaro(first, second) }
    let reach = max(0, max(first.count, second.count) / 2 - 1)
    var (matchedFirst, matchedSecond): (UInt64, UInt64) = (0, 0)
    for place in 0..<first.count {
        let character = first[place]
        let low = max(0, place - reach)
        let high = min(second.count, place + reach + 1)
        var other = low
        while other < high {
            if second[other] == character, matchedSecond & (1 &<< UInt64(other)) == 0 {
                matchedFirst |= 1 &<< UInt64(place)
                matchedSecond |= 1 &<< UInt64(other)
                break
            }
            other += 1
        }
    }
    let matches = matchedFirst.nonzeroBitCount
    guard matches > 0 else { return 0 }
    var moved = 0
    while matchedFirst != 0 {
        let (one, two) = (matchedFirst.trailingZeroBitCount, matchedSecond.trailingZeroBitCount)
        if first[one] != second[two] { moved += 1 }
        matchedFirst &= matchedFirst &- 1
        matchedSecond &= matchedSecond &- 1
    }
    return jaroValue(matches, moved, first.count, second.count)
}

/// The same for texts that are longer than a word has bits.
private func longJaro(_ first: Span<UInt16>, _ second: Span<UInt16>) -> Double {
    let reach = max(0, max(first.count, second.count) / 2 - 1)
    var matchedSecond = [Bool](repeating: false, count: second.count)
    var matched: [UInt16] = []
    for place in 0..<first.count {
        for other in max(0, place - reach)..<max(max(0, place - reach), min(second.count, place + reach + 1))
        where !matchedSecond[other] && second[other] == first[place] {
            matchedSecond[other] = true
            matched.append(first[place])
            break
        }
    }
    guard !matched.isEmpty else { return 0 }
    var (moved, next) = (0, 0)
    for other in 0..<second.count where matchedSecond[other] {
        if second[other] != matched[next] { moved += 1 }
        next += 1
    }
    return jaroValue(matched.count, moved, first.count, second.count)
}

private func jaroValue(_ matches: Int, _ moved: Int, _ first: Int, _ second: Int) -> Double {
    let matches = (all: Double(matches), inOrder: Double(matches - moved / 2))
    return (matches.all / Double(first) + matches.all / Double(second) + matches.inOrder / matches.all) / 3
}
