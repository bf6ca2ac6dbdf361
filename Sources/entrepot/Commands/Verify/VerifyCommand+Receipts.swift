import ArgumentParser
import Attestation
import Client
import Engine
import EngineCommands
import FittedModels
import Foundation
import Ledger
import PrivacyKernel
import SecretSharing
import Tasks

/// Receipts: of a service, and of a secure sum.
extension VerifyCommand {
    mutating func verify(receipt bytes: [UInt8], at path: String) throws {
        let receipt: Receipt
        let appraisal: DocumentVerification.Appraisal
        let opened: OpeningFile?
        platform.takeArchive(besideReceipt: path)
        do {
            receipt = try Receipt(json: bytes)
            appraisal = try receipt.verify(trust: try trust(chosenFormat ?? receipt.evidence.format, stamped: bytes))
            opened = try readOpening(of: receipt, at: path)
        } catch let error as ReceiptError {
            throw notAuthentic("the receipt", error)
        }
        what = "the receipt"
        if json {
            show(appraisal.evidence, refusals(appraisal), entry: receipt.entry.canonicalBytes)
        } else {
            showFacts(ReceiptCard(receipt))
            if let opened { Console.show("file          \(words(of: opened))") }
            showFacts(EvidenceCard(appraisal.evidence, refusals: refusals(appraisal)))
        }
        try leave(appraisal)
    }

    /// A secure sum's receipt: no evidence is in it, but the signatures of all offices.
    func verify(sum bytes: [UInt8], at path: String) throws {
        let receipt: OfficeReceipt
        do {
            receipt = try OfficeReceipt(json: bytes)
        } catch {
            throw notAuthentic("the receipt", error)
        }
        guard let task else {
            throw CommandFailure(
                "this is the receipt of a secure sum: name its task with --task, whose keys sign it", code: ExitCode(64)
            )
        }
        let specification = try signedTask(task)
        let price = try TaskPlan(specification).price
        let beside = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("task.model").path
        let model = file ?? (FileManager.default.fileExists(atPath: beside) ? beside : nil)
        let problems = receipt.problems(
            task: specification, price: (price.epsilon, price.delta),
            file: try model.map { try Files.bytes(at: $0, limit: .model) })
        if json { printJSON(["authentic": problems.isEmpty, "reasons": problems]) }
        guard problems.isEmpty else {
            throw CommandFailure(
                "the receipt is not authentic: \(problems.joined(separator: "; "))\(otherRun(receipt.task, specification))",
                code: .evidence)
        }
        guard !json else { return }
        let offices = receipt.closings.map(\.from).joined(separator: ", ")
        Console.show(
            """
            task          \(receipt.task)
            offices       \(offices): each signed the same totals of \(receipt.closings[0].rounds) rounds
            price         ε = \(receipt.epsilon), δ = \(receipt.delta), set aside in each office's ledger
            result        SHA-256 \(receipt.result), as \(receipt.office) says\(model.map { ": the file \($0)" } ?? "")
            the receipt is authentic: all offices of the task signed the same totals
            """)
    }

    /// The task whose keys sign; with --request the run of that request.
    private func signedTask(_ path: String) throws -> TaskSpecification {
        let task = try Files.task(at: path)
        guard let request else { return task }
        return task.asking(try RequestFile.request(at: request, of: task))
    }

    /// A request has a receipt and a log of its own, and so has the task that it was made to.
    private func otherRun(_ found: String, _ specification: TaskSpecification) -> String {
        guard found != specification.digest.hex else { return "" }
        if request != nil { return ". What belongs to the task's own run is verified without --request" }
        return specification.requests == nil ? "" : ". What belongs to a request is verified with --request"
    }

    /// The answer of a request, as one office signed it.
    func verify(answer bytes: [UInt8]) throws {
        let file: OfficeAnswer
        do {
            file = try OfficeAnswer.read(bytes)
        } catch {
            throw notAuthentic("the answer", error)
        }
        guard let task, let request else {
            throw CommandFailure(
                "this is the answer of a request: name its task with --task, whose keys sign it, and the request with --request",
                code: ExitCode(64))
        }
        let specification = try Files.task(at: task)
        let asked = try RequestFile.request(at: request, of: specification)
        let problems = try file.problems(task: specification, request: asked)
        if json { printJSON(["authentic": problems.isEmpty, "reasons": problems]) }
        guard problems.isEmpty else {
            throw CommandFailure("the answer is not authentic: \(problems.joined(separator: "; "))", code: .evidence)
        }
        guard !json else { return }
        Console.show(
            """
            \(AnswerText(file.answer).text)
            request       \(file.request) of \(asked.party)
            result        SHA-256 \(file.result): the same in each office's answer
            the answer is authentic: \(file.office) signed it, and all offices signed the same totals
            """)
    }

    /// What an auditor reads of one office: entries, rounds and ends, checked with the keys of the task.
    func verify(audit bytes: [UInt8]) throws {
        let log: OfficeAudit
        do {
            log = try OfficeAudit.read(bytes)
        } catch {
            throw notAuthentic("the log", error)
        }
        guard let task else {
            throw CommandFailure(
                "this is the log of an office: name its task with --task, whose keys sign it", code: ExitCode(64))
        }
        let specification = try signedTask(task)
        let price = try TaskPlan(specification).price
        let finding = log.finding(specification, price: (price.epsilon, price.delta))
        let problems = finding.problems
        let isEnded = !log.closings.isEmpty
        if json {
            printJSON([
                "authentic": problems.isEmpty, "reasons": problems, "rounds": finding.rounds.count,
                "signed_by_all": problems.isEmpty && isEnded, "what_came": finding.end,
            ])
        }
        guard problems.isEmpty else {
            throw CommandFailure(
                "the log is not authentic: \(problems.joined(separator: "; "))\(otherRun(log.task, specification))",
                code: .evidence)
        }
        guard !json else { return }
        if details {
            for (round, time) in finding.rounds {
                let messages = zip(specification.offices.map(\.name), round.messages).map { "\($0) \($1)" }
                Console.show(
                    "round \(round.number + 1)  \(UTCInstant(seconds: time))  \(round.asked)\n  "
                        + messages.joined(separator: "\n  "))
            }
        }
        let proved = finding.evidence.values.sorted { $0.office < $1.office }.map {
            "\nproved        \($0.office), what it runs, to \(log.office) (\($0.format.rawValue)): evidence/\($0.digest.hex).json"
        }
        Console.show(
            """
            task          \(log.task)
            office        \(log.office): \(log.entries.count) entries of its ledger, which it signed\(proved.joined())
            rounds        \(finding.rounds.count), \(isEnded ? "with the messages that all offices signed" : "of which no end is signed")
            what came     \(finding.end)\(finding.requests == 0 ? "" : "; then ε of \(Counted.of(finding.requests, "request"))")
            the log is authentic: \(isEnded ? "its rounds are the word of all offices, times and the rest" : "it is") the word of \(log.office)
            """)
    }

    /// The opening of a receipt's commitment, checked; nil if there is none.
    ///
    /// - Throws: `ReceiptError.otherFile` where the receipt is of another file, ``CommandFailure`` for a damaged opening.
    private func readOpening(of receipt: Receipt, at path: String) throws -> OpeningFile? {
        let beside = (path.hasSuffix(".json") ? String(path.dropLast(5)) : path) + ".opening"
        guard opening != nil || FileManager.default.fileExists(atPath: beside) else {
            guard file == nil else {
                throw CommandFailure("which file a receipt is of shows its --opening alone", code: ExitCode(64))
            }
            return nil
        }
        let opened: OpeningFile
        do {
            opened = try OpeningFile(json: try Files.bytes(at: opening ?? beside, limit: .opening))
        } catch let error as OpeningFile.Failure {
            throw CommandFailure("\(opening ?? beside): \(error)", code: .badData)
        }
        guard receipt.isOf(opened.opening) else { throw ReceiptError.otherFile }
        if let file {
            let digest = try SampleProvenance.digest(ofFile: file)
            guard digest == opened.opening.file else { throw ReceiptError.otherFile }
        }
        return opened
    }

    private func words(of opened: OpeningFile) -> String {
        let digest = "SHA-256 \(opened.opening.file)"
        if let file { return "this receipt is of the file \(file), \(digest)" }
        return "this receipt is of your file\(opened.name.map { " \($0)," } ?? ":") \(digest)"
    }
}
