import ArgumentParser

/// The one executable. Data goes to stdout and talk to stderr; exit codes are those of `ExitCode+Contract.swift`.
@main struct Entrepot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entrepot",
        abstract: "Joins private tables inside an attested service and serves synthetic rows for one recorded epsilon.",
        subcommands: [
            DemoDataCommand.self,
        ]
    )
}
