// A libFuzzer target over every parser that needs no package: `scripts/fuzz` compiles it with those parsers as one module.
// `FUZZ_TARGET` chooses the parser. A finding is a trap, or a broken promise below.

import Foundation

/// Ends the run with what was broken; libFuzzer keeps the input.
func promise(_ holds: Bool, _ what: StaticString) {
    guard holds else { fatalError("\(what)") }
}

func fuzzCBOR(_ bytes: [UInt8]) {
    guard let value = try? CBOR(decoding: bytes, lengths: .definiteOrIndefinite) else { return }
    let encoded = value.encoded
    // An array of 256 items that ends with a break needs one byte less than one that begins with their number.
    if (try? CBOR(decoding: bytes, lengths: .definite)) != nil {
        promise(encoded.count <= bytes.count, "a value encodes longer than it was")
    }
    promise((try? CBOR(decoding: encoded, lengths: .definite)) == value, "a value does not read back")
}

func fuzzDocument(_ bytes: [UInt8]) {
    guard let document = try? NitroDocument(bytes: bytes) else { return }
    promise(document.signature.count == 96 && document.registers.count <= 32, "a document breaks its bounds")
    promise(bytes.count <= 16384 + 160, "a document is larger than the format permits")
}

func fuzzReport(_ bytes: [UInt8]) {
    guard let report = try? SNPReport(bytes: bytes) else { return }
    promise(bytes.count == SNPReport.byteCount && report.signature.count == 96, "a report breaks its bounds")
}

func fuzzQuote(_ bytes: [UInt8]) {
    guard let quote = try? TDXQuote(bytes: bytes) else { return }
    promise(quote.mrtd.count == 48 && quote.reportData.count == 64, "a quote breaks its bounds")
}

/// A form gives the same bytes however it is cut.
func fuzzForm(_ bytes: [UInt8]) {
    func content(cut: Int) -> [UInt8]? {
        guard var parser = try? MultipartFileParser(boundary: "XX", field: "file") else { return nil }
        var content: [UInt8] = []
        do {
            var rest = bytes[...]
            while !rest.isEmpty {
                try parser.consume(rest.prefix(cut)) { content += $0 }
                rest = rest.dropFirst(cut)
            }
            try parser.finish()
        } catch {
            return nil
        }
        return content
    }
    promise(content(cut: 1) == content(cut: bytes.count + 1), "a form depends on how it was cut")
}

func fuzzHeader(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let header = HeaderValue(text)
    promise(header.parameters.count <= bytes.count, "a header has more parameters than bytes")
}

private let target = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Proof: libFuzzer lends `count` bytes for this call; they are copied.
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    switch target {
    case "cbor": fuzzCBOR(bytes)
    case "nitro": fuzzDocument(bytes)
    case "sev-snp": fuzzReport(bytes)
    case "tdx": fuzzQuote(bytes)
    case "form": fuzzForm(bytes)
    case "header": fuzzHeader(bytes)
    default: fatalError("FUZZ_TARGET names no parser")
    }
    return 0
}
