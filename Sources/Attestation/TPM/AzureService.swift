import Bytes
import Foundation

/// What Azure's host hands to a confidential guest beside its virtual TPM.
public protocol AzureService: Sendable {
    /// Intel's quote of a local report of the TDX module.
    /// - Throws: `AttesterError`.
    func quote(of report: [UInt8]) throws(AttesterError) -> [UInt8]
    /// DER of AMD's certificate of the chip, and of those above it.
    /// - Throws: `AttesterError`.
    func certificates() throws(AttesterError) -> [[UInt8]]
}

/// The service at 169.254.169.254, which answers guests alone: `/acc/tdquote` makes quotes, and `/metadata/THIM` keeps
/// AMD's certificates.
///
/// Written by Microsoft's open guest libraries (`azure-cvm-tooling`) and tested against a stand-in on the loopback address:
/// it has never met Azure. What comes back is checked by whoever verifies the evidence.
public struct AzureMetadataService: AzureService {
    private let host: String
    private let port: UInt16

    /// - Parameters:
    ///   - host: another address in a test alone.
    ///   - port: likewise.
    public init(host: String = "169.254.169.254", port: UInt16 = 80) {
        self.host = host
        self.port = port
    }

    public func quote(of report: [UInt8]) throws(AttesterError) -> [UInt8] {
        let base64 = Data(report).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        let body = Array("{\"report\":\"\(base64.prefix { $0 != "=" })\"}".utf8)
        let answer = try call("POST", "/acc/tdquote", ["Content-Type: application/json"], body)
        guard JSONForm.isPlain(answer), let found = try? JSONDecoder().decode(Quote.self, from: Data(answer)),
            let quote = DocumentText.base64(Array(found.quote.utf8))
        else { throw .azureServiceAnswer }
        return quote
    }

    public func certificates() throws(AttesterError) -> [[UInt8]] {
        let answer = try call("GET", "/metadata/THIM/amd/certification", ["Metadata: true"], nil)
        let certificates = DocumentWrapping(answer).certificates
        guard !certificates.isEmpty else { throw .azureServiceAnswer }
        return certificates
    }

    private func call(
        _ method: String, _ path: String, _ head: [String], _ body: [UInt8]?
    ) throws(AttesterError) -> [UInt8] {
        let answer: PlainHTTP.Answer
        do {
            answer = try PlainHTTP(host: host, port: port).call(method, path, head: head, body: body)
        } catch {
            switch error {
            case .unreachable(let errno): throw .azureServiceUnreachable(errno: errno)
            case .malformed: throw .azureServiceAnswer
            }
        }
        guard answer.status == 200 else { throw .azureServiceRefused(status: answer.status) }
        return answer.body
    }

    private struct Quote: Decodable { let quote: String }
}
