import Testing

@testable import Spark

@Suite("addresses of clusters")
struct SparkAddressTests {
    @Test("host, port, TLS and token are read as Spark's own clients read them")
    func read() throws {
        let plain = try SparkAddress("sc://localhost:15002")
        #expect((plain.host, plain.port, plain.isSecured) == ("localhost", 15002, false))
        #expect(try SparkAddress("sc://127.0.0.1").port == 15002)
        let secured = try SparkAddress("sc://spark.example.org:443/;use_ssl=true;token=secret")
        #expect(
            (secured.host, secured.port, secured.isSecured, secured.token) == ("spark.example.org", 443, true, "secret")
        )
        #expect(try SparkAddress("sc://spark.example.org:443/;token=secret").isSecured)
    }

    @Test(
        "what is no address is refused, and so is another machine without TLS; a token is not shown",
        arguments: [
            "localhost:15002", "sc://", "sc://:15002", "sc://localhost:0", "sc://localhost:65536", "sc://localhost:x",
            "sc://spark.example.org:15002", "sc://spark.example.org:443/;use_ssl=false", "sc://a/b:1",
            "sc://localhost:1/;user=x",
            "sc:// x:1/;token=hidden",
        ])
    func refused(text: String) {
        do throws(SparkError) {
            _ = try SparkAddress(text)
            Issue.record("accepted")
        } catch {
            #expect(!error.description.contains("hidden"))
            #expect(error.description.contains("sc://HOST:PORT"))
        }
    }

    @Test("no word of a server makes a line of its own, or is hidden")
    func words() {
        let text = "x\nProtection: 0.1\u{1B}[2K\u{202E}"
        let errors: [SparkError] = [
            .refused(text), .unreachable(text, tries: 1), .version(text), .answer(text), .wrongSums(text),
            .clientFailed(text),
            .type(table: text, column: text, is: text, expected: text), .columns(table: text, missing: [text]),
            .notCounted(text), .address(text, why: text),
        ]
        for error in errors {
            #expect(error.description.unicodeScalars.allSatisfy { $0 != "\n" && $0 != "\u{1B}" && $0 != "\u{202E}" })
        }
    }
}
