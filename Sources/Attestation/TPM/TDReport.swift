import Crypto

/// The local report of the TDX module, which lies in Azure's report beside Intel's quote: the same guest, seen twice.
///
/// Little endian, 1024 bytes; source: Intel "TDX Module ABI", TDREPORT_STRUCT. Intel signs the quote alone, so a report that
/// says anything else than the quote is refused, and so is one whose own digests do not agree. Four fields have no
/// counterpart in the quote and are trusted for nothing, because no reader outside the machine can check them: the patch level
/// of the processor (CPUSVN), the code of the machine's own key (MAC), which fields of the module are valid (VALID), and,
/// in quotes before TDX 1.5, the versions of a module that replaced the first (TEE_TCB_SVN_2).
struct TDReport {
    /// Up to the end of TDINFO; Azure fills its place up with zeros.
    static let byteCount = 1024

    private let bytes: [UInt8]

    /// Checks the form and the digests inside.
    init(bytes: [UInt8]) throws(EvidenceError) {
        guard bytes.count >= TDReport.byteCount, bytes.dropFirst(TDReport.byteCount).allSatisfy({ $0 == 0 }) else {
            throw .azureEncoding
        }
        self.bytes = bytes
        // REPORTTYPE is TDX, subtype and version 0 (1 where a service guest is bound), the rest reserved.
        guard bytes[0] == 0x81, bytes[1] == 0, bytes[2] <= 1, isZero(3..<16), isZero(192..<224), isZero(495..<512),
            isZero(960..<1024)
        else { throw .azureEncoding }
        guard field(32, 48) == Array(SHA384.hash(data: field(256, 239))),
            field(80, 48) == Array(SHA384.hash(data: field(512, 512)))
        else { throw .azureReportData }
    }

    /// Whether report and quote are of one guest that asked for one thing.
    func isOfSameGuest(as quote: TDXQuote) -> Bool {
        let module =
            field(264, 16) == quote.moduleVersions && field(280, 48) == quote.seamMeasurement
            && field(328, 48) == quote.seamSigner && isZero(376..<384)
        let later = quote.laterModuleVersions
        let isLaterEqual = later == nil || field(384, 16) == later
        let registers = quote.runtimeRegisters.flatMap { $0 }
        let guest =
            field(512, 8) == bytes(of: quote.attributes) && field(520, 8) == bytes(of: quote.features)
            && field(528, 48) == quote.mrtd && field(576, 48) == quote.configurationID && field(624, 48) == quote.owner
            && field(672, 48) == quote.ownerConfiguration && field(720, 192) == registers
        let service = field(912, 48) == quote.serviceMeasurement ?? [UInt8](repeating: 0, count: 48)
        return field(128, 64) == quote.reportData && module && isLaterEqual && isZero(400..<495) && guest && service
    }

    private func field(_ offset: Int, _ count: Int) -> [UInt8] { Array(bytes[offset..<offset + count]) }

    private func isZero(_ range: Range<Int>) -> Bool { bytes[range].allSatisfy { $0 == 0 } }

    private func bytes(of value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
}
