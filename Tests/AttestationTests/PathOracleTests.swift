import Foundation
import SwiftASN1
import Testing
import VectorMath
@_spi(FixedExpiryValidationTime) import X509

@testable import Attestation

@Suite("Certificate paths, by swift-certificates", .enabled(if: Vectors.arePresent, Vectors.absence))
struct PathOracleTests {
    @Test(
        "swift-certificates agrees on the chain of every real document, in its time and outside",
        arguments: NitroCase.all)
    func agreement(_ expected: NitroCase) async throws {
        let document = try NitroDocument(bytes: Vectors.bytes("nitro/" + expected.file))
        let bundle = try document.bundle.map { try Certificate(derEncoded: $0) }
        let leaf = try Certificate(derEncoded: document.certificate)
        for (time, isValid) in [(expected.timestampMs / 1_000, true), (expected.notAfter + 60, false)] {
            var verifier = Verifier(rootCertificates: CertificateStore([try #require(bundle.first)])) {
                RFC5280Policy(fixedExpiryValidationTime: Date(timeIntervalSince1970: TimeInterval(time)))
            }
            let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(bundle.dropFirst()))
            if case .validCertificate = result { #expect(isValid) } else { #expect(!isValid) }
            let chain = try CertificatePath.parse(document.bundle + [document.certificate])
            let ours = try? CertificatePath(certificates: chain, profile: .nitro, now: time)
            #expect((ours != nil) == isValid)
        }
    }

    @Test("dates are read as swift-certificates reads them", arguments: NitroCase.all)
    func dates(_ expected: NitroCase) throws {
        let document = try NitroDocument(bytes: Vectors.bytes("nitro/" + expected.file))
        for der in document.bundle + [document.certificate] {
            let theirs = try Certificate(derEncoded: der)
            let ours = try ChainCertificate(der: der)
            #expect(Int64(theirs.notValidBefore.timeIntervalSince1970) == ours.notBefore)
            #expect(Int64(theirs.notValidAfter.timeIntervalSince1970) == ours.notAfter)
        }
    }
}

@Suite("Unix time")
struct UnixTimeTests {
    @Test("dates and seconds agree with Foundation, from 1900 to 2100")
    func calendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        var random = SplitMix64(state: 3)
        for _ in 0..<2_000 {
            let seconds = Int64.random(in: -2_208_988_800...4_102_444_800, using: &random)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: TimeInterval(seconds)))
            let (year, month, day) = (try #require(parts.year), try #require(parts.month), try #require(parts.day))
            let (hour, minute, second) = (
                try #require(parts.hour), try #require(parts.minute), try #require(parts.second)
            )
            #expect(
                UnixTime.seconds(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
                    == seconds)
            let pad = { (number: Int) in (number < 10 ? "0" : "") + String(number) }
            let text = "\(year)-\(pad(month))-\(pad(day)) \(pad(hour)):\(pad(minute)):\(pad(second)) UTC"
            #expect(UnixTime.text(seconds) == text)
        }
        #expect(UnixTime.text(.max) == "\(Int64.max) s after 1970")
    }
}
