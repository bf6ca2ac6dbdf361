import ArgumentParser
import Client
import EngineCommands
import Foundation

/// `entrepot signed-report`: the report that the service made and signed, as JSON or as PDF.
struct SignedReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signed-report",
        abstract: "Downloads the signed report of a finished task; `entrepot verify FILE` checks it offline.",
        discussion: "Example: entrepot signed-report report.pdf --url https://service:8443 --key Alice.key")

    @Argument(help: "The file to write: its ending, .json or .pdf, says which.")
    var file: String

    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard file.hasSuffix(".json") || file.hasSuffix(".pdf") else {
            throw ValidationError("the file must end in .json or .pdf (got '\(file)')")
        }
    }

    func run() async throws {
        let bytes = try await service.connect { connection in
            file.hasSuffix(".pdf") ? try await connection.reportPDF() : try await connection.reportJSON()
        }
        try Files.write(bytes, to: file)
        Console.show(file)
    }
}
