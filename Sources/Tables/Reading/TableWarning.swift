/// Something in a table that the service takes and that its owner may not have meant. It tells of the owner's data, so it is
/// for the owner only.
public struct TableWarning: Sendable, Equatable, Codable, CustomStringConvertible {
    /// A stable word for programs: `becomes_other`, `one_bin`, `constant`, `key_shapes`, `not_read`, `rule_broken`.
    public var code: String
    public var column: String?
    /// The sentence that the owner reads.
    public var text: String

    public init(code: String, column: String? = nil, text: String) {
        self.code = code
        self.column = column
        self.text = text
    }

    public var description: String { text }
}
