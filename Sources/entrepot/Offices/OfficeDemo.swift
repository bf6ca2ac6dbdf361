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
        let template = try stage.scenario.task()
        let names = template.offices.map(\.name)
        let holders = template.providers.map(\.name)
        Console.step(1, "\(holders.formatted(.list(type: .and))) each hold a table, and none of them has an enclave")
        let tables = try stage.scenario.write(to: stage.directory, rows: rows, seed: 1)
        for (name, table) in zip(holders, tables) { Console.say("   \(name): \(stage.shown(table))") }

        Console.step(2, "Each makes a key pair; together they sign one task")
        let task = try stage.signTask(rows: rows)
        Console.say("   task digest \(task.digest.hex)")
        Console.say("   \(try TaskWords.text(task).replacingOccurrences(of: "\n", with: "\n   "))")

        let third = names.filter { !holders.contains($0) }
        Console.step(
            3,
            third.isEmpty
                ? "Each starts `entrepot compute` with its own table, and listens for the others"
                : "Each starts `entrepot compute` with its own table, and \(third[0]) with none")
        let base = try await OfficeMesh.freePorts(names.count)
        let addresses = zip(names, base).map { "\($0)=127.0.0.1:\($1)" }
        let offices = try names.indices.map { place in
            try OfficeProcess(
                stage, name: names[place], table: place < tables.count ? tables[place] : nil, port: base[place],
                peers: addresses.enumerated().filter { $0.offset > place }.map(\.element))
        }
        for office in offices {
            Console.say("   \(office.name): process \(office.number), log in \(stage.shown(office.log))")
        }

        Console.step(
            4,
            third.isEmpty
                ? "They count, mask, add their noise, and the totals open"
                : "They find the common keys, share rows under masks, count on shares, add their noise, and noisy counts open"
        )
        for office in offices { try await office.wait() }
        let seconds = (Date().timeIntervalSince(started) * 10).rounded() / 10
        let results = try offices.map { try Data(contentsOf: $0.state.appendingPathComponent("task.model")) }
        guard Set(results).count == 1, let result = results.first else {
            throw CommandFailure("the offices have different results")
        }
        Console.say("   all \(names.count) offices have the same result, byte for byte: \(result.count) bytes")
        if third.isEmpty {
            try tell(task, Array(result), offices)
        } else {
            try tellShares(task, Array(result), offices)
        }
        Console.say("\nDone in \(seconds) s. Look at:")
        let model = stage.shown(offices[0].state.appendingPathComponent("task.model"))
        Console.say("   \(model)   the model: entrepot sample \(model) --rows 10 --seed 1")
        Console.say(
            "   \(stage.shown(offices[0].state.appendingPathComponent("receipt.json")))   the offices' signatures under the totals"
        )
    }

    private func tellShares(_ task: TaskSpecification, _ file: [UInt8], _ offices: [OfficeProcess]) throws {
        let plan = try TaskPlan(task)
        let product = try TaskProduct(encoded: file)
        if !plan.queries.names.isEmpty {
            Console.say("   the permitted queries answered, from the same epsilon:")
            for answer in try plan.queries.answers(from: product.transcript, domain: product.domain) {
                Console.say("   \(AnswerText(answer).text.replacingOccurrences(of: "\n", with: "\n   "))")
            }
        }
        for office in offices {
            for line in office.said where line.contains("keys are in both") || line.contains("figures opened") {
                Console.say("   \(office.name): \(line)")
            }
        }
        Console.step(5, "What each party could see")
        let figures = product.transcript.figureCount
        let rows = plan.declaredRows.joined
        let names = offices.map(\.name)
        for (own, other) in [(names[0], names[1]), (names[1], names[0])] {
            Console.say(
                """
                   \(own): its own table; which of its keys \(other) has too; of \(other)'s \(rows) rows (those without a partner \
                are replaced by a public one) words under masks that it cannot take off, each as likely as any other; the \
                \(figures) noisy counts that all three know.
                """)
        }
        Console.say(
            """
               \(names[2]): no row, no key, and not how many keys are common; keys of masks, with which it could read what \
            \(names[0]) sends to \(names[1]) if it had that: it has not; the same \(figures) noisy counts.
            """)
        Console.say(
            "   Two of the three who put together what they have see both tables: the task says `majority: honest`.")
        Console.step(6, "The ledgers: one epsilon, recorded at each of the three before the noise was drawn")
        for office in offices {
            Console.say("   \(office.name): epsilon \(plan.plan.epsilon), delta \(plan.plan.delta), once")
        }
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

    /// What the process said, line by line.
    var said: [String] {
        ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").map { String($0) }
    }

    init(_ stage: DemoStage, name: String, table: URL?, port: Int, peers: [String]) throws {
        self.name = name
        log = stage.directory.appendingPathComponent("\(name).log")
        state = stage.directory.appendingPathComponent("\(name).state")
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "compute", "--task", stage.taskFile.path, "--key", stage.keyFile(name), "--listen", "127.0.0.1:\(port)",
            "--peers", peers.joined(separator: ","), "--state", state.path, "--patience", "300",
        ]
        if let table { process.arguments?.append(contentsOf: ["--data", "\(name)=\(table.path)"]) }
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
