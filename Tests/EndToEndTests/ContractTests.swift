import Client
import Foundation
import Testing

/// The calls of the enclave workshop as its notebook makes them, over curl.
@Suite("The contract with the workshop, live", .serialized, .timeLimit(.minutes(30)), .live)
struct ContractTests {
    @Test("every call answers as the workshop's notebook expects, from the first to the last")
    func notebook() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let bob = try await RawCalls(live, as: "Bob")
            let details = try await alice("/details").object
            #expect(details["method"] as? String == "independent" && details["epsilon"] as? Double == 3)
            #expect(details["party_names"] as? [String] == ["Alice", "Bob"])
            #expect(details["params"] as? [String: Int] == [:])
            #expect(try await alice("/model_status").body == "\"Model status: awaiting data\"")
            #expect(try await alice("/formats").body == "[\"csv\",\"json\"]")
            let early = try await alice("/samples")
            #expect(early.status == 400 && early.code == "model_not_ready")
            #expect(
                early.detail
                    == "Model is not yet fit to data. Please wait until the data has been uploaded and model fitted.")

            let upload = try await alice.upload(Cars.alice())
            #expect(upload.status == 200 && upload.object["message"] as? String == "Upload completed")
            #expect(upload.object["rows"] as? Int == 50)
            #expect(try await alice.upload(Cars.alice()).status == 200)
            let columns = try await bob("/columns?party=theirs")
            #expect(columns.status == 409 && columns.detail == "Alice has not uploaded and confirmed their data yet.")
            let confirmed = try await alice("/confirm_data")
            #expect(confirmed.status == 200 && confirmed.object["message"] as? String == "Data confirmed")
            let late = try await alice.upload(Cars.alice())
            #expect(late.status == 409 && late.detail == "This person has already uploaded their data.")
            let none = try await bob("/confirm_data")
            #expect(none.status == 409 && none.code == "no_upload")

            #expect(try await bob.upload(Cars.bob()).status == 200)
            #expect(try await bob("/confirm_data", ["-X", "POST"]).status == 200)
            try await waitForModel(bob)
            #expect(try await alice("/model_status").body == "\"Model status: trained\"")

            let theirs = try await bob("/columns?party=theirs").object
            #expect(theirs["user"] as? String == "Bob")
            #expect(theirs["columns"] as? [String] == ["Alice_buying", "Alice_maint", "Alice_doors"])
            #expect((theirs["rows"] as? [[String]])?.first == ["low", "low", "2"])
            #expect(try await bob("/columns?party=xyz").status == 400)
            #expect(
                try await bob("/columns").object["columns"] as? [String] == [
                    "Bob_persons", "Bob_lug_boot", "Bob_safety", "Bob_value",
                ])

            let csv = try await alice("/samples?format=csv&num_samples=2")
            #expect(csv.type == "text/csv; charset=utf-8")
            #expect(
                csv.body.hasPrefix(
                    "Alice_buying,Alice_maint,Alice_doors,Bob_persons,Bob_lug_boot,Bob_safety,Bob_value\n"))
            #expect(csv.body.split(separator: "\n").count == 3)
            #expect(try await alice("/samples").body.split(separator: "\n").count == 1001)
            let json = try await alice("/samples?format=json&num_samples=3")
            #expect(json.type == "application/json")
            #expect(Set((json.object["Alice_buying"] as? [String: String] ?? [:]).keys) == ["0", "1", "2"])
            let unknown = try await alice("/samples?format=xlsx")
            #expect(unknown.status == 400 && unknown.code == "format_unsupported")
            for count in ["0", "-3"] {
                let answer = try await alice("/samples?num_samples=\(count)")
                #expect(answer.status == 400 && answer.detail == "Cannot sample less than 0.")
            }
            let text = try await alice("/samples?num_samples=abc")
            #expect(text.status == 422 && text.body.contains("\"loc\":[\"query\",\"num_samples\"]"))
            let method = try await alice("/upload_data")
            #expect(method.status == 405 && method.detail == "Method Not Allowed")
        }
    }

    @Test("strangers and wrong roles are refused, and headers name nobody")
    func identity() async throws {
        let task = try TestTask.workshop()
        try await withService(task) { live in
            let nobody = try await RawCalls(live, as: nil)
            let paths = [
                "/details", "/model_status", "/formats", "/columns", "/samples", "/ledger", "/ledger/total", "/metrics",
                "/confirm_data",
            ]
            for path in paths {
                let answer = try await nobody(path, ["-H", "X-OBLV-User-Name: Alice"])
                #expect(answer.status == 401 && answer.code == "not_a_party", "\(path)")
                #expect(!answer.body.contains("Bob"), "\(path) tells strangers who takes part")
            }
            let upload = try await nobody("/upload_data", ["-F", "file=@/dev/null", "-H", "X-OBLV-User-Name: Alice"])
            #expect(upload.status == 401)
            for path in ["/spec", "/healthz", "/readyz", "/attestation?nonce=" + String(repeating: "a0", count: 32)] {
                #expect(try await nobody(path).status == 200, "\(path)")
            }
            for nonce in ["", "?nonce=", "?nonce=12", "?nonce=" + String(repeating: "zz", count: 32)] {
                #expect(try await nobody("/attestation" + nonce).code == "bad_nonce")
            }
            let carol = try await RawCalls(live, as: "Carol")
            #expect(try await carol("/confirm_data").status == 403)
            #expect(try await carol("/halt", ["-X", "POST"]).status == 403)
            let olaf = try await RawCalls(live, as: "Olaf")
            #expect(try await olaf("/ledger").status == 200)
            #expect(try await olaf("/samples").status == 403)
        }
    }

    @Test("confirming a hundred times and sampling a thousand times leaves the ledger's total where it was")
    func oneEpsilon() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = live.directory.appending(path: "alice.csv").path
            let bob = live.directory.appending(path: "bob.csv").path
            try Data(Cars.alice().utf8).write(to: URL(fileURLWithPath: alice))
            try Data(Cars.bob().utf8).write(to: URL(fileURLWithPath: bob))
            try await live.asParty("Alice") { connection in
                #expect(try spent(try await connection.ledgerTotal()) == 0)
                _ = try await connection.upload(file: alice)
                _ = try await connection.confirm()
            }
            try await live.asParty("Bob") { connection in
                let receipt = try await connection.upload(file: bob)
                _ = try await connection.confirm(digest: receipt.sha256)
                _ = try await connection.waitForModel(upTo: 300)
                // That rows left for Bob is entered once, at his first download.
                _ = try await connection.samples(.init(rows: 3, seed: 0)) { _ in }
                let total = try await connection.ledgerTotal()
                let entries = try await connection.ledger()
                #expect(try spent(total) == 3)
                for _ in 0..<100 { _ = try await connection.confirm() }
                for seed in 0..<1000 {
                    _ = try await connection.samples(.init(rows: 3, seed: UInt64(seed))) { _ in }
                }
                #expect(try await connection.ledgerTotal() == total)
                #expect(try await connection.ledger() == entries)
            }
        }
    }

    private func spent(_ total: [UInt8]) throws -> Double? {
        (try JSONSerialization.jsonObject(with: Data(total)) as? [String: Any])?["epsilon"] as? Double
    }
}

/// Waits until the fit is over.
func waitForModel(_ calls: RawCalls) async throws {
    for _ in 0..<1_200 {
        let stage = try await calls("/model_status?verbose=1").object["stage"] as? String
        if stage != "training" { return }
        try await Task.sleep(for: .milliseconds(250))
    }
}
