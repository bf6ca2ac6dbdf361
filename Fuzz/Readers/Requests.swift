import Domains
import Foundation
import HTTPTypes
import Tables
import Tasks

@testable import Service

/// What the service reads of a request's head and of short bodies: the first line is a path with its query, the second one
/// a header's value, the rest a body.
func feedRequest(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
    let texts = parts.map { String(decoding: $0, as: UTF8.self) }
    let line = texts[0].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let query = QueryString(line.count > 1 ? String(line[1]) : nil)
    for method in [HTTPRequest.Method.get, .post, .delete] {
        guard let endpoint = try? Endpoint.find(method, line.first.map(String.init) ?? "") else { continue }
        promise(endpoint.method == method, "a path is another method's call")
        _ = try? endpoint.check(query)
    }
    if let request = try? SampleRequest(query) {
        promise(
            (try? SampleRequest(QueryString(request.text))) == request, "a request changes when it is written and read")
    }
    if texts.count > 1 {
        let header = HeaderValue(texts[1])
        promise(header.parameters.count <= bytes.count, "a header has more parameters than bytes")
        if let range = ByteRange(texts[1]), let resolved = range.resolved(total: 1_000) {
            promise(!resolved.isEmpty && resolved.upperBound <= 1_000, "a range lies outside its file")
        }
        if let name = HTTPField.Name(DeclaredOpening.openingHeader) {
            _ = try? DeclaredOpening(HTTPFields(dictionaryLiteral: (name, texts[1])))
        }
    }
    if texts.count > 2 { _ = try? Confirmation(Array(parts[2])) }
}

/// A file of settings, and a list of rules: YAML that is no task.
func feedSettings(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let known = ["url", "party", "trust_releases", "measurement"]
    do throws(TaskProblems) {
        let settings = try SettingsFile(yaml: text, known: known, refused: ["insecure": "it is said each time"])
        promise(settings.values.keys.allSatisfy(known.contains), "a key that is not known was taken")
    } catch {
        promise(!error.problems.isEmpty, "settings are refused without a reason")
    }
    let file = RuleFile(yaml: text)
    promise(file.rules != nil || !file.problems.isEmpty, "rules are refused without a reason")
    _ = try? WorkshopRuntime(yaml: text)
}

func requestSeeds() -> [[UInt8]] {
    [
        "/samples?num_samples=20&seed=7&where=a%3Dx&columns=a,b&format=arrow\nbytes=0-99\n{\"spec_hash\":\"00\"}",
        "/samples?imputation=3&seed=1&draws=independent\nform-data; name=\"file\"; filename=\"a\\\"b.csv\"\n",
        "/ledger/inclusion?entry=1&size=3\nbytes=-5\n{\"file_sha256\":\"\",\"boot\":null}",
        "/queries/flows?x=%C3%A9\n\(String(repeating: "0a", count: 32))\n[]",
    ].map { Array($0.utf8) }
}

func settingsSeeds() throws -> [[UInt8]] {
    try [
        "url: https://localhost:8443\nparty: Alice\nmeasurement:\n  - PCR0=00\n  - 'x'\n",
        "rules:\n  - {if: {a: x}, then: {b: [y, z]}}\n  - a < b\n", "insecure: true\nurl: &a [1, *a]\n",
    ].map { Array($0.utf8) } + taskSeeds()
}
