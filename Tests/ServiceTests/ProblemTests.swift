import Domains
import Foundation
import HTTPTypes
import Tables
import Testing

@testable import Service

@Suite("Errors as answers")
struct ProblemTests {
    private func object(_ problem: Problem) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(problem.body.bytes))
        return try #require(value as? [String: Any])
    }

    @Test("a problem carries the workshop's detail, a stable code and what to do")
    func body() throws {
        let body = try object(Problem.notAParty)
        #expect(body["code"] as? String == "not_a_party")
        #expect(body["status"] as? Int == 401)
        #expect(body["type"] as? String == "urn:entrepot:problem:not_a_party")
        #expect((body["detail"] as? String)?.isEmpty == false)
        #expect((body["hint"] as? String)?.isEmpty == false)
    }

    @Test("a faulty argument has the shape that the workshop's clients read")
    func argument() throws {
        let problem = #expect(throws: Problem.self) { try QueryString("num_samples=abc").integer("num_samples") }
        let body = try object(try #require(problem))
        let detail = try #require((body["detail"] as? [[String: Any]])?.first)
        #expect(detail["loc"] as? [String] == ["query", "num_samples"])
        #expect(detail["type"] as? String == "type_error.integer")
        #expect(body["code"] as? String == "validation")
    }

    @Test("a table's problems name row, column, value, what was expected and what to do")
    func table() throws {
        let quoted = "tab\t \"quote\" \u{1} é"
        let found = TableProblem(
            code: "out_of_domain", row: 7, column: "safety", value: quoted, expected: "low, med, high", hint: "mend it")
        let problem = Problem(
            .badRequest, code: "schema_mismatch", detail: "…", hint: "…", audience: .owner,
            table: TableProblems(problems: [found], counts: ["out_of_domain": 3]))
        let body = try object(problem)
        let first = try #require((body["problems"] as? [[String: Any]])?.first)
        #expect(first["row"] as? Int == 7 && first["column"] as? String == "safety")
        #expect(first["value"] as? String == quoted)
        #expect((body["counts"] as? [String: Int]) == ["out_of_domain": 3])
    }

    @Test("an unknown path is 404 and an unknown method is 405 with Allow")
    func routing() throws {
        #expect(throws: Problem.notFound(nearest: nil)) { try Endpoint.find(.get, "/secret") }
        let problem = #expect(throws: Problem.self) { try Endpoint.find(.get, "/upload_data") }
        #expect(problem?.status == .methodNotAllowed && problem?.headers[.allow] == "POST")
        #expect(try Endpoint.find(.post, "/confirm_data") == .confirmAsPost)
    }

    @Test("strangers reach evidence, task and health, and nothing else")
    func strangers() {
        let open = Endpoint.allCases.filter { endpoint in (try? endpoint.admit(.stranger)) != nil }
        #expect(open == [.attestation, .spec, .health, .ready, .openAPI])
    }

    @Test("consumers and auditors cannot touch the task")
    func roles() {
        for endpoint in Endpoint.allCases where endpoint.access == .providers {
            #expect(throws: Problem.wrongRole("providers")) {
                try endpoint.admit(.party(name: "Carol", role: .consumer))
            }
        }
        #expect((try? Endpoint.samples.admit(.party(name: "Carol", role: .consumer))) != nil)
        #expect((try? Endpoint.samples.admit(.party(name: "Olaf", role: .auditor))) == nil)
    }

    @Test("the date of an answer is written as HTTP wants it")
    func date() {
        #expect(HTTPDate.text(Date(timeIntervalSince1970: 784_111_777)) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
