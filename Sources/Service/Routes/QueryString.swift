import Foundation

/// The arguments of a request's query, decoded; the last of a name counts.
struct QueryString: Sendable, Equatable {
    private var values: [String: [String]] = [:]

    init(_ text: String?) {
        for pair in (text ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? QueryString.decoded(parts[1]) : ""
            values[QueryString.decoded(parts[0]), default: []].append(value)
        }
    }

    /// The names of all arguments, in the order of the alphabet.
    var names: [String] { values.keys.sorted() }

    subscript(name: String) -> String? { values[name]?.last }

    /// Every value of an argument that may be given more than once.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// A whole number, or nil if the argument is absent.
    ///
    /// - Throws: 422 as the workshop answers it.
    func integer(_ name: String) throws(Problem) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let number = Int64(text) else {
            throw Problem.argument(
                ["query", name], "value is not a valid integer", "type_error.integer",
                hint: "Give \(name) as a whole number.")
        }
        return number
    }

    private static func decoded(_ text: Substring) -> String {
        let spaced = String(text.map { $0 == "+" ? " " : $0 })
        return spaced.removingPercentEncoding ?? spaced
    }
}
