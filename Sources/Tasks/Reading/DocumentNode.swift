internal import Bytes
internal import Yams

/// A YAML document as a tree with lines: scalars keep their text as written, and mappings their order.
///
/// Refused before anything is built from it: more than 4 MiB, nesting deeper than 32, anchors and aliases, explicit
/// tags, keys that are not scalars, and the same key twice.
struct DocumentNode: Sendable {
    enum Content: Sendable {
        /// `isPlain` where the text was not quoted, so that `1.0` is a number and `"1.0"` a text.
        case scalar(String, isPlain: Bool)
        case sequence([DocumentNode])
        case mapping([(key: String, line: Int, value: DocumentNode)])
    }

    let content: Content
    /// Counted from 1.
    let line: Int

    static let largestDocument = 4 << 20
    static let deepestNesting = 32
}

/// Why a text is not a document that can be read.
struct DocumentProblem: Error {
    let line: Int?
    let what: String
    let fix: String
}

extension DocumentNode {
    init(yaml: String) throws(DocumentProblem) {
        guard yaml.utf8.count <= Self.largestDocument else {
            throw DocumentProblem(
                line: nil, what: "the file has \(yaml.utf8.count) bytes, more than \(Self.largestDocument)",
                fix: "Check that this is the task and not data")
        }
        // An alias of an alias of an alias grows without bound while it is composed, so it is refused before.
        if let line = AnchorScan.firstAlias(in: yaml) {
            throw DocumentProblem(
                line: line, what: "aliases (*name) are not taken", fix: "Write the text out, or quote it if it is text")
        }
        // Editors on Windows put a byte order mark in front.
        let hasMark = yaml.unicodeScalars.first == "\u{FEFF}"
        try self.init(composing: hasMark ? String(yaml.unicodeScalars.dropFirst()) : yaml)
    }

    private init(composing yaml: String) throws(DocumentProblem) {
        let root: DocumentNode?
        do {
            // Every scalar stays text (`.basic` resolves no tags); this file decides what a number is.
            let parser = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8)
            root = try withExtendedLifetime(parser) { try parser.singleRoot().map { try DocumentNode($0, depth: 0) } }
        } catch let problem as DocumentProblem {
            throw problem
        } catch {
            throw DocumentProblem(error)
        }
        guard let root else {
            throw DocumentProblem(line: 1, what: "the file is empty", fix: "Begin with `entrepot task draft`")
        }
        self = root
    }

    private init(_ node: Node, depth: Int) throws(DocumentProblem) {
        let line = node.mark?.line ?? 1
        guard depth <= Self.deepestNesting else {
            throw DocumentProblem(
                line: line, what: "the file is nested deeper than \(Self.deepestNesting) levels",
                fix: "A task needs fewer than ten")
        }
        guard node.anchor == nil else {
            throw DocumentProblem(line: line, what: "anchors (&name) are not taken", fix: "Remove the anchor")
        }
        self.line = line
        switch node {
        case .scalar(let scalar):
            // Yams gives every quoted scalar the tag of a text, so that the tag by itself says nothing.
            let tag = scalar.tag.description
            let isPlain = scalar.style == .plain
            guard tag.isEmpty || (!isPlain && tag == Tag.Name.str.rawValue) else {
                throw DocumentProblem(
                    line: line, what: "the tag \(tag.shortened) is not taken", fix: "Remove the tag")
            }
            content = .scalar(scalar.string, isPlain: isPlain)
        case .sequence(let sequence):
            var values: [DocumentNode] = []
            for value in sequence { values.append(try DocumentNode(value, depth: depth + 1)) }
            content = .sequence(values)
        case .mapping(let mapping):
            content = .mapping(try Self.members(of: mapping, depth: depth))
        case .alias:
            throw DocumentProblem(line: line, what: "aliases (*name) are not taken", fix: "Write the text out")
        }
    }

    private static func members(
        of mapping: Node.Mapping, depth: Int
    ) throws(DocumentProblem) -> [(key: String, line: Int, value: DocumentNode)] {
        var members: [(key: String, line: Int, value: DocumentNode)] = []
        var seen: Set<String> = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw DocumentProblem(
                    line: key.mark?.line, what: "a key is a list or a mapping", fix: "Write a word, then a colon")
            }
            let keyLine = scalar.mark?.line ?? 1
            guard key.anchor == nil else {
                throw DocumentProblem(line: keyLine, what: "anchors (&name) are not taken", fix: "Remove the anchor")
            }
            // Two texts that Swift holds equal (é as one or two code points) are one key here as well.
            guard seen.insert(scalar.string).inserted else {
                throw DocumentProblem(
                    line: keyLine, what: "the key \"\(scalar.string.shortened)\" is written twice",
                    fix: "Keep one of the two")
            }
            members.append((scalar.string, keyLine, try DocumentNode(value, depth: depth + 1)))
        }
        return members
    }
}

extension DocumentProblem {
    fileprivate init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                line: mark.line, what: "this is not YAML: \(problem)",
                fix: "Look at this line and the one above for indentation, quotes and brackets")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let key = duplicates.first ?? ""
            self.init(
                line: context.mark.line, what: "the key \"\(key.shortened)\" is written twice",
                fix: "Keep one of the two")
        case .reader(let problem, _, _, _):
            self.init(line: nil, what: "this is not text: \(problem)", fix: "Save the file as UTF-8")
        default:
            self.init(line: nil, what: "the file cannot be read as YAML", fix: "Check that this is the task file")
        }
    }
}

extension String {
    /// At most 60 characters of a text that somebody else wrote.
    var shortened: String { ShownText.line(count <= 60 ? self : prefix(60) + "…") }
}

/// Finds aliases in YAML text without composing it.
///
/// It heeds neither quotes nor comments, so that none of them can hide an alias from it. A name counts only if it stands
/// after both signs, so that a pattern such as `[*a-z]` alone is no alias; text that does have both must be reworded.
enum AnchorScan {
    static func firstAlias(in yaml: String) -> Int? {
        var anchors: Set<String> = []
        var aliases: [(name: String, line: Int)] = []
        let bytes = Array(yaml.utf8)
        var line = 1
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                let isPair =
                    byte == UInt8(ascii: "\r") && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\n")
                if !isPair { line += 1 }
            } else if byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") {
                var end = index + 1
                while end < bytes.count, isNameByte(bytes[end]) { end += 1 }
                if end > index + 1 {
                    let name = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
                    if byte == UInt8(ascii: "&") { anchors.insert(name) } else { aliases.append((name, line)) }
                    index = end
                    continue
                }
            }
            index += 1
        }
        return aliases.first { anchors.contains($0.name) }?.line
    }

    /// The bytes that libyaml allows in the name of an anchor.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
