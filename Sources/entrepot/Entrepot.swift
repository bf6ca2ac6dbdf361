import ArgumentParser
import EngineCommands
import Synchronization

/// The one executable. Data goes to stdout and talk to stderr; exit codes are those of `ExitCode+Contract.swift`.
@main struct Entrepot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entrepot",
        abstract: "Joins private tables inside an attested service and serves synthetic rows for one recorded epsilon.",
        discussion: """
            Options that you would type again can stand in entrepot.yaml, here or in ~/.config/entrepot, or in variables such as \
            ENTREPOT_URL and ENTREPOT_KEY; the command line wins, then the environment, then the file. \
            `entrepot --generate-completion-script bash` (zsh, fish) writes completions for a shell.
            """,
        version: "entrepot, unreleased (task file 1, model file 1, HTTP 1)",
        groupedSubcommands: [
            CommandGroup(
                name: "Agreement",
                subcommands: [KeygenCommand.self, FingerprintCommand.self, TaskCommand.self, DummyCommand.self]),
            CommandGroup(
                name: "Table",
                subcommands: [
                    PrepareCommand.self, IngestCommand.self, CheckCommand.self, UploadCommand.self, ConfirmCommand.self,
                    WithdrawCommand.self, HaltCommand.self,
                ]),
            CommandGroup(
                name: "Results",
                subcommands: [
                    StatusCommand.self, SamplesCommand.self, ModelCommand.self, QueryCommand.self,
                    RequestCommand.self, SignedReportCommand.self, SampleCommand.self, CombineCommand.self,
                    ReportCommand.self,
                ]),
            CommandGroup(
                name: "Verification",
                subcommands: [VerifyCommand.self, DetailsCommand.self, LedgerCommand.self, MeasureCommand.self]),
            CommandGroup(
                name: "Operation",
                subcommands: [
                    ServeCommand.self, ConnectCommand.self, DoctorCommand.self, ImageCommand.self, FitCommand.self,
                    ShardCommand.self, ComputeCommand.self, IntersectionCommand.self,
                ]),
            CommandGroup(name: "Trial", subcommands: [DemoCommand.self, DemoDataCommand.self]),
        ]
    )

    /// Checks the processor before anything computes, adds what stands in settings, and runs the command.
    static func main() async {
        ProcessorFeatures.exitWhereTooOld()
        ShardDoor.ofProgram.withLock { $0 = .network }
        do {
            let own = Array(CommandLine.arguments.dropFirst())
            try CommandNames.check(own)
            let (arguments, remarks) = try Settings.complete(own) { () throws(CommandFailure) in try Settings() }
            for remark in remarks { Console.say("entrepot: \(remark)") }
            try CommandNames.refuseLineEnds(in: arguments)
            await perform(arguments)
        } catch {
            Console.say("entrepot: \(error.message)")
            exit(withError: error.code)
        }
    }

    /// Runs the command that the arguments name.
    private static func perform(_ arguments: [String]) async {
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(error)
        }
    }

    /// As the parser ends a program; what it quotes of the arguments is shown like every other text of others.
    private static func end(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        // Help and versions are no mistakes, and go to stdout.
        guard code != .success else { exit(withError: error) }
        let message = fullMessage(for: error)
        if !message.isEmpty { Console.say(message) }
        exit(withError: code)
    }
}
