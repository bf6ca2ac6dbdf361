package import ArgumentParser
import Engine
import Evaluation
import FittedModels
import Foundation
import Synthesizers
import Tasks

/// `entrepot report`: how far to trust a model's rows, as one page, from the model file alone.
package struct ReportCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Writes one HTML page that says how far a model's rows can be trusted.",
        discussion: """
            Noisy measurements against synthetic rows. It reads no table, so it costs no epsilon.

            Example: entrepot report cars.model --output cars.html
            """)

    @Argument(help: "The model file.")
    var model: String

    @Option(help: "The HTML file.")
    var output: String?

    @Option(help: "The task that the model was fitted for: its parties, purpose and unit of protection.")
    var task: String?

    @Option(help: ArgumentHelp("Writes data dictionary, Croissant and registry record there.", valueName: "directory"))
    var metadata: String?

    @Flag(help: "The figures of every column and pair as one JSON object on stdout.")
    var json = false

    package init() {}

    package func validate() throws {
        if output == nil && metadata == nil && !json {
            throw ValidationError("say where to write: --output FILE.html, --metadata DIR or --json")
        }
    }

    package func run() async throws {
        try await CommandFailure.reported {
            try Files.keep([model], from: output)
            let fitted = try Files.model(at: model)
            let subject = try subject(fitted)
            if output != nil || json {
                let evaluation = try ModelEvaluation(fitted)
                if let output {
                    let page = try EvaluationPage(fitted, evaluation: evaluation, subject: subject).html()
                    try Files.write(Array(page.utf8), to: output)
                    Console.say("\(output): \(page.utf8.count / 1024) KB, one file, works offline")
                }
                if json { Console.show(try EvaluationFigures(evaluation).json()) }
            }
            if let metadata { try write(ModelMetadata(fitted, subject: subject), to: metadata) }
        }
    }

    private func subject(_ fitted: FittedModel) throws -> EvaluationSubject {
        let file = (model as NSString).lastPathComponent
        let date = ISO8601DateFormatter.string(from: Date(), timeZone: .gmt, formatOptions: .withFullDate)
        guard let task else {
            return EvaluationSubject(
                title: (file as NSString).deletingPathExtension,
                protection: TaskDescription.inWords(
                    epsilon: fitted.plan.epsilon, delta: fitted.plan.delta), source: .file(file), date: date)
        }
        let specification = try Files.task(at: task, allowsMissingKeys: true)
        if let digest = fitted.taskDigest, digest != specification.digest.hex {
            throw CommandFailure("\(task) is not the task of this model (its digest is \(digest))", code: .badData)
        }
        return EvaluationSubject(specification, source: .file(file), date: date)
    }

    private func write(_ metadata: ModelMetadata, to directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (name, text) in try metadata.files() {
            let path = (directory as NSString).appendingPathComponent(name)
            try Files.write(Array(text.utf8), to: path)
            Console.say(path)
        }
    }
}
