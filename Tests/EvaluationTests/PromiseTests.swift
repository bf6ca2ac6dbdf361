import Domains
import Foundation
import PrivacyKernel
import Synthesizers
import Tables
import Testing

@testable import Evaluation
@testable import FittedModels

@Suite("What is promised in words")
struct PromiseTests {
    private func plan(
        _ accounting: Accounting, epsilon: Double = 1, changing: [Double?] = [nil]
    ) -> MechanismPlan {
        MechanismPlan(
            synthesizer: .independent, parameters: [:], accounting: accounting, epsilon: epsilon,
            delta: accounting == .pure ? 0 : 1e-9,
            steps: changing.map { .init(name: "s", share: 1 / Double(changing.count), changing: $0) })
    }

    @Test("with probability 1 − δ: 75.2 % at (1, 1e-9), and 80.8 to 88.8 % for changing one")
    func gaussian() throws {
        let counts = try PromisedReadings(plan(.gaussian))
        #expect(counts.addingOne.percent == 75.2)
        #expect(abs(counts.changingOne.epsilon - 1.43884) < 1e-4, "\(counts)")
        let errors = try PromisedReadings(plan(.gaussian, changing: [4]))
        #expect(abs(errors.changingOne.epsilon - 2.07) < 0.01, "\(errors)")
        #expect(errors.changingOne.percent > counts.changingOne.percent)
        let mixed = try PromisedReadings(plan(.gaussian, changing: [4, nil]))
        #expect(mixed.changingOne.epsilon > counts.changingOne.epsilon)
        #expect(mixed.changingOne.epsilon < errors.changingOne.epsilon)
    }

    @Test("P(loss > ε) is 32 δ at (1, 1e-9), and P(loss > what is said) is δ")
    func tails() throws {
        let budget = try Budget(PrivacyParameters(epsilon: 1, delta: 1e-9), accounting: .gaussian)
        let mu = (2 * budget.amount).squareRoot()
        func tail(_ loss: Double) -> Double { erfc((loss / mu - mu / 2) * 0.5.squareRoot()) / 2 }
        #expect(tail(1) > 32e-9 && tail(1) < 33e-9)
        let said = try PromisedReadings(plan(.gaussian)).addingOne.loss
        #expect(tail(said) <= 1e-9 && tail(said * 0.9999) > 0.99e-9)
        // Of zCDP's bound it is a part only.
        let concentrated = try PromisedReadings(plan(.zeroConcentrated)).addingOne.loss
        #expect(concentrated > said && concentrated < 1.2)
    }

    @Test("pure ε is exact, and twice as much for changing one")
    func pure() throws {
        let found = try PromisedReadings(plan(.pure))
        #expect(found.addingOne.percent == 73.2)
        #expect(abs(found.changingOne.epsilon - 2) < 1e-9)
    }

    @Test(
        "before signing, the reading of changing one is what the fit then costs",
        arguments: ["mst", "auto", "independent"])
    func changing(method: String) throws {
        let data = KnownTable(rows: 3_000)
        let model = try data.fit(method, epsilon: 1)
        let promised = try PromisedReadings(model.plan)
        let spent = try #require(model.transcript.spent)
        #expect(abs(promised.changingOne.epsilon / spent.epsilonChangingOne - 1) < 1e-3)
    }

    /// One of two holders of rows, whose parts come to what it has itself: the other one has none.
    private struct OneOfTwo: SumOpening {
        let holders = NoiseHolders(count: 2, colluding: 1)
        func open(_ part: [Int64], question: String) -> [Int64] { part }
    }

    @Test(
        "a model whose releases were taken out is noticed, one by one, of rows at one holder or at several",
        arguments: ["mst", "auto", "independent"], [false, true])
    func coverage(method: String, isShared: Bool) throws {
        let data = KnownTable(rows: 3_000)
        let model =
            try isShared
            ? synthesizer(named: method).fit(
                Kernel(part: data.table(), opening: OneOfTwo()), PrivacyParameters(epsilon: 1, delta: 1e-9))
            : data.fit(method, epsilon: 1)
        #expect(ReleaseCoverage(model).missing.isEmpty, "\(ReleaseCoverage(model).missing)")
        for place in model.transcript.releases.indices {
            let file = try model.encoded()
            let body = try SealedFile.model.body(of: file)
            var object = try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
            var transcript = try #require(object["transcript"] as? [String: Any])
            var releases = try #require(transcript["releases"] as? [Any])
            releases.remove(at: place)
            transcript["releases"] = releases
            object["transcript"] = transcript
            let altered = try FittedModel(
                encoded: FittedModel.sealed([UInt8](try JSONSerialization.data(withJSONObject: object))))
            #expect(!ReleaseCoverage(altered).missing.isEmpty, "\(method), release \(place)")
        }
    }

    @Test("the registry record says what is true of the model: rows a key, a local fit, both readings")
    func registry() throws {
        let data = KnownTable(rows: 3_000)
        let model = try data.fit("independent", epsilon: 1)
        let local = RegistryRecord(model, subject: subject).yaml
        #expect(local.contains("no service took part"))
        #expect(local.contains("of one key. For changing them, epsilon is 1.4"))
        #expect(!local.contains("None:") && !local.contains("never learnt"))
        var signed = model
        signed.taskDigest = String(repeating: "a", count: 64)
        #expect(RegistryRecord(signed, subject: subject).yaml.contains("the providers' clients verify"))
    }
}
