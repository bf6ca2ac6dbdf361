public struct NitroDocument: Sendable {
    /// The fields of the payload map.
    public enum Field: String, Sendable, Hashable, CaseIterable {
        case moduleID = "module_id"
        case digest, timestamp, pcrs, certificate, cabundle
        case publicKey = "public_key"
        case userData = "user_data"
        case nonce
    }
}
