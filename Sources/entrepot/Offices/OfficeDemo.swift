import Client
import DemoData
import Engine
import EngineCommands
import FittedModels
import Foundation
import PrivacyKernel
import Queries
import Tasks

/// The demonstration without a service: each office is a process of its own, on this machine's loopback.
struct OfficeDemo {
    let stage: DemoStage
    let rows: Int

    /// Plays it, as a story.
    func play() async throws {
        let started = Date()
        let names = try stage.scenario.task().providers.map(\.name)
        Console.step(1, "\(names.formatted(.list(type: .and))) each hold a table, and none of them has an enclave")
        let tables = try stage.scenario.write(to: stage.directory, rows: rows, seed: 1)
        for (name, table) in zip(names, tables) { Console.say("   \(name): \(stage.shown(table))") }

        Console.step(2, "Each makes a key pair; together they sign one task")
        let task = try stage.signTask(rows: rows)
        Console.say("   task digest \(task.digest.hex)")
        Console.say("   \(try TaskWords.text(task).replacingOccurrences(of: "\n", with: "\n   "))")

        Console.step(3, "Each starts `entrepot compute` with its own table, and listens for the others")
        let base = try await OfficeMesh.freePorts(names.count)
        let addresses = zip(names, base).map { "\($0)=127.0.0.1:\($1)" }
        let offices = try names.indices.map { place in
            try OfficeProcess(
                stage, name: names[place], table: tables[place], port: base[place],
                peers: addresses.enumerated().filter { $0.offset > place }.map(\.element))
        }
        for office in offices {
            Console.say("   \(office.name): process \(office.number), log in \(stage.shown(office.log))")
        }

        Console.step(4, "They count, mask, add their noise, and the totals open")
        for office in offices { try await office.wait() }
        let seconds = (Date().timeIntervalSince(started) * 10).rounded() / 10
        let results = try offices.map { try Data(contentsOf: $0.state.appendingPathComponent("task.model")) }
        guard Set(results).count == 1, let result = results.first else {
            throw CommandFailure("the offices have different results")
        }
        Console.say("   all \(names.count) offices have the same result, byte for byte: \(result.count) bytes")
        try tell(task, Array(result), offices)
        Console.say("\nDone in \(seconds) s. Look at:")
        let model = stage.shown(offices[0].state.appendingPathComponent("task.model"))
        Console.say("   \(model)   the model: entrepot sample \(model) --rows 10 --seed 1")
        Console.say(
            "   \(stage.shown(offices[0].state.appendingPathComponent("receipt.json")))   the offices' signatures under the totals"
        )
    }

    private func tell(_ task: TaskSpecification, _ file: [UInt8], _ offices: [OfficeProcess]) throws {
        let plan = try TaskPlan(task)
        let product = try TaskProduct(encoded: file)
        Console.say("   the permitted queries answered, from the same epsilon:")
        for answer in try plan.queries.answers(from: product.transcript, domain: product.domain) {
            Console.say("   \(AnswerText(answer).text.replacingOccurrences(of: "\n", with: "\n   "))")
        }
        Console.step(5, "What each office could see")
        let cells = product.transcript.figureCount
        let parts = offices.count - 1
        for office in offices {
            Console.say(
                """
                   \(office.name): its own table; from each of \(parts) others \(cells) numbers under masks that it cannot take \
                off, each as likely as any other of 2^64; the \(cells) noisy totals that all five know; the size of no table.
                """)
        }
        Console.say(
            "   \(plan.holders.colluding + 1) offices that put together what they know would see totals with less noise "
                + "than ε asks for: the task says `colluding: \(plan.holders.colluding)`.")
        Console.step(6, "The ledgers: one epsilon, recorded at every office before the noise was drawn")
        for office in offices {
            Console.say("   \(office.name): epsilon \(plan.plan.epsilon), delta \(plan.plan.delta), once")
        }
    }
}

/// `entrepot compute` of one office, as a child process.
private final class OfficeProcess {
    let name: String
    let log: URL
    let state: URL
    private let process = Process()

    var number: Int32 { process.processIdentifier }

    init(_ stage: DemoStage, name: String, table: URL, port: Int, peers: [String]) throws {
        self.name = name
        log = stage.directory.appendingPathComponent("\(name).log")
        state = stage.directory.appendingPathComponent("\(name).state")
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "compute", "--task", stage.taskFile.path, "--key", stage.keyFile(name), "--listen", "127.0.0.1:\(port)",
            "--peers", peers.joined(separator: ","), "--data", "\(name)=\(table.path)", "--state", state.path,
            "--patience", "300",
        ]
        // What the demonstration leaves behind lies in its folder.
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["XDG_STATE_HOME": stage.directory.appendingPathComponent("memory").path]) { $1 }
        try Data().write(to: log)
        process.standardError = try FileHandle(forWritingTo: log)
        process.standardOutput = try FileHandle(
            forWritingTo: {
                let entry = stage.directory.appendingPathComponent("\(name).entry.json")
                try Data().write(to: entry)
                return entry
            }())
        try process.run()
    }

    func wait() async throws {
        while process.isRunning { try await Task.sleep(for: .milliseconds(50)) }
        guard process.terminationStatus == 0 else {
            let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            throw CommandFailure("\(name) stopped: \(said.split(separator: "\n").last ?? "it said nothing")")
        }
    }
}
