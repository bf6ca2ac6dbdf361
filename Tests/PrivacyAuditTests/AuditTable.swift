import Foundation
import PrivacyKernel

/// The result of the games as a page.
struct AuditTable {
    private var lines: [String] = []

    mutating func add(_ mechanism: AuditedMechanism, _ verdict: AuditVerdict) {
        let parameters = mechanism.parameters
        let figure = mechanism.accounting == .pure ? "ε" : "μ"
        lines.append(
            "| \(mechanism.name) | \(parameters.epsilon) | \(parameters.delta) | \(verdict.fits) | "
                + "\(figure) = \(number(verdict.claimed)) | \(number(verdict.empirical)) | \(number(verdict.standardError)) | "
                + "\(number(verdict.lowerBound)) | \(number(verdict.empirical / verdict.claimed)) | "
                + "\(String(format: "%.1f", verdict.microsecondsPerFit)) |")
    }

    private func number(_ value: Double) -> String { String(format: "%.4f", value) }

    var text: String {
        """
        ## Distinguishing games

        An adversary who sees every release, and knows both tables but not which of the two was used, guesses by the
        likelihood ratio, which no other test beats. *Claimed* is what the transcript says was spent; *found* is what
        the guesses show, with its standard error; *at least* is the Clopper–Pearson bound at 95 %. A ratio near 1 from
        below says that the noise is neither too small nor larger than it need be. Synthesizers are played from the
        bytes of two CSV files through reader, keyed hash, truncation, join and kernel to the model's transcript; the
        neighbour has one key more, with 12 rows in each file where 10 are kept. Tasks are played with the plan, join and fit
        that the service uses, queries and sums included. Fits are per table, two tables a game.

        | mechanism | ε | δ | fits | claimed | found | ± | at least | found/claimed | µs a fit |
        |---|---|---|---|---|---|---|---|---|---|

        """ + lines.joined(separator: "\n") + "\n"
    }
}
