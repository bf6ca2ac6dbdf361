import Attestation
import Testing

@testable import Client

@Suite("What a client says when it stops")
struct ClientErrorTests {
    @Test(
        "each kind of refusal has its own exit code",
        arguments: [
            (ClientError.evidence(.documentSignature), Int32(2)), (.refused([.simulated]), 3),
            (.refused([.simulated, .channelBindingMismatch]), 4),
            (.anotherTask(expected: "a", found: "b"), 3), (.noBinding, 4), (.notListed(fingerprint: "x"), 5),
            (.remembered(.forked(sequence: 1)), 6), (.badInput("x"), 65), (.timedOut, 1),
            (.unreachable(address: "x", reason: "y"), 1),
        ])
    func exitCodes(error: ClientError, code: Int32) {
        #expect(error.exitCode == code)
        #expect(!error.description.isEmpty)
    }

    @Test(
        "a service's answer maps to identity, bad input or failure",
        arguments: [
            (401, "not_a_party", Int32(5)), (403, "role", 5), (400, "schema_mismatch", 65), (413, "too_large", 65),
            (422, "validation", 65), (400, "model_not_ready", 1), (409, "no_upload", 1), (500, "internal", 1),
        ])
    func problems(status: Int, code: String, exit: Int32) {
        let body = Array("{\"code\":\"\(code)\",\"detail\":\"d\",\"hint\":\"h\"}".utf8)
        let problem = ServiceProblem(status, body)
        #expect(problem.exitCode == exit && problem.code == code && problem.hint == "h")
    }

    @Test("row, column, value and what to do come through")
    func table() {
        let body = """
            {"code":"schema_mismatch","detail":"d","hint":"h","problems":[{"code":"out_of_domain","row":7,
            "column":"safety","value":"big","expected":"low, med, high","hint":"mend it"}]}
            """
        let text = ServiceProblem(400, Array(body.utf8)).description
        #expect(
            text.contains(
                "\n  out_of_domain at row 7, column \"safety\": found \"big\", expected low, med, high. mend it."))
    }

    @Test("columns of which the same is to be said share a line, and a problem of the whole file has no empty place")
    func grouped() {
        let body = """
            {"code":"schema_mismatch","detail":"d","hint":"h","problems":[
            {"code":"undeclared_column","row":1,"column":"a","expected":"the declared","hint":"Remove it"},
            {"code":"undeclared_column","row":1,"column":"b","expected":"the declared","hint":"Remove it"},
            {"code":"no_rows","expected":"a row","hint":"Check"}]}
            """
        let lines = ServiceProblem(400, Array(body.utf8)).description.split(separator: "\n").dropFirst()
        #expect(
            lines == [
                "  undeclared_column at row 1, columns \"a\", \"b\": expected the declared. Remove it.",
                "  no_rows: expected a row. Check.",
            ])
    }

    @Test(
        "an answer that is no problem+json is still an answer",
        arguments: ["", "<html>", "[1]", "{\"detail\":[{\"loc\":[\"body\",\"file\"],\"msg\":\"field required\"}]}"])
    func otherAnswers(body: String) {
        let problem = ServiceProblem(422, Array(body.utf8))
        #expect(!problem.detail.isEmpty)
    }

    @Test(
        "addresses",
        arguments: [
            ("https://example.org:9443", "example.org:9443"), ("127.0.0.1:8443", "127.0.0.1:8443"),
            ("localhost", "localhost:8443"), ("https://[::1]:8443/", "[::1]:8443"),
        ])
    func addresses(text: String, expected: String) throws {
        #expect(try ServiceAddress(text).description == expected)
    }

    @Test(
        "what is no address of a service is bad input",
        arguments: ["http://example.org", "https://", "https://a/b", "https://u:p@h"])
    func badAddresses(text: String) {
        let error = #expect(throws: ClientError.self) { try ServiceAddress(text) }
        #expect(error?.exitCode == 65)
    }
}
