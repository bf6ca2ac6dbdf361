import Bytes
import Crypto
import Foundation
import Testing

@testable import SecretSharing

@Suite("What offices keep of rounds that are over")
struct SumRoundTests {
    @Test(
        "every office has the same rounds, with the digest of each message, and the end that it signs is that of the last one"
    )
    func alike() throws {
        var world = SumWorld(3)
        try world.greet()
        let parts = [SumWorld.parts(3, 4, 1), SumWorld.parts(3, 2, 2)]
        let shares = try world.shares(parts[0], question: "first")
        for from in 0..<3 {
            for to in 0..<3 where to != from { try world.carry(.share(shares[from]), from: from, to: to) }
        }
        for place in 0..<3 { #expect(try world.offices[place].total() == SumWorld.sum(parts[0])) }
        _ = try world.round(parts[1], question: "second")
        let rounds = (0..<3).map { world.offices[$0].takeRounds() }
        #expect(rounds[0] == rounds[1] && rounds[1] == rounds[2] && rounds[0].count == 2)
        #expect(world.offices[0].takeRounds() == [])
        func digest(_ bytes: [UInt8]) -> String { Hex.encode(Array(SHA256.hash(data: Data(bytes)))) }
        #expect(rounds[0][0].messages == shares.map { digest(SumMessage.share($0).bytes) })
        #expect(rounds[0].map(\.asked) == ["first", "second"] && rounds[0].map(\.number) == [0, 1])
        #expect(rounds[0][0].question == digest(Array("first".utf8)))
        #expect(rounds[0][1].before == rounds[0][0].after)
        #expect(world.offices[1].closing(reservation: "").chain == rounds[0][1].after)
        #expect(rounds[0].count { $0.isWellFormed } == 2)
    }

    @Test("no digest of a round can be another one without changing what all sign")
    func bound() {
        func digest(_ number: Int) -> String { String(repeating: String(number), count: 64) }
        func round(_ numbers: [Int]) -> SumRound {
            SumRound(
                number: 0, question: digest(numbers[0]), asked: "x",
                messages: [digest(numbers[1]), digest(numbers[2])],
                total: digest(numbers[3]), before: digest(numbers[4]))
        }
        let right = [1, 2, 3, 4, 5]
        for place in right.indices {
            var wrong = right
            wrong[place] = 9
            #expect(round(wrong).after != round(right).after, "\(place)")
        }
        #expect(round([1, 3, 2, 4, 5]).after != round(right).after)
        let cut = SumRound(number: 0, question: "ab", asked: "x", messages: [], total: digest(1), before: digest(2))
        #expect(!cut.isWellFormed)
        // What is shown of a question stays on its line, and is short.
        let long = SumRound(
            number: 0, question: digest(1), asked: "a\nb" + String(repeating: "c", count: 500), messages: [],
            total: digest(1), before: digest(2))
        #expect(long.asked.count < 200 && !long.asked.contains("\n"))
    }

    @Test("what is shown of a question is part of what all sign, and is the same when it is read again")
    func asked() {
        let digest = String(repeating: "1", count: 64)
        func round(_ asked: String) -> SumRound {
            SumRound(number: 0, question: digest, asked: asked, messages: [digest], total: digest, before: digest)
        }
        #expect(round("counts of names").after != round("the number of rows").after)
        // Written out, a character that nobody sees is longer than it was.
        for text in ["a\nb", String(repeating: "\n", count: 100), String(repeating: "é\u{200D}", count: 90)] {
            #expect(round(round(text).asked) == round(text))
        }
    }
}
