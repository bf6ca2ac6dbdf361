import Foundation
import Testing

@testable import Spark

@Suite("answers of a cluster")
struct ArrowAnswerTests {
    /// Written by pyarrow 26.
    private static let numbersAndTexts = """
        /////9gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAMAAABwAAAAMAAAAAQAAACs////AAABBRAAAAAYAA\
        AABAAAAAAAAAABAAAAdAAAAAQABAAEAAAA1P///wAAAQIQAAAAFAAAAAQAAAAAAAAAAQAAAG0AAADE////AAAAAUAAAAAQABQACAAGAAcADAAA\
        ABAAEAAAAAAAAQIQAAAAHAAAAAQAAAAAAAAAAQAAAG4AAAAIAAwACAAHAAgAAAAAAAABQAAAAAAAAAD/////+AAAABQAAAAAAAAADAAWAAYABQ\
        AIAAwADAAAAAADBAAYAAAAWAAAAAAAAAAAAAoAGAAMAAQACAAKAAAAjAAAABAAAAADAAAAAAAAAAAAAAAHAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAGAAAAAAAAAAYAAAAAAAAAAEAAAAAAAAAIAAAAAAAAAAYAAAAAAAAADgAAAAAAAAAAQAAAAAAAABAAAAAAAAAABAAAAAAAAAAUAAAAA\
        AAAAAEAAAAAAAAAAAAAAADAAAAAwAAAAAAAAAAAAAAAAAAAAMAAAAAAAAAAQAAAAAAAAADAAAAAAAAAAEAAAAAAAAAAQAAAAAAAAACAAAAAAAA\
        AP3/////////BQAAAAAAAAAHAAAAAAAAAAAAAAAAAAAACQAAAAAAAAAFAAAAAAAAAAAAAAABAAAAAQAAAAQAAABhw6l8AAAAAP/////4AAAAFA\
        AAAAAAAAAMABYABgAFAAgADAAMAAAAAAMEABgAAABAAAAAAAAAAAAACgAYAAwABAAIAAoAAACMAAAAEAAAAAEAAAAAAAAAAAAAAAcAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAYAAAAAAAAABgAAAAAAAAAAAAAAAAAAAAYAAAAAAAAABgAAAAAAAAAMAAAAAAAAAAAAAAAAAAAADAAAAAAAA\
        AACAAAAAAAAAA4AAAAAAAAAAQAAAAAAAAAAAAAAAMAAAABAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAB\
        AAAAAAAAAAIAAAAAAAAA/f////////8HAAAAAAAAAAAAAAAAAAAACQAAAAAAAAAAAAAAAQAAAGHDqXwAAAAA/////wAAAAA=
        """
    /// Written by pyarrow 26.
    private static let empty = """
        /////3gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAEAAAAUAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAA\
        ECEAAAABwAAAAEAAAAAAAAAAEAAABuAAAACAAMAAgABwAIAAAAAAAAAUAAAAD/////cAAAABAAAAAAAAoADgAGAAUACAAKAAAAAAMEABAAAAAA\
        AAoADAAAAAQACAAKAAAAMAAAAAQAAAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAA\
        D/////AAAAAA==
        """
    /// Written by pyarrow 26.
    private static let narrow = """
        /////3gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAEAAAAUAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAA\
        ECEAAAABwAAAAEAAAAAAAAAAEAAABuAAAACAAMAAgABwAIAAAAAAAAASAAAAD/////iAAAABQAAAAAAAAADAAWAAYABQAIAAwADAAAAAADBAAY\
        AAAACAAAAAAAAAAAAAoAGAAMAAQACAAKAAAAPAAAABAAAAABAAAAAAAAAAAAAAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAA\
        AAAAAAAQAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAP////8AAAAA
        """

    private static func bytes(_ text: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: text))) }

    @Test("numbers, texts and missing ones are read from every batch of a stream")
    func read() throws {
        let answer = try ArrowAnswer.read(Self.bytes(Self.numbersAndTexts))
        #expect(
            answer
                == SparkAnswer(columns: [
                    .numbers([1, 2, -3, 1]), .numbers([7, nil, 9, 7]), .texts(["a", nil, "é|", "a"]),
                ]))
        #expect(answer.rowCount == 4)
        #expect(try answer.numbers(0) == [1, 2, -3, 1])
        #expect(throws: SparkError.self) { try answer.numbers(1) }
        #expect(throws: SparkError.self) { try answer.numbers(2) }
        #expect(throws: SparkError.self) { try answer.texts(0) }
        #expect(try ArrowAnswer.read(Self.bytes(Self.empty)) == SparkAnswer(columns: [.numbers([])]))
    }

    @Test("a column of another type is refused")
    func otherTypes() throws {
        #expect(throws: SparkError.answer("numbers are not of 64 bits")) {
            try ArrowAnswer.read(Self.bytes(Self.narrow))
        }
    }

    @Test("a stream that is cut off is refused, wherever it is cut, or holds what came before")
    func cut() throws {
        let whole = try Self.bytes(Self.numbersAndTexts)
        let answer = try ArrowAnswer.read(whole)
        var refused = 0
        for length in 0..<whole.count {
            do { #expect(try ArrowAnswer.read(Array(whole[..<length])).rowCount <= answer.rowCount) } catch {
                refused += 1
            }
        }
        #expect(refused > whole.count / 2)
    }

    @Test("no byte makes the reader read beyond the end, whatever it is changed to")
    func changed() throws {
        let whole = try Self.bytes(Self.numbersAndTexts)
        var refused = 0
        for place in whole.indices {
            for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var bytes = whole
                bytes[place] = value
                do { _ = try ArrowAnswer.read(bytes) } catch { refused += 1 }
            }
        }
        #expect(refused > 100)
    }
}
