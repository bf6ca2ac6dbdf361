import Foundation
import Testing

@testable import PrivacyAccounting

/// One line of `dp-accounting.txt`.
struct ComparedSetting {
    let delta: Double
    let optimistic: Double
    let pessimistic: Double
    let mechanisms: MechanismList
    let words: String

    init?(_ line: Substring) {
        let words = line.split(separator: " ")
        guard words.count > 3, let delta = Double(words[0]), let optimistic = Double(words[1]),
            let pessimistic = Double(words[2])
        else { return nil }
        self.delta = delta
        self.optimistic = optimistic
        self.pessimistic = pessimistic
        self.words = words.dropFirst(3).joined(separator: " ")
        var mechanisms = MechanismList()
        for word in words.dropFirst(3) {
            let parts = word.split(separator: ":")
            guard parts.count == 4, let parameter = Double(parts[1]), let shift = UInt64(parts[2]),
                let count = Int(parts[3])
            else { return nil }
            let mechanism: LossMechanism =
                switch parts[0] {
                case "dg": .discreteGaussian(sigmaSquared: parameter, shift: shift)
                case "dl": .discreteLaplace(decay: parameter, shift: shift)
                case "g": .gaussian(mu: parameter)
                default: .pure(epsilon: parameter)
                }
            mechanisms.add(mechanism, count: count)
        }
        self.mechanisms = mechanisms
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    static func all(_ text: String) -> [ComparedSetting] {
        text.split(separator: "\n").compactMap(ComparedSetting.init)
    }

    static let recorded: [ComparedSetting] =
        (try? String(contentsOf: folder.appending(path: "dp-accounting.txt"), encoding: .utf8)).map(all) ?? []
}

/// A Python that has dp-accounting; nil where there is none.
private let python: String? = {
    let asked = ProcessInfo.processInfo.environment["ENTREPOT_PYTHON"] ?? "python3"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [asked, "-c", "import dp_accounting"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    return process.terminationStatus == 0 ? asked : nil
}()

@Suite("The second accountant")
struct ComposedLossTests {
    @Test("79 compositions: never below dp-accounting's optimistic ε, within 1 % of its pessimistic one")
    func comparison() throws {
        let settings = ComparedSetting.recorded
        #expect(settings.count >= 79)
        var rows: [String] = []
        for setting in settings {
            let ours = ComposedLoss(setting.mechanisms).epsilon(delta: setting.delta)
            // Both print nine digits; at δ = 1e-12 dp-accounting's own two values cross by 2e-6.
            let least = min(setting.optimistic, setting.pessimistic)
            #expect(ours >= least * (1 - 2e-5), "\(setting.words) \(setting.delta): \(ours), \(least)")
            #expect(abs(ours / setting.pessimistic - 1) < 0.01, "\(setting.words) \(setting.delta): \(ours)")
            rows.append(
                "| \(setting.words) | \(setting.delta) | "
                    + [setting.optimistic, ours, setting.pessimistic].map { String(format: "%.5f", $0) }.joined(
                        separator: " | ") + " |")
        }
        let standing =
            python == nil
            ? "dp-accounting is not installed here: its values are those recorded (SKIPPED)."
            : "Its values were computed anew as well."
        try AuditReport.write(
            "7-second-accountant",
            """
            ## The second accountant

            ε of compositions by `PrivacyAccounting` between the two values of PyPI's `dp-accounting` 0.6.0, its optimistic
            and its pessimistic one. kind:parameter:shift:count; dg is discrete Gaussian noise of that σ², dl discrete
            Laplace noise of that decay, g μ-GDP, pure ε. \(standing)

            | mechanisms | δ | optimistic | ours | pessimistic |
            |---|---|---|---|---|
            \(rows.joined(separator: "\n"))
            """)
    }

    @Test(
        "what is recorded of dp-accounting is what it says today",
        .enabled(if: python != nil, "dp-accounting is not installed; set ENTREPOT_PYTHON"),
        .enabled(
            if: ProcessInfo.processInfo.environment["ENTREPOT_AUDIT_REPORT"] != nil, "takes minutes: the audit runs it")
    )
    func recorded() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script = ComparedSetting.folder.appending(path: "dp-accounting.py").path
        process.arguments = [try #require(python), script]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let found = ComparedSetting.all(
            String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
        process.waitUntilExit()
        #expect(found.count == ComparedSetting.recorded.count)
        for (found, recorded) in zip(found, ComparedSetting.recorded) {
            #expect(found.words == recorded.words)
            #expect(abs(found.pessimistic / recorded.pessimistic - 1) < 1e-5, "\(found.words)")
            #expect(abs(found.optimistic / recorded.optimistic - 1) < 1e-5, "\(found.words)")
        }
    }

    @Test(
        "continuous noise of μ(ε, δ) comes back as ε, by 60-digit values",
        arguments: [(0.1, 0.019916423412681466), (1, 0.18197480729532226), (10, 1.53787733681454)])
    func gaussian(epsilon: Double, mu: Double) {
        let found = ComposedLoss([.gaussian(mu: mu)]).epsilon(delta: 1e-9)
        #expect(found >= epsilon * (1 - 1e-9) && found < epsilon * (1 + 1e-5), "\(found)")
        let quarters = ComposedLoss([LossMechanism](repeating: .gaussian(mu: mu / 2), count: 4)).epsilon(delta: 1e-9)
        #expect(abs(quarters / found - 1) < 1e-9)
        #expect(abs(GaussianConversion.mu(epsilon: epsilon, delta: 1e-9) / mu - 1) < 1e-7)
    }

    @Test("three releases, summed outcome by outcome", arguments: [1e-3, 1e-6, 1e-9])
    func bruteForce(delta: Double) {
        let variances = [0.6, 2, 5]
        var pairs: [(p: Double, q: Double)] = [(1, 1)]
        for variance in variances {
            let law = discreteGaussian(variance, reach: 40)
            let shifted = [0] + law.dropLast()
            pairs = pairs.flatMap { pair in
                zip(law, shifted).compactMap { p, q in
                    pair.p * p > 1e-16 ? (p: pair.p * p, q: pair.q * q) : nil
                }
            }
        }
        let found = ComposedLoss(variances.map { .discreteGaussian(sigmaSquared: $0, shift: 1) }).epsilon(delta: delta)
        #expect(hockeyStick(pairs, found) <= delta)
        #expect(hockeyStick(pairs, found * 0.998) > delta)
    }

    @Test("discrete Laplace noise at its own δ, in closed form")
    func laplace() {
        // δ(ε) = P[x ≤ 0] − e^ε·Q[x ≤ 0] for ε between the two largest losses.
        let (decay, epsilon) = (0.7, 0.5)
        let q = exp(-decay)
        let delta = 1 / (1 + q) - exp(epsilon) * q / (1 + q)
        let found = ComposedLoss([.discreteLaplace(decay: decay, shift: 1)]).epsilon(delta: delta)
        #expect(found >= epsilon - 1e-9 && found < epsilon * 1.002, "\(found)")
        let twice = [LossMechanism](repeating: .discreteLaplace(decay: decay, shift: 3), count: 2)
        #expect(ComposedLoss(twice).epsilon(delta: 0) == 6 * decay)
    }

    @Test("no exponential mechanism tells more than its pair: 2,000 random scores and moves of them")
    func exponential() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let epsilon = Double.random(in: 0.1...4, using: &generator)
            let count = Int.random(in: 2...6, using: &generator)
            let scores = (0..<count).map { _ in Double.random(in: 0...6, using: &generator) }
            let moved = scores.map { $0 + Double([-1, 1].randomElement(using: &generator) ?? 1) }
            func law(_ scores: [Double]) -> [Double] {
                let weights = scores.map { exp(epsilon * $0 / 2) }
                let sum = weights.reduce(0, +)
                return weights.map { $0 / sum }
            }
            let pairs = zip(law(moved), law(scores)).map { (p: $0, q: $1) }
            let a = exp(epsilon / 2)
            for x in stride(from: -epsilon, through: epsilon, by: epsilon / 8) {
                let bound = (a - exp(x / 2)) * (a - exp(x / 2)) / (a * a - 1)
                #expect(hockeyStick(pairs, x) <= bound + 1e-12)
            }
        }
        // And the pair is composed as its profile says.
        for x in [0.1, 0.25, 0.4] {
            let a = exp(0.25)
            let delta = (a - exp(x / 2)) * (a - exp(x / 2)) / (a * a - 1)
            let found = ComposedLoss([.exponential(epsilon: 0.5)]).epsilon(delta: delta)
            #expect(found >= x - 1e-9 && found < x + 0.003, "\(found)")
        }
    }

    @Test("of all ways to lay up to four rows of a key into cells, one cell tells most", arguments: 2...4)
    func shapes(rows: Int) {
        func splits(_ left: Int, most: Int) -> [[Int]] {
            left == 0
                ? [[]]
                : (1...min(left, most)).reversed().flatMap { part in splits(left - part, most: part).map { [part] + $0 }
                }
        }
        for amount in [0.02, 0.3, 1.1] {
            let variance = Double(rows * rows) / (2 * amount)
            func epsilon(_ shape: [Int], _ delta: Double) -> Double {
                ComposedLoss(shape.map { .discreteGaussian(sigmaSquared: variance, shift: UInt64($0)) }).epsilon(
                    delta: delta)
            }
            for delta in [1e-3, 1e-6, 1e-9] {
                let all = epsilon([rows], delta)
                for fewer in 1...rows {
                    for shape in splits(fewer, most: fewer) where shape != [rows] {
                        #expect(epsilon(shape, delta) <= all * (1 + 1e-3), "\(shape) of \(rows), \(amount), \(delta)")
                    }
                }
            }
        }
    }

    @Test("nothing costs nothing, and all of δ buys everything")
    func ends() {
        #expect(ComposedLoss([LossMechanism]()).epsilon(delta: 1e-9) == 0)
        #expect(ComposedLoss([.gaussian(mu: 1)]).epsilon(delta: 0) == .infinity)
        #expect(ComposedLoss([.discreteGaussian(sigmaSquared: 3, shift: 0)]).epsilon(delta: 1e-9) == 0)
    }
}
