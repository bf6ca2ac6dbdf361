import Bytes
import Crypto

/// Ties evidence to one TLS 1.3 connection.
///
/// Evidence that names only the service's key can be relayed by anybody who obtains that key once (CVE-2026-33697). The
/// TLS exporter of RFC 9266 differs for every connection, so that evidence made for one is worthless on another.
/// Source: RFC 8446 §7.5, RFC 9266.
public enum ChannelBinding {
    /// Label of the exporter (RFC 9266 §4.2).
    public static let exporterLabel = "EXPORTER-Channel-Binding"
    /// Length of exporter and binding in bytes.
    public static let byteCount = 32

    /// The hash of a TLS 1.3 cipher suite, which is the hash of its key schedule.
    public enum SuiteHash: Sendable, Equatable {
        /// TLS_AES_128_GCM_SHA256 and TLS_CHACHA20_POLY1305_SHA256.
        case sha256
        /// TLS_AES_256_GCM_SHA384.
        case sha384
    }

    /// A connection's exporter master secret. It is neither printed nor compared.
    public struct ExporterSecret: Sendable, CustomStringConvertible, CustomReflectable {
        let secret: SymmetricKey
        /// Told by the length of the secret: the key log does not name the suite.
        public let hash: SuiteHash

        /// - Returns: nil unless the secret is 32 or 48 bytes long.
        public init?(bytes: some Sequence<UInt8>) {
            let bytes = Array(bytes)
            switch bytes.count {
            case 32: hash = .sha256
            case 48: hash = .sha384
            default: return nil
            }
            secret = SymmetricKey(data: bytes)
        }

        /// A fixed text: a secret is not printed.
        public var description: String { "exporter secret" }
        /// Reflection shows nothing of the secret.
        public var customMirror: Mirror { Mirror(self, children: []) }
    }

    /// The exporter secret, when `line` is the `EXPORTER_SECRET` line of an NSS key log.
    ///
    /// Returns nil for every other line of a key log; callers drop it and never write it anywhere.
    /// - Parameter line: `EXPORTER_SECRET <client random, hex> <secret, hex>`, with or without the end of line.
    public static func exporterSecret(fromKeyLogLine line: some Sequence<UInt8>) -> ExporterSecret? {
        var line = Array(line)
        while let last = line.last, last == 0x0A || last == 0x0D { line.removeLast() }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3, words[0].elementsEqual("EXPORTER_SECRET".utf8), words[1].count == 64,
            Hex.decode(words[1]) != nil, let secret = Hex.decode(words[2])
        else { return nil }
        return ExporterSecret(bytes: secret)
    }

    /// TLS-Exporter(label, context, length) of RFC 8446 §7.5.
    /// - Parameters:
    ///   - secret: the connection's exporter master secret.
    ///   - label: defaults to the label of RFC 9266.
    ///   - context: empty for channel binding.
    ///   - length: 1…255 bytes.
    public static func exporter(
        _ secret: ExporterSecret, label: String = exporterLabel, context: [UInt8] = [], length: Int = byteCount
    ) -> [UInt8] {
        switch secret.hash {
        case .sha256: exporter(SHA256.self, secret.secret, label: label, context: context, length: length)
        case .sha384: exporter(SHA384.self, secret.secret, label: label, context: context, length: length)
        }
    }

    /// SHA-256("ENTREPOT-CB1" || exporter || nonce || SPKI): the binding in the statement.
    public static func binding(exporter: [UInt8], nonce: [UInt8], spki: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array("ENTREPOT-CB1".utf8))
        hash.update(data: exporter)
        hash.update(data: nonce)
        hash.update(data: spki)
        return Array(hash.finalize())
    }

    private static func exporter<H: HashFunction>(
        _: H.Type, _ secret: SymmetricKey, label: String, context: [UInt8], length: Int
    ) -> [UInt8] {
        // Derive-Secret(exporter_master_secret, label, "") then HKDF-Expand-Label(…, "exporter", Hash(context), length).
        let derived = expandLabel(
            H.self, secret, label: label, context: Array(H.hash(data: [UInt8]())), length: H.Digest.byteCount)
        let exported = expandLabel(
            H.self, derived, label: "exporter", context: Array(H.hash(data: context)), length: length)
        // Proof: the bytes are copied within the call that lends them.
        return exported.withUnsafeBytes { Array($0) }
    }

    /// HKDF-Expand-Label of RFC 8446 §7.1.
    private static func expandLabel<H: HashFunction>(
        _: H.Type, _ secret: SymmetricKey, label: String, context: [UInt8], length: Int
    ) -> SymmetricKey {
        let label = Array("tls13 ".utf8) + Array(label.utf8)
        var info = [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        info += [UInt8(truncatingIfNeeded: label.count)] + label
        info += [UInt8(truncatingIfNeeded: context.count)] + context
        return HKDF<H>.expand(pseudoRandomKey: secret, info: info, outputByteCount: length)
    }
}
