internal import Bytes
internal import Tables

/// Columns of texts: a classification whose values may be shown, or why it is none.
extension ColumnKind {
    private static let mostCategories = 500

    static func text(_ facts: ColumnFacts, isClassification: Bool) -> ColumnKind {
        if isClassification { return said(facts) }
        let (counts, rows) = (facts.counts, facts.core.count)
        if PrivateTexts.isName(facts) { return .leftOut("by its name it tells of persons or holds free text") }
        if let why = notDeclarable(counts) { return .leftOut(why) }
        if counts.keys.count(where: PrivateTexts.isPersonal) * 2 > counts.count {
            return .leftOut(ClassificationEvidence.reason(.personal, count: counts.count))
        }
        let evidence = ClassificationEvidence(facts, isTariff: ListedCodes.areExtended(facts))
        if facts.isTiny {
            // Of so few rows nothing can be learned but that each value is public.
            return evidence.others == 0
                ? .categories(evidence.values, others: 0)
                : .leftOut(ClassificationEvidence.reason(evidence.stranger, count: counts.count))
        }
        if let why = tooManyValues(facts) { return .leftOut(why) }
        let held = rows - evidence.others
        let strayed = facts.numbersAmongWords.reduce(0) { $0 + counts[$1, default: 0] }
        if held * 10 < rows * 8, (held + strayed) * 10 >= rows * 8 {
            return .leftOut(
                "\(strayed) of \(rows) cells are numbers among words: put the numbers into a column of their own")
        }
        guard held * 10 >= rows * 8, evidence.values.count <= mostCategories else {
            return .leftOut(ClassificationEvidence.reason(evidence.stranger, count: counts.count))
        }
        guard counts.count * 3 <= rows || counts.count <= 3 else {
            return .leftOut("it is no classification: \(counts.count) values in \(rows) rows, most of few rows")
        }
        return .categories(evidence.values, others: evidence.others)
    }

    /// A column of which whoever drafts says that it is a classification: what few rows have may still be somebody's own, and
    /// nobody means telephone numbers.
    private static func said(_ facts: ColumnFacts) -> ColumnKind {
        let (counts, rows) = (facts.counts, facts.core.count)
        if counts.keys.count(where: PrivateTexts.isPersonal) * 2 > counts.count {
            return .leftOut(ClassificationEvidence.reason(.personal, count: counts.count))
        }
        if facts.isTiny {
            let isSound = counts.keys.allSatisfy {
                $0.utf8.count <= 40 && !$0.contains("@") && !isIBAN($0) && !isPhone($0) && !looksLikeName($0)
                    && !DateSpelling.isDate($0) && !ShownText.hasHidden($0)
            }
            return isSound
                ? .categories(counts.keys.sorted(), others: 0)
                : .leftOut("it looks like what belongs to one person or firm")
        }
        if let why = tooManyValues(facts) { return .leftOut(why) }
        let least = rows <= 30 ? 2 : 3
        let numbersAmong = facts.numbersAmongWords
        let common = counts.filter {
            $0.value >= least && !ShownText.hasHidden($0.key) && !numbersAmong.contains($0.key)
        }
        let held = common.values.reduce(0, +)
        guard counts.count <= mostCategories, counts.count * 3 <= rows || counts.count <= 3, held * 10 >= rows * 8
        else {
            return .leftOut("it is no classification: \(counts.count) values in \(rows) rows, most of few rows")
        }
        return .categories(common.keys.sorted(), others: rows - held)
    }

    private static func tooManyValues(_ facts: ColumnFacts) -> String? {
        let (counts, rows) = (facts.counts, facts.core.count)
        if counts.count * 2 > rows { return "nearly all values differ (\(counts.count) in \(rows) rows)" }
        let length = counts.keys.reduce(0) { $0 + $1.utf8.count } / max(1, counts.count)
        if counts.count > 12, length > 40 { return "it looks like free text" }
        let numbers = counts.keys.count {
            NumberSpelling.isNumber($0) && !$0.utf8.allSatisfy { (48...57).contains($0) } || DateSpelling.isDate($0)
        }
        return counts.count > 12 && numbers * 2 > counts.count
            ? "half of its values are numbers or dates, the rest is not" : nil
    }

    /// Why texts that are nearly all of one kind cannot be declared, though a person reads them: with the way out.
    private static func notDeclarable(_ counts: [String: Int]) -> String? {
        let texts = Array(counts.keys.prefix(1_000))
        func most(_ isSo: (String) -> Bool) -> Bool {
            texts.count > 2 && texts.count(where: isSo) * 10 >= texts.count * 8
        }
        if most(isTimeOfDay) { return "it holds times of day or durations: export them as a number of minutes" }
        if most({ isShortened($0) || NumberSpelling.isNumber($0) }), texts.contains(where: isShortened) {
            return "its numbers are cut short by letters such as k and M: export them in full"
        }
        if most({ NumberSpelling.isNumber($0) && $0.contains { $0 == "." || $0 == "," } }) {
            return
                "its numbers are written in two ways, some with a decimal comma and some with a point: export them in one"
        }
        if most({ DateSpelling.isDate($0) }) { return "its dates are written in several ways: export them in one" }
        return nil
    }

    /// `07:45`, `7:45:10`.
    private static func isTimeOfDay(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return (2...3).contains(parts.count)
            && parts.allSatisfy { (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) } }
    }

    /// `1.2k`, `3M`.
    private static func isShortened(_ text: String) -> Bool {
        guard let last = text.last, "kKmMbB".contains(last), text.utf8.count > 1 else { return false }
        return NumberSpelling.isPlain(ColumnFacts.trimmed(String(text.dropLast())))
    }

    /// Two to four words that each begin with a capital: `Ana María Núñez`.
    static func looksLikeName(_ text: String) -> Bool {
        let words = text.split(separator: " ").filter { !$0.allSatisfy(\.isNumber) }
        return (2...4).contains(words.count)
            && words.allSatisfy { word in
                word.first?.isUppercase == true && word.dropFirst().contains { $0.isLowercase }
                    && word.allSatisfy { $0.isLetter || "-'’.".contains($0) }
            }
    }
}
