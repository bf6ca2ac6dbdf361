/// What a service says about itself, in 192 bytes of fixed layout that the evidence signs.
///
/// All integers are big endian, so that no parser is needed:
/// ```
///   0   8 magic "ENTREP01"        8   4 flags        12   4 zero
///  16  32 SHA-256 of the task    48  32 boot id      80  32 ledger head
/// 112   8 ledger sequence       120   8 boot time in milliseconds
/// 128  32 channel binding       160  32 SHA-256 of the build manifest
/// ```
/// The layout is our own: a later one gets another magic.
public struct Statement: Sendable, Equatable, Hashable {
    /// Properties that a relying party must know before anything else.
    public struct Flags: OptionSet, Sendable, Hashable {
        /// The flags as the 32 bits of the encoded statement.
        public let rawValue: UInt32
        /// - Parameter rawValue: the 32 bits of an encoded statement.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The evidence was made by the simulated attester.
        public static let simulated = Flags(rawValue: 1)
        /// The service was built for debugging.
        public static let debugBuild = Flags(rawValue: 2)
        /// Ledger and releases lie on a disk of the host, who could exchange them; otherwise in memory alone.
        public static let stateOnDisk = Flags(rawValue: 4)
        static let known: Flags = [.simulated, .debugBuild, .stateOnDisk]
    }

    /// Length of an encoded statement in bytes.
    public static let byteCount = 192
    static let magic = Array("ENTREP01".utf8)

    /// What a relying party must know first.
    public let flags: Flags
    /// SHA-256 of the bytes that `GET /spec` returns.
    public let taskDigest: [UInt8]
    /// 32 random bytes, drawn when the service started.
    public let bootID: [UInt8]
    /// Hash of the newest ledger entry that the caller may know.
    public let ledgerHead: [UInt8]
    /// The place of that entry in the ledger, counted from 1.
    public let ledgerSequence: UInt64
    /// Unix time of the start, in milliseconds.
    public let bootTime: UInt64
    /// `ChannelBinding.binding` of the connection that asked.
    public let channelBinding: [UInt8]
    /// SHA-256 of the build manifest.
    public let buildManifestDigest: [UInt8]

    /// - Throws: `EvidenceError.statementField` when a digest is not 32 bytes long.
    public init(
        flags: Flags, taskDigest: [UInt8], bootID: [UInt8], ledgerHead: [UInt8], ledgerSequence: UInt64,
        bootTime: UInt64, channelBinding: [UInt8], buildManifestDigest: [UInt8]
    ) throws(EvidenceError) {
        for field in [taskDigest, bootID, ledgerHead, channelBinding, buildManifestDigest] where field.count != 32 {
            throw .statementField
        }
        self.flags = flags
        self.taskDigest = taskDigest
        self.bootID = bootID
        self.ledgerHead = ledgerHead
        self.ledgerSequence = ledgerSequence
        self.bootTime = bootTime
        self.channelBinding = channelBinding
        self.buildManifestDigest = buildManifestDigest
    }

    /// Reads an encoded statement; unknown flags and non-zero padding are refused.
    public init(bytes: [UInt8]) throws(EvidenceError) {
        guard bytes.count == Statement.byteCount else { throw .statementLength(bytes.count) }
        guard Array(bytes[0..<8]) == Statement.magic else { throw .statementMagic }
        let flags = Flags(rawValue: UInt32(truncatingIfNeeded: Statement.integer(bytes[8..<12])))
        guard flags.isSubset(of: .known), bytes[12..<16].allSatisfy({ $0 == 0 }) else { throw .statementFlags }
        try self.init(
            flags: flags, taskDigest: Array(bytes[16..<48]), bootID: Array(bytes[48..<80]),
            ledgerHead: Array(bytes[80..<112]), ledgerSequence: Statement.integer(bytes[112..<120]),
            bootTime: Statement.integer(bytes[120..<128]), channelBinding: Array(bytes[128..<160]),
            buildManifestDigest: Array(bytes[160..<192]))
    }

    /// The 192 bytes.
    public var bytes: [UInt8] {
        var bytes = Statement.magic
        bytes.reserveCapacity(Statement.byteCount)
        bytes += Statement.bigEndian(flags.rawValue)
        bytes += [0, 0, 0, 0]
        bytes += taskDigest + bootID + ledgerHead
        bytes += Statement.bigEndian(ledgerSequence)
        bytes += Statement.bigEndian(bootTime)
        bytes += channelBinding + buildManifestDigest
        return bytes
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        stride(from: T.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
    }
}
