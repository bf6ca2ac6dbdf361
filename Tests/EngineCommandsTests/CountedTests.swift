import EngineCommands
import Testing

@Suite("Numbers with their nouns")
struct CountedTests {
    @Test("one has its noun, and other numbers theirs")
    func nouns() {
        #expect(Counted.of(1, "row") == "1 row" && Counted.of(0, "row") == "0 rows" && Counted.of(2, "row") == "2 rows")
        #expect(
            Counted.of(UInt64(1), "party", "parties") == "1 party" && Counted.of(3, "party", "parties") == "3 parties")
    }
}
