import Crypto
import Testing

@testable import Attestation

@Suite("The local report beside a TDX quote on Azure")
struct TDReportTests {
    private static let quotes = ["google_cos113_quote_v4.bin", "google_quote_v5.bin", "phala_tdx_quote_outdated.bin"]

    private static func quote(_ file: String) throws -> TDXQuote {
        try TDXQuote(bytes: Vectors.bytes("tdx/\(file)"))
    }

    /// A report as the module writes it for the guest of a quote, in Azure's place for it.
    private static func report(of quote: TDXQuote) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: SNPReport.byteCount)
        func put(_ offset: Int, _ value: [UInt8]) { bytes.replaceSubrange(offset..<offset + value.count, with: value) }
        func word(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }
        put(0, [0x81])
        put(16, [UInt8](repeating: 6, count: 16))
        put(128, quote.reportData)
        put(224, [UInt8](repeating: 9, count: 32))
        put(256, [0xFF, 1, 3])
        put(264, quote.moduleVersions + quote.seamMeasurement + quote.seamSigner)
        put(384, quote.laterModuleVersions ?? quote.moduleVersions)
        put(512, word(quote.attributes) + word(quote.features) + quote.mrtd + quote.configurationID + quote.owner)
        put(672, quote.ownerConfiguration + quote.runtimeRegisters.flatMap { $0 })
        put(912, quote.serviceMeasurement ?? [UInt8](repeating: 0, count: 48))
        return sealed(bytes)
    }

    /// With digests that agree, which anybody can compute.
    private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes.replaceSubrange(32..<80, with: Array(SHA384.hash(data: bytes[256..<495])))
        bytes.replaceSubrange(80..<128, with: Array(SHA384.hash(data: bytes[512..<1024])))
        return bytes
    }

    private static func isAccepted(_ bytes: [UInt8], _ quote: TDXQuote) -> Bool {
        (try? TDReport(bytes: bytes).isOfSameGuest(as: quote)) == true
    }

    @Test(
        "what the quote does not say is refused at every byte, whoever recomputes the digests inside",
        .enabled(if: Vectors.arePresent, Vectors.absence), arguments: quotes)
    func bytes(file: String) throws {
        let quote = try Self.quote(file)
        let right = Self.report(of: quote)
        #expect(Self.isAccepted(right, quote))
        // CPUSVN, MAC, VALID and, before TDX 1.5, TEE_TCB_SVN_2: no reader outside the machine can check them.
        var free = Set(16..<32).union(224..<256).union(256..<264)
        if quote.laterModuleVersions == nil { free.formUnion(384..<400) }
        for place in right.indices {
            var wrong = right
            wrong[place] ^= 0x10
            if !(16..<32).contains(place), !(224..<256).contains(place) {
                #expect(!Self.isAccepted(wrong, quote), "byte \(place)")
            }
            // The two digests are made anew from what they are over: a change of them alone heals.
            if !(32..<128).contains(place) {
                #expect(Self.isAccepted(Self.sealed(wrong), quote) == free.contains(place), "byte \(place), sealed")
            }
        }
        #expect(!Self.isAccepted([UInt8](repeating: 0, count: right.count), quote))
        #expect(!Self.isAccepted(Array(right.prefix(1000)), quote))
    }

    @Test(
        "the report of another guest is refused", .enabled(if: Vectors.arePresent, Vectors.absence))
    func others() throws {
        let all = try Self.quotes.map(Self.quote)
        for (place, quote) in all.enumerated() {
            for (other, one) in all.enumerated() {
                #expect(Self.isAccepted(Self.report(of: one), quote) == (place == other))
            }
        }
    }
}
