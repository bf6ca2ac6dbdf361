import Engine
import Evaluation
import FittedModels
import Foundation
import PrivacyAccounting
import PrivacyKernel

/// `entrepot verify --privacy`: what the releases of a file cost by a second accountant, beside what is recorded.
package struct PrivacyVerification {
    private let result: PrivacyRecomputation
    private let missing: [String]
    private let method: String?
    /// The part of the budget that the releases paid.
    private let paid: Double

    package var isKept: Bool { result.isKept && missing.isEmpty }

    /// - Parameters:
    ///   - bytes: of a model file, of a file of answers, or a transcript in JSON.
    ///   - rowsPerKey: for files that do not say it.
    /// - Throws: ``CommandFailure`` with exit code 65 where the file cannot be read or lacks what is needed.
    package init(_ bytes: [UInt8], rowsPerKey: Int?) throws {
        let transcript: Transcript
        var promised: PrivacyParameters?
        var rows = rowsPerKey
        var missing: [String] = []
        var method: String?
        if ReleasedAnswers.isFile(bytes) {
            transcript = try ReleasedAnswers(encoded: bytes).transcript
        } else if let read = try? JSONDecoder().decode(Transcript.self, from: Data(bytes)) {
            transcript = read
        } else {
            let model = try FittedModel(encoded: bytes)
            transcript = model.transcript
            promised = try? PrivacyParameters(epsilon: model.plan.epsilon, delta: model.plan.delta)
            rows = rows ?? model.plan.rowsPerKey
            missing = ReleaseCoverage(model).missing
            method = model.plan.method
        }
        self.missing = missing
        self.method = method
        do {
            result = try PrivacyRecomputation(transcript, promised: promised, rowsPerKey: rows)
        } catch {
            throw CommandFailure("\(error)", code: .badData)
        }
        let spent = transcript.releases.reduce(0) { $0 + Double($1.spent) } * 0x1p-50
        let promise = transcript.releases[0].promise
        paid = spent / (try Budget(promise.parameters, accounting: promise.accounting)).amount
    }

    package var text: String {
        func line(_ what: String, _ reading: PrivacyRecomputation.Reading) -> String {
            "  \(what): recorded ε = \(Self.outward(reading.recorded)), recomputed ε = \(Self.outward(reading.recomputed))"
                + (reading.isKept ? "" : ", which is MORE")
        }
        var lines = [
            "\(method ?? "transcript"), \(result.releases) releases, accounted as \(result.accounting.rawValue), "
                + "up to \(result.rowsPerKey) \(result.rowsPerKey == 1 ? "row" : "rows") a key; both at δ = \(result.delta)",
            line("adding or removing one", result.addingOne), line("changing one", result.changingOne),
        ]
        if paid < 0.99 {
            lines.append(
                "  note: these releases paid \(Figures.percent(paid)) of the budget; the rest was not spent, or is not here"
            )
        }
        lines += result.findings.map { "  ✗ \($0)" } + missing.map { "  ✗ No release shows \($0)." }
        lines.append(
            isKept
                ? "  ✓ The noise that was drawn keeps to what is recorded." : "  ✗ This file does not keep its promise."
        )
        lines.append(
            "  This says nothing of who made the file: anybody can write one. A signed report or receipt says that.")
        return lines.joined(separator: "\n")
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
                        paidPartOfBudget: paid,
                        findings: result.findings.map { "\($0)" } + missing.map { "No release shows \($0)." })))
        }
    }
}
