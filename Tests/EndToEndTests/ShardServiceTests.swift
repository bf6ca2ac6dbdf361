import Attestation
import Client
import FittedModels
import Foundation
import Tasks
import Testing

/// `serve` and three `shard`s as processes, each of which shows the others evidence.
@Suite("A service and its shards as processes", .serialized, .timeLimit(.minutes(20)), .live)
struct ShardServiceTests {
    /// A folder with a task, and what runs for it.
    final class Scene {
        let folder: URL
        let task: TestTask
        let taskFile: String
        let addresses: [String]
        private(set) var shards: [Program.Running] = []
        private var service: Program.Running?
        private var port = 0

        static let own = "MEASURED"

        /// - Parameters:
        ///   - measurements: of the shards and of the service, as the task lists them; those of the program where nil.
        init(shards measured: String? = nil, coordinator: String? = nil, rowsPerKey: Int = 1) async throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "served-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let own = try await Self.measured(folder)
            addresses = try (0..<3).map { _ in "127.0.0.1:\(try Self.freePort())" }
            let engine =
                "{kind: shards, shards: ['\(addresses.joined(separator: "', '"))'], attested: {shards: {evidence: "
                + "simulated, measurements: {\(measured ?? own)}}, service: {evidence: simulated, measurements: "
                + "{\(coordinator ?? own)}}}}"
            task = try TestTask.workshop(
                rowsPerKey: rowsPerKey, engine: engine,
                privacy: "{epsilon: 8000, delta: 0, unit: record, accept_high_epsilon: a test of equal counts}")
            let file = folder.appending(path: "task.yaml")
            try Data(task.specification.canonicalBytes).write(to: file)
            taskFile = file.path
            for (party, signature) in zip(task.specification.providers, task.signatures) {
                try Data(signature).write(to: folder.appending(path: "task.\(party.name).sig"))
            }
            for place in 0..<3 { try await startShard(place) }
            try await serve()
        }

        deinit {
            for shard in shards { shard.stop() }
            service?.stop()
            try? FileManager.default.removeItem(at: folder)
        }

        private var state: String { folder.appending(path: "state").path }

        /// The registers of the program, as a task writes them.
        private static func measured(_ folder: URL) async throws -> String {
            let made = try await Program.run(["keygen", "office", "--output", folder.path])
            #expect(made.code == 0, "\(made.talk)")
            let shard = try ShardProcesses.start(folder, listen: "127.0.0.1:0")
            _ = try await shard.announced("a shard listens on ")
            shard.stop()
            let file = folder.appending(path: "state/simulated-root/measurements.json")
            let manifest = try ReleaseManifest(json: Data(contentsOf: file))
            let registers = try #require(manifest.releases.first?.measurements["simulated"])
            return registers.sorted { $0.key < $1.key }.map { "\($0.key): '\($0.value)'" }.joined(separator: ", ")
        }

        private static func freePort() throws -> Int {
            let end = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(end) }
            var found = sockaddr_in()
            found.sin_family = sa_family_t(AF_INET)
            found.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &found) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(end, $0, length) == 0 && getsockname(end, $0, &length) == 0
                }
            }
            #expect(isBound)
            return Int(in_port_t(bigEndian: found.sin_port))
        }

        func startShard(_ place: Int) async throws {
            let shard = try Program.Running([
                "shard", "--task", taskFile, "--attester", "simulated", "--state", state, "--listen", addresses[place],
            ])
            _ = try await shard.announced("a shard listens on ")
            if shards.indices.contains(place) { shards[place] = shard } else { shards.append(shard) }
        }

        private func serve() async throws {
            let service = try Program.Running([
                "serve", "--task", taskFile, "--attester", "simulated", "--state", state, "--listen", "127.0.0.1:0",
            ])
            self.service = service
            let address = try await service.announced("listening on https://127.0.0.1:")
            port = try #require(Int(address))
        }

        func asParty<Result>(
            _ party: String, _ use: (VerifiedConnection) async throws -> Result
        ) async throws -> Result {
            let root = folder.appending(path: "state/simulated-root")
            let roots = try CertificateFile.certificates(Array(Data(contentsOf: root.appending(path: "root.pem"))))
                .reduce(TrustRoots.vendors) { $0.trustingSimulated(root: $1) }
            let configuration = ClientConfiguration(
                address: ServiceAddress(host: "127.0.0.1", port: port), key: task.keys[party],
                trust: TrustPolicy(
                    now: 0, roots: roots,
                    allowed: try ReleaseManifest(json: Data(contentsOf: root.appending(path: "measurements.json"))),
                    allowDebug: true),
                task: task.specification.digest, stateFile: folder.appending(path: "\(party)-seen.json").path)
            return try await VerifiedConnection.open(configuration, use: use)
        }

        func file(_ name: String, _ text: String) throws -> String {
            let url = folder.appending(path: name)
            try Data(text.utf8).write(to: url)
            return url.path
        }

        func bring(_ party: String, _ text: String, confirms: Bool = true) async throws {
            let file = try file("\(party).csv", text)
            try await asParty(party) { connection in
                let receipt = try await connection.upload(file: file)
                if confirms { _ = try await connection.confirm(digest: receipt.sha256) }
            }
        }

        func status() async throws -> TaskStatus { try await asParty("Olaf") { try await $0.status() } }
    }

    /// The noisy counts of a model: of noise that is zero but with a probability below e⁻²⁰.
    private static func transcript(_ path: String) throws -> (model: FittedModel, releases: [UInt8]) {
        let model = try FittedModel(encoded: Array(Data(contentsOf: URL(fileURLWithPath: path))))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (model, Array(try encoder.encode(model.transcript)))
    }

    @Test(
        "every count of the model is that of one machine, and who counted stands in model, report and verification",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [1, 2])
    func equal(rowsPerKey: Int) async throws {
        let scene = try await Scene(rowsPerKey: rowsPerKey)
        func repeated(_ text: String) -> String {
            let lines = text.split(separator: "\n")
            // With two rows a key every third key has a second one: fewer than are left out.
            return
                (lines
                + (rowsPerKey > 1 ? lines.dropFirst().enumerated().filter { $0.offset % 3 == 0 }.map(\.element) : []))
                .joined(separator: "\n") + "\n"
        }
        let (alice, bob) = (repeated(Cars.alice(1..<1_200)), repeated(Cars.bob(300..<1_500)))
        try await scene.bring("Alice", alice)
        try await scene.bring("Bob", bob)
        let status = try await scene.asParty("Alice") { try await $0.waitForModel(upTo: 300) }
        #expect(status.isTrained, "\(status)")
        let served = scene.folder.appending(path: "served.model").path
        _ = try await scene.asParty("Alice") { try await $0.model(file: served) }
        let local = scene.folder.appending(path: "local.model").path
        let fit = try await Program.run([
            "fit", "--task", scene.taskFile, "--data", "Alice=\(try scene.file("a.csv", alice))", "--data",
            "Bob=\(try scene.file("b.csv", bob))", "--output", local,
        ])
        #expect(fit.code == 0, "\(fit.talk)")
        let (first, second) = (try Self.transcript(served), try Self.transcript(local))
        #expect(first.releases == second.releases && first.releases.count > 500)
        let words = "3 shards at \(scene.addresses.joined(separator: ", "))"
        #expect(first.model.plan.countedBy == words && second.model.plan.countedBy == nil)
        let verified = try await Program.run(["verify", "--privacy", served, "--task", scene.taskFile])
        #expect(verified.code == 0 && verified.output.contains("counted by \(words)"), "\(verified)")
        let other = try await Program.run(["verify", "--privacy", local, "--task", scene.taskFile])
        #expect(other.code != 0 && other.output.contains("counted by nobody else"), "\(other)")
        let page = scene.folder.appending(path: "page.html")
        let report = try await Program.run(["report", served, "--output", page.path])
        let html = try String(contentsOf: page, encoding: .utf8)
        #expect(
            report.code == 0 && html.contains("By \(words)"), "\(report)")
    }

    @Test(
        "a shard killed with rows ends the task by its name, in the upload of the other table or before the fit; without any it may come back",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [false, true])
    func killed(isBeforeFit: Bool) async throws {
        let scene = try await Scene()
        scene.shards[1].kill()
        await #expect(throws: ClientError.self) { try await scene.bring("Alice", Cars.alice()) }
        #expect(try await scene.status().stage == "collecting")
        try await scene.startShard(1)
        try await scene.bring("Alice", Cars.alice())
        if isBeforeFit { try await scene.bring("Bob", Cars.bob(), confirms: false) }
        scene.shards[2].kill()
        let error = await #expect(throws: ClientError.self) {
            if isBeforeFit {
                try await scene.asParty("Bob") { _ = try await $0.confirm() }
            } else {
                try await scene.bring("Bob", Cars.bob())
            }
        }
        #expect(
            error.map { "\($0)".contains("\(scene.addresses[2]) was lost") } == true, "\(String(describing: error))")
        let status = try await scene.status()
        #expect(status.stage == "failed" && status.reason?.contains(scene.addresses[2]) == true, "\(status)")
        let ledger = try await scene.asParty("Alice") { String(decoding: try await $0.ledger(), as: UTF8.self) }
        #expect(!ledger.contains("reservation"), "\(ledger)")
    }

    @Test(
        "a shard of another measurement gets no row, and a shard takes none from a service of another",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [true, false])
    func measured(isShard: Bool) async throws {
        let other = (0..<3).map { "PCR\($0): \(String(repeating: "ab", count: 48))" }.joined(separator: ", ")
        let scene = try await isShard ? Scene(shards: other) : Scene(coordinator: other)
        let error = await #expect(throws: ClientError.self) { try await scene.bring("Alice", Cars.alice()) }
        #expect(
            error.map { "\($0)".contains("127.0.0.1") && "\($0)".contains("is not what the task lists") } == true,
            "\(String(describing: error))")
        #expect(try await scene.status().stage == "collecting")
    }

    @Test(
        "a shard is started for a task that lists some, and never with a private key",
        .enabled(if: Program.isBuilt, Program.absence))
    func started() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "started-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try await Program.run(["keygen", "office", "--output", folder.path]).code == 0)
        let key = folder.appending(path: "office.key").path
        let secret = try await Program.run(["shard", "--coordinator", key, "--attester", "simulated"])
        #expect(secret.code == 64 && secret.talk.contains("is a private key"), "\(secret)")
        let file = folder.appending(path: "task.yaml")
        try Data(try TestTask.workshop().specification.canonicalBytes).write(to: file)
        let enclave = try await Program.run(["shard", "--task", file.path, "--attester", "simulated"])
        #expect(enclave.code == 65 && enclave.talk.contains("lists no shards"), "\(enclave)")
        let both = try await Program.run([
            "shard", "--task", file.path, "--coordinator", key, "--attester", "simulated",
        ])
        #expect(both.code == 64 && both.talk.contains("one --coordinator"), "\(both)")
    }
}
