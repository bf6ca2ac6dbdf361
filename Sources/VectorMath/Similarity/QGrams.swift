/// Dice's coefficient of two texts' q-grams: twice the number that they share over the number of both, from 0 to 1.
///
/// Each text is padded with q − 1 blanks at both ends, so that the first and the last character count as often as others.
/// q-grams that occur several times are shared as often as they occur in both. Two empty texts have 1, one empty text 0.
///
/// - Parameter length: q, from 1 to 4.
public func qGramDice(_ first: Span<UInt16>, _ second: Span<UInt16>, length: Int) -> Double {
    precondition((1...4).contains(length))
    guard first.count > 0, second.count > 0 else { return first.count == second.count ? 1 : 0 }
    let (one, two) = (qGrams(first, length), qGrams(second, length))
    var (left, right, shared) = (0, 0, 0)
    while left < one.count, right < two.count {
        if one[left] == two[right] {
            (left, right, shared) = (left + 1, right + 1, shared + 1)
        } else if one[left] < two[right] {
            left += 1
        } else {
            right += 1
        }
    }
    return Double(2 * shared) / Double(one.count + two.count)
}

/// The q-grams of a padded text in ascending order, each as one word of 16 bits a character.
private func qGrams(_ text: Span<UInt16>, _ length: Int) -> [UInt64] {
    let blank = UInt64(0x20)
    var grams: [UInt64] = []
    grams.reserveCapacity(text.count + length - 1)
    let mask: UInt64 = length == 4 ? .max : (1 &<< UInt64(16 * length)) &- 1
    var gram = (0..<length).reduce(UInt64(0)) { word, _ in (word &<< 16) | blank }
    for place in 0..<(text.count + length - 1) {
        gram = ((gram &<< 16) | (place < text.count ? UInt64(text[place]) : blank)) & mask
        grams.append(gram)
    }
    grams.sort()
    return grams
}
