import Bytes
import Domains
import Foundation

/// Names of columns as a page has room for them. A long one loses its middle; the whole of it stands in its `title` and, once,
/// in a list on the page.
struct ShownNames: Sendable {
    /// Columns of a fixed-width font that a name takes at most.
    static let width = 34

    /// By column; no two are the same.
    let short: [String]
    /// By column, as the domain names them.
    let full: [String]

    init(_ domain: TableDomain) {
        full = domain.columns.map(\.name)
        var short = full.map { ShownText.shortened($0, width: Self.width) }
        let counts = Dictionary(short.map { ($0, 1) }, uniquingKeysWith: +)
        for (column, name) in full.enumerated() where counts[short[column], default: 1] > 1 {
            // Those that differ in the middle alone are told apart by their place in the table.
            short[column] = ShownText.shortened(name, width: Self.width, mark: "…\(column + 1)…")
        }
        self.short = short
    }

    /// Columns whose name is not shown in full.
    var shortened: [Int] { full.indices.filter { short[$0] != ShownText.line(full[$0]) } }

    func label(_ column: Int, width: Int, height: Int = 1) -> Label {
        Label(short[column], width: width, height: height, full: full[column])
    }

    func pair(_ first: Int, _ second: Int) -> String { "\(short[first]) × \(short[second])" }

    /// A name by itself, whatever direction its letters run in.
    func markup(_ column: Int) -> String {
        let title = short[column] == full[column] ? "" : " title=\"\(HTML.escaped(full[column]))\""
        return "<bdi\(title)>\(HTML.escaped(short[column]))</bdi>"
    }

    func markup(_ first: Int, _ second: Int) -> String { "\(markup(first)) × \(markup(second))" }

    /// A sentence in which each name that runs from right to left stands by itself: two of them beside each other would change
    /// places, and a ratio its meaning.
    func markup(sentence: String) -> String {
        let names = short.filter { $0.unicodeScalars.contains(where: Self.runsToTheLeft) }.sorted {
            $0.count > $1.count
        }
        guard !names.isEmpty else { return HTML.escaped(sentence) }
        var (markup, plain, rest) = ("", "", sentence[...])
        while let letter = rest.first {
            if let name = names.first(where: { rest.hasPrefix($0) }) {
                markup += "\(HTML.escaped(plain))<bdi>\(HTML.escaped(name))</bdi>"
                plain = ""
                rest = rest.dropFirst(name.count)
            } else {
                plain.append(letter)
                rest = rest.dropFirst()
            }
        }
        return markup + HTML.escaped(plain)
    }

    /// Hebrew, Arabic and what Unicode keeps for scripts like them.
    private static func runsToTheLeft(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x590...0x8FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
        default: false
        }
    }

    /// A sentence that names columns in full, with the names that the page has room for.
    func abridged(_ text: String) -> String {
        shortened.sorted { full[$0].count > full[$1].count }
            .reduce(text) { $0.replacingOccurrences(of: full[$1], with: short[$1]) }
    }
}
