/// Text of others as a person sees it: nothing in it is invisible, moves the cursor, or turns the order of letters around.
///
/// Every text from a task, a table, a model, a file or a service goes through here on its way to a terminal, a log, a PDF or
/// a page. Which characters are hidden follows from their Unicode properties, not from a list of bad ones: controls (C0 with
/// ESC, C1, DEL), marks of direction, whatever has no width, ends of lines and paragraphs, private and unassigned characters.
public enum ShownText {
    /// Whether a person cannot see a character, or sees something else than is there.
    public static func hides(_ scalar: Unicode.Scalar) -> Bool {
        if (0x20...0x7E).contains(scalar.value) { return false }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return true
        default: return properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint
        }
    }

    /// Whether a text has a hidden character, an end of a line or a tabulator among them.
    public static func hasHidden(_ text: String) -> Bool { text.unicodeScalars.contains(where: hides) }

    /// A text on one line: every hidden character stands as `\u001b`, in the form that JSON has.
    public static func line(_ text: String) -> String { escaped(text) { _ in false } }

    /// A text of our own that may hold texts of others: lines and tabulators stay.
    public static func block(_ text: String) -> String { escaped(text) { $0 == "\n" || $0 == "\t" } }

    private static func escaped(_ text: String, except isKept: (Unicode.Scalar) -> Bool) -> String {
        guard text.unicodeScalars.contains(where: { hides($0) && !isKept($0) }) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if hides(scalar), !isKept(scalar) {
                for unit in String(scalar).utf16 {
                    shown +=
                        "\\u" + Hex.encode([UInt8(truncatingIfNeeded: unit >> 8), UInt8(truncatingIfNeeded: unit)])
                }
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
