import Domains
public import FittedModels
import Foundation

/// Croissant 1.0 metadata (MLCommons, https://docs.mlcommons.org/croissant/docs/croissant-spec.html) of a file
/// `samples.parquet` drawn from the model. It names no licence: that is for the parties to give.
///
/// Parquet says what its columns are. Readers of Croissant guess that of CSV, and a code such as 080510 loses its zero.
public struct Croissant: Sendable {
    private let model: FittedModel
    private let subject: EvaluationSubject

    /// - Parameter subject: the task's name, purpose and parties.
    public init(_ model: FittedModel, subject: EvaluationSubject) {
        self.model = model
        self.subject = subject
    }

    /// JSON-LD, keys sorted.
    ///
    /// - Parameter samples: SHA-256 of the file, in hexadecimal, where it is known; without it a reader cannot check it.
    public func json(samples: String? = nil) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document(samples)), as: UTF8.self) + "\n"
    }

    private func document(_ samples: String?) -> Node {
        let makers = subject.parties.filter { $0.role == "provider" }.map {
            Node.object(["@type": .text("sc:Organization"), "name": .text($0.name)])
        }
        var file: [String: Node] = [
            "@type": .text("cr:FileObject"), "@id": .text("samples"), "name": .text("samples"),
            "contentUrl": .text("samples.parquet"), "encodingFormat": .text("application/x-parquet"),
            "description": .text("Synthetic rows, as many as were drawn."),
        ]
        // The format requires a digest. Rows that are not drawn yet have none: 64 zeros stand for that.
        file["sha256"] = .text(samples ?? String(repeating: "0", count: 64))
        var document: [String: Node] = [
            "@context": Self.context, "@type": .text("sc:Dataset"),
            "conformsTo": .text("http://mlcommons.org/croissant/1.0"), "name": .text(Self.name(subject.title)),
            "description": .text(description), "distribution": .list([.object(file)]),
            "citeAs": .text(
                "\(subject.parties.map(\.name).joined(separator: "; ")). \(subject.title): synthetic rows."),
            "recordSet": .list([.object(records)]), "isLiveDataset": .flag(false),
            // A task is fitted once: what would be a second version is another task.
            "version": .text("1.0.0"),
        ]
        if let date = subject.date { document["datePublished"] = .text(date) }
        if !makers.isEmpty { document["creator"] = .list(makers) }
        return .object(document)
    }

    private var description: String {
        (subject.purpose.map { $0 + " " } ?? "")
            + "Synthetic rows under differential privacy, epsilon \(EvaluationPage.plain(model.plan.epsilon)), delta "
            + "\(EvaluationPage.plain(model.plan.delta)), method \(model.plan.method). Not for publishing findings."
    }

    private var records: [String: Node] {
        let fields = model.domain.columns.map { column -> Node in
            .object([
                "@type": .text("cr:Field"), "@id": .text("rows/\(column.name)"), "name": .text("rows/\(column.name)"),
                "dataType": .text(Self.dataType(column.type)),
                "description": .text("\(column.size) declared values."),
                "source": .object([
                    "fileObject": .object(["@id": .text("samples")]),
                    "extract": .object(["column": .text(column.name)]),
                ]),
            ])
        }
        return ["@type": .text("cr:RecordSet"), "@id": .text("rows"), "name": .text("rows"), "field": .list(fields)]
    }

    private static func dataType(_ type: FieldType) -> String {
        switch type {
        case .string: "sc:Text"
        case .integer: "sc:Integer"
        case .number: "sc:Float"
        case .boolean: "sc:Boolean"
        case .date: "sc:Date"
        }
    }

    /// Without the characters that the format forbids in names.
    private static func name(_ title: String) -> String {
        String(title.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._- ".contains($0)) ? $0 : "-" })
    }

    private static let context = Node.object([
        "@language": .text("en"), "@vocab": .text("https://schema.org/"), "citeAs": .text("cr:citeAs"),
        "column": .text("cr:column"), "conformsTo": .text("dct:conformsTo"),
        "cr": .text("http://mlcommons.org/croissant/"),
        "data": .object(["@id": .text("cr:data"), "@type": .text("@json")]),
        "dataType": .object(["@id": .text("cr:dataType"), "@type": .text("@vocab")]),
        "dct": .text("http://purl.org/dc/terms/"), "equivalentProperty": .text("cr:equivalentProperty"),
        "examples": .object(["@id": .text("cr:examples"), "@type": .text("@json")]),
        "extract": .text("cr:extract"), "field": .text("cr:field"), "fileObject": .text("cr:fileObject"),
        "fileProperty": .text("cr:fileProperty"), "fileSet": .text("cr:fileSet"), "format": .text("cr:format"),
        "includes": .text("cr:includes"), "isLiveDataset": .text("cr:isLiveDataset"), "jsonPath": .text("cr:jsonPath"),
        "key": .text("cr:key"), "md5": .text("cr:md5"), "parentField": .text("cr:parentField"),
        "path": .text("cr:path"), "rai": .text("http://mlcommons.org/croissant/RAI/"),
        "recordSet": .text("cr:recordSet"), "references": .text("cr:references"),
        "regex": .text("cr:regex"), "repeated": .text("cr:repeated"), "replace": .text("cr:replace"),
        "samplingRate": .text("cr:samplingRate"), "sc": .text("https://schema.org/"),
        "separator": .text("cr:separator"), "source": .text("cr:source"),
        "subField": .text("cr:subField"), "transform": .text("cr:transform"),
    ])
}

/// A JSON value.
private indirect enum Node: Encodable {
    case text(String)
    case flag(Bool)
    case list([Node])
    case object([String: Node])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .flag(let flag): try container.encode(flag)
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }
}
