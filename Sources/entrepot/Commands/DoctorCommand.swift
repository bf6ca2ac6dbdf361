import ArgumentParser
import Attestation
import Client
import EngineCommands
import Foundation
import Tasks

/// `entrepot doctor`: what is wrong with this machine, its clock, the state folder, keys and certificates.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what is wrong with this machine, its clock, the state folder and certificates.",
        discussion: """
            Each line is ✓ (in order), ! (look at it) or ✗ (will not work), with what to do. It changes nothing and sends \
            nothing. Exit code 1 where a line is ✗.

            Example: entrepot doctor --task task.yaml --state state --certificates vcek.pem
            """)

    @Option(help: "A task file.")
    var task: String?

    @Option(help: "A party's private key.")
    var key: String?

    @Option(help: ArgumentHelp("The state folder of `serve`.", valueName: "folder"))
    var state: String?

    @Option(parsing: .upToNextOption, help: "Certificates that `serve` hands out, or roots that are trusted.")
    var certificates: [String] = []

    @Option(help: ArgumentHelp("The address that `serve` will listen on.", valueName: "host:port"))
    var listen: String?

    @Flag(help: "One JSON array on stdout.")
    var json = false

    func run() async throws {
        try await CommandFailure.reported {
            var findings = MachineFindings.machine() + MachineFindings.clock()
            findings += MachineFindings.memory(ClientConfiguration.defaultStateFile)
            if let task { findings.append(finding(ofTask: task)) }
            if let key { findings.append(finding(ofKey: key)) }
            if let state { findings += MachineFindings.state(state) }
            for path in certificates { findings += findingsOfCertificates(path) }
            if let listen {
                let parent = try ListenAddress.parent(listen)
                findings.append(
                    try parent.map(MachineFindings.listening(to:))
                        ?? MachineFindings.listening(ListenAddress.parse(listen), listen))
            }
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                Console.show(String(decoding: try encoder.encode(findings), as: UTF8.self))
            } else {
                for finding in findings { Console.show(finding) }
                let wrong = findings.count { $0.verdict == .wrong }
                Console.show(
                    wrong == 0
                        ? "nothing here stops entrepot" : "\(Counted.of(wrong, "thing")) must be mended"
                )
            }
            if findings.contains(where: { $0.verdict == .wrong }) { throw ExitCode.failed }
        }
    }

    private func finding(ofTask path: String) -> Finding {
        do {
            let task = try Files.task(at: path, allowsMissingKeys: true)
            let past = task.deadlines.passed(at: Files.now)
            guard past.isEmpty else {
                return Finding(
                    .caution, "task",
                    "\(path): \(past.map(\.name).joined(separator: ", ")) is over by this machine's clock",
                    "What it ends begins no more: agree on a new task, or set the clock")
            }
            return Finding(
                .good, "task", "\(path): \(task.name), \(Counted.of(task.parties.count, "party", "parties"))")
        } catch {
            return FileManager.default.fileExists(atPath: path)
                ? Finding(.wrong, "task", "\(path) is not a task yet", "Run `entrepot task lint \(path)`")
                : Finding(.wrong, "task", "there is no file \(path)", "Check its name and folder")
        }
    }

    private func finding(ofKey path: String) -> Finding {
        do {
            let key = try KeyFiles.privateKey(at: path)
            if KeyFiles.isOpenToOthers(path) {
                return Finding(
                    .caution, "key", "other users of this machine can read \(path)", "Close it: chmod 600 \(path)")
            }
            let words = "\(path): \(key.publicKey.fingerprint)"
            // A task that cannot be read has a line of its own.
            guard let task, let specification = try? Files.task(at: task, allowsMissingKeys: true) else {
                return Finding(.good, "key", words)
            }
            guard let party = specification.party(holding: key.publicKey) else {
                return Finding(
                    .wrong, "key", "\(words), which no party of \(task) has",
                    "Name the key whose public half the task lists, or write this one's into the task before it is signed"
                )
            }
            return Finding(.good, "key", "\(words), of \(party.name)")
        } catch {
            return Finding(.wrong, "key", "\(path) cannot be used", "\(error)")
        }
    }

    private func findingsOfCertificates(_ path: String) -> [Finding] {
        do {
            let now = Int64(Date().timeIntervalSince1970)
            return try CertificateFiles.certificates(in: path).map { bytes in
                let validity = try CertificateFile.validity(of: bytes)
                let days = (validity.notAfter - now) / 86_400
                let words =
                    "\(path): valid from \(UTCInstant(seconds: validity.notBefore)) to \(UTCInstant(seconds: validity.notAfter))"
                if now < validity.notBefore {
                    return Finding(.wrong, "certificate", "\(words), not yet", "Check the clock of this machine")
                }
                if days < 0 {
                    return Finding(.wrong, "certificate", "\(words), expired", "Fetch a new one from its maker")
                }
                return days < 30
                    ? Finding(.caution, "certificate", "\(words), \(days) days left", "Fetch a new one from its maker")
                    : Finding(.good, "certificate", words)
            }
        } catch let failure as CommandFailure {
            return [Finding(.wrong, "certificate", failure.message)]
        } catch {
            return [Finding(.wrong, "certificate", "\(path) holds no certificate in PEM or DER", "Name the right file")]
        }
    }
}

/// One line of the doctor's.
struct Finding: Encodable, CustomStringConvertible {
    enum Verdict: String, Encodable { case good, caution, wrong }

    let verdict: Verdict
    let part: String
    let words: String
    /// What to do; nil where nothing is.
    let next: String?

    init(_ verdict: Verdict, _ part: String, _ words: String, _ next: String? = nil) {
        self.verdict = verdict
        self.part = part
        self.words = words
        self.next = next
    }

    var description: String {
        let sign =
            switch verdict {
            case .good: "✓"
            case .caution: "!"
            case .wrong: "✗"
            }
        return
            "\(sign) \(part.padding(toLength: 12, withPad: " ", startingAt: 0)) \(words)\(next.map { ". \($0)\($0.hasSuffix(".") ? "" : ".")" } ?? "")"
    }
}
