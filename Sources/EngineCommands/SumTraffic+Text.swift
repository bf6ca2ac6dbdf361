import Engine
import Foundation

extension SumTraffic {
    /// For `entrepot task plan`.
    var text: String {
        func shown(_ bits: Double, _ trip: Double) -> String {
            String(format: "%.1f s", seconds(bitsPerSecond: bits, roundTrip: trip))
        }
        return """

            Engine \(isShared ? "secret-sharing: three parties\(hiddenEpsilon.map { ", members hidden (the third counts them, for \($0) of ε beside the above)" } ?? "")" : "secure-sum: \(offices) offices"), \(colluding) of which may \(isShared ? "look" : "collude")
              Noise: \(String(format: "%.3f", noiseFactor)) times that of one place in standard deviation; errors of simulated rows above do not have it, those of queries do.
              Each office sends at most \(String(format: "%.1f", Double(bytesSent) / 1e6)) MB in \(rounds) rounds or fewer: \
            \(shown(1e8, 0.02)) at 100 Mbit/s with 20 ms, \(shown(1e9, 0.001)) at 1 Gbit/s with 1 ms, beside counting.
            """
    }
}
