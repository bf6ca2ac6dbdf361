import Client
import Foundation
import Tasks
import Testing

@testable import Service

/// Whoever owns the disk replays what they like of it. ε is never spent twice, and no figure of theirs is served, unless an
/// honest party's client has refused first.
@Suite("A host that owns the disk, live", .serialized, .timeLimit(.minutes(30)), .live)
struct StateAttackTests {
    private func withFolder(_ use: (URL, HostDisk) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await use(folder, HostDisk(of: folder))
    }

    private func rows(_ live: LiveService) async throws -> String {
        try await RawCalls(live, as: "Carol")("/samples?num_samples=40&seed=3").body
    }

    private func bring(_ party: String, _ live: LiveService) async throws {
        let file = try live.file("\(party).csv", party == "Alice" ? Cars.alice() : Cars.bob())
        try await live.asParty(party) { connection in
            _ = try await connection.upload(file: file)
            _ = try await connection.confirm()
        }
    }

    /// Both clients upload and confirm; rows of the model. Neither looks at the ledger again.
    private func train(_ task: TestTask, _ folder: URL) async throws -> String {
        try await withService(task, directory: folder) { live in
            for party in ["Alice", "Bob"] { try await bring(party, live) }
            try await waitForModel(try await RawCalls(live, as: "Olaf"))
            return try await rows(live)
        }
    }

    /// Each client refuses to bring its table again, and to confirm, whatever it is told of a restart.
    private func bothRefuse(_ live: LiveService, _ kinds: [String] = ["Alice", "Bob"]) async throws {
        for party in kinds {
            var configuration = live.client(party)
            configuration.acceptNewInstance = true
            let file = try live.file("\(party).csv", party == "Alice" ? Cars.alice() : Cars.bob())
            let upload = await refusal(configuration) { _ = try await $0.upload(file: file) }
            #expect(
                upload?.exitCode == 6 && "\(upload as Any)".contains("--measure-again"),
                "\(party): \(upload as Any)")
            let confirm = await refusal(configuration) { _ = try await $0.confirm() }
            #expect(confirm?.exitCode == 6, "\(party): \(confirm as Any)")
        }
    }

    @Test(
        "releases that are deleted alone are missed: nothing starts", arguments: ["independent", "mst"])
    func deletedReleases(_ method: String) async throws {
        try await withFolder { folder, disk in
            let task = try TestTask.workshop(method: method)
            _ = try await train(task, folder)
            try disk.deleteReleases()
            await #expect(throws: ServiceError.self) {
                try await withService(task, directory: folder) { _ in }
            }
            try disk.cut(after: "measurement")
            await #expect(throws: ServiceError.self) {
                try await withService(task, directory: folder) { _ in }
            }
        }
    }

    @Test(
        "releases deleted with their entries leave a task that has failed: no second measurement, ε spent"
    )
    func deletedWithEntries() async throws {
        try await withFolder { folder, disk in
            let task = try TestTask.workshop()
            _ = try await train(task, folder)
            try disk.deleteReleases()
            try disk.cut(after: "reservation")
            try await withService(task, directory: folder) { live in
                let alice = try await RawCalls(live, as: "Alice")
                #expect(try await alice("/model_status?verbose=1").object["stage"] as? String == "failed")
                #expect(try await alice.upload(Cars.alice()).code == "closed")
                #expect(try await alice("/ledger/total").object["epsilon"] as? Double == 3)
                #expect(try await alice("/samples").code == "stage_failed")
            }
            #expect(try disk.count("release") == 0)
        }
    }

    @Test("a ledger cut before the reservation asks for the tables again, and both clients refuse")
    func cutBeforeReservation() async throws {
        try await withFolder { folder, disk in
            let task = try TestTask.workshop()
            _ = try await train(task, folder)
            try disk.deleteReleases()
            try disk.cut(after: "confirm")
            try await withService(task, directory: folder) { live in
                #expect(
                    try await RawCalls(live, as: "Olaf")("/model_status?verbose=1").object["stage"] as? String
                        == "collecting")
                try await bothRefuse(live)
                var configuration = live.client("Alice")
                configuration.measureAgain = true
                let file = try live.file("Alice.csv", Cars.alice())
                #expect(await refusal(configuration) { _ = try await $0.upload(file: file) } == nil)
                let seen = try RememberedState(file: configuration.stateFile)
                #expect(seen.tasks[task.specification.digest.hex]?.measuredAgain?.count == 1)
            }
        }
    }

    @Test("neither curl through the local proxy nor its page gets a table to another boot, and the page says why")
    func proxied() async throws {
        try await withFolder { folder, disk in
            let task = try TestTask.workshop()
            _ = try await train(task, folder)
            try disk.deleteReleases()
            try disk.cut(after: "confirm")
            try await withService(task, directory: folder) { live in
                var configuration = live.client("Alice")
                configuration.acceptNewInstance = true
                try await PageTests.withPage(live, configuration, "guarded") { page in
                    let upload = try await page.calls.upload(Cars.alice())
                    #expect(upload.status >= 400 && upload.body.contains("--measure-again"), "\(upload.body)")
                    let confirm = try await page.calls("/confirm_data")
                    #expect(confirm.status >= 400 && confirm.body.contains("--measure-again"), "\(confirm.body)")
                    for path in ["/%63onfirm_data", "//confirm_data", "/confirm_data/?x=1"] {
                        #expect(try await page.calls(path).status >= 400)
                    }
                    let state = try await page.state()
                    #expect((state["warning"] as? String)?.contains("twice ε") == true, "\(state)")
                    #expect(try await page.may().isDisjoint(with: ["upload", "confirm"]))
                    #expect(try await page.post("upload", Data(Cars.alice().utf8)).body.contains("--measure-again"))
                    #expect(try await page.post("confirm", ["commitment": "x"]).body.contains("--measure-again"))
                }
                let uploads =
                    try await RawCalls(live, as: "Olaf")("/ledger").body
                    .components(separatedBy: "\"kind\":\"upload\"").count - 1
                #expect(uploads == 2, "nothing came")
                configuration.measureAgain = true
                try await PageTests.withPage(live, configuration, "again") { page in
                    let (warning, may) = (try await page.state()["warning"] as? String, try await page.may())
                    #expect(warning?.contains("--measure-again") == true && may.contains("upload"))
                }
            }
        }
    }

    @Test("an older copy of the state asks for the tables again, and both clients refuse")
    func olderCopy() async throws {
        try await withFolder { folder, disk in
            let task = try TestTask.workshop()
            try await withService(task, directory: folder) { try await bring("Alice", $0) }
            let copy = try disk.copy()
            // Bob comes once the service runs again; Alice has seen all of this copy's ledger, and no more.
            try await withService(task, directory: folder) { live in
                try await bothRefuse(live, ["Alice"])
                try await bring("Bob", live)
            }
            try disk.restore(copy)
            try await withService(task, directory: folder) { live in
                #expect(
                    try await RawCalls(live, as: "Alice")("/ledger/total").object["epsilon"] as? Double == 0)
                try await bothRefuse(live)
            }
        }
    }

    @Test(
        "a second state folder is another instance, and both clients refuse it, also once it has grown")
    func secondFolder() async throws {
        try await withFolder { folder, disk in
            let task = try TestTask.workshop()
            _ = try await train(task, folder)
            try FileManager.default.removeItem(at: disk.state)
            try await withService(task, directory: folder) { live in
                try await bothRefuse(live)
                // The same keys from a machine that remembers nothing: the ledger grows past what was seen.
                let file = try live.file("alice.csv", Cars.alice())
                for _ in 0..<20 {
                    let forgetful = live.client("Alice", memory: "forgetful.json")
                    #expect(await refusal(forgetful) { _ = try await $0.upload(file: file) } == nil)
                }
                try await bothRefuse(live)
            }
        }
    }

    @Test(
        "a planted model is not looked at: after the reservation the task is over, after the releases it is theirs"
    )
    func plantedModel() async throws {
        try await withFolder { folder, disk in
            let task = try TestTask.workshop()
            let genuine = try await train(task, folder)
            let model = disk.state.appending(path: "task.model")
            let file = try Data(contentsOf: model)
            let whole = try disk.copy()
            // A model of the same columns from other data: what the host would like to see served.
            let planted = try await withFolderResult { other in
                try await withService(task, directory: other) { live in
                    for (party, text) in [("Alice", Cars.alice(1..<9)), ("Bob", Cars.bob(1..<9))] {
                        let calls = try await RawCalls(live, as: party)
                        #expect(try await calls.upload(text).status == 200)
                        #expect(try await calls("/confirm_data").status == 200)
                    }
                    try await waitForModel(try await RawCalls(live, as: "Olaf"))
                }
                return try Data(contentsOf: other.appending(path: "state/task.model"))
            }
            #expect(planted != file)
            // (1) Beside a ledger that has everything, and beside one whose fit was cut short.
            for kind in ["trained", "measurement"] {
                try disk.restore(whole)
                if kind == "measurement" { try disk.cut(after: kind) }
                try planted.write(to: model)
                try await withService(task, directory: folder) { live in
                    try await waitForModel(try await RawCalls(live, as: "Olaf"))
                    #expect(try await rows(live) == genuine)
                }
                #expect(try Data(contentsOf: model) == file, "the same bytes as before the restart")
            }
            // (2) Beside a reservation from which nothing was drawn.
            try disk.restore(whole)
            try disk.deleteReleases()
            try disk.cut(after: "reservation")
            try planted.write(to: model)
            try await withService(task, directory: folder) { live in
                let carol = try await RawCalls(live, as: "Carol")
                #expect(try await carol("/samples").code == "stage_failed")
                #expect(try await carol("/report.json").status == 409)
            }
        }
    }

    @Test(
        "rewritten counts are missed by their entries; with rewritten entries the clients refuse")
    func rewrittenCounts() async throws {
        try await withFolder { folder, disk in
            let task = try TestTask.workshop()
            let genuine = try await train(task, folder)
            let whole = try disk.copy()
            try disk.cut(after: "measurement")
            try disk.rewriteCounts(rechains: false)
            await #expect(throws: ServiceError.self) {
                try await withService(task, directory: folder) { _ in }
            }
            try disk.restore(whole)
            try disk.cut(after: "measurement")
            try disk.rewriteCounts(rechains: true)
            try await withService(task, directory: folder) { live in
                try await waitForModel(try await RawCalls(live, as: "Olaf"))
                // The host has its way with who remembers nothing, and with nobody who confirmed.
                #expect(try await rows(live) != genuine)
                for party in ["Alice", "Bob"] {
                    for read in [0, 1] {
                        let error = await refusal(live.client(party)) { connection in
                            if read == 0 {
                                _ = try await connection.samples(.init(rows: 5)) { _ in }
                            } else {
                                _ = try await connection.reportJSON()
                            }
                        }
                        #expect(error?.exitCode == 6, "\(party): \(error as Any)")
                    }
                }
            }
        }
    }

    private func withFolderResult<Result>(_ use: (URL) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await use(folder)
    }
}
