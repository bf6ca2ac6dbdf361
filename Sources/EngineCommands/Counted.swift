/// A number with its noun, as a person says it: `1 row`, `2 rows`.
package enum Counted {
    /// - Parameter many: the noun of other numbers; with an s where nil.
    package static func of(_ count: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        count == 1 ? "1 \(one)" : "\(count) \(many ?? one + "s")"
    }
}
