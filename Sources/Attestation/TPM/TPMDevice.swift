#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A TPM 2.0: one command in, one answer out.
public protocol TPMDevice: Sendable {
    /// - Throws: `AttesterError`.
    func exchange(_ command: [UInt8]) throws(AttesterError) -> [UInt8]
}

/// `/dev/tpmrm0` of Linux, whose resource manager keeps our handles apart from others'.
///
/// It has met swtpm, a TPM in software, and no TPM in silicon yet.
public final class LinuxTPMDevice: TPMDevice {
    static let answerLimit = 4096
    private let file: Int32

    /// - Throws: `AttesterError.tpmMissing` or `.tpmFailed`.
    public init(path: String = "/dev/tpmrm0") throws(AttesterError) {
        do {
            file = try LinuxFile.open(path, O_RDWR)
        } catch {
            throw error.isMissing ? .tpmMissing : .tpmFailed(errno: error.errno)
        }
    }

    deinit { close(file) }

    public func exchange(_ command: [UInt8]) throws(AttesterError) -> [UInt8] {
        do {
            try LinuxFile.writeOnce(command, to: file)
            return try LinuxFile.readOnce(file, limit: LinuxTPMDevice.answerLimit)
        } catch {
            throw .tpmFailed(errno: error.errno)
        }
    }
}

/// The few commands that an attester needs, in the TPM's own encoding. Calls are made one after the other.
///
/// Big endian. Source: TPM 2.0 library specification, part 3: PCR_Extend (§22.2), PCR_Read (§22.4), CreatePrimary (§24.1),
/// Quote (§18.4), NV_Read (§31.13).
struct TPMSession {
    let device: any TPMDevice

    private enum Code: UInt32 {
        case createPrimary = 0x131
        case nvRead = 0x14E
        case quote = 0x158
        case nvReadPublic = 0x169
        case pcrRead = 0x17E
        case pcrExtend = 0x182
    }

    /// TPM_RH_ENDORSEMENT.
    private static let endorsement: UInt32 = 0x4000_000B
    /// An authorisation with the empty password (TPM_RS_PW).
    private static let password: [UInt8] = TPMSession.big(UInt32(9)) + big(UInt32(0x4000_0009)) + [0, 0, 0, 0, 0]

    /// A key for quotes alone under the endorsement hierarchy: ECDSA on P-256 with SHA-256, restricted, so that it signs
    /// nothing that was made outside of the TPM. The same TPM derives the same key from this template each time.
    private static let keyTemplate: [UInt8] =
        big(UInt16(0x0023)) + big(UInt16(0x000B))  // ECC, names by SHA-256
        + big(UInt32(0x0005_0072))  // fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign
        + big(UInt16(0))  // no policy
        + big(UInt16(0x0010)) + big(UInt16(0x0018)) + big(UInt16(0x000B))  // no cipher; ECDSA with SHA-256
        + big(UInt16(0x0003)) + big(UInt16(0x0010))  // P-256, no derivation
        + big(UInt16(0)) + big(UInt16(0))  // unique: empty

    /// Derives the key.
    /// - Returns: its handle.
    func createKey() throws(AttesterError) -> UInt32 {
        let sensitive = TPMSession.sized(TPMSession.sized([]) + TPMSession.sized([]))
        let parameters =
            sensitive + TPMSession.sized(TPMSession.keyTemplate) + TPMSession.sized([]) + TPMSession.big(UInt32(0))
        let answer = try run(.createPrimary, handles: [TPMSession.endorsement], parameters: parameters)
        var reader = TPMReader(answer)
        guard let handle = try? reader.integer(4) else { throw .tpmAnswer }
        return UInt32(truncatingIfNeeded: handle)
    }

    /// - Returns: TPMS_ATTEST and TPMT_SIGNATURE.
    func quote(
        key: UInt32, extraData: [UInt8], selection: [Int]
    ) throws(AttesterError) -> (attest: [UInt8], signature: [UInt8]) {
        let parameters =
            TPMSession.sized(extraData) + TPMSession.big(UInt16(0x0010)) + TPMSession.selection(selection)
        let answer = try run(.quote, handles: [key], parameters: parameters)
        do {
            // With a session: the length of the parameters, the parameters, the session's answer.
            var reader = TPMReader(answer)
            let count = Int(try reader.integer(4))
            var body = TPMReader(try reader.take(count))
            let attest = try body.sized(limit: TPMQuote.Limits.attest)
            return (attest, try body.take(count - 2 - attest.count))
        } catch {
            throw .tpmAnswer
        }
    }

    /// The values of registers of the SHA-256 bank.
    func read(_ indices: [Int]) throws(AttesterError) -> [Int: [UInt8]] {
        var values: [Int: [UInt8]] = [:]
        // A TPM answers eight at a time at most.
        for start in stride(from: 0, to: indices.count, by: 8) {
            let wanted = Array(indices[start..<min(start + 8, indices.count)])
            let answer = try run(.pcrRead, parameters: TPMSession.selection(wanted), hasSession: false)
            do {
                var reader = TPMReader(answer)
                _ = try reader.integer(4)  // how often registers changed
                guard try reader.integer(4) == 1, try reader.integer(2) == 0x000B else {
                    throw EvidenceError.tpmSelection
                }
                _ = try reader.take(Int(try reader.integer(1)))
                guard try reader.integer(4) == UInt64(wanted.count) else { throw EvidenceError.tpmSelection }
                for index in wanted {
                    let value = try reader.sized(limit: TPMRegister.byteCount)
                    guard value.count == TPMRegister.byteCount else { throw EvidenceError.tpmRegisters }
                    values[index] = value
                }
            } catch {
                throw .tpmAnswer
            }
        }
        return values
    }

    /// Extends a register of the SHA-256 bank.
    func extend(_ index: Int, with digest: [UInt8]) throws(AttesterError) {
        let digests = TPMSession.big(UInt32(1)) + TPMSession.big(UInt16(0x000B)) + digest
        _ = try run(.pcrExtend, handles: [UInt32(index)], parameters: digests)
    }

    /// The bytes of an index of non-volatile memory, which its owner's empty password may read.
    func readMemory(_ index: UInt32) throws(AttesterError) -> [UInt8] {
        let size: Int
        do {
            var reader = TPMReader(
                try run(.nvReadPublic, handles: [index], parameters: [], hasSession: false))
            var body = TPMReader(try reader.sized(limit: 1024))
            _ = try body.take(10)  // index, hash of names, attributes
            _ = try body.sized(limit: 64)
            size = Int(try body.integer(2))
        } catch let error as AttesterError {
            throw error
        } catch {
            throw .tpmAnswer
        }
        var bytes: [UInt8] = []
        while bytes.count < size {
            let count = min(size - bytes.count, 512)
            let parameters = TPMSession.big(UInt16(count)) + TPMSession.big(UInt16(bytes.count))
            // TPM_RH_OWNER authorises.
            let answer = try run(.nvRead, handles: [0x4000_0001, index], parameters: parameters)
            var reader = TPMReader(answer)
            guard (try? reader.integer(4)) != nil, let block = try? reader.sized(limit: count), block.count == count
            else { throw .tpmAnswer }
            bytes += block
        }
        return bytes
    }

    private func run(
        _ code: Code, handles: [UInt32] = [], parameters: [UInt8], hasSession: Bool = true
    ) throws(AttesterError) -> [UInt8] {
        let body = handles.flatMap { TPMSession.big($0) } + (hasSession ? TPMSession.password : []) + parameters
        let tag: UInt16 = hasSession ? 0x8002 : 0x8001
        let answer = try device.exchange(
            TPMSession.big(tag) + TPMSession.big(UInt32(10 + body.count)) + TPMSession.big(code.rawValue) + body)
        do {
            var reader = TPMReader(answer)
            _ = try reader.integer(2)
            guard try reader.integer(4) == UInt64(answer.count) else { throw EvidenceError.tpmEncoding }
            let result = UInt32(truncatingIfNeeded: try reader.integer(4))
            guard result == 0 else { throw AttesterError.tpmRefused(code: result) }
            return try reader.take(answer.count - 10)
        } catch let error as AttesterError {
            throw error
        } catch {
            throw .tpmAnswer
        }
    }

    /// TPML_PCR_SELECTION of one bank, SHA-256.
    private static func selection(_ indices: [Int]) -> [UInt8] {
        var map: [UInt8] = [0, 0, 0]
        for index in indices { map[index / 8] |= 1 << UInt8(index % 8) }
        return big(UInt32(1)) + big(UInt16(0x000B)) + [3] + map
    }

    private static func sized(_ bytes: [UInt8]) -> [UInt8] { big(UInt16(bytes.count)) + bytes }

    private static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        stride(from: T.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
    }
}
