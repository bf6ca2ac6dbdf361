import ArgumentParser
import Attestation
import Client
import DemoData
import EngineCommands
import Foundation
import Queries
import Tasks

/// `entrepot demo`: the whole product on generated data, told as a story. The service is a process of its own, and the two
/// parties talk to it over the network like anybody else.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Plays the whole product: two parties, one service, synthetic rows at the end.",
        discussion: "Example: entrepot demo workshop --output demo")

    @Argument(help: "\(DemoScenario.allCases.map(\.rawValue).joined(separator: ", "))")
    var scenario: DemoScenario = .trade

    @Option(help: "The folder for everything the demo makes; an earlier demo there is replaced.")
    var output = "demo-output"

    @Option(help: "Rows of each generated table.")
    var rows: Int?

    @Option(help: "Synthetic rows to download.")
    var samples = 50_000

    func run() async throws {
        try await CommandFailure.reported {
            let stage = try DemoStage(scenario, directory: URL(fileURLWithPath: output, isDirectory: true))
            if try scenario.task().isComputedByOffices {
                try await OfficeDemo(stage: stage, rows: rows ?? scenario.defaultRows).play()
            } else {
                try await play(stage)
            }
        }
    }

    private func play(_ stage: DemoStage) async throws {
        let started = Date()
        let names = try stage.scenario.task().providers.map(\.name)
        Console.step(1, "\(names.formatted(.list(type: .and))) each hold a table about the same keys")
        let tables = try stage.scenario.write(to: stage.directory, rows: rows ?? stage.scenario.defaultRows, seed: 1)
        for (name, table) in zip(names, tables) { Console.say("   \(name): \(stage.shown(table))") }

        Console.step(2, "Each makes a key pair; together they sign one task")
        let task = try stage.signTask(rows: rows ?? stage.scenario.defaultRows)
        Console.say("   task digest \(task.digest.hex)")
        Console.say("   \(try TaskWords.text(task).replacingOccurrences(of: "\n", with: "\n   "))")

        Console.step(3, "The service starts with the SIMULATED attester (no confidentiality against the host)")
        let service = try await DemoService(stage)
        defer { service.stop() }
        Console.say("   listening on \(service.url), state in \(stage.shown(stage.state))")

        var card: EvidenceCard?
        for (number, name) in names.enumerated() {
            Console.step(4 + number, "\(name) verifies the evidence, reads the details, uploads and confirms")
            let client = try stage.client(name, service)
            try await VerifiedConnection.open(client) { connection in
                if card == nil {
                    let shown = EvidenceCard(connection.evidence)
                    Console.say("   \("\(shown)".replacingOccurrences(of: "\n", with: "\n   "))")
                    card = shown
                } else {
                    Console.say("   same program, same task, bound to this very connection")
                }
                Console.say("   /details       \(stage.line(try await connection.details()))")
                let receipt = try await connection.upload(file: tables[number].path) { sent, size in
                    Console.progress("   uploading \(size == 0 ? 100 : 100 * sent / size) %")
                }
                Console.endProgress()
                Console.say(
                    "   /upload_data   \(Counted.of(receipt.rows, "row")), sha256 \(receipt.sha256.prefix(16))…")
                Console.say("   /confirm_data  \(stage.line(try await connection.confirm(digest: receipt.sha256)))")
            }
        }

        Console.step(4 + names.count, "The last confirmation started the fit, once and for all")
        let files = try await stage.collect(service, as: names[0], samples: task.releasesRows ? samples : nil)
        if task.releasesRows {
            Console.step(5 + names.count, "What was released (noisy measurement) against what was sampled")
            Console.say(try DemoComparison(model: stage.model, parties: names).text)
        } else {
            Console.step(5 + names.count, "What was released: the answers of the queries, and nothing else")
        }

        if !task.queries.isEmpty {
            Console.say("   the permitted queries answered, from the same epsilon:")
            for answer in try await stage.answers(service, as: names[0], task) { Console.say(answer) }
        }

        Console.step(6 + names.count, "The ledger: one epsilon, recorded before the noise was drawn")
        Console.say("   \(files.ledgerLine)")
        let seconds = (Date().timeIntervalSince(started) * 10).rounded() / 10
        Console.say("\nDone in \(seconds) s. Look at:")
        if let csv = files.csv {
            Console.say("   \(stage.shown(csv))    synthetic rows: as many as you like cost nothing more")
            Console.say(
                "   \(stage.shown(stage.model))   the model: entrepot sample \(stage.shown(stage.model)) --rows 10 --seed 1"
            )
        } else {
            Console.say("   \(stage.shown(stage.model))   the answers: entrepot query NAME --model … --task …")
        }
        Console.say(
            "   \(stage.shown(stage.taskFile))          the signed task: entrepot task show \(stage.shown(stage.taskFile))"
        )
    }
}

/// The folder of a demo and what lies where.
struct DemoStage {
    let scenario: DemoScenario
    let directory: URL

    var taskFile: URL { directory.appendingPathComponent("task.yaml") }
    var state: URL { directory.appendingPathComponent("state") }
    var model: URL { state.appendingPathComponent("task.model") }

    /// Recreates the folder. A folder that no demo made is not touched.
    init(_ scenario: DemoScenario, directory: URL) throws {
        self.scenario = scenario
        self.directory = directory
        let mark = directory.appendingPathComponent(".entrepot-demo")
        let manager = FileManager.default
        if manager.fileExists(atPath: directory.path) {
            guard manager.fileExists(atPath: mark.path) else {
                throw CommandFailure("\(directory.path) exists and no demo made it; choose another --output")
            }
            try manager.removeItem(at: directory)
        }
        try manager.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data().write(to: mark)
    }

    /// Makes the keys, writes them into the task, and signs it for every provider.
    func signTask(rows: Int) throws -> TaskSpecification {
        var text = scenario.taskTemplate(rows: rows)
        let keys = directory.appendingPathComponent("keys").path
        try FileManager.default.createDirectory(atPath: keys, withIntermediateDirectories: true)
        for party in try scenario.task().parties {
            let key = try PartyPrivateKey.generate(.p256)
            try KeyFiles.write(key, name: party.name, directory: keys)
            guard let place = text.range(of: DemoScenario.emptyKey) else {
                throw CommandFailure("the task template has no place for the key of \(party.name)")
            }
            text.replaceSubrange(place, with: "public_key: \(key.publicKey.base64)")
        }
        try Data(text.utf8).write(to: taskFile)
        let task = try Files.task(at: taskFile.path)
        for party in task.signatories {
            let key = try KeyFiles.privateKey(at: keyFile(party.name))
            let signature = try TaskSignature.sign(task.digest, as: party.name, with: key)
            try Files.write(signature.fileBytes, to: SignatureFile.path(task: taskFile.path, party: party.name))
        }
        return task
    }

    func keyFile(_ party: String) -> String { directory.appendingPathComponent("keys/\(party).key").path }

    /// A party's client: its key, the task that it signed, and the measurements of the program that is running here.
    func client(_ party: String, _ service: DemoService) throws -> ClientConfiguration {
        var roots = TrustRoots.vendors
        for root in try CertificateFile.certificates(try Files.bytes(at: service.rootFile, limit: .certificates)) {
            roots = roots.trustingSimulated(root: root)
        }
        #if DEBUG
            let allowDebug = true
        #else
            let allowDebug = false
        #endif
        return ClientConfiguration(
            address: try ServiceAddress(service.url), key: try KeyFiles.privateKey(at: keyFile(party)),
            trust: TrustPolicy(
                now: 0, roots: roots,
                allowed: try ReleaseManifest(json: try Files.bytes(at: service.measurementsFile, limit: .releases)),
                allowDebug: allowDebug), task: try Files.task(at: taskFile.path).digest,
            stateFile: directory.appendingPathComponent("\(party).seen.json").path)
    }

    /// What the first party downloads once the fit is over.
    ///
    /// - Parameter samples: nil if the task releases no rows.
    func collect(
        _ service: DemoService, as party: String, samples: Int?
    ) async throws -> (csv: URL?, ledgerLine: String) {
        let csv = directory.appendingPathComponent("samples.csv")
        let json = directory.appendingPathComponent("samples.json")
        let ledger = directory.appendingPathComponent("ledger.json")
        let client = try client(party, service)
        let total = try await VerifiedConnection.open(client) { connection in
            let started = Date()
            let status = try await connection.waitForModel { status in
                Console.progress("   \(status.stage)…")
            }
            Console.endProgress()
            guard status.isTrained else { throw CommandFailure("the task is \(status.stage): \(status.reason ?? "")") }
            let seconds = (Date().timeIntervalSince(started) * 10).rounded() / 10
            Console.say("   /model_status  \(status.stage) after \(seconds) s; the tables are gone")
            Console.say("   /formats       \(line(try await connection.formats()))")
            Console.say("   /columns       \(line(try await connection.columns(party: "theirs")))")
            if let samples {
                _ = try await connection.samples(.init(rows: samples, format: "csv", seed: 1), file: csv.path)
                _ = try await connection.samples(.init(rows: 1_000, format: "json", seed: 1), file: json.path)
                Console.say("   /samples       \(samples) rows in \(shown(csv)), 1000 in \(shown(json))")
            } else {
                do {
                    _ = try await connection.samples(.init(rows: 1, format: "csv", seed: 1), file: csv.path)
                    throw CommandFailure("the service gave rows that the task does not release")
                } catch let error as ClientError {
                    Console.say("   /samples       refused: \(error)")
                }
            }
            try Files.write(try await connection.ledger(), to: ledger.path)
            return self.line(try await connection.ledgerTotal())
        }
        return (samples.map { _ in csv }, total)
    }

    /// The recorded answers, as a party fetches them; each is kept as a file.
    func answers(_ service: DemoService, as party: String, _ task: TaskSpecification) async throws -> [String] {
        try await VerifiedConnection.open(try client(party, service)) { connection in
            var texts: [String] = []
            for query in task.queries {
                let bytes = try await connection.query(query.name)
                try Files.write(bytes, to: directory.appendingPathComponent("query-\(query.name).json").path)
                let answer = try JSONDecoder().decode(QueryAnswer.self, from: Data(bytes))
                texts.append("   " + AnswerText(answer).text.replacingOccurrences(of: "\n", with: "\n   "))
            }
            for (name, bytes) in [
                ("json", try await connection.reportJSON()), ("pdf", try await connection.reportPDF()),
            ] {
                try Files.write(bytes, to: directory.appendingPathComponent("report.\(name)").path)
            }
            let verified = "entrepot verify \(shown(directory.appendingPathComponent("report.pdf")))"
            texts.append(
                "   the same as a signed report: \(verified) --simulated-root \(service.rootFile) "
                    + "--measurements \(service.measurementsFile) --allow-debug")
            return texts
        }
    }

    /// A path as a person would type it.
    func shown(_ file: URL) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return file.path.hasPrefix(here) ? String(file.path.dropFirst(here.count)) : file.path
    }

    /// A body on one line of reasonable length.
    func line(_ body: [UInt8]) -> String {
        let text = String(decoding: body, as: UTF8.self).replacingOccurrences(of: "\n", with: " ")
        return text.count > 150 ? text.prefix(147) + "…" : text
    }
}

extension DemoScenario {
    /// The placeholder for a key in the templates.
    static let emptyKey = ##"public_key: ""  # the line that `entrepot keygen` prints"##
}
