import Bytes
import Engine
import Evaluation
import FittedModels
import Foundation
import PrivacyAccounting
import PrivacyKernel
package import Tasks

/// `entrepot verify --privacy`: what the releases of a file cost by a second accountant, beside what is recorded.
package struct PrivacyVerification {
    private let result: PrivacyRecomputation
    private let missing: [String]
    /// What the file does not share with the task that it must be of.
    private let contradictions: [String]
    private let isCompared: Bool
    private let method: String?
    /// Who counted where it was not the process that added the noise, by the file's own word; nil where it was, or is not said.
    private let counter: String?
    /// The part of the budget that the releases paid.
    private let paid: Double

    package var isKept: Bool { result.isKept && missing.isEmpty && contradictions.isEmpty }

    /// - Parameters:
    ///   - bytes: of a model file, of a file of answers, or a transcript in JSON.
    ///   - rowsPerKey: for files that do not say it.
    ///   - task: what the file must be of; nil where its own word is taken for k, ε, δ and the task.
    /// - Throws: ``CommandFailure`` with exit code 65 where the file cannot be read or lacks what is needed.
    package init(_ bytes: [UInt8], rowsPerKey: Int?, task: TaskSpecification? = nil) throws {
        let transcript: Transcript
        var promised: PrivacyParameters?
        var rows = rowsPerKey
        var missing: [String] = []
        var method: String?
        var counter: String?
        var digest: String?
        if ReleasedAnswers.isFile(bytes) {
            let answers = try ReleasedAnswers(encoded: bytes)
            transcript = answers.transcript
            digest = answers.taskDigest
            counter = answers.countedBy
        } else if JSONForm.fault(of: bytes) != .marks,
            let read = try? JSONDecoder().decode(Transcript.self, from: Data(bytes))
        {
            guard JSONForm.isPlain(bytes) else {
                throw CommandFailure("the transcript has one name twice in one object", code: .badData)
            }
            transcript = read
        } else {
            let model = try FittedModel(encoded: bytes)
            transcript = model.transcript
            promised = try? PrivacyParameters(epsilon: model.plan.epsilon, delta: model.plan.delta)
            rows = rows ?? model.plan.rowsPerKey
            missing = ReleaseCoverage(model).missing
            method = model.plan.method
            digest = model.taskDigest
            counter = model.plan.countedBy
        }
        if rows == nil, let task { rows = task.rowsPerUnit }
        self.missing = missing
        self.method = method
        self.counter = counter
        do {
            result = try PrivacyRecomputation(transcript, promised: promised, rowsPerKey: rows)
        } catch {
            throw CommandFailure("\(error)", code: .badData)
        }
        let spent = transcript.releases.reduce(0) { $0 + Double($1.spent) } * 0x1p-50
        let promise = transcript.releases[0].promise
        isCompared = task != nil
        contradictions = Self.contradictions(
            task, digest: digest, counter: counter, isTranscript: promised == nil && method == nil && digest == nil,
            transcript.releases.map(\.promise.parameters), rowsPerKey: result.rowsPerKey)
        paid = spent / (try Budget(promise.parameters, accounting: promise.accounting)).amount
    }

    private static func contradictions(
        _ task: TaskSpecification?, digest: String?, counter: String?, isTranscript: Bool,
        _ promised: [PrivacyParameters],
        rowsPerKey: Int
    ) -> [String] {
        guard let task else { return [] }
        var found: [String] = []
        if !isTranscript, digest != task.digest.hex {
            found.append("The file is of \(digest.map { "task \($0)" } ?? "no task"), not of task \(task.digest.hex).")
        }
        if !isTranscript, let listed = task.listedShards?.words, counter != listed {
            found.append(
                "By the file the rows were counted by \(counter.map { ShownText.line($0) } ?? "nobody else"), and the task lists "
                    + "\(listed).")
        }
        if promised.contains(where: { $0.epsilon > task.privacy.epsilon || $0.delta > task.privacy.delta }) {
            found.append(
                "The releases were promised at another ε or δ than the task's \(task.privacy.epsilon) and "
                    + "\(task.privacy.delta).")
        }
        if rowsPerKey < task.rowsPerUnit {
            found.append(
                "The noise is for up to \(Counted.of(rowsPerKey, "row")) a key; by the task's join and unit there are \(task.rowsPerUnit)."
            )
        }
        return found
    }

    package var text: String {
        func line(_ what: String, _ reading: PrivacyRecomputation.Reading) -> String {
            "  \(what): recorded ε = \(Self.outward(reading.recorded)), recomputed ε = \(Self.outward(reading.recomputed))"
                + (reading.isKept ? "" : ", which is MORE")
        }
        var lines = [
            "\(method ?? "transcript"), \(Counted.of(result.releases, "release")), accounted as \(result.accounting.rawValue), "
                + "up to \(Counted.of(result.rowsPerKey, "row")) a key; both at δ = \(result.delta)",
            line("adding or removing one", result.addingOne), line("changing one", result.changingOne),
        ]
        if let counter {
            lines.append(
                "  counted by \(ShownText.line(counter)), which is believed: no noise tells whether it counted right")
        }
        if paid < 0.99 {
            lines.append(
                "  note: these releases paid \(Figures.percent(paid)) of the budget; the rest was not spent, or is not here"
            )
        }
        if !isCompared {
            lines.append(
                "  note: rows a key, ε, δ and the task are the file's own word; --task compares them with what was signed"
            )
        }
        lines += failures.map { "  ✗ \($0)" }
        lines.append(
            isKept
                ? "  ✓ The noise that was drawn keeps to what is recorded." : "  ✗ This file does not keep its promise."
        )
        lines.append(
            "  This says nothing of who made the file: anybody can write one. A signed report or receipt says that.")
        return lines.joined(separator: "\n")
    }

    private var failures: [String] {
        result.findings.map { "\($0)" } + missing.map { "No release shows \($0)." } + contradictions
    }

    /// Four decimals, never less than the figure.
    private static func outward(_ value: Double) -> String {
        value.isFinite ? String(format: "%.4f", (value * 1e4 - 1e-6).rounded(.up) / 1e4) : "\(value)"
    }

    package var json: [UInt8] {
        get throws {
            struct Reading: Encodable {
                let recorded: Double
                let recomputed: Double?
                let kept: Bool

                init(_ reading: PrivacyRecomputation.Reading) {
                    recorded = reading.recorded
                    recomputed = reading.recomputed.isFinite ? reading.recomputed : nil
                    kept = reading.isKept
                }
            }
            struct Answer: Encodable {
                let kept: Bool
                let delta: Double
                let accounting: String
                let releases: Int
                let rowsPerKey: Int
                let addingOne: Reading
                let changingOne: Reading
                let paidPartOfBudget: Double
                let countedBy: String?
                let findings: [String]
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return [UInt8](
                try encoder.encode(
                    Answer(
                        kept: isKept, delta: result.delta, accounting: result.accounting.rawValue,
                        releases: result.releases, rowsPerKey: result.rowsPerKey,
                        addingOne: Reading(result.addingOne), changingOne: Reading(result.changingOne),
                        paidPartOfBudget: paid, countedBy: counter,
                        findings: failures)))
        }
    }
}
