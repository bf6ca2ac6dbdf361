import Testing

@testable import Service

@Suite struct FitLadderTests {
    @Test("a fit's end is told at a rung, at the first that was foreseen or the next one after it took longer")
    func rungs() {
        let ladder = FitLadder(expecting: 1.2)
        #expect(ladder.first == 2)
        for (elapsed, end) in [(0.01, 2), (1.99, 2), (2.01, 5), (5.5, 10), (59, 60), (61, 120), (3_700, 7_200)] {
            #expect(ladder.end(of: elapsed) == end)
        }
        #expect(FitLadder(expecting: 0).first == 1)
        #expect(FitLadder(expecting: 0.7).first == 2)
        #expect(FitLadder(expecting: 250).first == 900)
    }
}
