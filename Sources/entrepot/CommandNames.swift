import ArgumentParser
import Bytes
import EngineCommands

/// What is wrong with the words of a command line before anything reads them.
enum CommandNames {
    /// The name of a file with an end of a line in it would write lines of its own wherever the file is named.
    ///
    /// - Throws: `CommandFailure` (64) that shows the argument.
    static func refuseLineEnds(in arguments: [String]) throws(CommandFailure) {
        guard let wrong = arguments.first(where: { $0.unicodeScalars.contains("\n") }) else { return }
        throw CommandFailure(
            "no argument has an end of a line in it, and this one does: '\(ShownText.line(wrong))'. Rename the file",
            code: .usage)
    }

    /// Which command was meant, where there is none of the name that was typed.
    ///
    /// - Parameter arguments: behind the program's name.
    /// - Throws: `CommandFailure` (64) that names the command and the nearest ones.
    static func check(_ arguments: [String], of root: any ParsableCommand.Type = Entrepot.self) throws(CommandFailure) {
        var command = root
        var path = ["entrepot"]
        for argument in arguments {
            // Those in groups are among them.
            let below = command.configuration.subcommands
            // Options, files and values are the command's own.
            guard !below.isEmpty, !argument.hasPrefix("-"), argument != "help" else { return }
            let names = below.map { $0._commandName }
            guard let place = names.firstIndex(of: argument) else {
                // A command that does something itself takes the word for a file.
                guard command.configuration.defaultSubcommand == nil else { return }
                let nearest = NearestWord.to(argument, among: names)
                let hint =
                    nearest.map { "did you mean '\($0)'?" }
                    ?? "`\(path.joined(separator: " ")) --help` lists them."
                throw CommandFailure(
                    "'\(path.joined(separator: " "))' has no command '\(ShownText.line(argument))'; \(hint)",
                    code: .usage)
            }
            command = below[place]
            path.append(argument)
        }
    }
}
