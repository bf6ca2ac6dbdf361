/// The log that firmware and boot loader keep of what they measured, as Linux hands it out.
///
/// Little endian. The first event is in the old form and names the digests' algorithms; the others carry a digest for each.
/// Only SHA-256 digests are taken. Source: TCG PC Client Platform Firmware Profile §10.
public struct EventLog: Sendable, Equatable {
    /// One measurement.
    public struct Event: Sendable, Equatable {
        /// The register that it went into.
        public let register: Int
        /// What kind of event it was (EV_SEPARATOR is 4, EV_EFI_BOOT_SERVICES_APPLICATION 0x80000003).
        public let type: UInt32
        /// SHA-256.
        public let digest: [UInt8]
        /// What the measurer says that it measured: a hint, which the digest need not be of.
        public let data: [UInt8]
    }

    /// Where the kernel shows the log of the first TPM.
    public static let path = "/sys/kernel/security/tpm0/binary_bios_measurements"
    private static let noAction: UInt32 = 3
    private static let signature = Array("Spec ID Event03\0".utf8)
    private static let sha256: UInt16 = 0x000B

    public let events: [Event]

    /// - Throws: `EvidenceError.tpmEventLogTruncated` where the log ends inside an event, `.tpmEventLog` otherwise.
    public init(bytes: [UInt8]) throws(EvidenceError) {
        var cursor = Cursor(bytes: bytes)
        _ = try cursor.integer(4)
        guard try cursor.integer(4) == UInt64(EventLog.noAction) else { throw .tpmEventLog }
        _ = try cursor.take(20)
        let head = try cursor.take(Int(try cursor.integer(4)))
        let lengths = try EventLog.digestLengths(head)
        guard lengths[EventLog.sha256] == 32 else { throw .tpmEventLog }
        var events: [Event] = []
        while !cursor.isAtEnd {
            let register = try cursor.integer(4)
            let type = UInt32(truncatingIfNeeded: try cursor.integer(4))
            var digest: [UInt8]?
            let count = try cursor.integer(4)
            guard count <= 16 else { throw .tpmEventLog }
            for _ in 0..<count {
                let algorithm = UInt16(truncatingIfNeeded: try cursor.integer(2))
                guard let length = lengths[algorithm] else { throw .tpmEventLog }
                let value = try cursor.take(length)
                if algorithm == EventLog.sha256 { digest = value }
            }
            let data = try cursor.take(Int(try cursor.integer(4)))
            if type == EventLog.noAction { continue }
            guard register < UInt64(TPMRegister.count), let digest else { throw .tpmEventLog }
            events.append(Event(register: Int(register), type: type, digest: digest, data: data))
        }
        self.events = events
    }

    /// The digests that went into a register, in order.
    public func digests(of register: Int) -> [[UInt8]] {
        events.filter { $0.register == register }.map(\.digest)
    }

    /// Which digests the log has, and how long each is: TCG_EfiSpecIDEvent.
    private static func digestLengths(_ head: [UInt8]) throws(EvidenceError) -> [UInt16: Int] {
        var cursor = Cursor(bytes: head)
        guard try cursor.take(16) == signature else { throw .tpmEventLog }
        _ = try cursor.take(8)
        var lengths: [UInt16: Int] = [:]
        let count = try cursor.integer(4)
        guard count <= 16 else { throw .tpmEventLog }
        for _ in 0..<count {
            let algorithm = UInt16(truncatingIfNeeded: try cursor.integer(2))
            lengths[algorithm] = Int(try cursor.integer(2))
        }
        return lengths
    }

    private struct Cursor {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ count: Int) throws(EvidenceError) -> [UInt8] {
            guard count <= bytes.count - position else { throw .tpmEventLogTruncated }
            defer { position += count }
            return Array(bytes[position..<position + count])
        }

        mutating func integer(_ count: Int) throws(EvidenceError) -> UInt64 {
            try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
