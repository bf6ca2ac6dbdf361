/// Why bytes are not the CBOR that this project accepts.
public enum CBORError: Error, Sendable, Equatable, Hashable {
    case truncated
}
