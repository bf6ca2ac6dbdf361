import ArgumentParser
import EngineCommands

/// The one executable. Data goes to stdout and talk to stderr; exit codes are those of `ExitCode+Contract.swift`.
@main struct Entrepot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entrepot",
        abstract: "Joins private tables inside an attested service and serves synthetic rows for one recorded epsilon.",
        subcommands: [
            DemoCommand.self, DemoDataCommand.self, ServeCommand.self, KeygenCommand.self, FingerprintCommand.self,
            TaskCommand.self, VerifyCommand.self, ConnectCommand.self, CheckCommand.self, DetailsCommand.self,
            UploadCommand.self, WithdrawCommand.self, ConfirmCommand.self, HaltCommand.self, StatusCommand.self,
            SamplesCommand.self, LedgerCommand.self, QueryCommand.self, SignedReportCommand.self, IngestCommand.self,
            FitCommand.self, SampleCommand.self, ReportCommand.self, MeasureCommand.self, ImageCommand.self,
            PrepareCommand.self, IntersectionCommand.self,
        ]
    )

    /// Checks the processor before anything computes, and runs the command.
    static func main() async {
        ProcessorFeatures.exitWhereTooOld()
        await main(nil)
    }
}
