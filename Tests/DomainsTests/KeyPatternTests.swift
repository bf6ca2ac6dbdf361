import Foundation
import Testing
import VectorMath

@testable import Domains

@Suite struct KeyPatternTests {
    /// What the pattern says of a text, by Foundation's engine.
    private static func expected(_ expression: NSRegularExpression, _ text: String) -> Bool {
        expression.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count)) != nil
    }

    private static func expression(_ pattern: String) throws -> NSRegularExpression {
        try NSRegularExpression(pattern: "\\A(?:\(pattern))\\z")
    }

    /// A random pattern over few characters, so that random texts often match.
    private static func pattern(_ random: inout SplitMix64, depth: Int = 0) -> String {
        let atoms = [
            "a", "b", "0", "-", "\\|", "\\d", "\\w", "\\D", "\\W", ".", "[ab]", "[^a]", "[0-9b]", "[a-b0-]", "[^\\d-]",
            "[\\w|]", "\\x61", "\\u0030", "\\.", "é", "[à-é]", "\\p{Lu}", "\\p{L}",
        ]
        let counts = ["", "", "", "?", "*", "+", "{2}", "{0}", "{1,}", "{0,2}", "{1,3}", "??", "*?", "+?", "{1,2}?"]
        var text = ""
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let part: String
            switch Int.random(in: 0..<(depth < 3 ? 5 : 3), using: &random) {
            case 3: part = "(\(pattern(&random, depth: depth + 1)))"
            case 4: part = "(?:\(pattern(&random, depth: depth + 1))|\(pattern(&random, depth: depth + 1)))"
            default: part = atoms.randomElement(using: &random) ?? "a"
            }
            // Engines that go back give up on loops over nothing, and are wrong there.
            let isOptional = (try? KeyPattern(part))?.matches([]) ?? true
            text += part + (isOptional ? "" : counts.randomElement(using: &random) ?? "")
        }
        return text
    }

    @Test("random patterns match the texts that Foundation's engine matches")
    func agreement() throws {
        var random = SplitMix64(state: 11)
        var (matched, compared) = (0, 0)
        for _ in 0..<3_000 {
            let written = Self.pattern(&random)
            let source =
                ["", "^"].randomElement(using: &random)! + "(?:\(written))" + ["", "$"].randomElement(using: &random)!
            guard let pattern = try? KeyPattern(source) else {
                // Only a pattern that is too large is refused.
                #expect(throws: KeyPatternError.self) { try KeyPattern(source) }
                #expect(try KeyPatternTree(source).places(limit: 256) > 256, "\(source)")
                continue
            }
            let expression = try Self.expression(source)
            // `\w` is of ASCII here, as it was; Foundation's is of Unicode.
            let letters = source.lowercased().contains("\\w") ? "aab00b-|A.\n" : "aab00b-|Aé.\n"
            for _ in 0..<40 {
                let text = String(
                    (0..<Int.random(in: 0...7, using: &random)).map { _ in
                        letters.randomElement(using: &random)!
                    })
                let isExpected = Self.expected(expression, text)
                #expect(pattern.matches(Array(text.utf8)[...]) == isExpected, "\(source) on \(text)")
                matched += isExpected ? 1 : 0
                compared += 1
            }
        }
        #expect(matched > compared / 50 && compared > 80_000, "\(matched) of \(compared) match")
    }

    @Test(
        "patterns of tasks match as before, with and without anchors",
        arguments: [
            "^[0-9]{1,8}$", "[A-Z]{2}\\d{4}", "^[a-f0-9]+$", "\\d{2}-\\d{3}", "[0-9]{1,3}[0-9]{2}", "A?B*", "x",
            "^\\w{3,}$", "[0-9]{2}|[a-z]", "(ab)+", "[^a]", "^20[0-9]{2}-(0[1-9]|1[0-2])\\|[0-9]{6}$", "^[0-9A-Z|]+$",
            "^[A-Z]{2,3}-[0-9]{2,4}$", "(?i)[a-c]x+", "^(?<year>[0-9]{2})(?:-[ab])?$", "", "^$", "\\Aa*\\z", "[-a]b",
            "[a-]b",
        ])
    func ordinary(source: String) throws {
        let pattern = try KeyPattern(source)
        let expression = try Self.expression(source)
        var random = SplitMix64(state: 7)
        for _ in 0..<2_000 {
            let text = String(
                (0..<Int.random(in: 0...9, using: &random)).map { _ in "AB01ab-x9|".randomElement(using: &random)! })
            #expect(pattern.matches(Array(text.utf8)[...]) == Self.expected(expression, text), "\(text)")
        }
        let examples = ["2022-07|010190", "AB-1234", "AbX", "12-a", "20221231"]
        for text in examples {
            #expect(pattern.matches(Array(text.utf8)[...]) == Self.expected(expression, text), "\(text)")
        }
    }

    @Test(
        "a pattern that would need memory of what was matched is refused, and so is one that is no pattern",
        arguments: [
            "(a)\\1", "(?=a)a", "(?!a)b", "(?<=a)b", "(?<!a)b", "(?>a+)b", "a++", "a*+", "a?+", "\\bword\\b", "\\Bx",
            "(?m)^a",
            "a(?i)b", "[a&&b]", "[[:alpha:]]", "[a--b]", "[[a]b]", "\\Gx", "\\X", "\\K", "\\p{Han}", "(a", "a)", "[a",
            "*a", "a**",
            "a{", "a{2", "a{2,1}", "a{-1}", "a{1,2,3}", "{2}", "a{1}{2}", "[z-a]", "[a-\\d]", "\\", "a^b", "a$b",
            "(a|^b)+", "\\xg0",
            "\\uD800", "[]", "(?<a", "(*FAIL)", "a{99999999999999999999}", "((a{100}){100}){100}", "(){1000000}",
            "(((){9999}){9999}){9999}", String(repeating: "(", count: 500) + String(repeating: ")", count: 500),
            String(repeating: "a", count: 1001),
        ])
    func refused(source: String) {
        #expect(throws: KeyPatternError.self) { try KeyPattern(source) }
        #expect(KeyRule(columns: ["id"], pattern: source).problems.count == 1)
    }

    @Test(
        "patterns that make other engines go back come to an end", .timeLimit(.minutes(1)),
        arguments: [
            "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(a*)*$", "^(a*a*a*a*a*)b$", "(x+x+)+y", "^((a|b|ab)*)*c$",
            "^([a-z]+)*[0-9]$", "^(.*)*x$", "^(.*.*.*.*.*)=$", "(a?){60}a{60}", "^(\\w+\\s?)*$",
            "[a-z]*[a-z]*[a-z]*[a-z]*1",
            "^(([a-z])+.)+[A-Z]([a-z])+$", "([ab]*a[ab]{60})*c", "(a{1,16}){1,15}b", "^(é*)*x$", "(\\p{L}+)+1",
        ])
    func ends(source: String) throws {
        let pattern = try KeyPattern(source)
        for text in ["a", "ab", "é", "x", "a0"] {
            // The longest key that a table may have, and one eight times as long. Going back would take 2^1024 steps.
            for length in [1_024, 8_192] {
                let key = Array(String(repeating: text, count: length / text.utf8.count).utf8) + Array("!".utf8)
                #expect(!pattern.matches(key[...]), "\(text) × \(length)")
            }
        }
    }

    @Test("the cost is 1 for a row of classes, and grows with the places of anything else")
    func cost() throws {
        #expect(KeyRule(columns: ["id"], pattern: "^[A-Z]{2}[0-9]{1,8}$").patternCost == 1)
        #expect(KeyRule(columns: ["id"], pattern: "^(0[1-9]|1[0-2])$").patternCost == 5)
        #expect(KeyRule(columns: ["id"], pattern: "^(a{8}|b){20}$").patternCost == 3 * 181)
        #expect(KeyRule(columns: ["id"], pattern: "^(a+)+$").patternCost == 2)
        #expect(KeyRule(columns: ["id"], pattern: "(a").patternCost == nil)
        #expect(KeyRule(columns: ["id"]).patternCost == nil)
    }
}
